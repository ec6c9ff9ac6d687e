"""Figures of runs side by side, drawn with matplotlib into a file.

One picture says what a method costs: to the right it forgets more, upwards it keeps more, so the best
corner is the upper right one. A run whose figure is missing is not drawn, and is named below: a point
at 0 would say that it had forgotten everything.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.reporting.drawing import (
    COLOURS,
    MARKERS,
    draw_point,
    footnote,
    legend,
    new_figure,
    save,
    styled,
    tidy,
)
from s_mllmun_bench.reporting.paper_tables import Shown
from s_mllmun_bench.scoring.records import Estimate, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOP = 10.0
"""The best Fact Score."""
FORGETTING = "forgetting: 10 \u2212 Fact Score on the forget set's memory \u2192"
"""The axis of `forgetting`."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What one panel shows upwards."""

    title: str
    label: str
    kept: Callable[[Scores], Estimate]


PANELS = (
    Panel("Does it still know everybody else?", "memory of the retain set", lambda s: s.retain_memory),
    Panel(
        "Does it still see the people it forgets?",
        "image understanding, forget set",
        lambda s: s.figure("forget", "image_understanding", "fact"),
    ),
)


@styled
def trade_off(runs: Sequence[Shown]) -> "Figure":
    """Return the trade-off between forgetting and what is kept, one point per run, two panels.

    Args:
        runs: with their labels. A run's colour and marker follow from its place here.
    """
    figure = new_figure(10.4, 5.0)
    axes = figure.subplots(1, len(PANELS), sharex=True)
    for panel, ax in zip(PANELS, axes, strict=True):
        _draw_panel(ax, panel, runs)
    legend(figure)
    footnote(figure, _note(runs))
    return figure


def save_trade_off(runs: Sequence[Shown], path: str | Path) -> Path:
    """Draw the trade-off into a file (its ending says which kind: .png, .svg, .pdf) and return it."""
    return save(trade_off(runs), path)


def forgetting(scores: Scores) -> Estimate:
    """Return how much of the forget set's memory is gone: 10 less its Fact Score, 0 to 10."""
    known = scores.forget_memory
    return Estimate(mean=_less(known.mean), low=_less(known.high), high=_less(known.low))


def _less(value: float | None) -> float | None:
    return None if value is None else TOP - value


def _draw_panel(ax: "Axes", panel: Panel, runs: Sequence[Shown]) -> None:
    """Draw one panel; runs without both figures are left out."""
    for i, run in enumerate(runs):
        gone, kept = forgetting(run.scores), panel.kept(run.scores)
        if gone.mean is None or kept.mean is None:
            continue
        look = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        draw_point(ax, gone, kept, look, run.label)
    dress(ax, panel)


def dress(ax: "Axes", panel: Panel) -> None:
    """Give a panel its title, axes and the mark of the best corner."""
    tidy(ax, panel.title, FORGETTING, f"Fact Score, {panel.label} \u2192")
    ax.set_xlim(-0.3, TOP + 0.3)
    ax.set_ylim(-0.3, TOP + 0.3)
    ax.annotate("better", (TOP, TOP), ha="right", va="top", fontsize=9, color="#777777", style="italic")


def _note(runs: Sequence[Shown]) -> str:
    """Return the line below: the intervals, the judges, and which runs are not drawn."""
    judges = sorted({run.scores.judges[0] for run in runs})
    parts = [f"Bars: 95 % intervals over people. Fact Score by {' and '.join(judges) or 'nobody'}."]
    if len(judges) > 1:
        parts.append("Different judges: not to be compared.")
    for panel in PANELS:
        left_out = [
            run.label
            for run in runs
            if forgetting(run.scores).mean is None or panel.kept(run.scores).mean is None
        ]
        if left_out:
            parts.append(f"No score, so not drawn ({panel.label}): {', '.join(left_out)}.")
    return textwrap.fill(" ".join(parts), 150)
