"""Frontiers as tables on a terminal and as a picture: what each method keeps at equal forgetting.

The lines join a method's runs over all that it reaches; the bands, like the tables, stand only where
every method can be read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from s_mllmun_bench.reporting.drawing import COLOURS, MARKERS, legend, new_figure, save, styled
from s_mllmun_bench.reporting.figures import PANELS, Panel, dress
from s_mllmun_bench.reporting.tables import with_interval
from s_mllmun_bench.reporting.terminal import new_table
from s_mllmun_bench.scoring.frontier import KEPT, Curve, Height, Kept, MethodFrontier

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND = (
    "forgetting: 10 less the Fact Score of the forget set's memory; retention: Fact Score of the retain",
    "set's memory; understanding: of the forget set's images; area: mean height over the forgetting that",
    "all methods reach; in brackets: 95 % intervals over people",
)
"""What stands below the tables."""
NOTHING_COMMON = "no forgetting that every method reaches: run them at more strengths"


def frontier_table(methods: Sequence[MethodFrontier], kept: Kept) -> Table:
    """Return what each method keeps at the least, middle and most common forgetting."""
    table = new_table()
    table.add_column(kept, overflow="fold", max_width=20)
    table.add_column("runs", justify="right")
    table.add_column("area", justify="right", no_wrap=True)
    for height in _shown(_curve(methods[0], kept)):
        table.add_column(f"at {height.forgetting:.2f}", justify="right", no_wrap=True)
    for one in methods:
        curve = _curve(one, kept)
        cells = [with_interval(height.kept) for height in _shown(curve)]
        table.add_row(one.method, str(len(one.points)), with_interval(curve.area), *cells)
    return table


def save_frontier(methods: Sequence[MethodFrontier], path: Path) -> Path:
    """Draw the frontiers into a file (its ending says which kind: .png, .svg, .pdf) and return it."""
    return save(frontier_figure(methods), path)


@styled
def frontier_figure(methods: Sequence[MethodFrontier]) -> "Figure":
    """Return the frontiers, one line per method, in two panels."""
    figure = new_figure(10.4, 5.0)
    for ax, panel, kept in zip(figure.subplots(1, len(KEPT)), PANELS, KEPT, strict=True):
        _draw_panel(ax, panel, methods, kept)
    legend(figure)
    return figure


def _draw_panel(ax: "Axes", panel: Panel, methods: Sequence[MethodFrontier], kept: Kept) -> None:
    for number, one in enumerate(methods):
        colour = COLOURS[number % len(COLOURS)]
        x, y = _line(one, kept)
        marker = MARKERS[number % len(MARKERS)]
        ax.plot(x, y, color=colour, marker=marker, label=one.method, markeredgecolor="white", markersize=8)
        band = [
            (height.forgetting, height.kept.low, height.kept.high)
            for height in _curve(one, kept).heights
            if height.kept.low is not None and height.kept.high is not None
        ]
        if band:
            levels, low, high = zip(*band, strict=True)
            ax.fill_between(levels, low, high, color=colour, alpha=0.15, linewidth=0)
    dress(ax, panel)


def _line(one: MethodFrontier, kept: Kept) -> tuple[list[float], list[float]]:
    """Return a method's runs as x and y, by forgetting."""
    ends = [
        (p.forgetting.mean, (p.retention if kept == "retention" else p.understanding).mean)
        for p in one.points
    ]
    known = [(x, y) for x, y in ends if x is not None and y is not None]
    return [x for x, _ in known], [y for _, y in known]


def _curve(one: MethodFrontier, kept: Kept) -> Curve:
    return one.retention if kept == "retention" else one.understanding


def _shown(curve: Curve) -> list[Height]:
    """Return the first, the middle and the last height, or what there is."""
    places = sorted({0, len(curve.heights) // 2, len(curve.heights) - 1})
    return [curve.heights[place] for place in places] if curve.heights else []
