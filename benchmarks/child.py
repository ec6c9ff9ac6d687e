"""A command in a process of its own: how long it took, what it computed, and its peak memory.

The system counts as a process's memory also what its parent held when it was started. So a command is started
by a small process, which this file is when it is called with a command.
"""

import json
import os
import subprocess
import sys
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
    words = [str(word) for word in command]
    small = [sys.executable, "-S", __file__, *words]
    done = subprocess.run(small, stdout=subprocess.PIPE, env=os.environ | (environment or {}), check=True)
    status, *figures = json.loads(done.stdout)
    if status:
        raise SystemExit(f"{' '.join(words)}: exit status {status}")
    return Ran(*figures)


def middle(runs: Sequence[Ran]) -> Ran:
    """Return the median of each figure."""
    return Ran(
        median(one.seconds for one in runs),
        median(one.cpu_seconds for one in runs),
        median(one.peak_mib for one in runs),
    )


def main() -> None:
    """Run the command that is given; print its exit status and its figures as JSON."""
    started = time.perf_counter()
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    figures = [seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]
    sys.stdout.write(json.dumps([child.returncode, *figures]))


if __name__ == "__main__":
    main()
