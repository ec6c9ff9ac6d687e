"""One style of progress for every command, always on stderr, always with the time that remains.

Bars on a terminal; elsewhere (a log, CI) a plain line now and then. stdout stays free for results, so
that ``--json`` can be piped while the progress is looked at.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from s_mllmun_bench.contracts import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


@contextmanager
def progress_shown(quiet: bool = False) -> Iterator[Progress]:
    """Yield the callable that long work reports to, as ``progress(done, total, what)``.

    Every new stage opens a new bar, and so does one that comes again after its end; see `stage_of`. A
    ``total`` of 0 means that it is not known yet.

    Args:
        quiet: report nothing.
    """
    if quiet:
        yield _silent
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _OnTerminal(bars)
    else:
        yield InLines(_line_on_stderr)


class InLines:
    """Progress as plain lines: the first and the last of each stage, and one now and then between."""

    def __init__(
        self,
        write: Callable[[str], None],
        every: float = 15.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with no stage.

        Args:
            write: takes one line, without its line end.
            every: least time between two lines of a stage, seconds.
            now: the clock, seconds.
        """
        self._write = write
        self._every = every
        self._now = now
        self._starts: dict[str, tuple[float, int]] = {}
        self._last_line = 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Write a line if the stage begins or ends here, or if the last line is old enough."""
        now = self._now()
        stage = stage_of(what)
        begins = stage not in self._starts
        started, first_done = self._starts.setdefault(stage, (now, done))
        ends = done == total > first_done
        if not (begins or ends or now - self._last_line >= self._every):
            return
        self._last_line = now
        seconds = now - started
        if ends:
            del self._starts[stage]
            self._write(f"{what}: {done}/{total}, done in {duration(seconds)}")
            return
        left = remaining_seconds(done - first_done, total - done, seconds)
        text = f"{what}: {done}/{total}" if total else f"{what}: {done}"
        self._write(text if left is None else f"{text}, about {duration(left)} left")


def stage_of(what: str) -> str:
    """Return the stage that a report is about: what stands before the first comma.

    What stands behind it may change with every report, such as ``fine-tuning, loss 0.31``.
    """
    return what.partition(",")[0]


def remaining_seconds(done: int, left: int, seconds: float) -> float | None:
    """Return the expected time for ``left`` more steps, or `None` before the first step is done.

    Args:
        done: steps done in ``seconds``; steps of an earlier run do not count.
        left: steps still to do.
        seconds: time spent so far.
    """
    return seconds * left / done if done > 0 and left > 0 else None


def duration(seconds: float) -> str:
    """Return a time span in the unit a person would use, such as ``40 s``, ``3 min`` or ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class _OnTerminal:
    """Progress as bars of rich; a bar stays when its stage is done."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, done: int, total: int, what: str) -> None:
        """Move the bar of this stage, or open it where it stands."""
        stage = stage_of(what)
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(what, total=total or None, completed=done)
        self._bars.update(self._tasks[stage], description=what, total=total or None, completed=done)
        if done == total > 0:
            del self._tasks[stage]


def _bars() -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    )


def _silent(done: int, total: int, what: str) -> None:
    """Take a report and show nothing."""


def _line_on_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
