"""Two judges' scores against each other, drawn with matplotlib into a file.

A circle's area is the number of answers with that pair of scores; on the diagonal the judges agree.
"""

from pathlib import Path

from s_mllmun_bench.reporting.drawing import COLOURS, new_figure, save, styled, tidy
from s_mllmun_bench.running.agreement import Agreement

_LARGEST = 900.0
"""Area of the circle of the most frequent pair, square points."""


@styled
def save_agreement(agreement: Agreement, path: str | Path) -> Path:
    """Draw an agreement into a file (its ending says which kind: .png, .svg, .pdf) and return it."""
    figure = new_figure(6.0, 6.2)
    ax = figure.subplots()
    ax.plot([0, 10], [0, 10], color="#bbbbbb", linewidth=1, zorder=1)
    pairs = [(x, y, n) for x, row in enumerate(agreement.counts) for y, n in enumerate(row) if n]
    most = max((n for _, _, n in pairs), default=1)
    ax.scatter(
        [x for x, _, _ in pairs],
        [y for _, y, _ in pairs],
        s=[_LARGEST * n / most for _, _, n in pairs],
        color=COLOURS[0],
        alpha=0.7,
        zorder=2,
    )
    for x, y, n in pairs:
        ax.annotate(str(n), (x, y), ha="center", va="center", fontsize=7)
    ax.set_xticks(range(11))
    ax.set_yticks(range(11))
    ax.set_xlim(-0.8, 10.8)
    ax.set_ylim(-0.8, 10.8)
    ax.set_aspect("equal")
    kappa = "not determined" if agreement.kappa is None else f"{agreement.kappa:.3f}"
    title = f"{agreement.metric}: {agreement.both} answers, weighted kappa {kappa}"
    tidy(ax, title, agreement.first, agreement.second)
    return save(figure, path)
