"""How a row looks in the table and in the plot: one marker each, so that the eye finds the one in the other.

Colours are classes of the style sheet, which knows light and dark; a marker says the same without colour.
"""

from dataclasses import dataclass

from s_mllmun_bench.board.standings import Board, Row
from s_mllmun_bench.reporting.page.markup import Markup, tag

_COLOURS = 8
"""Classes ``c0`` to ``c7`` of the style sheet."""
_SHAPES = (
    "M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0Z",
    "M-4.6-4.6H4.6V4.6H-4.6Z",
    "M0-6L6 0L0 6L-6 0Z",
    "M0-5.8L5.6 4.2H-5.6Z",
    "M0 5.8L5.6-4.2H-5.6Z",
    "M5.6 0L2.8 4.9H-2.8L-5.6 0L-2.8-4.9H2.8Z",
    "M-2-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5V-2H-2Z",
)
_STAR = "M0-7L1.9-2.2L7-1.9L3.1 1.4L4.3 6.4L0 3.6L-4.3 6.4L-3.1 1.4L-7-1.9L-1.9-2.2Z"
_CROSS = "M-4-4L4 4M-4 4L4-4"
_KINDS = {
    "reference": ("reference", _SHAPES[2]),
    "control": ("control", _SHAPES[1]),
    "null": ("null", _CROSS),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with its look."""

    number: int
    """Its place on the board; the plot and the table know it by this."""
    row: Row
    colour: str
    """A class of the style sheet."""
    shape: str
    """The path of its marker, about 12 wide around 0, 0."""

    @property
    def marker(self) -> Markup:
        """The marker beside its name."""
        drawn = tag("path", d=self.shape, class_=f"mark {self.colour}")
        return tag("svg", drawn, class_="key-mark", viewBox="-8 -8 16 16", aria_hidden="true")


def shown_rows(board: Board) -> tuple[list[Shown], list[Shown]]:
    """Return a board's ranked rows and the others, each with its look."""
    ranked = [
        Shown(number, row, f"c{number % _COLOURS}", _SHAPES[number % len(_SHAPES)])
        for number, row in enumerate(board.ranked)
    ]
    return ranked, [_other(len(ranked) + number, row) for number, row in enumerate(board.references)]


def _other(number: int, row: Row) -> Shown:
    if row.method == "original":
        return Shown(number, row, "original", _STAR)
    colour, shape = _KINDS.get(row.kind, _KINDS["control"])
    return Shown(number, row, colour, shape)
