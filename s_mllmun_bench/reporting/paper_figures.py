"""The pictures of a report: those of the paper, and two that show what its tables hide.

A picture that the runs at hand cannot give is left out; none is drawn with a gap that looks like a 0.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.reporting.attributes import attributes
from s_mllmun_bench.reporting.drawing import save
from s_mllmun_bench.reporting.kinds import figure_5
from s_mllmun_bench.reporting.rows import ReportRun
from s_mllmun_bench.reporting.slopes import slopes
from s_mllmun_bench.reporting.strengths import figure_1b, figure_4

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_KINDS = (".png", ".svg")
_DRAWN: dict[str, "Callable[[Sequence[ReportRun]], Figure | None]"] = {
    "figure_1b": figure_1b,
    "figure_4": figure_4,
    "figure_5": figure_5,
    "slopes": slopes,
    "attributes": attributes,
}
CAPTIONS = {
    "figure_1b": "Forgetting against image understanding: to the right a method forgets more, upwards the "
    "model still sees more.",
    "figure_4": "What the masking strength k does to memory: larger k masks less and forgets more.",
    "figure_5": "Image understanding of faces and of ophthalmic images, before and after unlearning.",
    "slopes": "What each method changes: the memory of the forget set is to fall, all else to stay.",
    "attributes": "Fact Score by attribute of the memory, and by topic of the image understanding.",
}
"""What each picture shows, by the name of its files."""


def save_figures(runs: Sequence[ReportRun], folder: Path) -> list[Path]:
    """Draw every picture that the runs can give, as PNG and SVG.

    Args:
        runs: from `rows.read_runs`.
        folder: is made if it is not there; files in it are replaced.

    Returns:
        The files, in the order of `CAPTIONS`: of each picture the PNG, then the SVG.
    """
    files = []
    for name, draw in _DRAWN.items():
        figure = draw(runs)
        if figure is not None:
            files += [save(figure, folder / f"{name}{kind}") for kind in _KINDS]
    return files
