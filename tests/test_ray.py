"""Evaluation on a Ray of its own, on this machine: the same run as without, whatever dies meanwhile."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from asking import changed, files
from interrupts import heeding_interrupts
from scripted import silent

from s_mllmun_bench.checkpoints.loading import resolve_model
from s_mllmun_bench.generating.backend import BackendSettings
from s_mllmun_bench.generating.dealing import Window
from s_mllmun_bench.generating.engines import Job
from s_mllmun_bench.generating.events import Lost
from s_mllmun_bench.running.evaluate import generate, run_plans
from s_mllmun_bench.running.plan import Settings, make_plans

pytest.importorskip("ray")
psutil = pytest.importorskip("psutil")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.usefixtures("own_cache")]

from s_mllmun_bench.generating import deadlines, ray_engines  # noqa: E402

MODEL = "mini_qwen2_5_vl_200"
SMALL = BackendSettings(name="transformers", dtype="float32", batch_size=2)
"""Small batches, so that a window takes some seconds."""


@pytest.fixture
def settings(plain_data: Path, tmp_path: Path) -> Settings:
    """Return what asks a model about 7 people, 25 questions each."""
    return Settings(
        model=str(resolve_model(MODEL)),
        data=str(plain_data),
        limit=6,
        max_new_tokens=32,
        backend=SMALL,
        output=tmp_path / "run",
    )


def replicas_of(process: int) -> list["psutil.Process"]:
    """Return the processes of Ray's in which a process has replicas."""
    return [one for one in psutil.Process(process).children(recursive=True) if is_replica(one)]


def is_replica(process: "psutil.Process") -> bool:
    try:
        return any("ray::Replica" in word for word in process.cmdline())
    except psutil.Error:
        return False


def test_a_killed_replica_changes_no_figure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = changed(settings, output=Path(f"{settings.output}_alone"))
    run_plans(make_plans(alone), silent)
    asked: Counter[str] = Counter()
    sizes, killed = [], []

    class Counting(ray_engines.RayReplicas):
        def send(self, replica: int, window: Window, job: Job) -> None:
            asked.update(one.id for one in window.questions)
            sizes.append(len(window.questions))
            super().send(replica, window, job)

    def killing(done: int, total: int, what: str) -> None:
        if what.startswith("answering") and 0 < done < total and not killed:
            killed.append(replicas_of(os.getpid())[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(ray_engines, "RayReplicas", Counting)
    run_plans(make_plans(changed(settings, engine="ray", replicas=2)), killing)
    assert killed
    assert len(asked) == 175
    assert sum(asked.values()) - 175 <= max(sizes)
    found, whole = files(settings.output), files(alone.output)
    assert sorted(found) == sorted(whole)
    assert found["scores.json"] == whole["scores.json"]
    assert sorted(found["answers.jsonl"].splitlines()) == sorted(whole["answers.jsonl"].splitlines())
    assert not replicas_of(os.getpid())


def test_a_replica_that_hangs_is_replaced_and_leaves_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, stopped, left = [], [], []

    class Telling(ray_engines.RayReplicas):
        def kill(self, replica: int, why: str) -> Lost:
            killed.append((self._places[replica].at, why))
            return super().kill(replica, why)

        def close(self) -> None:
            # Before the command removes what all replicas of its own Ray left.
            self._ray.get(self._removing)
            left.extend(Path(at.folder).exists() for at, _ in killed)
            super().close()

    def stopping(done: int, total: int, what: str) -> None:
        if what.startswith("answering") and 0 < done < total and not stopped:
            stopped.append(replicas_of(os.getpid())[0].pid)
            os.kill(stopped[0], signal.SIGSTOP)

    monkeypatch.setattr(ray_engines, "RayReplicas", Telling)
    # Three windows and no less than a start and a window, so that the test need not wait for long.
    monkeypatch.setattr(deadlines, "FACTOR", 3)
    on_ray = changed(settings, engine="ray", replicas=2, replica_timeout=1.0)
    (run,) = generate(make_plans(changed(on_ray, judge=None)), stopping)
    assert len({one.question_id for one in run.answers.read()}) == len(run.answers.read()) == 175
    ((at, why),) = killed
    assert at.pid == stopped[0]
    assert re.fullmatch(r"said nothing for \d+ s \(--replica-timeout\)", why)
    assert not psutil.pid_exists(at.pid)
    assert left == [False]
    assert not replicas_of(os.getpid())


def test_an_interrupted_command_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # All 20 people, 25 questions each: enough to be at work still when the processes have been looked at.
    words = ["generate", "--model", settings.model, "--data", settings.data, "--limit", "19"]
    words += [
        "--backend",
        "transformers",
        "--dtype",
        "float32",
        "--batch-size",
        "2",
        "--max-new-tokens",
        "32",
    ]
    words += ["-o", str(settings.output)]
    on_ray = [*words, "--engine", "ray", "--replicas", "2"]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("bench")), *on_ray],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "HOME": str(home)},
        preexec_fn=heeding_interrupts,
    )
    answers = settings.output / "answers.jsonl"
    while process.poll() is None and not (answers.exists() and answers.stat().st_size):
        time.sleep(0.05)
    everyone = psutil.Process(process.pid).children(recursive=True)
    listening = [
        place.laddr.ip
        for one in [psutil.Process(process.pid), *everyone]
        for place in one.net_connections("inet")
        if place.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}
    # As a terminal does it: to the whole group of processes.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    kept = answers.read_bytes().count(b"\n")
    assert 0 < kept < 500
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith(
        f"bench: interrupted; {kept} of 500 answers are kept; continue with: bench generate"
    )
    assert all(line.startswith(("loading the model", "answering", "bench: ")) for line in err.splitlines())
    assert not [one for one in everyone if one.is_running()]
    assert not (home / ".ray").exists()


def test_two_vllm_engines_say_what_one_transformers_model_says(settings: Settings, tmp_path: Path) -> None:
    pytest.importorskip("vllm")
    both = [changed(settings, batch_size=None, output=tmp_path / name) for name in ("one", "two")]
    on_ray = changed(both[1], name="vllm", engine="ray", replicas=2)
    said = []
    for each in (both[0], on_ray):
        (run,) = generate(make_plans(changed(each, judge=None)), silent)
        said.append(sorted((one.question_id, one.answer) for one in run.answers.read()))
    assert len(said[0]) == 175
    assert said[0] == said[1]
