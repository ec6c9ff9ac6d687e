"""The 18 columns of Table 1 for several runs, on a terminal and as Markdown.

Nine columns wide and one block of rows per set, so that the same column of all runs stands one below
the other and the table fits 100 characters. A figure that is missing is a dash, never a 0, and the
notes below say what is missing and whether the rows may be compared at all.
"""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from s_mllmun_bench.records import METRICS, TASKS, Metric, SetName, Task
from s_mllmun_bench.reporting import paper_tables
from s_mllmun_bench.reporting.paper_tables import DASH, SETS, Cell, Mark, Row, Shown, table1
from s_mllmun_bench.reporting.terminal import new_table
from s_mllmun_bench.scoring.records import Estimate, Scores

METRIC_LABELS: dict[Metric, str] = {"rouge_l": "R", "fact": "F", "meaningful": "M"}
_SHORT_TASKS: dict[Task, str] = {"image_understanding": "IU", "image_memory": "IM", "text_memory": "TM"}
_LEGEND = (
    "IU image understanding, IM image memory, TM text memory; "
    "R ROUGE-L (0-1), F Fact Score, M Meaningful Score (0-10)"
)
_BETTER = "Lower is better of R and F of the forget set's memory, higher of all else"
_STYLES: dict[Mark, str] = {"best": "bold green", "second": "underline cyan"}


def terminal_table(runs: Sequence[Shown]) -> Table:
    """Return the runs' 18 columns as a table of at most 100 characters; notes are its caption."""
    shown = table1(runs)
    caption = Text("\n".join([_LEGEND, *_reading(shown), *shown.notes]))
    table = new_table(caption=caption, caption_justify="left")
    table.add_column("set", no_wrap=True)
    table.add_column("run", overflow="fold", min_width=10, max_width=22)
    for task in TASKS:
        for metric in METRICS:
            table.add_column(f"{_SHORT_TASKS[task]}\n{METRIC_LABELS[metric]}", justify="right", no_wrap=True)
    for set_name in SETS:
        for i, row in enumerate(shown.rows):
            cells = [Text(cell.text, _style(cell)) for cell in _cells(row, set_name)]
            label = Text(row.label, "" if row.ranked else "dim")
            last = i == len(shown.rows) - 1
            table.add_row(set_name if i == 0 else "", label, *cells, end_section=last)
    return table


def markdown_table(runs: Sequence[Shown]) -> str:
    """Return the same table and notes as Markdown, ending in a newline."""
    shown = table1(runs)
    heads = [f"{_SHORT_TASKS[task]} {METRIC_LABELS[metric]}" for task in TASKS for metric in METRICS]
    lines = [
        _line(["set", "run", *heads]),
        _line(["---", "---", *["---:"] * len(heads)]),
    ]
    for set_name in SETS:
        for row in shown.rows:
            cells = [_markdown_cell(cell) for cell in _cells(row, set_name)]
            lines.append(_line([set_name, _escaped(row.label), *cells]))
    below = [_LEGEND, *_reading(shown), *map(_escaped, shown.notes)]
    return "\n".join([*lines, "", *(f"{note}.\n" for note in below)])


def overall_table(runs: Sequence[Shown]) -> Table:
    """Return the runs' overall figures with their 95 % intervals, and the shares of refusals."""
    table = new_table()
    for head in ("run", "Overall Memory", "Overall Image\nUnderstanding", "refusals,\nforget", "retain"):
        table.add_column(head, justify="left" if head == "run" else "right")
    for run in runs:
        table.add_row(
            Text(run.label),
            with_interval(run.scores.overall_memory),
            with_interval(run.scores.overall_image_understanding),
            *(_percent(refusal_share(run.scores, name)) for name in SETS),
        )
    return table


def refusal_share(scores: Scores, set_name: SetName) -> float | None:
    """Return the share of refusals among a set's memory answers, 0 to 1; `None` without answers."""
    found = [
        one
        for one in scores.classes
        if one.set == set_name and one.answer_class == "refusal" and one.task != "image_understanding"
    ]
    n = sum(one.n for one in found)
    return sum(one.count for one in found) / n if n else None


def with_interval(estimate: Estimate) -> str:
    """Return a mean with its 95 % interval, such as ``2.30 [1.90, 2.71]``."""
    if estimate.mean is None:
        return DASH
    if estimate.low is None or estimate.high is None:
        return f"{estimate.mean:z.2f}"
    return f"{estimate.mean:z.2f} [{estimate.low:z.2f}, {estimate.high:z.2f}]"


def _reading(table: paper_tables.Table) -> list[str]:
    """Return how the marks are to be read, if there are any."""
    if not any(cell.mark for row in table.rows for cell in row.cells):
        return []
    return [f"{_BETTER}; of each column the best is bold, the second best underlined"]


def _cells(row: Row, set_name: SetName) -> list[Cell]:
    return [cell for cell in row.cells if cell.figure.set == set_name]


def _style(cell: Cell) -> str:
    if cell.figure.mean is None:
        return "yellow"
    return "" if cell.mark is None else _STYLES[cell.mark]


def _markdown_cell(cell: Cell) -> str:
    if cell.mark == "best":
        return f"**{cell.text}**"
    return f"<u>{cell.text}</u>" if cell.mark == "second" else cell.text


def _percent(share: float | None) -> str:
    return DASH if share is None else f"{100 * share:.0f} %"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
