r"""A table of the paper as LaTeX, with nothing needed but ``booktabs``, ``graphicx`` and ``amssymb``.

Every text is escaped: a run's name is anyone's, and ``_`` alone would break the document. The best is
bold, the second best underlined, and the 95 % interval stands small below its mean.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from s_mllmun_bench.reporting.paper_tables import (
    METRIC_TITLES,
    SET_TITLES,
    TASK_TITLES,
    Cell,
    Column,
    Row,
    Table,
)

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\u2013": "--",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    # After the end of a line, these would be options of it.
    **{char: f"{{{char}}}" for char in "[]*"},
}
_ARROWS = {True: r"$\downarrow$", False: r"$\uparrow$"}


def latex(table: Table) -> str:
    """Return a ``table*`` that is as wide as the page, ending in a newline."""
    return "\n".join(_lines(table)) + "\n"


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it, on one line; a blank for what cannot be seen."""
    return "".join(_ESCAPES.get(char, char) if char.isprintable() else " " for char in text)


def _lines(table: Table) -> Iterator[str]:
    yield "% needs: \\usepackage{booktabs,graphicx,amssymb}"
    yield r"\begin{table*}"
    yield r"\centering"
    notes = "".join(f" {escaped(note)}." for note in table.notes)
    caption = escaped(table.title.partition(": ")[2].capitalize())
    yield rf"\caption{{{caption}. Small, in brackets: 95\,\% intervals over people.{notes}}}"
    yield r"\resizebox{\textwidth}{!}{%"
    yield rf"\begin{{tabular}}{{l{'c' * len(table.ticks)}{'r' * len(table.columns)}}}"
    yield r"\toprule"
    yield from _heads(table)
    yield r"\midrule"
    for number, row in enumerate(table.rows):
        if number and row.ranked != table.rows[number - 1].ranked:
            yield r"\midrule"
        yield from _row(row)
    yield from (r"\bottomrule", r"\end{tabular}}", r"\end{table*}")


def _heads(table: Table) -> Iterator[str]:
    """Yield three lines of heads with rules below: the sets, the tasks, the metrics."""
    first = 2 + len(table.ticks)
    sets = [(SET_TITLES[name], len(list(found))) for name, found in groupby(table.columns, lambda c: c.set)]
    tasks = [
        (TASK_TITLES[task], len(list(found)))
        for (_, task), found in groupby(table.columns, lambda c: (c.set, c.task))
    ]
    yield from _spans(sets, first)
    yield from _spans(tasks, first)
    yield _line(["", *map(escaped, table.ticks), *map(_head, table.columns)])


def _spans(titles: Sequence[tuple[str, int]], first: int) -> Iterator[str]:
    """Yield heads that span columns, and the rules below each.

    Args:
        titles: each with the number of its columns.
        first: number of the first one's first column, from 1.
    """
    heads = [rf"\multicolumn{{{width}}}{{c}}{{{escaped(title)}}}" for title, width in titles]
    yield _line([*[""] * (first - 1), *heads])
    rules = []
    for _, width in titles:
        rules.append(rf"\cmidrule(lr){{{first}-{first + width - 1}}}")
        first += width
    yield "".join(rules)


def _head(column: Column) -> str:
    return f"{escaped(METRIC_TITLES[column.metric])} {_ARROWS[column.lower_is_better]}"


def _row(row: Row) -> Iterator[str]:
    """Yield a run's line, and below it that of the intervals, if it has any."""
    ticks = [r"\checkmark" if ticked else "" for ticked in row.ticks]
    yield _line([escaped(row.label), *ticks, *map(_number, row.cells)])
    if any(cell.interval for cell in row.cells):
        small = [rf"{{\tiny {cell.interval}}}" if cell.interval else "" for cell in row.cells]
        yield _line([*[""] * (1 + len(ticks)), *small])


def _number(cell: Cell) -> str:
    text = escaped(cell.text)
    if cell.mark == "best":
        return rf"\textbf{{{text}}}"
    return rf"\underline{{{text}}}" if cell.mark == "second" else text


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
