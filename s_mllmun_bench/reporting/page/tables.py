"""Tables of runs as HTML: sorted by a click, each number over its interval, notes for eye and ear.

The note of a number (its interval, how many answers it is of, what is missing) stands in its cell, where
a screen reader finds it, and the page's script shows it under the pointer and the focus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from s_mllmun_bench.records import Metric
from s_mllmun_bench.reporting.page.markup import Markup, joined, lone, tag
from s_mllmun_bench.reporting.paper_tables import (
    DASH,
    SET_TITLES,
    TASK_TITLES,
    Cell,
    Column,
    Mark,
    Table,
)
from s_mllmun_bench.scoring.records import TOPS, Estimate

_NARROW: dict[Metric, str] = {"rouge_l": "ROUGE\u2011L", "fact": "Fact", "meaningful": "Meaning\u00adful"}
"""The metrics with the places where a line may break, so that 18 columns fit a screen."""
_MARKS = {"best": "best", "second": "second best"}
_BETTER = {True: "lower is better", False: "higher is better"}


@dataclass(frozen=True, slots=True)
class Head:
    """A column that can be sorted by."""

    text: str
    numeric: bool = True
    begins: bool = False
    """Whether a line parts it from the column before it."""
    title: str | None = None
    """What it means, if its text does not say it."""


def paper_table(table: Table) -> Markup:
    """Return a table of the paper, best and second best marked, with a head of set, task and metric."""
    begins = [_begins(table.columns, number) for number in range(len(table.columns))]
    heads = [
        Head("Run", numeric=False),
        *(Head(text, numeric=False) for text in table.ticks),
        *paper_heads(table.columns),
    ]
    rows = [
        [
            run_cell(row.label, None if row.ranked else "not ranked"),
            *(text_cell("yes" if tick else "no") for tick in row.ticks),
            *(_paper_cell(cell, new) for cell, new in zip(row.cells, begins, strict=True)),
        ]
        for row in table.rows
    ]
    before = 1 + len(table.ticks)
    return html_table(table.title, heads, rows, paper_groups(table.columns, before))


def paper_heads(columns: Sequence[Column]) -> list[Head]:
    """Return the heads of some columns of the paper's tables."""
    return [
        Head(
            f"{_NARROW[one.metric]} {one.arrow}",
            begins=_begins(columns, number),
            title=_BETTER[one.lower_is_better],
        )
        for number, one in enumerate(columns)
    ]


def paper_groups(columns: Sequence[Column], before: int) -> list[Markup]:
    """Return the rows above those heads: the sets and the tasks.

    Args:
        columns: of the paper's tables.
        before: how many other columns stand before them.
    """
    return [_sets_row(columns, before), _tasks_row(columns, before)]


def html_table(
    caption: str,
    heads: Sequence[Head],
    rows: Sequence[Sequence[Markup]],
    groups: Sequence[Markup] = (),
    apart: tuple[str, Sequence[Sequence[Markup]]] = ("", ()),
) -> Markup:
    """Return a table within a box that scrolls sideways, so that the page never does.

    Args:
        caption: what the table is called, for those who hear the page.
        heads: one per column, the first that of the runs.
        rows: their cells.
        groups: rows of heads above the columns' own.
        apart: a title and rows below the others, which are sorted among themselves.
    """
    own = tag("tr", *(_head(number, head) for number, head in enumerate(heads)))
    inside = joined(
        tag("caption", caption, class_="unseen"),
        tag("thead", *groups, own),
        _block(rows),
        _apart(*apart, width=len(heads)),
    )
    table = tag("table", inside, class_="wide-table")
    return tag("div", table, class_="scroll", role="region", aria_label=caption, tabindex=0)


def _block(rows: Sequence[Sequence[Markup]]) -> Markup:
    return tag("tbody", *(tag("tr", *cells) for cells in rows))


def _apart(title: str, rows: Sequence[Sequence[Markup]], width: int) -> Markup:
    if not rows:
        return Markup("")
    head = tag("th", tag("span", title), scope="rowgroup", colspan=width, class_="apart")
    return joined(tag("tbody", tag("tr", head)), _block(rows))


def run_cell(label: str, note: str | None = None) -> Markup:
    """Return the head of a run's row."""
    more = [lone("br"), tag("span", note, class_="note")] if note else []
    return tag("th", label, *more, scope="row", data_value=label)


def text_cell(text: str) -> Markup:
    """Return a cell of text; empty if there is none."""
    return tag("td", text or DASH, class_="text", data_value=text)


def number_cell(text: str, value: float | None) -> Markup:
    """Return a cell of a number without an interval."""
    return tag("td", text, data_value=_value(value))


def estimate_cell(
    estimate: Estimate,
    bottom: float,
    top: float,
    digits: int = 2,
    begins: bool = False,
    note: str | None = None,
    mark: Mark | None = None,
    shows_ends: bool = False,
) -> Markup:
    """Return a cell of a mean over its interval.

    Args:
        estimate: the figure.
        bottom: the least that it can be.
        top: the most that it can be.
        digits: decimals that are printed.
        begins: whether a line parts it from the cell before it.
        note: what is said of it; `None`: its interval.
        mark: among the rows of its column.
        shows_ends: whether the interval is printed as well.
    """
    text = DASH if estimate.mean is None else f"{estimate.mean:z.{digits}f}"
    note = interval_note(estimate, digits) if note is None else note
    ends = _ends(estimate, digits) if shows_ends else Markup("")
    return _noted(joined(text, ends), note, estimate, (bottom, top), begins, mark)


def _paper_cell(cell: Cell, begins: bool) -> Markup:
    figure = cell.figure
    digits = 3 if figure.metric == "rouge_l" else 2
    notes = [interval_note(figure, digits), f"{figure.n} answers"]
    if figure.missing and figure.least is not None and figure.most is not None:
        bounds = f"{figure.least:.{digits}f} to {figure.most:.{digits}f} if they were worst or best"
        notes.append(f"{figure.missing} without a score: {bounds}")
    return _noted(cell.text, "; ".join(notes), figure, (0.0, TOPS[figure.metric]), begins, cell.mark)


def _noted(
    text: str, note: str, estimate: Estimate, ends: tuple[float, float], begins: bool, mark: Mark | None
) -> Markup:
    said = note if mark is None else f"{_MARKS[mark]}; {note}"
    classes = " ".join(one for one in ("begins" if begins else "", mark or "") if one) or None
    content = joined(
        tag("b", tag("span", text, class_="value")),
        tag("span", f" {said}", class_="unseen"),
        _range(estimate, *ends),
    )
    value = _value(estimate.mean)
    return tag("td", content, class_=classes, data_value=value, data_noted="", tabindex=-1)


def _ends(estimate: Estimate, digits: int) -> Markup:
    """Return an interval in print, for the eye: the note says it to the ear."""
    if estimate.low is None or estimate.high is None:
        return Markup("")
    text = f"{estimate.low:z.{digits}f} \u2013 {estimate.high:z.{digits}f}"
    return tag("small", text, class_="ends", aria_hidden="true")


def interval_note(estimate: Estimate, digits: int) -> str:
    """Return what is said of a figure's interval."""
    if estimate.mean is None:
        return "no score"
    if estimate.low is None or estimate.high is None:
        return "no interval: fewer than two people"
    return f"95 % interval {estimate.low:z.{digits}f} to {estimate.high:z.{digits}f}"


def _range(estimate: Estimate, bottom: float, top: float) -> Markup:
    """Return the drawing of a mean and its interval on the scale of all that it can be."""
    if estimate.mean is None:
        return Markup("")
    low, mean, high = (
        100 * ((estimate.mean if value is None else value) - bottom) / (top - bottom)
        for value in (estimate.low, estimate.mean, estimate.high)
    )
    return tag(
        "svg",
        tag("rect", class_="whole", width=100, height=4),
        _bar("interval", low, max(high - low, 1.0)),
        _bar("mean", min(max(mean - 1, 0.0), 98.0), 2.0),
        class_="range",
        viewBox="0 0 100 4",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _bar(name: str, left: float, width: float) -> Markup:
    return tag("rect", class_=name, x=f"{left:.1f}", width=f"{width:.1f}", height=4)


def _head(number: int, head: Head) -> Markup:
    classes = "run-head" if number == 0 else "begins" if head.begins else None if head.numeric else "text"
    kind = "number" if head.numeric else "text"
    button = tag("button", head.text, type="button", title=head.title)
    return tag("th", button, scope="col", class_=classes, data_column=number, data_kind=kind)


def _begins(columns: Sequence[Column], number: int) -> bool:
    column = columns[number]
    return number == 0 or (column.set, column.task) != (columns[number - 1].set, columns[number - 1].task)


def _sets_row(columns: Sequence[Column], before: int) -> Markup:
    groups = [(SET_TITLES[name], len(list(some))) for name, some in groupby(columns, lambda c: c.set)]
    return group_row(groups, before)


def _tasks_row(columns: Sequence[Column], before: int) -> Markup:
    found = groupby(columns, lambda c: (c.set, c.task))
    return group_row([(TASK_TITLES[task], len(list(some))) for (_, task), some in found], before)


def group_row(groups: Sequence[tuple[str, int]], before: int) -> Markup:
    """Return a row of heads that each stand over some columns.

    Args:
        groups: their texts, and over how many columns.
        before: how many columns stand before them.
    """
    heads = [tag("th", text, scope="colgroup", colspan=width, class_="begins") for text, width in groups]
    return tag("tr", tag("td", colspan=before), *heads)


def _value(value: float | None) -> str:
    """Return what a cell is sorted by; empty for what is missing."""
    return "" if value is None else f"{value:.6g}"
