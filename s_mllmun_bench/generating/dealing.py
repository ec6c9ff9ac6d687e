"""Which replica of an engine answers which questions, so that none waits and none is waited for.

Windows lie ready in one queue per adapter, large ones first and small ones last. A replica stays with an
adapter while there is work for it, because to change costs far more than a window. Where no window is
left, it takes over half of what the slowest one has not answered yet: whoever answers first is heard.
The windows depend on nothing but the questions and the number of replicas, so a run that was stopped
asks the same ones again.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import windows
from s_mllmun_bench.generating.engines import Job

LEAST = 32
"""Questions of a small window: fewer do not fill a batch. Twice as many can be shared with another."""
MOST_LOSSES = 3
"""So often may a window's replica die before the window is held to be the reason."""
_LOW = 4
"""A replica gets its next window when a fourth of the one before is left."""


@dataclass(eq=False, slots=True)
class Window:
    """Questions of one job that are asked together."""

    job: int
    questions: Sequence[Question]
    said: int = 0
    """How many of them the replica that has it has answered."""
    losses: int = 0
    """How many replicas have died on it."""

    @property
    def is_low(self) -> bool:
        """Whether so few are left that its replica should have the next window at hand."""
        return _LOW * (len(self.questions) - self.said) <= len(self.questions)


def tapered(questions: Sequence[Question], most: int, replicas: int) -> Iterator[Sequence[Question]]:
    """Yield consecutive parts of the questions: never more than one replica's share of those that follow.

    As long as there are many, they are the windows of a single engine; so are all of them for one
    replica. The small ones end where another image begins, so that it is read by one replica alone.

    Args:
        questions: grouped by image.
        most: the window of a single engine, >= 1.
        replicas: how many share them, >= 1.
    """
    if replicas == 1:
        yield from windows(questions, most)
        return
    start = 0
    while start < len(questions):
        share = max(LEAST, -(-(len(questions) - start) // replicas))
        end = start + most if share >= most else _border(questions, start, start + share)
        yield questions[start:end]
        start = end


def _border(questions: Sequence[Question], start: int, end: int) -> int:
    """Return the last place in the second half before ``end`` where another image begins, or ``end``."""
    for place in range(min(end, len(questions) - 1), (start + end) // 2, -1):
        if questions[place].image != questions[place - 1].image:
            return place
    return end


class Dealer:
    """The windows that are left, who has which, and which questions have no answer yet."""

    def __init__(self, jobs: Sequence[Job], most: int, replicas: int) -> None:
        """Cut the questions into windows; those that are answered already are left out.

        Args:
            jobs: what is asked.
            most: the window of a single engine.
            replicas: their number, dead ones included.
        """
        self._open = [{one.id for one in job.questions} - job.answered for job in jobs]
        self._waiting = [
            deque(
                Window(number, part)
                for part in tapered(job.questions, most, replicas)
                if any(one.id in self._open[number] for one in part)
            )
            for number, job in enumerate(jobs)
        ]
        self._held: dict[int, deque[Window]] = {replica: deque() for replica in range(replicas)}
        """What each replica was given, in the order in which it answers."""
        self._at: dict[int, int] = {}
        """The job that each replica has the adapter of."""

    @property
    def is_done(self) -> bool:
        """Whether every question has its answer."""
        return not any(self._open)

    def next(self, replica: int) -> Window | None:
        """Return what a replica is to answer next, or `None` if it has enough or there is nothing."""
        held = self._held[replica]
        if len(held) > 1 or (held and not held[0].is_low):
            return None
        job = self._job(replica, may_change=not held)
        if job is not None:
            window: Window | None = self._waiting[job].popleft()
        else:
            window = None if held or any(self._waiting) else self._relief()
        if window is not None:
            held.append(window)
            self._at[replica] = window.job
        return window

    def job_of(self, replica: int) -> int:
        """Return the job of the window that a replica is answering."""
        return self._held[replica][0].job

    def answered(self, replica: int, question: str) -> bool:
        """Take note of an answer in a replica's window, and return whether it is the question's first."""
        window = self._held[replica][0]
        window.said += 1
        if question not in self._open[window.job]:
            return False
        self._open[window.job].remove(question)
        return True

    def ended(self, replica: int) -> None:
        """Take note that a replica has come to the end of its window.

        Raises:
            RuntimeError: it left a question out, and nobody else has that one.
        """
        window = self._held[replica].popleft()
        holders = self._holders(window.job)
        if left := [one.id for one in self._unanswered(window) if one.id not in holders]:
            raise RuntimeError(f"replica {replica} left out {len(left)} questions, such as {left[0]}")

    def lost(self, replica: int, reason: str) -> None:
        """Put a dead replica's windows back, to be asked first.

        Args:
            replica: the dead one.
            reason: why it died.

        Raises:
            BenchError: too many have died on the same window.
        """
        held = self._held[replica]
        if held:
            held[0].losses += 1
            if held[0].losses > MOST_LOSSES:
                raise BenchError(
                    f"{held[0].losses} replicas died on the same questions ({held[0].questions[0].id} to "
                    f"{held[0].questions[-1].id}), the last time because {reason}; try a smaller --batch-size"
                )
        while held:
            window = held.pop()
            window.said = 0
            if self._unanswered(window):
                self._waiting[window.job].appendleft(window)
        self._at.pop(replica, None)

    def _job(self, replica: int, may_change: bool) -> int | None:
        """Return the job whose window a replica should take: its own, else where most are left for each.

        The end of a job is left to those who have its adapter: before another had it, too, they are done.
        """
        own = self._at.get(replica)
        if own is not None and self._waiting[own]:
            return own
        jobs = [job for job, waiting in enumerate(self._waiting) if waiting]
        if not jobs or not may_change:
            return None
        crowd = Counter(self._at.values())
        left = [sum(len(window.questions) for window in waiting) for waiting in self._waiting]
        best = max(jobs, key=lambda job: left[job] / (crowd[job] + 1))
        return best if not crowd[best] or len(self._waiting[best]) > crowd[best] else None

    def _relief(self) -> Window | None:
        """Return half of the questions that one replica alone has yet to answer, if they are many."""
        job, most = 0, list[Question]()
        for window in (window for held in self._held.values() for window in held):
            holders = self._holders(window.job)
            alone = [one for one in self._unanswered(window) if holders[one.id] == 1]
            if len(alone) > len(most):
                job, most = window.job, alone
        return Window(job, most[len(most) // 2 :]) if len(most) >= 2 * LEAST else None

    def _unanswered(self, window: Window) -> list[Question]:
        return [one for one in window.questions if one.id in self._open[window.job]]

    def _holders(self, job: int) -> Counter[str]:
        """Return by how many replicas each question of a job is held."""
        held = (window for windows in self._held.values() for window in windows if window.job == job)
        return Counter(one.id for window in held for one in window.questions)
