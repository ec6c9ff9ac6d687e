"""The Ray that replicas run on: one of its own on this machine, or a cluster that is there.

One of its own listens on nothing but the loopback, says nothing on the terminal, reports to nobody, and
leaves no process and no file behind.
"""

import logging
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings, first_line

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_PATIENCE = 10.0
"""For a first connection, seconds."""
_SHORT = "/tmp"
"""The paths of Ray's sockets have at most 107 characters, and Ray adds 70 of its own."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many replicas a cluster has room for, and what each gets."""

    replicas: int
    gpus: int
    """Of each replica."""
    threads: int
    """Of each replica, for what is computed on a CPU."""

    @property
    def options(self) -> dict[str, Any]:
        """Return what Ray is asked for, for each replica."""
        return {"num_cpus": 1, "num_gpus": self.gpus, "scheduling_strategy": "SPREAD"}


class Cluster:
    """A connection to Ray."""

    def __init__(self, address: str | None, replicas: int | None) -> None:
        """Connect, or start a Ray on this machine.

        Args:
            address: as ``HOST:PORT``, or ``auto`` for the cluster that this machine is in; `None` for the
                one in the environment's ``RAY_ADDRESS``, or else one of its own.
            replicas: how many are wanted; a Ray of its own must find room for them.

        Raises:
            BenchError: there is no Ray at the address, or none can be started.
        """
        wanted = address or os.environ.get("RAY_ADDRESS") or "local"
        own = wanted == "local"
        if wanted not in ("local", "auto"):
            _require_listener(wanted)
        for name, value in (_ENVIRONMENT | (_own() if own else {})).items():
            os.environ.setdefault(name, value)
        import ray

        self.ray: Any = ray
        self._folder: str | None = None
        self.scratch: str | None = None
        """Of a Ray of its own: where replicas may leave files, which are removed with it."""
        self._connected_before = ray.is_initialized()
        if self._connected_before:
            return
        _silence(ray)
        if own:
            # As the environment says, for a program that had imported Ray before it was set.
            vars(ray._private.ray_constants)["ENABLE_RAY_CLUSTER"] = False
        try:
            self._connect(wanted, replicas)
        except BaseException:
            self.close()
            raise

    def _connect(self, wanted: str, replicas: int | None) -> None:
        ray, own = self.ray, wanted == "local"
        arguments: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if own:
            self._folder = tempfile.mkdtemp(prefix="bench_ray_", dir=_SHORT)
            self.scratch = tempfile.mkdtemp(prefix="bench_replicas_")
            cores = max(os.cpu_count() or 1, replicas or 1)
            arguments |= {"num_cpus": cores, "include_dashboard": False, "_temp_dir": self._folder}
        try:
            ray.init(wanted, **arguments)
        except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            if wanted == "auto" and isinstance(error, ConnectionError):
                raise BenchError(
                    "this machine is in no Ray cluster; leave out --ray-address to have a Ray started here"
                ) from error
            what = "Ray cannot be started here" if own else f"no Ray can be used at {wanted}"
            raise BenchError(f"{what}: {first_line(error)}") from error

    def room(self, settings: BackendSettings) -> Room:
        """Return how the replicas are to be placed.

        Raises:
            BenchError: there is no room for so many.
        """
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        return room(nodes, settings)

    def close(self) -> None:
        """Disconnect; a Ray of its own is stopped and what it wrote is removed."""
        if not self._connected_before:
            self.ray.shutdown()
        for folder in (self._folder, self.scratch):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def room(nodes: list[Mapping[str, float]], settings: BackendSettings) -> Room:
    """Return how replicas are to be placed on machines.

    Args:
        nodes: the resources of each machine, as Ray names them: ``CPU``, ``GPU``.
        settings: how many replicas are wanted, and GPUs for each.

    Raises:
        BenchError: there is no room for so many.
    """
    each = settings.tensor_parallel
    gpus = [int(node.get("GPU", 0)) for node in nodes]
    cpus = [int(node.get("CPU", 0)) for node in nodes]
    on_gpus = any(gpus)
    places = [count // each for count in gpus] if on_gpus else cpus
    replicas = settings.replicas or (max(1, sum(places)) if on_gpus else 1)
    if replicas > sum(places):
        has = f"GPUs for {sum(places)} replicas of {each}" if on_gpus else f"{sum(cpus)} CPU cores"
        raise BenchError(f"Ray has {has}, and {replicas} replicas are wanted; give another --replicas")
    threads = min(cpu // min(place, replicas) for cpu, place in zip(cpus, places, strict=True) if place)
    return Room(replicas, each if on_gpus else 0, max(1, threads))


def _own() -> dict[str, str]:
    """Return what is set for a Ray of one's own, where the user has not set it.

    The first makes Ray listen on the loopback alone, on Linux as well. Ray's own watch of the memory would
    kill replicas when other programs need it; the system's does so when there is no other way. Ray refuses
    whoever has not its token, such as other users of this machine, and would leave the token in a file.
    """
    return {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_memory_monitor_refresh_ms": "0",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }


def _require_listener(address: str) -> None:
    """Check that something listens at an address: Ray itself would try for minutes.

    Raises:
        BenchError: nothing does, or it is no address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise BenchError(f"the address of a Ray is HOST:PORT or auto, not {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise BenchError(f"no Ray to be reached at {address}: {error}") from error


def _silence(ray: Any) -> None:
    """Keep from the terminal what Ray prints there of a process that dies: the command says it itself."""
    vars(ray._private.worker)["print_to_stdstream"] = lambda *_, **__: None
