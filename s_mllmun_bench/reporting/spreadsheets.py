"""Figures as CSV: one line per run and figure, as a spreadsheet or a data frame wants them.

Texts are quoted and numbers are not; what is missing is an empty text, never 0. A text that a
spreadsheet would take for a formula gets an apostrophe before it: a run's name is anyone's.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from s_mllmun_bench.reporting.paper_tables import Table
from s_mllmun_bench.scoring.frontier import KEPT, Kept, MethodFrontier
from s_mllmun_bench.scoring.paired import Change
from s_mllmun_bench.scoring.records import Estimate

Field = str | float | int | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HEADS = ("run", "set", "task", "metric", "mean", "low", "high", "n", "missing", "least", "most", "mark")


def table_csv(table: Table) -> str:
    """Return a table as CSV: the columns of `_HEADS`, and one for each of the table's ticks."""
    return as_csv(
        (*_HEADS, *table.ticks),
        (
            (
                row.label,
                column.set,
                column.task,
                column.metric,
                *_ends(cell.figure),
                cell.figure.n,
                cell.figure.missing,
                cell.figure.least,
                cell.figure.most,
                cell.mark,
                *("yes" if ticked else "no" for ticked in row.ticks),
            )
            for row in table.rows
            for column, cell in zip(table.columns, row.cells, strict=True)
        ),
    )


def changes_csv(changes: Iterable[Change]) -> str:
    """Return what differs between two runs as CSV."""
    heads = ("figure", "a", "b", "difference", "low", "high", "beyond_chance", "detectable", "n", "missing")
    return as_csv(
        heads,
        (
            (
                one.figure,
                one.first,
                one.second,
                one.difference.mean,
                one.difference.low,
                one.difference.high,
                None if one.beyond_chance is None else "yes" if one.beyond_chance else "no",
                one.detectable,
                one.n,
                one.missing,
            )
            for one in changes
        ),
    )


def frontier_csv(methods: Iterable[MethodFrontier]) -> str:
    """Return methods' frontiers as CSV: their runs, their curves over common forgetting, and the areas."""
    heads = ("method", "kept", "what", "run", "forgetting", "mean", "low", "high")
    return as_csv(heads, (row for one in methods for kept in KEPT for row in _frontier(one, kept)))


def _frontier(one: MethodFrontier, kept: Kept) -> Iterator[Sequence[Field]]:
    for point in one.points:
        figure = point.retention if kept == "retention" else point.understanding
        yield (one.method, kept, "run", point.run, point.forgetting.mean, *_ends(figure))
    curve = one.retention if kept == "retention" else one.understanding
    for height in curve.heights:
        yield (one.method, kept, "curve", None, height.forgetting, *_ends(height.kept))
    yield (one.method, kept, "area", None, None, *_ends(curve.area))


def _ends(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.mean, estimate.low, estimate.high


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Field]]) -> str:
    """Return rows as CSV, safe to open in a spreadsheet; lines end in a newline."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_harmless(field) for field in row] for row in rows)
    return out.getvalue()


def _harmless(field: Field) -> Field:
    if isinstance(field, str) and field.startswith(_FORMULA):
        return "'" + field
    return field
