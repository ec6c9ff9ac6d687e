"""The answers of all runs in columns, as the page's script reads them.

Every text stands once and is known by its place: runs answer alike, and questions are asked alike of many
people. A score that is missing is `None`, never 0; -1 stands for no text, no class and no image.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.records import METRICS, TASKS, Answer, ImageKind, Metric, Verdict
from s_mllmun_bench.reporting.paper_tables import METRIC_TITLES
from s_mllmun_bench.reporting.rows import ReportRun
from s_mllmun_bench.running.compare import finished_answers, scored_answers
from s_mllmun_bench.running.run import open_run
from s_mllmun_bench.scoring.classes import ANSWER_CLASSES, AnswerClass, answer_classes
from s_mllmun_bench.scoring.records import TOPS
from s_mllmun_bench.scoring.scored import SETS, Scored

NONE = -1
IMAGE_KINDS: tuple[ImageKind, ...] = get_args(ImageKind)
_DIGITS: dict[Metric, int] = {"rouge_l": 3, "fact": 2, "meaningful": 2}
"""Decimals of a score in the page."""
_NOT_ASKED = "this run was not asked"

Classes = Mapping[str, AnswerClass | None]
"""The class of each of a run's answers, by question; `None` for one that could not be had."""
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Answered:
    """What one run answered."""

    label: str
    given: Mapping[str, Answer]
    """By question."""
    scored: Scored
    verdicts: Sequence[Verdict] = ()
    classes: Classes | None = None
    """Of every answer; `None`: they are told from the answers that are shown, and the verdicts."""


@dataclass(slots=True)
class _Texts:
    """Every text once."""

    longest: int | None
    """Characters; what is longer is cut and says so. `None`: nothing is cut."""
    places: dict[str, int] = field(default_factory=dict)

    def place(self, text: str | None) -> int:
        """Return a text's place; it gets one if it has none yet."""
        if text is None:
            return NONE
        if self.longest is not None and len(text) > self.longest:
            text = f"{text[: self.longest]} \u2026 (cut: {len(text) - self.longest:,} more characters)"
        return self.places.setdefault(text, len(self.places))


def asked_questions(answers: Iterable[Answer]) -> list[Answer]:
    """Return a run's questions, with its answers, by set, person and id."""
    return sorted(answers, key=lambda one: (SETS.index(one.set), one.person, one.question_id))


def answered(
    runs: Sequence[ReportRun], classes: Mapping[Path, Classes], progress: Progress
) -> Iterator[Answered]:
    """Yield what finished runs answered.

    Args:
        runs: in the order of the tables.
        classes: of each run's answers, by its folder.
        progress: is told how many are read.
    """
    for number, one in enumerate(runs):
        progress(number, len(runs), "answers")
        run = open_run(one.folder)
        given = finished_answers(run)
        yield Answered(one.label, given, scored_answers(run, given), classes=classes[one.folder])
    progress(len(runs), len(runs), "answers")


def some_questions(asked: Sequence[Answer], most: int | None) -> list[Answer]:
    """Return the questions to show: those of the forget set first, the others spread evenly.

    Args:
        asked: all, by set.
        most: how many, >= 0; `None` for all.
    """
    if most is None or len(asked) <= most:
        return list(asked)
    forget = [answer for answer in asked if answer.set == "forget"][:most]
    others = [answer for answer in asked if answer.set != "forget"]
    return forget + spread(others, most - len(forget))


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most some of the items, evenly spread."""
    most = min(most, len(items))
    return [items[number * len(items) // most] for number in range(most)]


def answer_data(
    runs: Iterable[Answered],
    questions: Sequence[Answer],
    pictures: Mapping[str, int],
    longest: int | None = None,
) -> dict[str, Any]:
    """Return what the page's browser of answers shows; for JSON.

    Args:
        runs: in the order of the tables.
        questions: those to show, as one of the runs answered them.
        pictures: the place of each question's image.
        longest: characters of a text; longer ones are cut. `None`: none is.
    """
    texts = _Texts(longest)
    attributes = sorted({one.attribute for one in questions})
    asked = {
        "id": [texts.place(one.question_id) for one in questions],
        "person": [texts.place(one.person) for one in questions],
        "set": [SETS.index(one.set) for one in questions],
        "task": [TASKS.index(one.task) for one in questions],
        "attribute": [attributes.index(one.attribute) for one in questions],
        "question": [texts.place(one.question) for one in questions],
        "reference": [texts.place(one.reference) for one in questions],
        "shown": [NONE if one.image is None else IMAGE_KINDS.index(one.image) for one in questions],
        "picture": [pictures.get(one.question_id, NONE) for one in questions],
    }
    labels, answers = [], []
    for run in runs:
        labels.append(run.label)
        answers.append(_columns(run, [one.question_id for one in questions], texts))
    return {
        "runs": labels,
        "images": IMAGE_KINDS,
        "sets": SETS,
        "tasks": TASKS,
        "attributes": attributes,
        "kinds": ANSWER_CLASSES,
        "metrics": [
            {"name": name, "label": METRIC_TITLES[name], "top": TOPS[name]}
            for name in ("fact", "rouge_l", "meaningful")
        ],
        "texts": list(texts.places),
        "questions": asked,
        "answers": answers,
    }


def _columns(run: Answered, questions: Sequence[str], texts: _Texts) -> dict[str, list[Any]]:
    """Return one run's answers to some questions, with their scores and classes."""
    shown = {name: run.given[name] for name in questions if name in run.given}
    kinds = run.classes or dict(zip(shown, answer_classes(list(shown.values()), run.verdicts), strict=True))
    columns: dict[str, list[Any]] = {
        "text": [texts.place(shown[name].answer if name in shown else None) for name in questions],
        "failure": [texts.place(_failure(shown.get(name))) for name in questions],
        "kind": [
            NONE if (kind := kinds.get(name)) is None else ANSWER_CLASSES.index(kind) for name in questions
        ],
    }
    for metric in METRICS:
        scores = (run.scored[name].scores[metric] if name in shown else None for name in questions)
        columns[metric] = [_rounded(score, metric) for score in scores]
    return columns


def _failure(answer: Answer | None) -> str | None:
    """Return why there is no answer; `None` if there is one."""
    if answer is None:
        return _NOT_ASKED
    return answer.failure if answer.answer is None else None


def _rounded(score: float | None, metric: Metric) -> float | int | None:
    if score is None:
        return None
    rounded = round(score, _DIGITS[metric])
    return int(rounded) if rounded == int(rounded) else rounded
