"""Runs of several methods, each at several strengths, gathered into their frontiers.

A run belongs to the method that its adapter's folder records, else to the folder itself. The run of the
plain model, if it is among them, is where every method begins: at no strength at all.
"""

from collections.abc import Sequence
from pathlib import Path

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.running.compare import (
    finished_answers,
    open_runs,
    scored_answers,
    why_unjudged,
)
from s_mllmun_bench.running.run import Run
from s_mllmun_bench.scoring.frontier import MethodFrontier, Strength, frontier, strength


def frontier_of(folders: Sequence[Path]) -> tuple[MethodFrontier, ...]:
    """Return the frontier of each method among some runs, in the order in which they are named.

    Args:
        folders: run folders, answered and judged, on the same questions, of one model.

    Raises:
        BenchError: a run is not such a one, or given twice, or none of them has an adapter.
    """
    runs = open_runs(folders)
    for run in runs:
        _require_alike(runs[0], run)
    start = [_strength(run) for run in runs if run.manifest.adapter is None]
    methods: dict[str, list[Strength]] = {}
    for run in runs:
        if run.manifest.adapter is not None and run.origin is not None:
            methods.setdefault(run.origin.method, [*start]).append(_strength(run))
    if not methods:
        raise BenchError("a frontier needs runs with an adapter, and none of these has one")
    return frontier(methods)


def _require_alike(one: Run, other: Run) -> None:
    unjudged = why_unjudged(one, other)
    if unjudged is not None:
        raise BenchError(f"a frontier needs the scores of one judge: {unjudged}")
    if one.manifest.identity.model != other.manifest.identity.model:
        raise BenchError(f"{one.folder} and {other.folder} are of different models")


def _strength(run: Run) -> Strength:
    found = strength(run.folder.name, scored_answers(run, finished_answers(run)))
    figures = [("forgetting", found.forgetting), *found.kept.items()]
    lacking = [name for name, drawn in figures if drawn.mean is None]
    if lacking:
        raise BenchError(f"{run.folder} has no Fact Score of {' and '.join(lacking)}")
    return found
