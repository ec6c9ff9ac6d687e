"""Replicas as Ray carries them, with a Ray that is a few functions: who is killed, and what is removed."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_replicas import job

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating import ray_engines, ray_replica
from s_mllmun_bench.generating.dealing import Window
from s_mllmun_bench.generating.events import Placed, Ready
from s_mllmun_bench.generating.ray_engines import RayReplicas
from s_mllmun_bench.generating.ray_replica import Arrived, Opened

HERE = Arrived(machine="n1", node="here", pid=1, folder="/tmp/own")


class TaskError(Exception):
    """As Ray hands on what was raised in a replica."""

    cause = ValueError("out of room")


class DiedError(Exception):
    """As Ray says that a process ended."""


@dataclass
class Script:
    """What a replica says, and what was done with it."""

    raised: Exception
    """What its first window ends with."""
    closes: bool = True
    done: list[str] = field(default_factory=list)

    def remote(self, name: str, value: Any) -> SimpleNamespace:
        return SimpleNamespace(remote=lambda *_: self.done.append(name) or value)

    def get(self, reference: Any) -> Any:
        if reference == "arriving":
            return HERE
        if reference == "opening":
            return Opened(window=8, mode=None, seconds=2.0)
        raise self.raised

    def wait(self, references: Any, timeout: float | None = None, **_: Any) -> tuple[list[Any], list[Any]]:
        there = [one for one in references if one != "closed" or self.closes]
        return there, [one for one in references if one not in there]


def replicas_of(script: Script, monkeypatch: pytest.MonkeyPatch) -> RayReplicas:
    replica = SimpleNamespace(
        arrive=script.remote("arrive", "arriving"),
        open=script.remote("open", "opening"),
        close=script.remote("close", "closed"),
        answer=SimpleNamespace(options=lambda **_: script.remote("answer", iter(["news"]))),
    )
    ray: Any = SimpleNamespace(
        put=lambda setup: setup,
        get=script.get,
        wait=script.wait,
        cancel=lambda stream: script.done.append("cancel"),
        kill=lambda killed: script.done.append("kill"),
        exceptions=SimpleNamespace(RayTaskError=TaskError, RayError=DiedError),
    )
    monkeypatch.setattr(ray_engines, "actor", lambda ray, options: replica)
    monkeypatch.setattr(
        ray_engines, "removal", lambda ray, at: script.done.append(f"remove {at.folder} on {at.machine}")
    )
    replicas = RayReplicas(ray, 1, {}, None)  # type: ignore[arg-type]
    assert replicas.events() == [Placed(0)]
    assert replicas.events() == [Ready(0, 2.0)]
    replicas.send(0, Window(0, []), job([]))
    script.done.clear()
    return replicas


def test_a_replica_that_fails_may_remove_what_it_wrote_before_it_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script(TaskError())
    (lost,) = replicas_of(script, monkeypatch).events()
    assert lost.reason == "process 1 on here failed: ValueError: out of room"
    assert script.done == ["cancel", "close", "kill"]


def test_what_a_failed_replica_cannot_remove_its_machine_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(TaskError(), closes=False)
    replicas_of(script, monkeypatch).events()
    assert script.done == ["cancel", "close", "kill", "remove /tmp/own on n1"]


def test_what_a_dead_replica_left_its_machine_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(DiedError())
    (lost,) = replicas_of(script, monkeypatch).events()
    assert lost.reason == "process 1 on here ended, as when memory runs out"
    assert script.done == ["kill", "remove /tmp/own on n1"]


def test_a_replica_that_hangs_is_killed_without_being_asked_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(DiedError())
    lost = replicas_of(script, monkeypatch).kill(0, "said nothing for 600 s")
    assert lost.reason == "process 1 on here said nothing for 600 s"
    assert script.done == ["kill", "remove /tmp/own on n1"]


def test_time_in_which_the_command_itself_stood_still_is_not_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    script = Script(DiedError())
    replicas = replicas_of(script, monkeypatch)
    waited = replicas.waited
    # Asked for at most a second; an hour passes, as while the job is suspended.
    monkeypatch.setattr(time, "monotonic", lambda: clock.append(clock[-1] + 3600.0) or clock[-1])
    replicas.events()
    assert replicas.waited - waited == 1.0


def test_the_folder_of_a_killed_replica_goes_when_its_process_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, seen = tmp_path / "bench_replica_x", []
    (folder / "bench_merged_y").mkdir(parents=True)
    left = [True, True, False]
    monkeypatch.setattr(ray_replica, "_is_there", lambda process: seen.append(folder.is_dir()) or left.pop(0))
    ray_replica.remove(str(folder), 7)
    assert seen == [True, True, True]
    assert not folder.exists()


def test_an_engine_that_cannot_be_opened_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = TaskError()
    refused.cause = BenchError("on here: no checkpoint at /x")
    with pytest.raises(BenchError, match=r"^on here: no checkpoint at /x$"):
        replicas_of(Script(refused), monkeypatch).events()
