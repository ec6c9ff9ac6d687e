"""The order of a board, and which rows chance alone could have put in another.

Headline: half of Overall Memory plus half of Overall Image Understanding, -5 to 10. Overall Memory alone is
the wrong order: whoever answers nobody has 0 there, and so has the model that forgot nothing, whose forget
set may by chance be the easier one. Understanding tells them apart: what answers nobody understands no image.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.scoring.aggregate import estimate, measure
from s_mllmun_bench.scoring.intervals import DRAWS, Drawn, combine
from s_mllmun_bench.scoring.overall import OverallName, overall
from s_mllmun_bench.scoring.paired import paired
from s_mllmun_bench.scoring.records import Estimate
from s_mllmun_bench.scoring.scored import Scored, sets_of

Row = TypeVar("Row")
_SEED = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row's place."""

    row: int
    """Its place in what was given."""
    rank: int
    """That of its group, from 1: one more than there are rows in the groups above."""


def headline(made: Mapping[OverallName, Drawn]) -> Drawn:
    """Return the headline figure, made of two overall figures, with its draws over people."""
    return combine([(0.5, made["overall_memory"]), (0.5, made["overall_image_understanding"])])


def lead(first: Scored, second: Scored) -> Estimate:
    """Return by how much the first run's headline is above the second's, on the same people and questions.

    Only the forget and the retain set are in a headline; another set may be in one of the runs alone.

    Raises:
        BenchError: the runs were asked different questions of these sets.
    """
    ours, theirs = _of_headline(first), _of_headline(second)
    apart = min(ours.keys() ^ theirs.keys(), default=None)
    if apart is not None:
        raise BenchError(f"two rows of a board must be asked the same; {apart[:80]} is asked of one alone")
    one, other = (
        headline(overall(measure(sets_of(rows, _SEED, DRAWS)), DRAWS)) for rows in paired(ours, theirs)
    )
    return estimate(combine([(1.0, one), (-1.0, other)]))


def ranked(
    rows: Sequence[Row], mean_of: Callable[[Row], float | None], lead_of: Callable[[Row, Row], Estimate]
) -> list[Ranked]:
    """Return the rows in order, those together whose first one's lead may be chance.

    A row begins a new group where the 95 % interval of the paired difference to the group's first row leaves
    out 0. A row without a headline is not ranked.

    Args:
        rows: in the order that breaks ties.
        mean_of: a row's headline; `None` if it has none.
        lead_of: the lead of one row over another.
    """
    means = {place: mean for place, row in enumerate(rows) if (mean := mean_of(row)) is not None}
    order = sorted(means, key=lambda place: -means[place])
    found: list[Ranked] = []
    first, rank = -1, 0
    for position, place in enumerate(order, 1):
        if first < 0 or _is_beyond_chance(lead_of(rows[first], rows[place])):
            first, rank = place, position
        found.append(Ranked(place, rank))
    return found


def _of_headline(scored: Scored) -> Scored:
    return {name: row for name, row in scored.items() if row.answer.set in ("forget", "retain")}


def _is_beyond_chance(lead: Estimate) -> bool:
    """Return whether a lead is real; where there is no interval, any lead is."""
    return lead.low > 0 if lead.low is not None else (lead.mean or 0.0) > 0
