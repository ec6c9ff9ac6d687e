"""What each method changes: a line from the original model to the unlearned one, per figure.

One line is to fall, the memory of the forget set; all others are to stay level.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from s_mllmun_bench.reporting.drawing import COLOURS, draw_point, footnote, legend, mean, new_figure, styled
from s_mllmun_bench.reporting.looks import BARS, judged_by
from s_mllmun_bench.reporting.rows import ORIGINAL, ReportRun
from s_mllmun_bench.scoring.records import Estimate, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4
"""Most panels in a row."""
_GAP = 0.62
"""Fact Score between two numbers that stand one above the other."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One figure of a run."""

    title: str
    colour: str
    style: str
    marker: str
    of: Callable[[Scores], Estimate]


_LINES = (
    _Line("memory, forget set (is to fall)", COLOURS[1], "-", "s", lambda s: s.forget_memory),
    _Line("memory, retain set", COLOURS[0], "-", "o", lambda s: s.retain_memory),
    _Line(
        "image understanding, forget set",
        COLOURS[2],
        "--",
        "^",
        lambda s: s.figure("forget", "image_understanding", "fact"),
    ),
    _Line(
        "image understanding, retain set",
        COLOURS[5],
        "--",
        "D",
        lambda s: s.figure("retain", "image_understanding", "fact"),
    ),
)


@styled
def slopes(runs: Sequence[ReportRun]) -> "Figure | None":
    """Return one panel per unlearned model; `None` without the original model or without another."""
    original = next((run for run in runs if run.method == ORIGINAL), None)
    after = [run for run in runs if run.kind != "reference"]
    if original is None or not after:
        return None
    down = ceil(len(after) / _ACROSS)
    across = ceil(len(after) / down)
    figure = new_figure(max(6.4, 2.6 * across), 1.0 + 3.0 * down)
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for ax, run in zip(axes, after, strict=False):
        _draw_run(ax, original, run)
    for ax in axes[len(after) :]:
        ax.set_axis_off()
    for ax in axes[::across]:
        ax.set_ylabel("Fact Score")
    legend(figure, across=2)
    footnote(figure, f"{BARS} {judged_by([original, *after])}")
    return figure


def _draw_run(ax: "Axes", original: ReportRun, run: ReportRun) -> None:
    """Draw one panel, with the numbers to its right."""
    numbers: list[tuple[float, str]] = []
    for line in _LINES:
        before, after = line.of(original.scores), line.of(run.scores)
        ax.plot([0, 1], [mean(before), mean(after)], color=line.colour, linestyle=line.style)
        for place, one in enumerate((before, after)):
            draw_point(ax, place, one, (line.colour, line.marker), None if place else line.title)
        if after.mean is not None:
            numbers.append((after.mean, line.colour))
    for height, (value, colour) in zip(
        _apart([value for value, _ in sorted(numbers)]), sorted(numbers), strict=True
    ):
        ax.annotate(
            f"{value:.2f}", (1.09, height), color=colour, va="center", fontsize=9, annotation_clip=False
        )
    ax.set_title(run.label, fontsize=10.5)
    ax.set_xticks([0, 1], ["before", "after"])
    ax.set_xlim(-0.15, 1.45)
    ax.set_ylim(-0.3, 10.3)
    ax.grid(visible=False, axis="x")


def _apart(values: Sequence[float]) -> list[float]:
    """Return heights for numbers, near their values, that do not stand on each other.

    Args:
        values: from the lowest to the highest.
    """
    heights = list(values)
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + _GAP)
    excess = max(0.0, heights[-1] - 10.0) if heights else 0.0
    for i in reversed(range(len(heights))):
        above = heights[i + 1] - _GAP if i + 1 < len(heights) else heights[i] - excess
        heights[i] = min(heights[i], above)
    return heights
