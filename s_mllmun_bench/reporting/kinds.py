"""Image understanding of faces and of ophthalmic images: the paper's Figure 5.

The faces are of a kind that every model has seen; the eye images are not, and are what breaks first.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from s_mllmun_bench.records import ImageKind, SetName
from s_mllmun_bench.reporting.drawing import (
    COLOURS,
    FAINT,
    draw_point,
    footnote,
    legend,
    mean,
    new_figure,
    styled,
    tidy,
)
from s_mllmun_bench.reporting.looks import BARS, judged_by
from s_mllmun_bench.reporting.paper_tables import SET_TITLES, SETS
from s_mllmun_bench.reporting.rows import ORIGINAL, ReportRun
from s_mllmun_bench.scoring.records import ImageFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOOKS: dict[ImageKind, tuple[str, str]] = {"face": (COLOURS[0], "o"), "ophthalmic": (COLOURS[1], "D")}


@styled
def figure_5(runs: Sequence[ReportRun]) -> "Figure | None":
    """Return Fact Scores of understanding by kind of image; `None` unless both kinds were asked about."""
    shown = [run for run in runs if _figure(run, "forget", "face") and _figure(run, "forget", "ophthalmic")]
    if not shown:
        return None
    figure = new_figure(10.4, 1.9 + 0.36 * len(shown))
    axes = figure.subplots(1, len(SETS), sharex=True, sharey=True)
    for ax, set_name in zip(axes, SETS, strict=True):
        _draw_set(ax, set_name, shown)
    legend(figure)
    footnote(figure, f"{BARS} {judged_by(shown)} Dotted: the original model.")
    return figure


def _draw_set(ax: "Axes", set_name: SetName, runs: Sequence[ReportRun]) -> None:
    """Draw one panel: a line of the picture per run, from its eye images to its faces."""
    original = next((run for run in runs if run.method == ORIGINAL), None)
    for place, run in enumerate(runs):
        ends = [mean(one) for kind in _LOOKS if (one := _figure(run, set_name, kind))]
        ax.plot(ends, [place] * len(ends), color="#EEEEEE", linewidth=9, solid_capstyle="round", zorder=1)
    for kind, look in _LOOKS.items():
        for place, run in enumerate(runs):
            one = _figure(run, set_name, kind)
            if one is not None:
                draw_point(ax, one, place, look, f"{kind} images" if place == 0 else None)
        before = original and _figure(original, set_name, kind)
        if before:
            ax.axvline(mean(before), color=look[0], linestyle=":", linewidth=1.2, zorder=0)
    ax.set_yticks(range(len(runs)), [run.label for run in runs])
    ax.set_ylim(len(runs) - 0.4, -0.6)
    ax.set_xlim(-0.3, 10.3)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.hlines([i - 0.5 for i in range(1, len(runs))], -0.3, 10.3, color=FAINT, linewidth=0.5, zorder=0)
    tidy(ax, f"Image understanding, {SET_TITLES[set_name].lower()}", "Fact Score \u2192", "")


def _figure(run: ReportRun, set_name: SetName, kind: ImageKind) -> ImageFigure | None:
    """Return a run's Fact Score of understanding one kind of image; `None` if it has none."""
    for one in run.scores.images:
        wanted = (one.set, one.task, one.metric, one.image)
        if wanted == (set_name, "image_understanding", "fact", kind) and one.mean is not None:
            return one
    return None
