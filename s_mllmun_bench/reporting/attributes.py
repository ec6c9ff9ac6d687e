"""Fact Score by attribute: what a method forgets first, and what it breaks on the way.

The private attributes stand above, by memory; below them what the images show. A grey square was not
asked about, or has no score.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from s_mllmun_bench.records import ATTRIBUTES, SetName
from s_mllmun_bench.reporting.drawing import FAINT, footnote, new_figure, styled
from s_mllmun_bench.reporting.looks import judged_by
from s_mllmun_bench.reporting.paper_tables import DASH, SET_TITLES, SETS
from s_mllmun_bench.reporting.rows import ReportRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_Key = tuple[bool, str]
"""Whether it is a topic of image understanding and no memory, and its name."""
_DARK = 6.0
"""Fact Score from which numbers are white, as the square is dark."""


@styled
def attributes(runs: Sequence[ReportRun]) -> "Figure | None":
    """Return a square per attribute and run for both sets; `None` if no attribute has a score."""
    rows = _rows(runs)
    if not rows:
        return None
    figure = new_figure(3.6 + 1.3 * len(runs), 2.2 + 0.3 * len(rows))
    axes = figure.subplots(1, len(SETS), sharey=True)
    images = [_draw_set(ax, name, rows, runs) for ax, name in zip(axes, SETS, strict=True)]
    figure.colorbar(images[0], ax=list(axes), label="Fact Score", shrink=0.7, pad=0.01)
    footnote(figure, f"Memory: mean of image and text memory over the answers. {judged_by(runs)}")
    return figure


def _rows(runs: Sequence[ReportRun]) -> list[_Key]:
    """Return what any run has a score of: attributes in the order of a profile, then topics by name."""
    found = {key for run in runs for set_name in SETS for key in _means(run, set_name)}
    memory = [(False, name) for name in ATTRIBUTES if (False, name) in found]
    return [*memory, *sorted(key for key in found if key[0])]


def _means(run: ReportRun, set_name: SetName) -> dict[_Key, float]:
    """Return a run's Fact Score by attribute or topic."""
    sums: dict[_Key, tuple[float, int]] = {}
    for one in run.scores.attributes:
        if one.set == set_name and one.mean is not None:
            key = (one.task == "image_understanding", one.attribute)
            total, n = sums.get(key, (0.0, 0))
            sums[key] = (total + one.mean * one.n, n + one.n)
    return {key: total / n for key, (total, n) in sums.items()}


def _draw_set(ax: "Axes", set_name: SetName, rows: Sequence[_Key], runs: Sequence[ReportRun]) -> "AxesImage":
    """Draw one panel."""
    means = [_means(run, set_name) for run in runs]
    values = [[of_run.get(row, float("nan")) for of_run in means] for row in rows]
    ax.set_facecolor(FAINT)
    image = ax.imshow(values, cmap="Blues", vmin=0, vmax=10, aspect="auto")
    for y, line in enumerate(values):
        for x, value in enumerate(line):
            colour = "white" if value >= _DARK else "#333333"
            text = DASH if value != value else f"{value:.1f}"
            ax.text(x, y, text, ha="center", va="center", fontsize=8, color=colour)
    topics = [number for number, (is_topic, _) in enumerate(rows) if is_topic]
    if topics and topics[0]:
        ax.axhline(topics[0] - 0.5, color="white", linewidth=4)
    ax.set_yticks(range(len(rows)), [name.replace("_", " ") for _, name in rows])
    ax.set_xticks(
        range(len(runs)), [run.label for run in runs], rotation=40, ha="right", rotation_mode="anchor"
    )
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_title(SET_TITLES[set_name])
    return image
