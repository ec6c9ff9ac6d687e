"""Running: replicas write the same run as one engine does, and either continues what the other began."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import asked, changed, files, one_plan, run_one
from scripted import ScriptedBackend, silent
from scripted_replicas import ScriptedReplicas
from test_running_commands import command

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect, Generated
from s_mllmun_bench.generating.dealing import Window
from s_mllmun_bench.generating.engines import Job, Taken
from s_mllmun_bench.generating.events import Answered, Event, Took
from s_mllmun_bench.generating.sharing import shared_out
from s_mllmun_bench.running.evaluate import generate
from s_mllmun_bench.running.plan import Settings, make_plans
from s_mllmun_bench.running.run import open_run

pytestmark = pytest.mark.usefixtures("own_cache")


class Scripted(ScriptedReplicas):
    """Two replicas that say what `ScriptedBackend` says; of an adapter's effect, what they are told to."""

    mode = "in-engine"

    def __init__(self, changed: tuple[int, int] = (6, 6), **script: Any) -> None:
        super().__init__([50.0, 50.0], **script)
        self.opened = 0
        self.closed = False
        self._changed = changed
        self._jobs: dict[int, Job] = {}

    def opening(self, *_: object) -> "Scripted":
        self.opened += 1
        return self

    def answers(self, jobs):
        return shared_out(jobs, 32, self)

    def send(self, replica: int, window: Window, job: Job) -> None:
        self._jobs[window.job] = job
        super().send(replica, window, job)

    def events(self):
        return [self._filled(event) for event in super().events()]

    def _filled(self, event: Event) -> Event:
        if isinstance(event, Took):
            return replace(event, taken=Taken(self._effect(event.replica)))
        return replace(event, answers=self._said(event)) if isinstance(event, Answered) else event

    def close(self) -> None:
        self.closed = True

    def _job_of(self, replica: int) -> Job:
        return self._jobs[self._states[replica].queue[0].job]

    def _effect(self, replica: int) -> AdapterEffect | None:
        job, number = self._job_of(replica), self._changed[replica]
        if job.adapter is None or not job.probes:
            return None
        return AdapterEffect(
            measure="log_probabilities", keys=len(job.adapter.names), probes=len(job.probes), changed=number
        )

    def _said(self, event: Answered) -> list[Generated]:
        job = self._job_of(event.replica)
        ids = {one.question_id for one in event.answers}
        backend = ScriptedBackend()
        backend.use(job.adapter)
        return list(backend.generate([one for one in job.questions if one.id in ids]))


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "run")


@pytest.fixture
def several(settings: Settings, tiny_lora: Path, tiny_sculpted: Path) -> Settings:
    """Return settings of three runs: the plain model, a LoRA and a sculpted adapter."""
    return changed(settings, adapters=("none", str(tiny_lora), str(tiny_sculpted)))


def sorted_answers(folder: Path) -> list[bytes]:
    return sorted(files(folder)["answers.jsonl"].splitlines())


def test_the_engine_is_no_part_of_a_runs_identity(settings: Settings) -> None:
    on_ray = changed(settings, engine="ray", replicas=8, ray_address="auto")
    assert one_plan(on_ray).identity == one_plan(settings).identity


def test_replicas_write_the_same_runs_as_one_engine(several: Settings, tmp_path: Path) -> None:
    plans, seen, replicas = make_plans(several), [], Scripted()
    generate(plans, lambda *report: seen.append(report), replicas.opening)
    alone = make_plans(changed(several, output=tmp_path / "alone"))
    generate(alone, silent, ScriptedBackend().opening)
    assert (replicas.opened, replicas.closed) == (1, True)
    for one, other in zip(plans, alone, strict=True):
        assert sorted_answers(one.folder) == sorted_answers(other.folder)
        mine, theirs = (open_run(each.folder).manifest for each in (one, other))
        assert mine == theirs.model_copy(update={"command": mine.command})
    # Two adapters were at work at the same time, and each has its own progress.
    stages = [what.partition(",")[0] for _, _, what in seen]
    assert stages.index("answering lora") < len(stages) - 1 - stages[::-1].index("answering base")
    assert {done for done, _, what in seen if what.startswith("answering sculpted")} == set(range(76))


@pytest.mark.parametrize("first", [ScriptedBackend, Scripted])
def test_a_run_begun_by_one_engine_is_continued_by_replicas_and_the_other_way(
    settings: Settings, tmp_path: Path, first: Any
) -> None:
    whole = one_plan(changed(settings, output=tmp_path / "whole"))
    run_one(whole)
    plan = one_plan(settings)

    def stopping(done: int, total: int, what: str) -> None:
        if what.startswith("answering") and done == 40:
            raise KeyboardInterrupt

    begun, then = first(), Scripted() if first is ScriptedBackend else ScriptedBackend()
    with pytest.raises(KeyboardInterrupt):
        generate([plan], stopping, begun.opening)
    assert begun.closed
    assert len(open_run(plan.folder).answers.read()) == 40
    generate([plan], silent, then.opening)
    run_one(plan)
    assert sorted_answers(plan.folder) == sorted_answers(whole.folder)
    assert files(plan.folder)["scores.json"] == files(whole.folder)["scores.json"]


def test_a_replica_in_which_an_adapter_changes_nothing_stops_the_run(several: Settings) -> None:
    lora = make_plans(several)[1]
    with pytest.raises(BenchError, match=r"lora changes nothing: the answers to 6 probe questions are as "):
        generate([lora], silent, Scripted(changed=(6, 0)).opening)
    # Its manifest says that an engine had the adapter, which tells nothing of this one.
    assert open_run(lora.folder).manifest.effect
    with pytest.raises(BenchError, match=r"lora changes nothing"):
        generate([lora], silent, Scripted(changed=(6, 0)).opening)
    allowed = make_plans(changed(several, allow_no_effect=True))[1]
    generate([allowed], silent, Scripted(changed=(6, 0)).opening)
    assert len(open_run(allowed.folder).answers.read()) == 75


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--replicas", 2], "--replicas is for --engine ray"),
        (["--ray-address", "auto"], "--ray-address is for --engine ray"),
        (["--replica-timeout", 60], "--replica-timeout is for --engine ray"),
        (["--engine", "ray", "--replica-timeout", 0], "--replica-timeout must be more than 0 s, not 0"),
        (["--engine", "spark"], "no engine named 'spark' in --engine; there are: local, ray"),
        (["--engine", "ray", "--replicas", 0], "--replicas must be at least 1, not 0"),
        (
            ["--engine", "ray", "--ray-address", "ray://head:10001"],
            "--ray-address takes HOST:PORT or auto, and no ray:// client; run the command on a machine of "
            "the cluster",
        ),
        (
            ["--engine", "ray", "--backend", "openai:http://localhost:1/v1#m"],
            "the backend openai takes no engine on Ray: nothing is computed here",
        ),
    ],
)
def test_what_ray_does_not_take_is_one_line(settings: Settings, words: list[Any], text: str) -> None:
    model = [] if "--backend" in words else ["--model", settings.model, "--backend", "transformers"]
    result = command("generate", *model, "--data", settings.data, "--dry-run", *words)
    assert isinstance(result.exception, BenchError), result.output
    assert str(result.exception) == text


def test_without_ray_the_command_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(
        BenchError, match=r"^--engine ray needs the package ray; install it with: pip install "
    ):
        make_plans(changed(settings, engine="ray"))
