"""The pictures of one board, small files beside the document."""

from collections.abc import Sequence
from pathlib import Path

from s_mllmun_bench.reporting.attributes import attributes
from s_mllmun_bench.reporting.drawing import save
from s_mllmun_bench.reporting.frontier import save_frontier
from s_mllmun_bench.reporting.kinds import figure_5
from s_mllmun_bench.reporting.paper_figures import CAPTIONS
from s_mllmun_bench.reporting.rows import ReportRun
from s_mllmun_bench.reporting.slopes import slopes
from s_mllmun_bench.reporting.strengths import figure_1b, figure_4
from s_mllmun_bench.reproducing.board import Board
from s_mllmun_bench.scoring.frontier import frontier

_COMPARED = {
    "smfa": "SMFA",
    "mfa_scaled": "Scaled MFA",
    "mfa_random_mask": "Randomly masked MFA",
    "idk_tuning": "IDK tuning",
}
_FRONTIER = (
    "SMFA, its controls and IDK tuning at several strengths: what is kept against what is forgotten. Every "
    "line begins at the original; the controls end at the unmasked MFA. Points are means over seeds, and the "
    "bands are over people and seeds."
)


def save_pictures(board: Board, folder: Path) -> list[tuple[Path, str]]:
    """Draw what a board can give, and return each file with what it shows.

    Args:
        board: its finished runs.
        folder: is made if it is not there.
    """
    first = board.results[0].cell.seed
    chosen = [one.run for one in board.at_chosen() if one.cell.seed == first]
    everything = [one.run for one in board.results if one.cell.reading in ("", board.reading)]
    drawn = {
        "figure_1b": figure_1b(everything),
        "figure_4": figure_4(_whole_smfa(board)),
        "figure_5": figure_5(chosen),
        "slopes": slopes(chosen),
        "attributes": attributes(chosen),
    }
    stem = f"{board.model}_{board.ratio:02}"
    files = [
        (save(figure, folder / f"{stem}_{name}.png"), CAPTIONS[name])
        for name, figure in drawn.items()
        if figure is not None
    ]
    return [*_frontier(board, folder / f"{stem}_frontier.png"), *files]


def _frontier(board: Board, path: Path) -> list[tuple[Path, str]]:
    """Draw SMFA beside its controls, each point the mean over seeds."""
    points = {name: board.curve(method) for method, name in _COMPARED.items()}
    methods = {name: curve for name, curve in points.items() if len(curve) > 1}
    if len(methods) < 2:
        return []
    return [(save_frontier(frontier(methods), path), _FRONTIER)]


def _whole_smfa(board: Board) -> Sequence[ReportRun]:
    return [one.run for one in [*board.of("original"), *board.of("smfa")]]
