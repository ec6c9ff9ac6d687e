"""What runs on Ray: one engine in a process of its own, on whichever machine has room for it.

It must be the engine that the command described: the checkpoint, the adapters and the versions are
compared with those of the machine that asks, because a run's identity speaks of these. Nothing heavy is
imported before the number of threads is set.
"""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from s_mllmun_bench.data.images import StoredImage
from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterMode, Backend, BackendSettings, Decoding, Generated
from s_mllmun_bench.generating.engines import Taken
from s_mllmun_bench.generating.versions import versions
from s_mllmun_bench.generating.vllm_worker import AdapterPath

_EVERY = 0.5
"""Answers are sent home this often, seconds: one by one would cost more than to answer."""
_DYING = 30.0
"""A process that is killed gets so long to be gone, seconds."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What every replica of a command is started with."""

    settings: BackendSettings
    """With the dtype of the computation, without "auto"."""
    model: Path
    """The checkpoint's folder, absolute: the same on every machine."""
    digest: str
    """The checkpoint's."""
    adapters: tuple[AdapterPath, ...]
    """All that will be used."""
    decoding: Decoding
    versions: Mapping[str, str]
    """Those of the machine that asks."""
    threads: int
    """For the computation on a CPU."""
    scratch: str | None = None
    """Where replicas make their folders for temporary files; `None`: where the machine has them."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where a replica is."""

    machine: str
    """As Ray calls it."""
    node: str
    """As it calls itself."""
    pid: int
    folder: str
    """Its own, for temporary files such as merged checkpoints."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a replica says of itself when its model is loaded."""

    window: int
    mode: AdapterMode | None
    seconds: float
    """How long that took."""


@dataclass(frozen=True, slots=True)
class Taking:
    """A job that a replica is to take up before it answers."""

    adapter: str | None
    """Digest of its adapter; `None` for the plain model."""
    probes: Sequence[Question]


class Replica:
    """One engine; Ray makes an actor of it, which does one thing after the other."""

    _backend: Backend
    _folder: str

    def arrive(self, setup: Setup) -> Arrived:
        """Make this process's folder for temporary files, and say where both are."""
        from ray import get_runtime_context

        self._folder = tempfile.tempdir = tempfile.mkdtemp(prefix="bench_replica_", dir=setup.scratch)
        return Arrived(get_runtime_context().get_node_id(), platform.node(), os.getpid(), self._folder)

    def open(self, setup: Setup) -> Opened:
        """Load the model.

        Raises:
            BenchError: this machine has other files or versions, or the backend cannot be opened.
        """
        os.environ["OMP_NUM_THREADS"] = str(setup.threads)
        began = time.monotonic()
        with _named():
            _require_same(setup)
            from s_mllmun_bench.generating.opening import open_backend
            from s_mllmun_bench.generating.vllm_worker import read_unchanged

            adapters = [read_unchanged(*path) for path in setup.adapters]
            self._adapters = {one.digest: one for one in adapters}
            self._backend = open_backend(setup.settings, setup.model, adapters, setup.decoding)
        return Opened(self._backend.window, self._backend.mode, time.monotonic() - began)

    def answer(
        self, questions: Sequence[Question], taking: Taking | None
    ) -> Iterator[Taken | Sequence[Generated]]:
        """Yield the answers of one window, some at a time; before them a `Taken` if a job is taken up.

        It ends early when Ray has been told to cancel it.

        Raises:
            BenchError: the adapter cannot be used.
        """
        from ray import get_runtime_context

        with _named():
            if taking is not None:
                adapter = None if taking.adapter is None else self._adapters[taking.adapter]
                yield Taken(self._backend.use(adapter, taking.probes))
            for some in _gathered(self._backend.generate(questions)):
                if get_runtime_context().is_canceled():
                    return
                yield some

    def close(self) -> None:
        """Free the model and what was written for it."""
        self._backend.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def remove(folder: str, process: int) -> None:
    """Remove the folder of a replica that was on this machine and was killed, once its process is gone."""
    end = time.monotonic() + _DYING
    while time.monotonic() < end and _is_there(process):
        time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


def _is_there(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def carried(questions: Sequence[Question]) -> list[Question]:
    """Return questions that can leave this process: each image, which lies in an open file, as its bytes."""
    images: dict[str, StoredImage] = {}
    for image in (question.image for question in questions):
        if image is not None and image.digest not in images:
            images[image.digest] = StoredImage(image.data, image.digest)
    return [one if one.image is None else replace(one, image=images[one.image.digest]) for one in questions]


def _gathered(answers: Iterator[Generated]) -> Iterator[list[Generated]]:
    """Yield the answers in lists, each as soon as it is old enough."""
    some: list[Generated] = []
    sent = time.monotonic()
    for answer in answers:
        some.append(answer)
        if time.monotonic() - sent >= _EVERY:
            yield some
            some, sent = [], time.monotonic()
    if some:
        yield some


def _require_same(setup: Setup) -> None:
    """Check that an engine here is what the command means, and not its namesake."""
    from s_mllmun_bench.checkpoints.loading import checkpoint_digest

    here = versions()
    for name, wanted in setup.versions.items():
        if here.get(name) != wanted:
            raise BenchError(f"{name} is {here.get(name, 'missing')}, and {wanted} where the command runs")
    if not setup.model.is_dir():
        raise BenchError(f"no checkpoint at {setup.model}; all machines need it at the same place")
    if checkpoint_digest(setup.model) != setup.digest:
        raise BenchError(f"the checkpoint at {setup.model} is another one than where the command runs")


@contextmanager
def _named() -> Iterator[None]:
    """Say in an error on which machine it was."""
    try:
        yield
    except BenchError as error:
        raise BenchError(f"on {platform.node()}: {error}") from error


def actor(ray: Any, options: Mapping[str, Any]) -> Any:
    """Return a new process of Ray's with a `Replica` in it.

    Args:
        ray: the package; it is connected.
        options: as `ray.actor.ActorClass.options` takes them.
    """
    return ray.remote(Replica).options(**options).remote()


def removal(ray: Any, at: Arrived) -> Any:
    """Let the machine of a replica that was killed remove what it left; return Ray's reference to that."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(at.machine, soft=False)
    options = {"num_cpus": 0, "max_retries": 0, "scheduling_strategy": there}
    return ray.remote(remove).options(**options).remote(at.folder, at.pid)
