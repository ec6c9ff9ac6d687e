"""What all pictures have in common: colours, canvas, style and the way into a file.

No difference is told by colour alone, and no text is read as a formula: a run's name is anyone's.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.scoring.records import Estimate

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""After Okabe and Ito: told apart by readers with any colour vision."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
GREY, FAINT = "#666666", "#DDDDDD"

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#999999",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "font.size": 10,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.hashsalt": "s-mllmun-bench",
    "text.parse_math": False,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
}

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def styled(draw: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Let a function draw in the style of this package."""

    @wraps(draw)
    def drawing(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        import matplotlib

        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawing


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty picture, inches, that needs no screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@styled
def save(figure: "Figure", path: str | Path) -> Path:
    """Write a picture (the ending says which kind: .png, .svg, .pdf), the same bytes each time.

    Raises:
        BenchError: it cannot be written.
    """
    target = Path(path)
    dated = {".svg": "Date", ".pdf": "CreationDate"}.get(target.suffix)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, dpi=160, metadata={dated: None} if dated else None)
    except OSError as error:
        raise BenchError(f"cannot write the picture {target}: {error.strerror}") from error
    return target


def draw_point(
    ax: "Axes", x: Estimate | float, y: Estimate | float, look: tuple[str, str], label: str | None = None
) -> None:
    """Draw a figure as a marker over its pale interval, or two figures against each other.

    Args:
        ax: where to draw.
        x: a figure with its interval, or a place.
        y: the same upwards.
        look: colour and marker.
        label: for the legend; `None` for no entry.
    """
    from matplotlib.colors import to_rgba

    colour, marker = look
    places = [mean(one) if isinstance(one, Estimate) else one for one in (x, y)]
    bars = [_reach(one) if isinstance(one, Estimate) else None for one in (x, y)]
    pale = to_rgba(colour, 0.45)
    ax.errorbar(places[0], places[1], xerr=bars[0], yerr=bars[1], fmt="none", ecolor=pale, elinewidth=2.2)
    ax.plot(
        places[0],
        places[1],
        color=colour,
        marker=marker,
        linestyle="none",
        markersize=12 if marker == "*" else 8,
        markeredgecolor="white",
        label=label,
        zorder=3,
    )


def legend(figure: "Figure", across: int = 4) -> None:
    """Name what is drawn, each once, above a picture's panels."""
    named: dict[str, Artist] = {}
    for ax in figure.axes:
        for artist, label in zip(*ax.get_legend_handles_labels(), strict=True):
            named.setdefault(label, artist)
    if named:
        columns = min(across, len(named))
        figure.legend(list(named.values()), list(named), loc="outside upper left", ncols=columns)


def _reach(estimate: Estimate) -> list[list[float]] | None:
    """Return how far an interval reaches below and above its mean, as matplotlib wants it."""
    if estimate.mean is None or estimate.low is None or estimate.high is None:
        return None
    return [[max(0.0, estimate.mean - estimate.low)], [max(0.0, estimate.high - estimate.mean)]]


def footnote(figure: "Figure", text: str) -> None:
    """Write a small line below a picture."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color=GREY)


def mean(estimate: Estimate) -> float:
    """Return a mean as matplotlib wants it: nan where there is none, which is not drawn."""
    return float("nan") if estimate.mean is None else estimate.mean


def tidy(ax: "Axes", title: str, x: str, y: str) -> None:
    """Give a panel its title and the names of its axes."""
    ax.set_title(title)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
