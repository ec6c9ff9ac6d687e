"""Doing the steps of a plan: as many at once as there is room for, each in a process of its own.

A step that fails costs those that need it and no others. What stands is not done again, so the same
command goes on after any end; the training of an adapter and a run of questions go on in
the middle, a fine-tuning and `retrain` begin again.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.minutes import note
from s_mllmun_bench.reproducing.steps import Step

Tell = Callable[[str], None]
_BENCH = (sys.executable, "-c", "from s_mllmun_bench.cli import main; main()")


@dataclass(slots=True)
class Outcome:
    """What became of a plan."""

    done: int = 0
    """Steps done now."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why, by the name of the step."""


def work(steps: Sequence[Step], root: Path, jobs: int, tell: Tell) -> Outcome:
    """Do all steps that are not done.

    Args:
        steps: of a plan, each after what it needs.
        root: the folder of the reproduction; logs and times are kept there.
        jobs: how many at once; each uses one core.
        tell: is told of every step in one line.
    """
    outcome, left = Outcome(), [step for step in steps if not step.is_done]
    total, running = len(left), dict[Future[str | None], Step]()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while left or running:
                for step in _ready(left)[: jobs - len(running)]:
                    left.remove(step)
                    running[pool.submit(_do, step, root)] = step
                if not running:
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for one in finished:
                    step = running.pop(one)
                    why = one.result()
                    if why is not None:
                        outcome.failed[step.name] = why
                    outcome.done += why is None
                    count = outcome.done + len(outcome.failed)
                    tell(f"{count}/{total} {step.kind} {step.name}: {why or 'done'}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for step in left:
        outcome.failed[step.name] = "a step that it needs failed"
    return outcome


def _ready(left: Sequence[Step]) -> list[Step]:
    """Return the steps that can begin now."""
    return [step for step in left if all(need.is_done for need in step.needs)]


def _do(step: Step, root: Path) -> str | None:
    """Do one step, and return why it failed; `None` if it is done."""
    started = time.monotonic()
    step.folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        if step.here is not None and step.here():
            note(root, step, time.monotonic() - started, by_command=False)
            return None
    except BenchError as error:
        return str(error)
    log = root / "logs" / f"{step.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with log.open("ab") as file:
        ended = subprocess.run(
            [*_BENCH, *step.arguments], stdout=file, stderr=file, stdin=subprocess.DEVNULL,
            env=os.environ | one_core, check=False,
        )  # fmt: skip
    if ended.returncode == 0 and step.is_done:
        note(root, step, time.monotonic() - started, by_command=True)
        return None
    return f"failed ({ended.returncode}): {_last_line(log)}"


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
