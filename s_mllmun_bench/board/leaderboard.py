"""From verified bundles to boards; the same bundles give the same bytes.

A row is known by its name alone, so no board has two rows of one name.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from s_mllmun_bench.board.entries import Entry
from s_mllmun_bench.board.ranking import lead, ranked
from s_mllmun_bench.board.reported import reported_boards
from s_mllmun_bench.board.rows import row_of
from s_mllmun_bench.board.standings import FILE, SCHEMA_FILE, Board, Leaderboard, Rejudging, schema, written
from s_mllmun_bench.board.submission import REFERENCES, Kind
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.whole import save

_OTHERS: tuple[Kind, ...] = ("reference", "control", "null")
REJUDGED = "rejudged.jsonl"
"""What judges said when they were asked again, one `Rejudging` per line."""


def leaderboard_of(folder: Path, entries: Sequence[Entry]) -> Leaderboard:
    """Return the boards of some bundles, and those of the paper.

    Args:
        folder: the leaderboard folder, for what else lies in it.
        entries: all its bundles.

    Raises:
        BenchError: two rows of a board could be taken for each other, or one is not of the board's judges.
    """
    rejudged = LineFile(folder / REJUDGED, Rejudging).read()
    keys = sorted({one.key for one in entries}, key=str)
    boards = [_board([one for one in entries if one.key == key], rejudged) for key in keys]
    return Leaderboard(boards=(*boards, *reported_boards(folder)))


def write_leaderboard(folder: Path, leaderboard: Leaderboard) -> None:
    """Write ``leaderboard.json`` and its schema, each at once or not at all.

    Raises:
        BenchError: they cannot be written.
    """
    save(folder / SCHEMA_FILE, schema())
    save(folder / FILE, written(leaderboard))


def _board(entries: Sequence[Entry], rejudged: Sequence[Rejudging]) -> Board:
    entries = sorted(entries, key=lambda one: one.bundle.submission.method)
    _require_names_apart(entries)
    _require_one_badge(entries)
    methods = [one for one in entries if one.bundle.submission.kind == "method"]
    others = sorted(
        (one for one in entries if one.bundle.submission.kind != "method"), key=_place_among_references
    )
    order = ranked(methods, lambda one: one.headline.mean, lambda one, other: lead(one.scored, other.scored))
    first = entries[0]
    benchmark, base_model, _, judges = first.key
    ratio = first.bundle.submission.ratio
    asked = [first.released.of(ratio, name).questions for name in ("forget", "retain")]
    return Board(
        benchmark=benchmark,
        base_model=base_model,
        ratio=ratio,
        judges=judges,
        questions=sum(asked),
        ranked=tuple(row_of(methods[one.row], one.rank, rejudged) for one in order),
        references=tuple(row_of(one, None, rejudged) for one in others),
        withstands_null_rows=_withstands(others),
    )


def _place_among_references(entry: Entry) -> tuple[int, int, str]:
    """Return what orders references: as they are named, then controls, then null rows."""
    about = entry.bundle.submission
    named = REFERENCES.index(about.method) if about.method in REFERENCES else len(REFERENCES)
    return named, _OTHERS.index(about.kind), about.method


def _withstands(references: Sequence[Entry]) -> bool | None:
    means = {one.bundle.submission.method: one.headline.mean for one in references}
    original = means.get("original")
    nulls = [
        one.headline.mean
        for one in references
        if one.bundle.submission.kind == "null" and one.headline.mean is not None
    ]
    return None if original is None or not nulls else max(nulls) < original


def _require_one_badge(entries: Sequence[Entry]) -> None:
    """Refuse a bundle that states the digests of judges that are here and was not judged by them.

    A judge that has changed has changed for all its bundles, and leaves none on its board that is recomputed.
    """
    unjudged = next((one for one in entries if one.unjudged is not None), None)
    if unjudged is not None and any(one.unjudged is None for one in entries):
        raise BenchError(
            f"{unjudged.bundle.submission.place} is not of the judges whose digests it states: "
            f"{unjudged.unjudged}"
        )


def _require_names_apart(entries: Sequence[Entry]) -> None:
    places: dict[str, str] = {}
    for one in entries:
        about = one.bundle.submission
        plain = unicodedata.normalize("NFKC", about.name).casefold()
        if places.setdefault(plain, about.place) != about.place:
            raise BenchError(
                f"{about.place} and {places[plain]} are both called {about.name}; give another --name"
            )
