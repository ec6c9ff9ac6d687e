"""From answers and verdicts to the figures of a run.

Every answer is either in a mean's ``n`` or in its ``missing``: one without a score lowers ``n`` and
leaves the mean as it is. Nothing here scores 0 for what is not known.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import METRICS, TASKS, Answer, Metric, SetName, Task, Verdict
from s_mllmun_bench.scoring.classes import ANSWER_CLASSES, AnswerClass, answer_classes
from s_mllmun_bench.scoring.intervals import DRAWS, Array, Drawn, clustered_mean, combine, draw_people
from s_mllmun_bench.scoring.records import AttributeFigure, ClassShare, Estimate, Figure, Scores
from s_mllmun_bench.scoring.rouge import rouge_l

__all__ = ["Scores", "score"]

SETS: tuple[SetName, ...] = ("forget", "retain", "unseen")
_Key = tuple[SetName, Task, Metric]


@dataclass(frozen=True, slots=True)
class _Scored:
    """An answer with its score of each metric; `None` is missing."""

    answer: Answer
    scores: dict[Metric, float | None]


@dataclass(frozen=True, slots=True)
class _SetOfPeople:
    """The answers of one set, and how often each of its people is in each draw."""

    rows: list[_Scored]
    columns: dict[str, int]
    """Each person's column of ``weights_DP``."""
    weights_DP: Array

    def measure(self, metric: Metric, rows: Sequence[_Scored]) -> tuple[Drawn, int, int]:
        """Return a metric's mean over some of the answers, with n and missing."""
        known = [(self.columns[r.answer.person], s) for r in rows if (s := r.scores[metric]) is not None]
        people = np.array([person for person, _ in known], dtype=np.int64)
        values = np.array([score for _, score in known], dtype=np.float64)
        return clustered_mean(people, values, self.weights_DP), len(known), len(rows) - len(known)


def score(
    answers: Iterable[Answer],
    verdicts: Iterable[Verdict],
    judges: Sequence[str] = (),
    seed: int = 0,
    draws: int = DRAWS,
) -> Scores:
    """Return all figures of a run.

    Args:
        answers: every answer of the run, each question once.
        verdicts: what judges said of them; an answer without a verdict counts as missing.
        judges: whose verdicts to use; empty: all, of which at most one may judge each metric.
        seed: of the bootstrap.
        draws: of the bootstrap.

    Raises:
        BenchError: a question is answered twice, a verdict is of no answer or given twice, or two
            judges judged one metric and none was chosen.
    """
    asked = _by_question(list(answers))
    given = list(verdicts)
    chosen = [verdict for verdict in given if not judges or verdict.judge in judges]
    names = _judge_names(chosen)
    scored = _with_scores(asked, chosen)
    sets = {name: _people_of(scored, name, seed, draws) for name in SETS}
    measured = {
        (name, task, metric): people.measure(metric, [r for r in people.rows if r.answer.task == task])
        for name, people in sets.items()
        for task in TASKS
        for metric in METRICS
        if people.rows
    }
    return Scores(
        fact_judge=names.get("fact"),
        meaningful_judge=names.get("meaningful"),
        seed=seed,
        draws=draws,
        figures=tuple(_figure(key, *found) for key, found in measured.items()),
        attributes=tuple(_attribute_figures(sets)),
        classes=tuple(_class_shares(list(asked.values()), given)),
        **_overall(lambda key: measured[key][0] if key in measured else None, draws),
    )


def _by_question(answers: Sequence[Answer]) -> dict[str, Answer]:
    asked: dict[str, Answer] = {}
    for answer in answers:
        if answer.question_id in asked:
            raise BenchError(f"question {answer.question_id} is answered twice")
        asked[answer.question_id] = answer
    return asked


def _judge_names(verdicts: Iterable[Verdict]) -> dict[Metric, str]:
    names: dict[Metric, str] = {}
    for verdict in verdicts:
        if names.setdefault(verdict.metric, verdict.judge) != verdict.judge:
            both = f"{names[verdict.metric]} and {verdict.judge}"
            raise BenchError(f"two judges judged {verdict.metric}: {both}; choose one")
    return names


def _with_scores(asked: Mapping[str, Answer], verdicts: Iterable[Verdict]) -> list[_Scored]:
    """Return every answer with its ROUGE-L and what the judges gave."""
    rows = {
        name: _Scored(answer, {"rouge_l": _rouge(answer), "fact": None, "meaningful": None})
        for name, answer in asked.items()
    }
    seen: set[tuple[str, Metric]] = set()
    for verdict in verdicts:
        key = (verdict.question_id, verdict.metric)
        if verdict.question_id not in rows or key in seen:
            what = "twice" if key in seen else "without an answer"
            raise BenchError(f"verdicts hold a {verdict.metric} verdict of {verdict.question_id} {what}")
        seen.add(key)
        rows[verdict.question_id].scores[verdict.metric] = verdict.score
    return list(rows.values())


def _rouge(answer: Answer) -> float | None:
    return None if answer.answer is None else rouge_l(answer.answer, answer.reference)


def _people_of(scored: Sequence[_Scored], name: SetName, seed: int, draws: int) -> _SetOfPeople:
    """Return a set's answers with its own draws, which no other set changes."""
    rows = [row for row in scored if row.answer.set == name]
    people = sorted({row.answer.person for row in rows})
    weights_DP = draw_people(len(people), (seed, SETS.index(name)), draws)
    return _SetOfPeople(rows, {person: i for i, person in enumerate(people)}, weights_DP)


def _figure(key: _Key, drawn: Drawn, n: int, missing: int) -> Figure:
    low, high = drawn.interval()
    name, task, metric = key
    return Figure(
        set=name, task=task, metric=metric, mean=drawn.mean, low=low, high=high, n=n, missing=missing
    )


def _attribute_figures(sets: Mapping[SetName, _SetOfPeople]) -> Iterable[AttributeFigure]:
    """Yield the Fact Score of each attribute by set and task."""
    for name, people in sets.items():
        groups: dict[tuple[Task, str], list[_Scored]] = {}
        for row in people.rows:
            groups.setdefault((row.answer.task, row.answer.attribute), []).append(row)
        for task, attribute in sorted(groups):
            found = people.measure("fact", groups[task, attribute])
            plain = _figure((name, task, "fact"), *found)
            yield AttributeFigure(**plain.model_dump(), attribute=attribute)


def _class_shares(answers: Sequence[Answer], verdicts: Sequence[Verdict]) -> Iterable[ClassShare]:
    """Yield the share of each answer class by set and task; answers that failed are of none."""
    counts: dict[tuple[SetName, Task], dict[AnswerClass, int]] = {}
    for answer in answers:
        counts.setdefault((answer.set, answer.task), dict.fromkeys(ANSWER_CLASSES, 0))
    for answer, found in zip(answers, answer_classes(answers, verdicts), strict=True):
        if found is not None:
            counts[answer.set, answer.task][found] += 1
    for (name, task), of_class in counts.items():
        n = sum(of_class.values())
        for one, count in of_class.items():
            yield ClassShare(
                set=name, task=task, answer_class=one, count=count, n=n, share=count / n if n else None
            )


def _overall(find: Callable[[_Key], Drawn | None], draws: int) -> dict[str, Estimate]:
    """Return the figures made of several, by the formulas of the paper's second version."""

    def mean(parts: Sequence[tuple[float, SetName, Task]]) -> Estimate:
        nothing = Drawn(None, np.full(draws, np.nan), 0)
        drawn = combine([(weight, find((name, task, "fact")) or nothing) for weight, name, task in parts])
        low, high = drawn.interval()
        return Estimate(mean=drawn.mean, low=low, high=high)

    memories: tuple[Task, ...] = ("image_memory", "text_memory")
    forget: list[tuple[float, SetName, Task]] = [(0.5, "forget", task) for task in memories]
    retain: list[tuple[float, SetName, Task]] = [(0.5, "retain", task) for task in memories]
    return {
        "overall_memory": mean([*retain, *((-weight, name, task) for weight, name, task in forget)]),
        "overall_image_understanding": mean(
            [(0.5, "forget", "image_understanding"), (0.5, "retain", "image_understanding")]
        ),
        "forget_memory": mean(forget),
        "retain_memory": mean(retain),
    }
