"""How long a replica may say nothing before it is taken for one that hangs.

A process that hangs lives on, so nothing tells of it but its silence. What is too long is measured by what
replicas came to the end of, and generously: one that is slow and says something is never taken for hung.
"""

from s_mllmun_bench.generating.events import Answered, Ended, Event, Lost, Placed, Ready, Took

PATIENCE = 600.0
"""Silence that is never too long, seconds, if the user gives no other."""
FACTOR = 10
"""Silence is too long when it is longer than so many of the longest windows or, while loading, starts."""


class Watch:
    """What each replica has at hand, and since when it has said nothing.

    Times are those of a clock that stands still while nobody waits for the replicas, so that a command that
    was busy, or stopped and continued, blames none of them.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        """Watch replicas none of which has begun yet.

        Args:
            patience: silence that is never too long, seconds.
        """
        self._patience = patience
        self._longest_start: float | None = None
        self._longest_window = 0.0
        self._starting: set[int] = set()
        self._windows: dict[int, int] = {}
        """How many each has been given and not ended."""
        self._begun: dict[int, float] = {}
        """When each began what it is at."""
        self._heard: dict[int, float] = {}
        """When each that is at something last said something, or began."""

    def gave(self, replica: int, now: float) -> None:
        """Take note that a replica was given a window."""
        held = self._windows.get(replica, 0)
        self._windows[replica] = held + 1
        if not held:
            self._begins(replica, now)

    def saw(self, event: Event, now: float) -> None:
        """Take note of what has happened."""
        match event:
            case Placed(replica):
                self._starting.add(replica)
                self._begins(replica, now)
            case Ready(replica, seconds):
                self._longest_start = max(self._longest_start or 0.0, seconds)
                self._starting.discard(replica)
                self._heard.pop(replica, None)
            case Took(replica) | Answered(replica):
                self._heard[replica] = now
            case Ended(replica):
                self._longest_window = max(self._longest_window, now - self._begun[replica])
                self._windows[replica] -= 1
                self._begins(replica, now)
                if not self._windows[replica]:
                    del self._heard[replica]
            case Lost(replica):
                self._starting.discard(replica)
                self._windows.pop(replica, None)
                self._heard.pop(replica, None)

    def hung(self, now: float) -> list[tuple[int, float]]:
        """Return the replicas whose silence is too long, each with its seconds.

        While none has started yet, starting takes as long as it takes.
        """
        return [
            (replica, now - heard)
            for replica, heard in sorted(self._heard.items())
            if now - heard > self._limit(replica)
        ]

    def _begins(self, replica: int, now: float) -> None:
        self._begun[replica] = self._heard[replica] = now

    def _limit(self, replica: int) -> float:
        """Return the longest silence that a replica is allowed, seconds: at least a start and a window."""
        if self._longest_start is None:
            return float("inf")
        longest = self._longest_start if replica in self._starting else self._longest_window
        return max(self._patience, FACTOR * longest, self._longest_start + self._longest_window)
