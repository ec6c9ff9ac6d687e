"""One run's figures on a terminal, with their intervals: a block of rows per set, at most 100 characters.

Beside the means stands how many answers one of them lacks; below the table, what these could make of the
overall figures.
"""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from s_mllmun_bench.records import METRICS
from s_mllmun_bench.reporting.paper_tables import METRIC_TITLES, SET_TITLES, TASK_TITLES, Cell
from s_mllmun_bench.reporting.tables import with_interval
from s_mllmun_bench.reporting.terminal import new_table
from s_mllmun_bench.scoring.records import Bounded, Figure, Scores

_OVERALL = {
    "overall_memory": "Overall Memory",
    "overall_image_understanding": "Overall Image Understanding",
    "forget_memory": "memory of the forget set (Fact)",
    "retain_memory": "memory of the retain set (Fact)",
}


def run_table(scores: Scores) -> Table:
    """Return every figure of a run with its interval: a row per set and task."""
    table = new_table()
    first = [figure for figure in scores.figures if figure.metric == "rouge_l"]
    table.add_column("", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for metric in METRICS:
        table.add_column(METRIC_TITLES[metric], justify="right", no_wrap=True)
    table.add_column("missing", justify="right", no_wrap=True)
    for set_name in dict.fromkeys(one.set for one in first):
        table.add_row(Text(SET_TITLES[set_name], "bold"))
        for one in (one for one in first if one.set == set_name):
            found = [scores.figure(one.set, one.task, metric) for metric in METRICS]
            cells = [*map(_cell, found), _missing(found)]
            table.add_row(TASK_TITLES[one.task], str(one.n + one.missing), *cells)
        table.add_section()
    return table


def overall_lines(scores: Scores) -> list[str]:
    """Return the overall figures that there are, with their intervals and, if scores are missing, bounds."""
    lines = []
    for name, title in _OVERALL.items():
        figure: Bounded = getattr(scores, name)
        if figure.mean is not None or figure.least is not None:
            lines.append(f"{title:32}{with_interval(figure)}{_bounds(figure)}")
    return lines


def _cell(figure: Figure) -> Text:
    """Return a mean with its interval, such as ``6.41 [5.92, 6.90]``."""
    cell = Cell(figure)
    if figure.mean is None:
        return Text(cell.text, "yellow")
    return Text.assemble((cell.text, "bold"), (f" {cell.interval}" if cell.interval else "", "dim"))


def _missing(figures: Sequence[Figure]) -> Text:
    """Return how many answers are not in the mean that lacks most; nothing if all are in all."""
    most = max(figure.missing for figure in figures)
    return Text(str(most) if most else "", "yellow")


def _bounds(figure: Bounded) -> str:
    if figure.least is None or figure.most is None or figure.most - figure.least < 1e-9:
        return ""
    return f"; {figure.least:z.2f} to {figure.most:z.2f}, whatever the missing scores are"
