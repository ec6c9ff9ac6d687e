"""Replicas of one engine on Ray, seen from the command: started, asked, replaced, stopped.

Ray carries questions out and answers back; which replica gets which questions is decided in `dealing`.
Answers come while a window is being answered, so a replica that dies takes only what it had in hand. What
it left on its machine is removed there, as long as the machine is in the cluster.
"""

import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterMode, BackendSettings, Decoding, Generated, first_line
from s_mllmun_bench.generating.deadlines import PATIENCE
from s_mllmun_bench.generating.dealing import Window
from s_mllmun_bench.generating.engines import Job, Said, Taken
from s_mllmun_bench.generating.events import Answered, Ended, Event, Lost, Placed, Ready, Took
from s_mllmun_bench.generating.ray_cluster import Cluster, Room
from s_mllmun_bench.generating.ray_replica import Arrived, Opened, Setup, Taking, actor, carried, removal
from s_mllmun_bench.generating.sharing import shared_out
from s_mllmun_bench.generating.versions import versions

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter

_CLOSING = 10.0
"""A replica gets so long to remove what it wrote, seconds; so does its machine, if it was killed."""
_LOOK = 1.0
"""Replicas that say nothing are waited for so long at a time, seconds."""


@dataclass(eq=False, slots=True)
class _Place:
    """One replica: its process, and what is expected from it."""

    actor: Any
    arriving: Any
    """Ray's reference to what it says when its process is there; `None` from then on."""
    opening: Any
    """The same for when it is ready."""
    at: Arrived | None = None
    """`None` before its process is there."""
    streams: deque[Any] = field(default_factory=deque)
    """Of each window that it has been given, in order, its answers."""
    job: int | None = None
    """The job it was last told to take up."""

    @property
    def name(self) -> str:
        """How an error calls it."""
        at = self.at
        return "a replica that was to be started" if at is None else f"process {at.pid} on {at.node}"

    @property
    def awaited(self) -> Any:
        """What comes from it next; `None` if nothing does."""
        return self.arriving or self.opening or (self.streams[0] if self.streams else None)


class RayReplicas:
    """Replicas as Ray's actors; see `sharing.Replicas`."""

    def __init__(self, ray: Any, count: int, options: Mapping[str, Any], setup: Setup) -> None:
        """Start all of them.

        Args:
            ray: the package; it is connected.
            count: how many.
            options: what Ray is asked for, for each.
            setup: what each is started with.
        """
        self.count = count
        self.waited = 0.0
        self._ray = ray
        self._options = options
        self._setup = ray.put(setup)
        self._seen: list[Event] = []
        self._opened: Opened | None = None
        self._removing: list[Any] = []
        """Ray's references to what removes the files of replicas that were killed."""
        self._places = [self._started() for _ in range(count)]

    def first(self) -> Opened:
        """Wait for the first replica that is ready, and return what it says of itself.

        Raises:
            BenchError: one cannot be opened.
        """
        while self._opened is None:
            for event in self._news():
                if isinstance(event, Lost):
                    raise event.error or BenchError(f"no replica can be started: {event.reason}")
                self._seen.append(event)
        return self._opened

    def send(self, replica: int, window: Window, job: Job) -> None:
        """Give a replica a window; see `sharing.Replicas`."""
        place = self._places[replica]
        taking = None
        if place.job != window.job:
            place.job = window.job
            taking = Taking(None if job.adapter is None else job.adapter.digest, carried(job.probes))
        answer = place.actor.answer.options(num_returns="streaming")
        place.streams.append(answer.remote(carried(window.questions), taking))

    def events(self) -> Sequence[Event]:
        """Return what has happened; see `sharing.Replicas`."""
        seen, self._seen = self._seen, []
        return seen or self._news()

    def kill(self, replica: int, why: str) -> Lost:
        """Kill a replica; see `sharing.Replicas`."""
        place = self._places[replica]
        self._kill(place)
        return Lost(replica, f"{place.name} {why}")

    def restart(self, replica: int) -> None:
        """Start a dead replica again; see `sharing.Replicas`."""
        self._places[replica] = self._started()

    def close(self) -> None:
        """Stop all: what they are answering is dropped, and what they wrote is removed."""
        self._stop(self._places)
        if self._removing:
            self._ray.wait(self._removing, num_returns=len(self._removing), timeout=_CLOSING)

    def _stop(self, places: Sequence[_Place]) -> None:
        for place in places:
            for stream in place.streams:
                self._ray.cancel(stream)
        closing = {place.actor.close.remote(): place for place in places if place.opening is None}
        closed: set[_Place] = set()
        if closing:
            done, _ = self._ray.wait(list(closing), num_returns=len(closing), timeout=_CLOSING)
            closed = {closing[one] for one in done}
        for place in places:
            self._kill(place, is_clean=place in closed)

    def _kill(self, place: _Place, is_clean: bool = False) -> None:
        """Kill a replica and, unless it has removed what it wrote, have its machine do it."""
        place.streams.clear()
        self._ray.kill(place.actor)
        if place.at is not None and not is_clean:
            self._removing.append(removal(self._ray, place.at))

    def _started(self) -> _Place:
        started = actor(self._ray, self._options)
        return _Place(started, started.arrive.remote(self._setup), started.open.remote(self._setup))

    def _news(self) -> list[Event]:
        """Wait a moment until something has come from a replica, and return what has come from all."""
        awaited = {
            place.awaited: replica for replica, place in enumerate(self._places) if place.awaited is not None
        }
        streams = list(awaited)
        began = time.monotonic()
        self._ray.wait(streams, timeout=_LOOK)
        # No more than was to be waited: this process may have been stopped meanwhile, as a debugger does.
        self.waited += min(time.monotonic() - began, _LOOK)
        there, _ = self._ray.wait(streams, num_returns=len(streams), timeout=0)
        return [self._event(awaited[stream]) for stream in there]

    def _event(self, replica: int) -> Event:
        """Return what has come from a replica.

        Raises:
            BenchError: the replica did; the same would come from another.
        """
        errors, place = self._ray.exceptions, self._places[replica]
        try:
            return self._received(replica, place)
        except errors.RayTaskError as error:
            if isinstance(error.cause, BenchError):
                raise BenchError(str(error.cause)) from error
            self._stop([place])
            return Lost(replica, f"{place.name} failed: {first_line(error.cause)}", error)
        except errors.RayError:
            self._kill(place)
            return Lost(replica, f"{place.name} ended, as when memory runs out")

    def _received(self, replica: int, place: _Place) -> Event:
        if place.arriving is not None:
            place.at, place.arriving = self._ray.get(place.arriving), None
            return Placed(replica)
        if place.opening is not None:
            opened: Opened = self._ray.get(place.opening)
            place.opening, self._opened = None, self._opened or opened
            return Ready(replica, opened.seconds)
        try:
            news = next(place.streams[0])
        except StopIteration:
            place.streams.popleft()
            return Ended(replica)
        said: Taken | Sequence[Generated] = self._ray.get(news)
        return Took(replica, said) if isinstance(said, Taken) else Answered(replica, said)


class RayEngines:
    """The engines of a command that asks for Ray; see `engines.Engines`."""

    def __init__(
        self, settings: BackendSettings, model: Path, adapters: "Sequence[Adapter]", decoding: Decoding
    ) -> None:
        """Start replicas and wait for the first; the others come when they are ready.

        Args:
            settings: as given, for Ray.
            model: the checkpoint's folder.
            adapters: all that will be used, one after the other.
            decoding: how to answer.

        Raises:
            BenchError: there is no Ray, or no room, or the model cannot be loaded there.
        """
        with ExitStack() as started:
            cluster = Cluster(settings.ray_address, settings.replicas)
            started.callback(cluster.close)
            room = cluster.room(settings)
            setup = replace(_setup(settings, model, adapters, decoding, room), scratch=cluster.scratch)
            self._replicas = RayReplicas(cluster.ray, room.replicas, room.options, setup)
            started.callback(self._replicas.close)
            self._opened = self._replicas.first()
            given = settings.replica_timeout
            self._patience = PATIENCE if given is None else given
            self._started = started.pop_all()

    @property
    def mode(self) -> AdapterMode | None:
        """As in `Engines`."""
        return self._opened.mode

    def answers(self, jobs: Sequence[Job]) -> Generator[Said, None, None]:
        """Yield what `Engines` says, of all jobs in turns."""
        return shared_out(jobs, self._opened.window, self._replicas, self._patience)

    def close(self) -> None:
        """Stop the replicas and leave Ray."""
        self._started.close()


def _setup(
    settings: BackendSettings,
    model: Path,
    adapters: "Sequence[Adapter]",
    decoding: Decoding,
    room: Room,
) -> Setup:
    """Return what the replicas are started with.

    Raises:
        BenchError: the dtype would be another than the replicas' own.
    """
    import torch

    from s_mllmun_bench.checkpoints.loading import checkpoint_digest
    from s_mllmun_bench.generating.prompts import resolved_dtype
    from s_mllmun_bench.generating.vllm_adapters import adapter_path

    if settings.dtype == "auto" and room.gpus and not torch.cuda.is_available():
        raise BenchError(
            "the replicas have GPUs and this machine has none, where auto means float32; "
            "give --dtype, such as bfloat16"
        )
    dtype = resolved_dtype(settings.dtype, model)
    return Setup(
        settings=replace(
            settings, dtype=dtype, engine="local", replicas=None, ray_address=None, replica_timeout=None
        ),
        model=model.absolute(),
        digest=checkpoint_digest(model),
        adapters=tuple(map(adapter_path, adapters)),
        decoding=decoding,
        versions=versions(),
        threads=room.threads,
    )
