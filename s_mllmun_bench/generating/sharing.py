"""The jobs of a command shared out to replicas of an engine, whatever these run on.

Every answer comes once, as soon as the first replica has it. A replica that dies is started again, and
what it had not answered is asked again; one that dies too often ends the command, and the same command
continues. One that hangs (`deadlines`) is killed, and then has died.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.deadlines import PATIENCE, Watch
from s_mllmun_bench.generating.dealing import Dealer, Window
from s_mllmun_bench.generating.engines import Job, Said
from s_mllmun_bench.generating.events import Answered, Ended, Event, Lost, Ready, Took

MOST_RESTARTS = 3
"""Of one replica, in one command."""


class Replicas(Protocol):
    """Some engines, each with the plain model at first, by number from 0."""

    count: int
    """How many there are, those that are not ready yet included."""
    waited: float
    """How long `events` has waited so far, seconds."""

    def send(self, replica: int, window: Window, job: Job) -> None:
        """Give a replica a window of a job; it is answered after those it has."""
        ...

    def events(self) -> Sequence[Event]:
        """Return what has happened since the last call, in order; wait for it, but not for long."""
        ...

    def kill(self, replica: int, why: str) -> Lost:
        """Kill a replica and return its loss, with the reason."""
        ...

    def restart(self, replica: int) -> None:
        """Start a dead replica again; it is ready later."""
        ...


def shared_out(
    jobs: Sequence[Job], window: int, replicas: Replicas, patience: float = PATIENCE
) -> Generator[Said, None, None]:
    """Yield what the replicas say of the jobs; see `engines.Engines.answers`.

    A `Taken` comes from each replica that takes up a job, and each time with the adapter's effect: that one
    of them had the adapter says nothing of another, or of the same on a later start.

    Args:
        jobs: what is asked.
        window: the most questions at once, of a single engine.
        replicas: none of them has been given anything.
        patience: as in `deadlines.Watch`, seconds.

    Raises:
        BenchError: a replica died too often, or too many died on the same window.
    """
    dealer = Dealer(jobs, window, replicas.count)
    ready: set[int] = set()
    deaths: Counter[int] = Counter()
    watch = Watch(patience)
    while not dealer.is_done:
        for event in _news(replicas, watch):
            match event:
                case Ready(replica):
                    ready.add(replica)
                case Took(replica, taken):
                    yield dealer.job_of(replica), taken
                case Answered(replica, answers):
                    job = dealer.job_of(replica)
                    yield from ((job, one) for one in answers if dealer.answered(replica, one.question_id))
                case Ended(replica):
                    dealer.ended(replica)
                case Lost(replica):
                    ready.discard(replica)
                    deaths[replica] += 1
                    _require_few(event, deaths[replica])
                    dealer.lost(replica, event.reason)
                    replicas.restart(replica)
        for replica in sorted(ready):
            if given := dealer.next(replica):
                replicas.send(replica, given, jobs[given.job])
                watch.gave(replica, replicas.waited)


def _news(replicas: Replicas, watch: Watch) -> Iterator[Event]:
    """Yield what has happened, last of all which replicas hang: they are killed, and lost."""
    for event in replicas.events():
        watch.saw(event, replicas.waited)
        yield event
    for replica, seconds in watch.hung(replicas.waited):
        lost = replicas.kill(replica, f"said nothing for {seconds:.0f} s (--replica-timeout)")
        watch.saw(lost, replicas.waited)
        yield lost


def _require_few(lost: Lost, deaths: int) -> None:
    """Stop when a replica has died too often; what went wrong inside it keeps its traceback."""
    if deaths <= MOST_RESTARTS:
        return
    if lost.error is not None:
        raise lost.error
    raise BenchError(
        f"replica {lost.replica} died {deaths} times, the last time because {lost.reason}; "
        "what is answered is kept, and the same command continues"
    )
