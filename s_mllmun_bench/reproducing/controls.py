"""Does sculpting do more than shrinking the update? SMFA less its controls at equal forgetting, everywhere.

The controls are made of the same training's factors, so a seed's difference is the mask's alone. What is
found is counted and said whichever way it falls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from s_mllmun_bench.reporting.tables import with_interval
from s_mllmun_bench.reproducing.board import Board, mean_over
from s_mllmun_bench.reproducing.evidence import by_seed
from s_mllmun_bench.scoring.frontier import KEPT, Kept
from s_mllmun_bench.scoring.records import Estimate

CONTROLS = {"mfa_scaled": "scaling", "mfa_random_mask": "masking at random"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """SMFA beside one control, of one model, ratio and reading."""

    words: tuple[str, ...]
    """Model, ratio, reading, control and seeds."""
    kept: dict[Kept, tuple[Estimate, str]]
    """How much more SMFA keeps, and its span over seeds."""


def comparisons(boards: Sequence[Board]) -> Iterator[Comparison]:
    """Yield every comparison that the finished runs allow."""
    for board in boards:
        readings = dict.fromkeys(one.cell.reading for one in board.of_all("smfa"))
        for reading in readings:
            for control, name in CONTROLS.items():
                if not board.of(control, None, reading):
                    continue
                each = {kept: board.advantages(control, kept, reading) for kept in KEPT}
                found = {kept: (mean_over(each[kept]), by_seed(each[kept])) for kept in KEPT}
                if all(one.low is not None for one, _ in found.values()):
                    seeds = str(len(each[KEPT[0]]))
                    yield Comparison((board.model, f"{board.ratio} %", reading, name, seeds), found)


def controls(boards: Sequence[Board]) -> Iterator[str]:
    """Yield the table of all comparisons and their count, as Markdown; nothing if there are none."""
    found = list(comparisons(boards))
    if not found:
        return
    yield from ("## Does sculpting do more than shrinking the update?", "", _told(found), "")
    heads = ["model", "ratio", "reading", "SMFA less", "seeds", *(f"{kept} kept" for kept in KEPT)]
    yield from (f"| {' | '.join(heads)} |", f"| {' | '.join(['---'] * len(heads))} |")
    for one in found:
        cells = [f"{with_interval(estimate)}{span}" for estimate, span in one.kept.values()]
        yield f"| {' | '.join([*one.words, *cells])} |"
    yield ""


def _told(found: Sequence[Comparison]) -> str:
    parts = []
    for kept in KEPT:
        all_of_them = [one.kept[kept][0] for one in found]
        more = sum((one.low or 0) > 0 for one in all_of_them)
        less = sum((one.high or 0) < 0 for one in all_of_them)
        parts.append(
            f"of {kept} it keeps more than the control in {more}, less in {less}, and in "
            f"{len(found) - more - less} the interval holds 0"
        )
    return (
        f"SMFA beside its controls at equal forgetting, {len(found)} comparisons, in points of the Fact "
        f"Score: {'; '.join(parts)}."
    )
