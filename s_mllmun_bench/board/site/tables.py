"""The tables of a board: its order with what each row can be trusted for, and all figures of the paper."""

from collections.abc import Sequence
from itertools import groupby

from s_mllmun_bench.board.site.cells import Address, name_cell, sign_cell
from s_mllmun_bench.board.site.figures import OVERALL, SIGNS, estimate_note, share_text
from s_mllmun_bench.board.site.marks import Shown
from s_mllmun_bench.board.standings import Board, Row
from s_mllmun_bench.board.standings import Column as Known
from s_mllmun_bench.reporting.page.markup import Markup
from s_mllmun_bench.reporting.page.tables import (
    Head,
    estimate_cell,
    group_row,
    html_table,
    number_cell,
    paper_groups,
    paper_heads,
)
from s_mllmun_bench.reporting.paper_tables import DIGITS, TABLE1, Column
from s_mllmun_bench.scoring.records import TOPS, Estimate

APART = "For comparison, never ranked"
_NOTHING = Estimate(mean=None, low=None, high=None)


def board_table(board: Board, ranked: Sequence[Shown], others: Sequence[Shown], to: Address) -> Markup:
    """Return a board's order, with the figures against gaming where there are any.

    Args:
        board: as it is known.
        ranked: its rows in order.
        others: those that are never ranked.
        to: the address of a row's page.
    """
    has_signs = any(one.row.signs for one in (*ranked, *others))
    heads = [Head("Method", numeric=False)]
    heads += [Head(f"{one.title} {one.arrow}", begins=one.begins) for one in OVERALL]
    if has_signs:
        heads += [Head(one.title, begins=one.begins, title=one.meaning) for one in SIGNS]
        heads.append(Head("scored", title="Share of the answers with a score, of the judge with least"))
    ranks = [row.rank for row in board.ranked]
    rows, apart = (
        [
            [name_cell(one, to, ranks), *_overall(one.row), *(_signs(one.row) if has_signs else ())]
            for one in some
        ]
        for some in (ranked, others)
    )
    caption = f"{board.benchmark}, {board.base_model}, {board.ratio} % to forget"
    return html_table(caption, heads, rows, [_groups(has_signs)], (APART, apart))


def paper_table(caption: str, ranked: Sequence[Shown], others: Sequence[Shown], to: Address) -> Markup:
    """Return the 18 columns of the paper's Table 1, the best ranked row of each on a coloured ground."""
    rows = [one.row for one in ranked]
    best = [_best(column, rows) for column in TABLE1]
    nothing = [None] * len(TABLE1)
    return html_table(
        caption,
        [Head("Method", numeric=False), *paper_heads(TABLE1)],
        [[name_cell(one, to), *_columns(one.row, best)] for one in ranked],
        paper_groups(TABLE1, 1),
        (APART, [[name_cell(one, to), *_columns(one.row, nothing)] for one in others]),
    )


def _groups(has_signs: bool) -> Markup:
    """Return the row above the heads of a board."""
    groups = [(name, len(list(some))) for name, some in groupby(OVERALL, lambda one: one.group)]
    if has_signs:
        groups += [(name, len(list(some))) for name, some in groupby(SIGNS, lambda one: one.group)]
        groups[-1] = (groups[-1][0], groups[-1][1] + 1)
    return group_row(groups, 1)


def _overall(row: Row) -> list[Markup]:
    cells = []
    for one in OVERALL:
        found = one.of(row)
        note = estimate_note(row, found)
        cells.append(estimate_cell(found, one.bottom, 10.0, begins=one.begins, note=note, shows_ends=True))
    return cells


def _signs(row: Row) -> list[Markup]:
    return [
        *(sign_cell(one, row, one.begins) for one in SIGNS),
        number_cell(share_text(row.coverage), row.coverage),
    ]


def _columns(row: Row, best: Sequence[str | None]) -> list[Markup]:
    known = {(one.set, one.task, one.metric): one for one in row.columns}
    cells = []
    for number, (column, top) in enumerate(zip(TABLE1, best, strict=True)):
        found = known.get((column.set, column.task, column.metric))
        is_best = top is not None and _text(column, found) == top
        cells.append(
            estimate_cell(
                found or _NOTHING,
                0.0,
                TOPS[column.metric],
                DIGITS[column.metric],
                begins=number % 3 == 0,
                note=_column_note(row, column, found),
                mark="best" if is_best else None,
            )
        )
    return cells


def _best(column: Column, rows: Sequence[Row]) -> str | None:
    """Return the best figure of a column as it is printed; `None` where fewer than two are known."""
    key = (column.set, column.task, column.metric)
    columns = [one for row in rows for one in row.columns if (one.set, one.task, one.metric) == key]
    known = [text for one in columns if (text := _text(column, one)) is not None]
    if len(known) < 2:
        return None
    return (min if column.lower_is_better else max)(known, key=float)


def _text(column: Column, found: Known | None) -> str | None:
    return None if found is None or found.mean is None else f"{found.mean:z.{DIGITS[column.metric]}f}"


def _column_note(row: Row, column: Column, found: Known | None) -> str:
    note = estimate_note(row, found or _NOTHING, DIGITS[column.metric])
    if found is None or found.n is None:
        return note
    missing = f", {found.missing:,} without a score" if found.missing else ""
    return f"{note}; {found.n:,} answers{missing}"
