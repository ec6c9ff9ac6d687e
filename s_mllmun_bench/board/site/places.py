"""Where each page of the site lies, and how one page leads to another.

Links are relative, so that the folder works from a file, from a server and from any path of one.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Sequence

from s_mllmun_bench.board.standings import Board, Row

INDEX = "index.html"
DATA = "leaderboard.json"
BOARDS, SUBMISSIONS = "boards", "submissions"
"""The folders of the pages; nothing else lies in them."""
_Value = Callable[[Board], object]
_DIMENSIONS: tuple[_Value, ...] = (
    lambda board: board.benchmark,
    lambda board: board.base_model,
    lambda board: board.ratio,
    lambda board: board.judges,
)
"""What a board is known by, the weightiest first."""


def board_place(board: Board) -> str:
    """Return where a board's page lies in the site."""
    judges = hashlib.sha256("\n".join(one.model_dump_json() for one in board.judges).encode()).hexdigest()
    parts = (_safe(board.benchmark), _safe(board.base_model), f"{board.ratio:02}-{judges[:8]}.html")
    return "/".join((BOARDS, *parts))


def row_place(row: Row) -> str | None:
    """Return where a submission's page lies in the site; `None` of a row without a bundle."""
    if row.place is None:
        return None
    return "/".join((SUBMISSIONS, *map(_safe, row.place.split("/")))) + ".html"


def link(source: str, target: str) -> str:
    """Return the address of one page as another one names it."""
    return posixpath.relpath(target, posixpath.dirname(source))


def front(boards: Sequence[Board]) -> Board:
    """Return the board that the site opens with: that of the largest benchmark, the first of those."""
    return max(boards, key=lambda one: one.questions or 0)


def switches(boards: Sequence[Board], here: Board) -> list[list[Board]]:
    """Return for each dimension the boards that its values lead to, in the order of the boards.

    Args:
        boards: all.
        here: the one that is shown; it stands for its own values.
    """
    return [_leads(boards, here, number) for number in range(len(_DIMENSIONS))]


def _leads(boards: Sequence[Board], here: Board, number: int) -> list[Board]:
    """Return a board for each value of a dimension that boards like this one in all weightier ones have."""
    alike = [one for one in boards if all(of(one) == of(here) for of in _DIMENSIONS[:number])]
    values = dict.fromkeys(_DIMENSIONS[number](one) for one in alike)
    return [
        max(
            (one for one in alike if _DIMENSIONS[number](one) == value),
            key=lambda one: [of(one) == of(here) for of in _DIMENSIONS],
        )
        for value in values
    ]


def _safe(name: str) -> str:
    """Return a name as a file or folder may have it."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).strip(".") or "-"
