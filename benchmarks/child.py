"""A command in a process of its own: how long it took, what it computed, and its peak memory."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a command."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    """Largest resident memory."""


def ran(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> Ran:
    """Run a command to its end; its output is thrown away.

    Raises:
        SystemExit: it failed.
    """
    started = time.perf_counter()
    words = [str(word) for word in command]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=os.environ | (environment or {}))
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {child.returncode}")
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def middle(runs: Sequence[Ran]) -> Ran:
    """Return the median of each figure."""
    return Ran(
        median(one.seconds for one in runs),
        median(one.cpu_seconds for one in runs),
        median(one.peak_mib for one in runs),
    )
