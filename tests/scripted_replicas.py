"""Replicas in a time of their own: they answer by a script, at set speeds, and die or hang when told to."""

import heapq
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from s_mllmun_bench.data.images import StoredImage
from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.generating.backend import Generated
from s_mllmun_bench.generating.dealing import Window
from s_mllmun_bench.generating.engines import Job, Taken
from s_mllmun_bench.generating.events import Answered, Ended, Event, Lost, Placed, Ready, Took

_AT_ONCE = 16
"""Answers that come together."""
_LOOK = 1.0
"""The longest wait for something to happen, seconds."""


@dataclass
class _State:
    """One replica as it is now."""

    life: int = 0
    """How often it was started; what an earlier life left in the queue of events does not happen."""
    queue: deque[Window] = field(default_factory=deque)
    job: int | None = None
    hangs: bool = False
    """Whether it sleeps until it is killed."""


class ScriptedReplicas:
    """Replicas whose answers say which question they are to; see `sharing.Replicas`."""

    def __init__(
        self,
        speeds: Sequence[float],
        deaths: Mapping[int, Sequence[float]] | None = None,
        starting: float = 0.0,
        switching: float = 0.0,
        overhead: float = 0.0,
        poison: str | None = None,
        counting: bool = True,
        hangs: Mapping[int, Sequence[float]] | None = None,
        at_once: int = _AT_ONCE,
    ) -> None:
        """Start them.

        Args:
            speeds: questions per second of each replica.
            deaths: by replica: when it dies, seconds.
            starting: seconds until a replica is ready.
            switching: seconds to take up a job.
            overhead: seconds of each window.
            poison: id of a question on which every replica dies.
            counting: whether to remember what was asked.
            hangs: by replica: when it falls asleep for ever, seconds.
            at_once: answers that come together.
        """
        self.count = len(speeds)
        self.now = 0.0
        self.asked: Counter[tuple[int, str]] = Counter()
        """How often each question of each job was begun."""
        self.taken: list[tuple[int, int]] = []
        """(replica, job) of each adapter that was loaded, in order."""
        self.most_held = 0
        """The most windows that one replica had at a time."""
        self.killed: list[tuple[int, float]] = []
        """(replica, second) of each that was killed."""
        self.windows: list[int] = []
        """The sizes of the windows, as they were begun."""
        self._speeds, self._starting, self._switching = speeds, starting, switching
        self._overhead, self._poison, self._counting = overhead, poison, counting
        self._states = [_State() for _ in speeds]
        self._heap: list[tuple[float, int, int, int, Event]] = []
        self._number = 0
        self._at_once = at_once
        self._hangs = {replica: deque(times) for replica, times in (hangs or {}).items()}
        for replica in range(self.count):
            self.restart(replica)
        for replica, times in (deaths or {}).items():
            for time in times:
                self._happens(time, replica, Lost(replica, "it was told to"), life=-1)

    def send(self, replica: int, window: Window, job: Job) -> None:
        state = self._states[replica]
        state.queue.append(window)
        self.most_held = max(self.most_held, len(state.queue))
        if len(state.queue) == 1:
            self._begin(replica)

    def events(self) -> Sequence[Event]:
        end = self.now + _LOOK
        while self._heap and self._heap[0][0] <= end:
            self.now, _, replica, life, event = heapq.heappop(self._heap)
            state = self._states[replica]
            self._fall_asleep(replica)
            if life not in (-1, state.life) or state.hangs:
                continue
            if isinstance(event, Ended):
                state.queue.popleft()
                if state.queue:
                    self._begin(replica)
            if isinstance(event, Lost):
                self._end(replica)
            return [event]
        self.now = end
        return []

    @property
    def waited(self) -> float:
        return self.now

    def kill(self, replica: int, why: str) -> Lost:
        self.killed.append((replica, self.now))
        self._end(replica)
        return Lost(replica, f"it {why}")

    def restart(self, replica: int) -> None:
        self._happens(0.0, replica, Placed(replica))
        self._happens(self._starting, replica, Ready(replica, self._starting))

    def _fall_asleep(self, replica: int) -> None:
        times = self._hangs.get(replica)
        if times and times[0] <= self.now:
            times.popleft()
            self._states[replica].hangs = True

    def _end(self, replica: int) -> None:
        state = self._states[replica]
        state.life, state.job, state.hangs = state.life + 1, None, False
        state.queue.clear()

    def _begin(self, replica: int) -> None:
        """Put what comes of the first window in a replica's queue into the queue of events."""
        state = self._states[replica]
        window, seconds = state.queue[0], self._overhead
        self.windows.append(len(window.questions))
        if self._counting:
            self.asked.update((window.job, one.id) for one in window.questions)
        if state.job != window.job:
            state.job = window.job
            seconds += self._switching
            self.taken.append((replica, window.job))
            self._happens(seconds, replica, Took(replica, Taken(None)))
        for start in range(0, len(window.questions), self._at_once):
            some = window.questions[start : start + self._at_once]
            seconds += len(some) / self._speeds[replica]
            if any(one.id == self._poison for one in some):
                self._happens(seconds, replica, Lost(replica, "the question is too much for it"))
                return
            self._happens(seconds, replica, Answered(replica, [Generated(one.id, one.id) for one in some]))
        self._happens(seconds, replica, Ended(replica))

    def _happens(self, seconds: float, replica: int, event: Event, life: int | None = None) -> None:
        self._number += 1
        of_life = self._states[replica].life if life is None else life
        heapq.heappush(self._heap, (self.now + seconds, self._number, replica, of_life, event))


def many_questions(count: int, per_image: int = 14) -> list[Question]:
    """Return questions, so many on each image."""
    images = [StoredImage(b"", str(number)) for number in range(count // per_image + 1)]
    return [
        Question(
            f"q{number}", "p", "image_memory", "born", "face", images[number // per_image], "?", "!", None
        )
        for number in range(count)
    ]


def job(questions: Sequence[Question], answered: frozenset[str] = frozenset()) -> Job:
    """Return a job of the plain model."""
    return Job(None, (), False, questions, answered)
