"""What differs between two runs on the same questions, figure by figure, beyond chance.

Both runs are asked about the same people, so each draw of people is taken of both at once: what makes
a person easy or hard cancels out, and differences show that two intervals side by side would hide. A
question that one of the runs has no score for is in neither mean.
"""

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from s_mllmun_bench.records import Record
from s_mllmun_bench.scoring.aggregate import estimate, measure
from s_mllmun_bench.scoring.intervals import DRAWS, Drawn, combine
from s_mllmun_bench.scoring.overall import overall
from s_mllmun_bench.scoring.records import Estimate
from s_mllmun_bench.scoring.scored import Measured, Scored, ScoredAnswer, sets_of

DETECTABLE = 1.96 + 0.84
"""Standard errors of a difference that a test at 5 % finds with a power of 80 %."""


class Change(Record):
    """One figure in two runs."""

    figure: str
    """Such as ``forget text_memory fact``, or ``overall_memory``."""
    first: float | None
    second: float | None
    """Means over the questions that both have a score for; `None` if there are none."""
    difference: Estimate
    """Second less first."""
    beyond_chance: bool | None
    """Whether the interval leaves out 0; `None` without an interval."""
    detectable: float | None = Field(ge=0)
    """The smallest true difference that would be found in 4 of 5 such comparisons."""
    n: int | None
    missing: int | None
    """Questions with both scores, and without; `None` for a figure made of several."""


def changes(first: Scored, second: Scored, seed: int = 0, draws: int = DRAWS) -> tuple[Change, ...]:
    """Return how each figure differs between two runs.

    Args:
        first: a run's answers.
        second: another run's answers to the same questions.
        seed: of the bootstrap.
        draws: of the bootstrap.
    """
    one, other = (measure(sets_of(rows, seed, draws)) for rows in paired(first, second))
    of_one, of_other = (overall(run, draws) for run in (one, other))
    plain = (_change(" ".join(key), one[key].drawn, other[key].drawn, one[key]) for key in one)
    made = (_change(name, of_one[name], of_other[name], None) for name in of_one)
    return (*plain, *made)


def paired(first: Scored, second: Scored) -> tuple[list[ScoredAnswer], list[ScoredAnswer]]:
    """Return both runs' answers in one order, without the scores that only one of them has."""
    names = sorted(first)
    return (
        list(_known_in_both(names, first, second)),
        list(_known_in_both(names, second, first)),
    )


def _known_in_both(names: list[str], mine: Scored, other: Scored) -> Iterator[ScoredAnswer]:
    for name in names:
        theirs = other[name].scores
        scores = {
            metric: None if theirs[metric] is None else score for metric, score in mine[name].scores.items()
        }
        yield ScoredAnswer(mine[name].answer, scores)


def _change(name: str, first: Drawn, second: Drawn, counts: Measured | None) -> Change:
    drawn = combine([(1.0, second), (-1.0, first)])
    difference = estimate(drawn)
    low, high = difference.low, difference.high
    known = low is not None and high is not None
    return Change(
        figure=name,
        first=first.mean,
        second=second.mean,
        difference=difference,
        beyond_chance=(low > 0 or high < 0) if low is not None and high is not None else None,
        detectable=DETECTABLE * float(np.nanstd(drawn.draws)) if known else None,
        n=None if counts is None else counts.n,
        missing=None if counts is None else counts.missing,
    )
