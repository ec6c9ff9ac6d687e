"""The paper's Table 1 as rows: figures that are its authors' word, on boards of their own.

They are of another dataset and judge than any released here, so no submission stands beside them. A cell
that could not be read is empty.
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast, get_args

from s_mllmun_bench.board.standings import Board, Column, JudgeKey, Row
from s_mllmun_bench.board.submission import Kind
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import METRICS, RATIOS, TASKS, Metric, Ratio, SetName, Task
from s_mllmun_bench.scoring.records import Estimate

PAPER = "paper"
TABLE = f"{PAPER}/table1.csv"
"""Below the leaderboard folder."""
_AUTHORS = "The authors of Memory Forgetting Adapter Sculpting"
_SETS: tuple[SetName, ...] = ("forget", "retain")
_METRICS: Mapping[str, Metric] = {"R": "rouge_l", "F": "fact", "M": "meaningful"}
_Cells = Mapping[tuple[SetName, Task, Metric], float | None]


def reported_boards(leaderboard: Path) -> list[Board]:
    """Return the paper's boards; none where the folder has no table.

    Raises:
        BenchError: the table holds something else.
    """
    path = leaderboard / TABLE
    if not path.is_file():
        return []
    rows: dict[tuple[str, Ratio], dict[str, dict[tuple[SetName, Task, Metric], float | None]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.DictReader(file), 2):
            try:
                board, method, cell, value = _read(line)
            except (KeyError, ValueError) as error:
                raise BenchError(f"{path}:{number} is no cell of the paper's table") from error
            rows.setdefault(board, {}).setdefault(method, {})[cell] = value
    return [_board(model, ratio, methods) for (model, ratio), methods in sorted(rows.items())]


def _read(
    line: Mapping[str, str],
) -> tuple[tuple[str, Ratio], str, tuple[SetName, Task, Metric], float | None]:
    ratio, set_name, task = int(line["ratio"]), line["set"], line["task"]
    if ratio not in RATIOS or set_name not in _SETS or task not in get_args(Task):
        raise ValueError("no such cell")
    cell = (set_name, cast(Task, task), _METRICS[line["metric"]])
    value = None if line["status"] == "unreadable" else float(line["value"])
    return (line["model"], ratio), line["method"], cell, value


def _board(model: str, ratio: Ratio, methods: Mapping[str, _Cells]) -> Board:
    rows = [_row(name, cells) for name, cells in methods.items()]
    rows.sort(key=lambda row: (row.headline.mean is None, -(row.headline.mean or 0.0), row.name))
    return Board(
        benchmark=PAPER,
        base_model=model,
        ratio=ratio,
        judges=(JudgeKey(judge="Fact Score", digest=None), JudgeKey(judge="Meaningful Score", digest=None)),
        questions=None,
        ranked=tuple(row for row in rows if row.kind == "method"),
        references=tuple(row for row in rows if row.kind != "method"),
        withstands_null_rows=None,
    )


def _row(name: str, cells: _Cells) -> Row:
    kind: Kind = "reference" if name == "Original" else "method"
    forget, retain = (_mean([cells.get((s, task, "fact")) for task in TASKS[1:]]) for s in _SETS)
    memory = None if forget is None or retain is None else retain - forget
    understanding = _mean([cells.get((s, "image_understanding", "fact")) for s in _SETS])
    return Row(
        place=None,
        sha256=None,
        method=name.lower().replace(" ", "_"),
        kind=kind,
        name=name,
        authors=_AUTHORS,
        url=None,
        badge="reported",
        rank=None,
        headline=_plain(_mean([memory, understanding])),
        overall_memory=_plain(memory),
        overall_image_understanding=_plain(understanding),
        forget_memory=_plain(forget),
        retain_memory=_plain(retain),
        columns=tuple(_columns(cells)),
        coverage=None,
        signs=None,
        settings=None,
    )


def _columns(cells: _Cells) -> Iterator[Column]:
    for set_name in _SETS:
        for task in TASKS:
            for metric in METRICS:
                mean = _plain(cells.get((set_name, task, metric))).model_dump()
                yield Column(set=set_name, task=task, metric=metric, n=None, missing=None, **mean)


def _mean(values: list[float | None]) -> float | None:
    """Return the mean of two figures; `None` if one of them is missing."""
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 6) if len(known) == len(values) else None


def _plain(mean: float | None) -> Estimate:
    return Estimate(mean=mean, low=None, high=None)
