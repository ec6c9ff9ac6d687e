"""The result of a verification as Markdown, for the summary of a job on a pull request.

Nothing that a bundle says stands in it as it is: a text shows as itself and as nothing else.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from s_mllmun_bench.board.checking import Finding
from s_mllmun_bench.board.leaderboard import leaderboard_of
from s_mllmun_bench.board.standings import Board, Row
from s_mllmun_bench.errors import BenchError, shortened
from s_mllmun_bench.reporting.paper_tables import DASH
from s_mllmun_bench.reporting.tables import with_interval

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+.!|~&@:-])")
_LONGEST = 500


def append_summary(path: Path, findings: Sequence[Finding], leaderboard: Path) -> None:
    """Append the findings, and the boards of the verified bundles among them, to a file.

    Raises:
        BenchError: it cannot be written.
    """
    text = "\n".join(_lines(findings, leaderboard)) + "\n"
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BenchError(f"cannot write {path}: {error.strerror}") from error


def shown(text: str) -> str:
    """Return a text that Markdown shows letter by letter; what is not ASCII and no letter is spelled out."""
    plain = "".join(
        one if one.isalnum() or (one.isascii() and one.isprintable()) else ascii(one)[1:-1] for one in text
    )
    return _SPECIAL.sub(r"\\\1", shortened(plain, _LONGEST))


def _lines(findings: Sequence[Finding], leaderboard: Path) -> Iterator[str]:
    yield from ("## Verification", "", "| bundle | state | |", "|---|---|---|")
    for one in findings:
        yield f"| {shown(str(one.bundle))} | {one.shown_state} | {shown(one.note)} |"
    entries = [one.entry for one in findings if one.entry is not None]
    try:
        boards = leaderboard_of(leaderboard, entries).boards if entries else ()
    except BenchError as error:
        yield from ("", shown(str(error)))
        return
    for each in boards:
        if any(row.place for row in (*each.ranked, *each.references)):
            yield from _board_lines(each)


def _board_lines(board: Board) -> Iterator[str]:
    judges = ", ".join(one.judge for one in board.judges)
    yield from (
        "",
        f"### {shown(f'{board.benchmark}, {board.base_model}, {board.ratio} %, judged by {judges}')}",
        "",
    )
    yield _row(("rank", "method", "headline", "Overall Memory", "Overall Image Understanding", "badge"))
    yield "|---|---|---|---|---|---|"
    yield from map(_row, map(_cells, (*board.ranked, *board.references)))


def _cells(row: Row) -> tuple[str, ...]:
    figures = (row.headline, row.overall_memory, row.overall_image_understanding)
    rank = DASH if row.rank is None else str(row.rank)
    return (rank, shown(row.name), *map(with_interval, figures), row.badge)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
