"""Doing the steps of a plan: as many at once as there is room for, each in a process of its own.

A step that fails costs those that need it and no others. What stands is not done again, so the same
command goes on after any end; the training of an adapter and a run of questions go on in
the middle, a fine-tuning and `retrain` begin again.
"""

import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.minutes import note
from s_mllmun_bench.reproducing.steps import LEFT_OUT, Step, unsettled

Tell = Callable[[str], None]
_BENCH = (sys.executable, "-c", "from s_mllmun_bench.cli import main; main()")


@dataclass(slots=True)
class Outcome:
    """What became of a plan."""

    done: int = 0
    """Steps done now."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why, by the name of the step."""
    left: int = 0
    """Steps that could still be done."""
    interrupted: bool = False


def work(
    steps: Sequence[Step],
    root: Path,
    jobs: int,
    tell: Tell,
    until: float = math.inf,
    before: Outcome | None = None,
) -> Outcome:
    """Do what is still to be done; an interrupt ends what is going on and is told, not raised.

    Args:
        steps: of a plan, each after what it needs.
        root: the folder of the reproduction; logs and times are kept there.
        jobs: how many at once; each uses one core.
        tell: is told of every step in one line.
        until: time of `time.monotonic` from which on no step is begun.
        before: what became of the first steps of the same plan; what failed is not tried again.

    Returns:
        What became of all steps, those of ``before`` among them.
    """
    outcome = before or Outcome()
    left = [step for step in unsettled(steps) if step.name not in outcome.failed]
    running, commands = dict[Future[str | None], Step](), _Commands()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while left or running:
                for step in _ready(left)[: jobs - len(running)] if time.monotonic() < until else []:
                    left.remove(step)
                    running[pool.submit(_do, step, root, commands)] = step
                if not running:
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for one in finished:
                    step, why = running.pop(one), one.result()
                    if why is not None:
                        outcome.failed[step.name] = why
                    outcome.done += why is None
                    count = outcome.done + len(outcome.failed)
                    total = count + len(left) + len(running)
                    tell(f"{count}/{total} {step.kind} {step.name}: {why or 'done'}")
        except KeyboardInterrupt:
            outcome.interrupted = True
            commands.end()
    _count_left(outcome, [*left, *running.values()])
    return outcome


def _count_left(outcome: Outcome, left: Sequence[Step]) -> None:
    """Enter which steps can still be done, and which not, for what they need has failed."""
    lost = set(outcome.failed)
    for step in left:
        if any(need.name in lost for need in step.needs):
            lost.add(step.name)
            outcome.failed[step.name] = "a step that it needs failed"
    outcome.left = sum(step.name not in lost and not step.is_done for step in left)


class _Commands:
    """The processes that are going on."""

    def __init__(self) -> None:
        self._going: set[subprocess.Popen[bytes]] = set()
        self._is_over = False
        self._changing = threading.Lock()

    def run(self, arguments: Sequence[str], log: Path) -> tuple[int, float]:
        """Run `bench` on one core; return its exit status and the seconds that it had of a processor.

        Once all has been ended nothing is run, and the status is that of an ended one.
        """
        one_core = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        with log.open("ab") as file:
            with self._changing:
                if self._is_over:
                    return -signal.SIGTERM, 0.0
                process = subprocess.Popen(
                    [*_BENCH, *arguments], stdout=file, stderr=file, stdin=subprocess.DEVNULL,
                    env=os.environ | one_core,
                )  # fmt: skip
                self._going.add(process)
            _, status, used = os.wait4(process.pid, 0)
        with self._changing:
            self._going.discard(process)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, used.ru_utime + used.ru_stime

    def end(self) -> None:
        """End them all, and begin none any more."""
        with self._changing:
            self._is_over = True
            for process in self._going:
                process.terminate()


def _ready(left: Sequence[Step]) -> list[Step]:
    """Return the steps that can begin now."""
    return [step for step in left if all(need.is_done for need in step.needs)]


def _do(step: Step, root: Path, commands: _Commands) -> str | None:
    """Do one step, and return why it failed; `None` if it is done."""
    started = time.thread_time()
    step.folder.parent.mkdir(parents=True, exist_ok=True)
    if (step.folder / LEFT_OUT).exists():
        shutil.rmtree(step.folder)
    try:
        if step.here is not None and step.here():
            note(root, step, time.thread_time() - started, by_command=False)
            return None
    except BenchError as error:
        return str(error)
    log = root / "logs" / f"{step.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    status, seconds = commands.run(step.arguments, log)
    if status == 0 and step.is_done:
        note(root, step, seconds, by_command=True)
        return None
    return f"failed ({status}): {_last_line(log)}"


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
