"""From answers and verdicts to the figures of a run.

Every answer is either in a mean's ``n`` or in its ``missing``: one without a score lowers ``n`` and
leaves the mean as it is. Nothing here scores 0 for what is not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from s_mllmun_bench.records import METRICS, TASKS, Answer, ImageKind, SetName, Task, Verdict
from s_mllmun_bench.scoring.classes import ANSWER_CLASSES, AnswerClass, answer_classes
from s_mllmun_bench.scoring.coverage import coverages
from s_mllmun_bench.scoring.intervals import DRAWS, Drawn
from s_mllmun_bench.scoring.overall import OverallName, bounds, overall
from s_mllmun_bench.scoring.records import (
    TOPS,
    AttributeFigure,
    Bounded,
    ClassShare,
    Estimate,
    Figure,
    ImageFigure,
    Scores,
)
from s_mllmun_bench.scoring.scored import (
    Key,
    Measured,
    Scored,
    ScoredAnswer,
    SetOfPeople,
    by_question,
    chosen_verdicts,
    is_known,
    sets_of,
    with_scores,
)

__all__ = ["Scores", "figures_of", "score"]

_Sets = Mapping[SetName, SetOfPeople]


@dataclass(frozen=True, slots=True)
class Computed:
    """A run's figures, and what they were made of, so that it is not made a second time."""

    scores: Scores
    scored: Scored
    overall: Mapping[OverallName, Drawn]
    """The overall figures with their draws over people, of which others can be made."""


def score(
    answers: Iterable[Answer],
    verdicts: Iterable[Verdict],
    judges: Sequence[str] = (),
    seed: int = 0,
    draws: int = DRAWS,
    classes: Mapping[str, AnswerClass | None] | None = None,
) -> Scores:
    """Return all figures of a run; arguments and errors are those of `figures_of`."""
    return figures_of(answers, verdicts, judges, seed, draws, classes).scores


def figures_of(
    answers: Iterable[Answer],
    verdicts: Iterable[Verdict],
    judges: Sequence[str] = (),
    seed: int = 0,
    draws: int = DRAWS,
    classes: Mapping[str, AnswerClass | None] | None = None,
) -> Computed:
    """Return all figures of a run, with its scored answers and the draws of the overall figures.

    Args:
        answers: every answer of the run, each question once.
        verdicts: what judges said of them; an answer without a verdict counts as missing.
        judges: whose verdicts to use; empty: all, of which at most one may judge each metric.
        seed: of the bootstrap.
        draws: of the bootstrap.
        classes: of every answer, by question, where they have been told already.

    Raises:
        BenchError: a question is answered twice, a verdict is of no answer or given twice, or two
            judges judged one metric and none was chosen.
    """
    asked, given = by_question(answers), list(verdicts)
    chosen, names = chosen_verdicts(given, judges)
    scored = with_scores(asked, chosen)
    sets = sets_of(scored.values(), seed, draws)
    measured = measure(sets)
    figures = tuple(figure(key, found) for key, found in measured.items())
    if classes is None:
        classes = dict(zip(asked, answer_classes(list(asked.values()), given), strict=True))
    made, ends = overall(measured, draws), bounds(figures)
    scores = Scores(
        fact_judge=names.get("fact"),
        meaningful_judge=names.get("meaningful"),
        seed=seed,
        draws=draws,
        coverage=tuple(coverages(list(asked), chosen)),
        figures=figures,
        attributes=tuple(_attribute_figures(sets)),
        images=tuple(_image_figures(sets)),
        classes=tuple(_class_shares(sets, classes)),
        **{name: _bounded(drawn, *ends[name]) for name, drawn in made.items()},
    )
    return Computed(scores, scored, made)


def measure(sets: _Sets) -> dict[Key, Measured]:
    """Return each metric of each task of each set that was asked about."""
    return {
        (name, task, metric): people.measure(metric, [r for r in people.rows if r.answer.task == task])
        for name, people in sets.items()
        for task in TASKS
        for metric in METRICS
    }


def figure(key: Key, found: Measured) -> Figure:
    """Return a mean as it is recorded, with its interval and its bounds."""
    name, task, metric = key
    total, top = found.n + found.missing, TOPS[metric]
    known = (found.drawn.mean or 0.0) * found.n
    return Figure(
        set=name,
        task=task,
        metric=metric,
        n=found.n,
        missing=found.missing,
        least=known / total if total else None,
        most=(known + top * found.missing) / total if total else None,
        **estimate(found.drawn).model_dump(),
    )


def estimate(drawn: Drawn) -> Estimate:
    """Return a mean with its interval, without its draws."""
    low, high = drawn.interval()
    return Estimate(mean=drawn.mean, low=low, high=high)


def _bounded(drawn: Drawn, least: float | None, most: float | None) -> Bounded:
    return Bounded(**estimate(drawn).model_dump(), least=least, most=most)


def _attribute_figures(sets: _Sets) -> Iterable[AttributeFigure]:
    """Yield the Fact Score of each attribute by set and task."""
    for name, people in sets.items():
        groups: dict[tuple[Task, str], list[ScoredAnswer]] = {}
        for row in people.rows:
            groups.setdefault((row.answer.task, row.answer.attribute), []).append(row)
        for task, attribute in sorted(groups):
            rows = groups[task, attribute]
            plain = figure((name, task, "fact"), people.measure("fact", rows))
            known = sum(is_known(row) for row in rows)
            yield AttributeFigure(**plain.model_dump(), attribute=attribute, known=known)


def _image_figures(sets: _Sets) -> Iterable[ImageFigure]:
    """Yield every metric of each kind of image by set and task."""
    for name, people in sets.items():
        groups: dict[tuple[Task, ImageKind], list[ScoredAnswer]] = {}
        for row in people.rows:
            if row.answer.image is not None:
                groups.setdefault((row.answer.task, row.answer.image), []).append(row)
        for task, image in sorted(groups):
            for metric in METRICS:
                plain = figure((name, task, metric), people.measure(metric, groups[task, image]))
                yield ImageFigure(**plain.model_dump(), image=image)


def _class_shares(sets: _Sets, of_question: Mapping[str, AnswerClass | None]) -> Iterable[ClassShare]:
    """Yield the share of each answer class by set and task; answers that failed are of none."""
    for name, people in sets.items():
        for task in TASKS:
            asked = [row.answer for row in people.rows if row.answer.task == task]
            found = [(a.person, of_question[a.question_id]) for a in asked]
            had = [(person, one) for person, one in found if one is not None]
            for wanted in ANSWER_CLASSES if asked else ():
                share = estimate(people.mean([(person, float(one == wanted)) for person, one in had]))
                yield ClassShare(
                    set=name,
                    task=task,
                    answer_class=wanted,
                    count=sum(one == wanted for _, one in had),
                    n=len(had),
                    share=share.mean,
                    low=share.low,
                    high=share.high,
                )
