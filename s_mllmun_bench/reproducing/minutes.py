"""How long steps take: an estimate from the reproduction's file, corrected by what has run here.

What each step took stands in ``times.jsonl``, one line per step; the document adds up its plan's.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from s_mllmun_bench.reproducing.recipe import Kind
from s_mllmun_bench.reproducing.steps import Step, unsettled

TIMES = "times.jsonl"


def note(root: Path, step: Step, seconds: float, by_command: bool) -> None:
    """Add what a step took.

    Args:
        root: the folder of the reproduction.
        step: is done.
        seconds: of a processor. A step has one core, so on a free machine they are those of the clock.
        by_command: whether its command ran; what was done in its place says nothing about others.
    """
    line = {"step": step.name, "kind": step.kind, "size": step.size, "seconds": round(seconds, 1)}
    with (root / TIMES).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"by_command": by_command}) + "\n")


def times(root: Path) -> list[dict[str, Any]]:
    """Return what steps took, in the order in which they ended."""
    path = root / TIMES
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def spent(root: Path, steps: Sequence[Step]) -> float:
    """Return the minutes that these steps took, each counted as it ran last; of attempts that failed nothing.

    Args:
        root: the folder of the reproduction.
        steps: of a plan.
    """
    last = {one["step"]: float(one["seconds"]) for one in times(root)}
    return sum(last.get(step.name, 0.0) for step in steps) / 60


def expected(steps: Sequence[Step], minutes: Mapping[Kind, float], root: Path) -> dict[Kind, float]:
    """Return the minutes on one core that the steps which are still to be done will take, by kind.

    Args:
        steps: of a plan.
        minutes: expected of each kind where nothing has run.
        root: the folder of the reproduction.
    """
    seen = times(root)
    found: dict[Kind, float] = {}
    for step in unsettled(steps):
        one = _each(step.kind, minutes, seen) * step.size
        found[step.kind] = found.get(step.kind, 0.0) + one
    return found


def _each(kind: Kind, minutes: Mapping[Kind, float], seen: Sequence[Mapping[str, Any]]) -> float:
    """Return the minutes of a step of a kind and size 1: the mean of those that ran, if any did."""
    ran = [one for one in seen if one["kind"] == kind and one["by_command"]]
    size = sum(one["size"] for one in ran)
    return sum(one["seconds"] for one in ran) / 60 / size if size else minutes[kind]
