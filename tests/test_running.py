"""Running: run folders that only grow, their identity, and the stages of an evaluation."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
from click.testing import Result
from scripted import ScriptedBackend, opening, silent
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.building import build
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect, Backend
from s_mllmun_bench.records import Verdict
from s_mllmun_bench.running.evaluate import evaluate, generate, judge, run_plan, score
from s_mllmun_bench.running.lines import LineFile
from s_mllmun_bench.running.plan import Plan, Settings, default_folder, judge_digests, make_plan
from s_mllmun_bench.running.run import (
    AdapterIdentity,
    Identity,
    first_difference,
    open_run,
    rejudged,
)

RECIPE = str(Path(__file__).parent / "builders" / "plain.yaml")


def no_model(*_: object) -> Backend:
    raise AssertionError("the model was loaded")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of 20 people; do not write into it."""
    output = tmp_path_factory.mktemp("data") / "s-mllmun-bench"
    build(RECIPE, output, limit=20)
    return output


@pytest.fixture
def settings(tiny_checkpoint: Path, data: Path, tmp_path: Path) -> Settings:
    return Settings(
        model=str(tiny_checkpoint), data=str(data), limit=2, dtype="float32", output=tmp_path / "run"
    )


def changed(settings: Settings, **fields: Any) -> Settings:
    return replace(settings, **fields)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def verdict(name: str) -> Verdict:
    return Verdict(question_id=name, judge="j", metric="fact", score=1.0, reason=None, failure=None)


def test_a_torn_last_line_is_cut_off_and_the_others_are_kept(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    assert lines.read() == []
    lines.append([verdict("a"), verdict("b")])
    whole = lines.path.read_bytes()
    lines.path.write_bytes(whole + whole[:25])
    assert lines.read() == [verdict("a"), verdict("b")]
    assert lines.path.read_bytes() == whole
    lines.append([verdict("c")])
    assert [one.question_id for one in lines.read()] == ["a", "b", "c"]


def test_every_cut_of_a_file_leaves_whole_records(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    lines.append([verdict("a"), verdict("b")])
    whole = lines.path.read_bytes()
    for length in range(len(whole) + 1):
        lines.path.write_bytes(whole[:length])
        assert len(lines.read()) == whole[:length].count(b"\n")


def test_a_damaged_line_within_the_file_is_an_error_with_its_place(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    lines.append([verdict("a")])
    lines.path.write_bytes(b'{"question_id": 3}\n' + lines.path.read_bytes())
    with pytest.raises(BenchError, match=r"lines\.jsonl:1 is no verdict; restore it or use a new folder"):
        lines.read()


def test_a_record_is_on_disk_before_the_next_is_asked_for(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)

    def records() -> Iterator[Verdict]:
        for number in range(3):
            assert len(lines.read()) == number
            yield verdict(str(number))

    lines.append(records())


def test_a_run_answers_every_question_once_and_writes_its_figures(settings: Settings) -> None:
    plan, backend = make_plan(settings), ScriptedBackend()
    scores = run_plan(plan, silent, opening(backend))
    run = open_run(plan.folder)
    # 1 person to forget at 5 % of 20, 2 people of the retain set by the limit; 25 questions each.
    assert len(plan.asked) == 75
    assert sorted(one.question_id for one in run.answers.read()) == sorted(backend.asked)
    assert len(run.verdicts.read()) == 2 * 75
    assert scores == type(scores).load(plan.folder)
    assert backend.closed
    assert run.manifest.questions == 75
    assert run.manifest.versions["python"]


def test_an_answer_that_failed_is_missing_and_not_zero(settings: Settings) -> None:
    plan = make_plan(settings)
    scores = run_plan(plan, silent, opening(ScriptedBackend()))
    failed = [one for one in open_run(plan.folder).answers.read() if one.answer is None]
    assert failed
    assert {one.failure for one in failed} == {"ValueError: the image cannot be read"}
    assert sum(one.missing for one in scores.figures if one.metric == "rouge_l") == len(failed)


def test_a_finished_run_is_not_answered_again(settings: Settings) -> None:
    plan = make_plan(settings)
    run_plan(plan, silent, opening(ScriptedBackend()))
    before = files(plan.folder)
    run_plan(make_plan(settings), silent, no_model)
    assert files(plan.folder) == before


def test_a_stopped_run_is_continued_and_ends_like_an_undisturbed_one(settings: Settings) -> None:
    undisturbed = make_plan(changed(settings, output=Path(f"{settings.output}_whole")))
    run_plan(undisturbed, silent, opening(ScriptedBackend()))
    plan = make_plan(settings)
    for stop_after in (0, 7, 40, 33):
        with pytest.raises(KeyboardInterrupt):
            generate(plan, silent, opening(ScriptedBackend(stop_after=stop_after)))
    last = ScriptedBackend()
    run_plan(plan, silent, opening(last))
    assert files(plan.folder)["scores.json"] == files(undisturbed.folder)["scores.json"]
    assert files(plan.folder)["answers.jsonl"] == files(undisturbed.folder)["answers.jsonl"]
    # 75 questions in windows of 32: the first two windows are complete, so only the last is asked.
    assert len(last.asked) == 75 - 64


def test_a_broken_window_is_asked_again_as_a_whole(settings: Settings) -> None:
    plan = make_plan(settings)
    with pytest.raises(KeyboardInterrupt):
        generate(plan, silent, opening(ScriptedBackend(stop_after=40)))
    last = ScriptedBackend()
    run = generate(plan, silent, opening(last))
    assert last.asked == [one.id for one in plan.in_order()[32:]]
    assert len(run.answers.read()) == len(plan.asked)


def test_verdicts_continue_where_they_stopped(settings: Settings) -> None:
    plan = make_plan(settings)
    run_plan(plan, silent, opening(ScriptedBackend()))
    run, before = open_run(plan.folder), files(plan.folder)
    run.verdicts.path.write_bytes(before["verdicts.jsonl"][: len(before["verdicts.jsonl"]) // 2])
    judge(run, silent)
    score(run)
    assert len(run.verdicts.read()) == 2 * len(plan.asked)
    assert files(plan.folder)["scores.json"] == before["scores.json"]


def test_progress_counts_what_is_done_already(settings: Settings) -> None:
    plan, seen = make_plan(settings), []
    with pytest.raises(KeyboardInterrupt):
        generate(plan, silent, opening(ScriptedBackend(stop_after=10)))

    def progress(done: int, total: int, what: str) -> None:
        seen.append((done, total, what))

    report: Progress = progress
    generate(plan, report, opening(ScriptedBackend()))
    answering = [one for one in seen if one[2] == "answering"]
    assert answering[0] == (10, 75, "answering")
    assert answering[-1] == (75, 75, "answering")


def identity(**fields: Any) -> Identity:
    given = {
        "data": "d",
        "model": "m",
        "adapters": (),
        "ratio": 5,
        "sets": ("forget",),
        "limit": None,
        "decoding": {},
        "prompt": "p",
        "backend": "transformers",
        "dtype": "float32",
        "judges": {"offline_fact": "f"},
    }
    return Identity.model_validate(given | fields)


def test_the_first_field_that_differs_is_named_with_both_values() -> None:
    assert first_difference(identity(), identity()) is None
    assert first_difference(identity(limit=3), identity(backend="vllm")) == "its limit is 3, not None"
    lora = AdapterIdentity(kind="lora", digest="abc", k=None)
    assert "its adapters is []" in str(first_difference(identity(), identity(adapters=(lora,))))


def test_an_adapters_infinite_k_survives_the_manifest() -> None:
    sculpted = AdapterIdentity(kind="sculpted", digest="abc", k=float("inf"))
    one = identity(adapters=(sculpted,))
    assert first_difference(Identity.model_validate_json(one.model_dump_json()), one) is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"limit": 3}, "its limit is 2, not 3"),
        ({"sets": ("retain", "forget")}, "its sets is"),
        ({"max_new_tokens": 9}, "its decoding is"),
        ({"dtype": "bfloat16"}, "its dtype is 'float32', not 'bfloat16'"),
        ({"judge": "offline_fact"}, "its judges is"),
    ],
)
def test_a_run_of_another_identity_is_refused_and_left_alone(
    settings: Settings, fields: dict[str, Any], text: str
) -> None:
    plan = make_plan(settings)
    run_plan(plan, silent, opening(ScriptedBackend()))
    before = files(plan.folder)
    with pytest.raises(BenchError, match=f"holds another run: {text}"):
        run_plan(make_plan(changed(settings, **fields)), silent, no_model)
    assert files(plan.folder) == before


def test_batch_size_and_versions_are_no_part_of_the_identity(settings: Settings) -> None:
    assert make_plan(settings).identity == make_plan(changed(settings, batch_size=3)).identity


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"ratio": 7}, "no ratio 7; there are: 5, 10, 15"),
        ({"sets": ("forget", "forgot")}, "no set named 'forgot'"),
        ({"sets": ("forget", "forget")}, "give each set once"),
        ({"batch_size": 0}, "the batch size must be at least 1 or auto, not 0"),
        ({"max_new_tokens": 0}, "at least 1 new token"),
        ({"limit": 0}, "the limit counts people"),
        ({"judge": "offline_facts"}, "no judge named 'offline_facts'"),
        ({"backend": "transfromers"}, "no backend named 'transfromers'"),
        ({"k": 2.0}, "k belongs to a sculpted adapter"),
        ({"dtype": "int3"}, "no dtype 'int3'"),
        ({"model": "/nowhere"}, "no checkpoint folder"),
        ({"data": "/nowhere"}, "no dataset folder"),
        ({"adapters": ("/nowhere",)}, "no adapter folder"),
    ],
)
def test_bad_input_is_one_error_and_nothing_is_written(
    settings: Settings, tmp_path: Path, fields: dict[str, Any], text: str
) -> None:
    with pytest.raises(BenchError, match=text):
        run_plan(make_plan(changed(settings, **fields)), silent, no_model)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_no_run_is_refused_and_an_empty_one_is_taken(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(BenchError, match=r"exists and is not a run: it has no manifest\.json"):
        run_plan(make_plan(settings), silent, no_model)
    assert files(folder) == {"notes.txt": b"mine"}
    (folder / "notes.txt").unlink()
    run_plan(make_plan(settings), silent, opening(ScriptedBackend()))
    with pytest.raises(BenchError, match="is not a run"):
        open_run(tmp_path)


def test_a_backend_that_cannot_be_opened_leaves_no_folder(settings: Settings, tmp_path: Path) -> None:
    def refuse(*_: object) -> Backend:
        raise BenchError("the checkpoint cannot be loaded")

    with pytest.raises(BenchError, match="cannot be loaded"):
        run_plan(make_plan(settings), silent, refuse)
    assert not (tmp_path / "run").exists()


def test_other_judges_take_the_place_of_the_former_ones(settings: Settings) -> None:
    plan = make_plan(changed(settings, judge="offline_fact"))
    run_plan(plan, silent, opening(ScriptedBackend()))
    run = rejudged(open_run(plan.folder), judge_digests("offline"))
    assert list(open_run(plan.folder).manifest.identity.judges) == ["offline_fact", "offline_meaningful"]
    judge(run, silent)
    assert {one.judge for one in run.verdicts.read()} == {"offline_fact", "offline_meaningful"}
    before = files(plan.folder)
    assert rejudged(run, judge_digests("offline")) == run
    assert files(plan.folder) == before


def test_the_default_folder_names_model_adapter_and_ratio() -> None:
    plain = Settings(model="checkpoints/mini", data="d")
    assert default_folder(plain) == Path("runs/mini_base_05")
    assert default_folder(changed(plain, adapters=("out/smfa",), ratio=10)) == Path("runs/mini_smfa_10")


def plan_with(settings: Settings, adapter: Path) -> Plan:
    return make_plan(changed(settings, adapters=(str(adapter),)))


def test_an_adapter_without_effect_stops_the_run(
    settings: Settings, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file, save_file
    from tiny import write_lora

    folder = write_lora(tiny_checkpoint, tmp_path / "nothing", seed=1)
    weights = load_file(folder / "adapter_model.safetensors")
    save_file(
        {name: torch.zeros_like(one) if "lora_B" in name else one for name, one in weights.items()},
        folder / "adapter_model.safetensors",
    )
    with pytest.raises(BenchError, match="changes nothing: the answers to 6 probe questions are as likely"):
        run_plan(plan_with(settings, folder), silent)
    assert not (tmp_path / "run").exists()


def test_an_adapters_effect_is_measured_and_stored(settings: Settings, tiny_sculpted: Path) -> None:
    plan = plan_with(changed(settings, max_new_tokens=2, limit=1), tiny_sculpted)
    run = generate(plan, silent)
    effect = run.manifest.effect
    assert effect is not None
    assert (effect.measure, effect.probes, effect.changed) == ("log_probabilities", 6, 6)
    assert effect.largest is not None
    assert effect.largest > 0.01
    assert run.manifest.identity.adapters[0].k == 1.0


def test_k_on_the_command_line_is_another_identity(settings: Settings, tiny_sculpted: Path) -> None:
    own = plan_with(settings, tiny_sculpted).identity.adapters[0]
    other = plan_with(changed(settings, k=2.5), tiny_sculpted).identity.adapters[0]
    assert (own.k, other.k) == (1.0, 2.5)
    assert own.digest != other.digest


def test_the_reference_original_may_change_nothing(settings: Settings, tmp_path: Path) -> None:
    from s_mllmun_bench.checkpoints.adapters import write_identity

    (tmp_path / "original").mkdir()
    write_identity(tmp_path / "original")
    plan = plan_with(settings, tmp_path / "original")
    nothing = AdapterEffect(measure="log_probabilities", probes=6, changed=0, largest=0.0)
    run_plan(plan, silent, opening(ScriptedBackend(effect=nothing)))
    assert open_run(plan.folder).manifest.effect == nothing


def test_evaluate_does_the_whole_way_on_a_checkpoint(
    tiny_checkpoint: Path, tiny_lora: Path, data: Path, tmp_path: Path
) -> None:
    scores = evaluate(
        model=tiny_checkpoint,
        adapter=tiny_lora,
        data=data,
        ratio=10,
        sets=("forget", "retain", "unseen"),
        limit=1,
        max_new_tokens=3,
        output=tmp_path / "run",
    )
    assert sum(one.n + one.missing for one in scores.figures if one.metric == "rouge_l") == 75
    assert {one.set for one in scores.figures} == {"forget", "retain", "unseen"}


def test_a_run_that_is_killed_at_any_moment_ends_with_the_same_figures(
    settings: Settings, tmp_path: Path
) -> None:
    whole = make_plan(changed(settings, output=tmp_path / "whole"))
    run_plan(whole, silent, opening(ScriptedBackend()))
    assert settings.output is not None
    script = str(Path(__file__).with_name("scripted.py"))
    command = [sys.executable, script, settings.model, settings.data, str(settings.output)]
    answers, rng = settings.output / "answers.jsonl", random.Random(0)
    for _ in range(2):
        process = subprocess.Popen([*command, str(tmp_path / "cache")])
        before = answers.stat().st_size if answers.exists() else 0
        while process.poll() is None and (not answers.exists() or answers.stat().st_size <= before):
            time.sleep(0.002)
        time.sleep(rng.random() * 0.1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    plan = make_plan(settings)
    run_plan(plan, silent, opening(ScriptedBackend(window=16)))
    asked = [one.question_id for one in open_run(plan.folder).answers.read()]
    assert len(asked) == len(set(asked)) == len(plan.asked)
    assert files(plan.folder)["scores.json"] == files(whole.folder)["scores.json"]
    assert sorted(files(plan.folder)) == sorted(files(whole.folder))
    assert json.loads((plan.folder / "manifest.json").read_text())["questions"] == len(plan.asked)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_the_three_commands_agree_on_a_run(tiny_checkpoint: Path, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    asked = ["--model", tiny_checkpoint, "--data", data, "--ratio", 5, "--limit", 1]
    whole = command("eval", *asked, "--max-new-tokens", 2, "-o", run, "--json")
    assert whole.exit_code == 0, whole.output
    before = files(run)
    assert json.loads(whole.stdout)["scores"] == json.loads(before["scores.json"])
    (run / "scores.json").unlink()
    (run / "verdicts.jsonl").unlink()
    judged = command("judge", run, "--json")
    assert json.loads(judged.stdout) == json.loads(whole.stdout)
    table = command("score", run)
    assert files(run) == before
    assert "image understanding" in table.stdout
    assert "50 questions: " in table.stdout


def test_a_dry_run_says_what_would_be_asked_and_writes_nothing(
    tiny_checkpoint: Path, data: Path, tmp_path: Path
) -> None:
    asked = ["--model", tiny_checkpoint, "--data", data, "--ratio", 15, "--sets", "unseen"]
    result = command("eval", *asked, "-o", tmp_path / "run", "--dry-run")
    # A tenth as many people as in the dataset are unseen, 25 questions each.
    assert "50 questions about 2 people" in result.stdout
    assert not (tmp_path / "run").exists()
