"""The site as a folder: a page per board and per submission, the figures, and what makes it a Space.

The same bundles give the same bytes. What lies in the folder besides, such as ``.git``, stays; a folder that
holds something else than a site is left alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench.board.entries import Entry
from s_mllmun_bench.board.site.answers import MOST
from s_mllmun_bench.board.site.boards import board_page
from s_mllmun_bench.board.site.places import BOARDS, INDEX, SUBMISSIONS, board_place, front, row_place
from s_mllmun_bench.board.site.submissions import Standing, submission_page
from s_mllmun_bench.board.standings import FILE, SCHEMA_FILE, Board, Leaderboard, schema, written
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.whole import write_whole

README = "README.md"
_SPACE = """---
title: S-MLLMUn Bench leaderboard
emoji: 🧽
colorFrom: blue
colorTo: gray
sdk: static
app_file: index.html
pinned: false
license: apache-2.0
---

The leaderboard of S-MLLMUn Bench as a static site, made by `bench leaderboard build`. Open `index.html`, or
push this folder to a Space on the Hugging Face Hub. Nothing in it asks any address for anything.
"""


@dataclass(frozen=True, slots=True)
class Site:
    """What was written."""

    index: Path
    boards: int
    submissions: int
    size: int
    """Bytes of all pages."""


def write_site(
    leaderboard: Leaderboard,
    entries: Sequence[Entry],
    output: Path,
    progress: Progress,
    most: int | None = MOST,
) -> Site:
    """Write the site of a leaderboard, and remove the pages of rows and boards that are gone.

    Args:
        leaderboard: as it was made of the bundles.
        entries: the bundles, verified.
        output: the folder; made if it is not there.
        progress: is told how many pages are written.
        most: questions whose answers are in a submission's page; `None` for all.

    Raises:
        BenchError: there are no boards, the folder holds something else, or cannot be written.
    """
    if not leaderboard.boards:
        raise BenchError("there is no board yet, and so nothing to show; submit a run first")
    _require_free(output)
    total = len(leaderboard.boards) + len(entries) + 1
    done: list[str] = []
    size = 0
    try:
        for place, content in _pages(leaderboard.boards, entries, most):
            progress(len(done), total, "pages")
            _write(output / place, content)
            done.append(place)
            size += len(content)
        progress(total, total, "pages")
        for name, content in _beside(leaderboard).items():
            _write(output / name, content)
        _remove_others(output, {output / place for place in done})
    except OSError as error:
        raise BenchError(f"cannot write the site to {output}: {error.strerror}") from error
    return Site(output / INDEX, len(leaderboard.boards), len(entries), size)


def _pages(
    boards: tuple[Board, ...], entries: Sequence[Entry], most: int | None
) -> Iterator[tuple[str, bytes]]:
    """Yield each page with its place in the site, the front page last."""
    bundles = {one.bundle.submission.place: one for one in entries}
    for board in boards:
        place = board_place(board)
        yield place, board_page(board, boards, place).encode()
        references = [bundles[one.place] for one in board.references if one.kind == "reference" and one.place]
        for row in (*board.ranked, *board.references):
            place_of_row = row_place(row)
            if row.place is None or place_of_row is None:
                continue
            own = bundles[row.place]
            beside = tuple(one for one in references if one is not own)
            standing = Standing(own, row, board, beside)
            yield place_of_row, submission_page(standing, place_of_row, most).encode()
    yield INDEX, board_page(front(boards), boards, INDEX).encode()


def _beside(leaderboard: Leaderboard) -> dict[str, bytes]:
    return {README: _SPACE.encode(), FILE: written(leaderboard), SCHEMA_FILE: schema()}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [content])


def _require_free(output: Path) -> None:
    """Refuse a folder that holds something else than a site.

    Raises:
        BenchError: it does, or it is no folder.
    """
    if output.exists() and not output.is_dir():
        raise BenchError(f"{output} is a file; give a folder for the site")
    there = [one.name for one in output.iterdir() if not one.name.startswith(".")] if output.exists() else []
    own = {INDEX, README, FILE, SCHEMA_FILE, BOARDS, SUBMISSIONS}
    others = sorted(set(there) - own)
    if others:
        raise BenchError(f"{output} holds {others[0]}, which is no part of a site; give an empty folder")
    if there and not {INDEX, README, FILE} <= set(there):
        raise BenchError(f"{output} holds {min(there)} but no site; give an empty folder")


def _remove_others(output: Path, pages: set[Path]) -> None:
    for folder in (output / BOARDS, output / SUBMISSIONS):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            elif path.is_file() and path not in pages:
                path.unlink()
