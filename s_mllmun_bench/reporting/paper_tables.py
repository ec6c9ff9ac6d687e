"""The paper's Table 1 and Table 2 as data, which a terminal, LaTeX, CSV or a page shows in its own way.

Every number keeps its interval and what is missing. The best and the second best of a column are marked
among methods alone: a reference or a control is shown and never ranked. Numbers that print alike are
marked alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from s_mllmun_bench.records import METRICS, TASKS, Metric, SetName, Task
from s_mllmun_bench.reporting.rows import ORIGINAL, ReportRun
from s_mllmun_bench.running.origin import Sculpting
from s_mllmun_bench.scoring.records import Figure, Scores

Mark = Literal["best", "second"]

DASH = "\u2013"
"""What stands where there is no number."""
SETS: tuple[SetName, ...] = ("forget", "retain")
SET_TITLES: dict[SetName, str] = {
    "forget": "Forget set",
    "retain": "Retain set",
    "unseen": "Unseen people",
}
DIGITS: dict[Metric, int] = {"rouge_l": 3, "fact": 2, "meaningful": 2}
"""Decimals that are printed: three of ROUGE-L (0 to 1), two of scores (0 to 10)."""
TASK_TITLES: dict[Task, str] = {
    "image_understanding": "Image understanding",
    "image_memory": "Image memory",
    "text_memory": "Text memory",
}
METRIC_TITLES: dict[Metric, str] = {"rouge_l": "ROUGE-L", "fact": "Fact", "meaningful": "Meaningful"}


class Shown(Protocol):
    """What a table needs of a run; a `ReportRun` is one."""

    @property
    def label(self) -> str:
        """What the run is called."""

    @property
    def ranked(self) -> bool:
        """Whether it competes for the marks."""

    @property
    def scores(self) -> Scores:
        """Its figures."""

    @property
    def limit(self) -> int | None:
        """How many people of each set it was asked about at most; `None` for all."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A run of which nothing but its figures is known."""

    label: str
    scores: Scores
    ranked: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One metric on one task of one set."""

    set: SetName
    task: Task
    metric: Metric

    @property
    def lower_is_better(self) -> bool:
        """Whether forgetting lowers it: what a person's memory scores on the forget set.

        A fluent refusal is fully meaningful, so the Meaningful Score is to be high everywhere.
        """
        return self.set == "forget" and self.task != "image_understanding" and self.metric != "meaningful"

    @property
    def arrow(self) -> str:
        """Return an arrow to where better is."""
        return "\u2193" if self.lower_is_better else "\u2191"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a table."""

    figure: Figure
    """Mean, 95 % interval, n, missing and bounds; its mean is `None` if there is nothing."""
    mark: Mark | None = None
    """Among the ranked rows of its column."""

    @property
    def text(self) -> str:
        """The mean as it is printed; a dash if there is none."""
        return DASH if self.figure.mean is None else self._printed(self.figure.mean)

    @property
    def interval(self) -> str:
        """The interval as it is printed, such as ``[0.610, 0.702]``; empty if there is none."""
        if self.figure.low is None or self.figure.high is None:
            return ""
        return f"[{self._printed(self.figure.low)}, {self._printed(self.figure.high)}]"

    def _printed(self, value: float) -> str:
        return f"{value:z.{DIGITS[self.figure.metric]}f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One run of a table."""

    label: str
    ranked: bool
    cells: tuple[Cell, ...]
    """One per column."""
    ticks: tuple[bool, ...] = ()
    """One per heading of the table's ``ticks``."""


@dataclass(frozen=True, slots=True)
class Table:
    """Runs by columns."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    """What a reader must know, each a sentence without its full stop."""
    ticks: tuple[str, ...] = ()
    """Headings of columns that hold a tick or nothing, before the numbers."""


TABLE1 = tuple(Column(one, task, metric) for one in SETS for task in TASKS for metric in METRICS)
"""The 18 columns of the paper's Table 1 in its order."""
TABLE2 = tuple(
    column
    for column in TABLE1
    if column.metric == "rouge_l" and (column.set, column.task) != ("retain", "text_memory")
)
"""The five columns of the paper's Table 2, whose heads in print name the sets wrongly."""


def table1(runs: Sequence[Shown]) -> Table:
    """Return every figure of every run, the best and the second best method of each column marked."""
    rows = [Row(run.label, run.ranked, _cells(run, TABLE1)) for run in runs]
    return Table("Table 1: forgetting and retention", TABLE1, _marked(rows, TABLE1), tuple(notes(runs)))


def table2(runs: Sequence[ReportRun]) -> Table | None:
    """Return the ablation of the mask; `None` unless a run without a part of it is there.

    Args:
        runs: of any methods; those that the ablation is not about are left out.
    """
    found = [(run, criteria) for run in runs if (criteria := _criteria(run)) is not None]
    made = [criteria for run, criteria in found if run.method != ORIGINAL]
    if len(set(made)) < 2:
        return None
    found.sort(key=lambda one: (one[0].method != ORIGINAL, one[1].is_whole, one[0].method == "smfa"))
    rows = [
        Row(
            run.label,
            run.ranked,
            _cells(run, TABLE2),
            (criteria.direction, criteria.magnitude),
        )
        for run, criteria in found
    ]
    return Table(
        title="Table 2: ablation of the mask",
        columns=TABLE2,
        rows=tuple(rows),
        notes=tuple(notes([run for run, _ in found])),
        ticks=("Directional conflict", "Relative magnitude"),
    )


def notes(runs: Sequence[Shown]) -> list[str]:
    """Return what a reader must know: limits, the judges, what is missing, and what cannot be compared."""
    judges = {run.scores.judges for run in runs}
    lines = [limited(limit) for limit in dict.fromkeys(run.limit for run in runs) if limit is not None]
    lines += [f"Judges: {fact} and {meaningful}" for fact, meaningful in sorted(judges)]
    if len(judges) > 1:
        lines.append("These runs have different judges and must not be ranked together")
    return [*lines, *missing_scores(runs)]


def limited(limit: int) -> str:
    """Return what is to be said of a run that asked about some people of each set only."""
    people = "1 person" if limit == 1 else f"{limit} people"
    return f"Limited to {people} of each set; for a look only"


def missing_scores(runs: Sequence[Shown]) -> list[str]:
    """Return a line for each run that lacks scores."""
    lines = []
    for run in runs:
        missing = sum(figure.missing for figure in run.scores.columns)
        if missing:
            total = missing + sum(figure.n for figure in run.scores.columns)
            lines.append(f"{run.label}: {missing} of {total} scores are missing and in no mean")
    return lines


def _criteria(run: ReportRun) -> Sculpting | None:
    """Return which criteria mask a run's forgetting update; `None` for what is no part of the ablation."""
    if run.method in (ORIGINAL, "mfa"):
        return Sculpting(direction=False, magnitude=False)
    return run.sculpting if run.method == "smfa" else None


def _cells(run: Shown, columns: Sequence[Column]) -> tuple[Cell, ...]:
    return tuple(Cell(run.scores.figure(one.set, one.task, one.metric)) for one in columns)


def _marked(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Row, ...]:
    """Return the rows with their marks; one method alone is the best of nothing."""
    marks = [_marks(rows, number, column) for number, column in enumerate(columns)]
    return tuple(
        replace(row, cells=tuple(map(_with_mark, row.cells, marks))) if row.ranked else row for row in rows
    )


def _marks(rows: Sequence[Row], number: int, column: Column) -> dict[str, Mark]:
    """Return the mark of each number of a column, as it is printed."""
    cells = [row.cells[number] for row in rows if row.ranked]
    known = [cell.text for cell in cells if cell.figure.mean is not None]
    order = sorted(set(known), key=float, reverse=not column.lower_is_better)
    marks: tuple[Mark, Mark] = ("best", "second")
    return dict(zip(order, marks, strict=False)) if len(known) > 1 else {}


def _with_mark(cell: Cell, marks: Mapping[str, Mark]) -> Cell:
    return replace(cell, mark=marks.get(cell.text))
