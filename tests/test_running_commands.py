"""Running: the commands eval, generate, judge, score and compare."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from asking import asked, changed, files, one_plan, run_one
from click.testing import Result
from interrupts import heeding_interrupts
from scripted import ScriptedBackend, silent
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.cli.run_options import RunOptions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings
from s_mllmun_bench.running.compare import compare
from s_mllmun_bench.running.evaluate import generate
from s_mllmun_bench.running.plan import Settings
from s_mllmun_bench.running.run import open_run

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "run")


@pytest.fixture
def options(tiny_checkpoint: Path, plain_data: Path) -> list[object]:
    return ["--model", tiny_checkpoint, "--data", plain_data, "--limit", 1, "--backend", "transformers"]


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_the_stages_alone_agree_with_the_whole(options: list[object], tmp_path: Path) -> None:
    run = tmp_path / "run"
    whole = command("eval", *options, "--max-new-tokens", 2, "-o", run, "--json")
    assert whole.exit_code == 0, whole.output
    before = files(run)
    (scored,) = json.loads(whole.stdout)["runs"]
    assert scored == {"run": str(run), "scores": json.loads(before["scores.json"])}
    (run / "scores.json").unlink()
    (run / "verdicts.jsonl").unlink()
    judged = command("judge", run, "--json")
    assert json.loads(judged.stdout) == scored
    table = command("score", run)
    assert files(run) == before
    assert "image understanding" in table.stdout.lower()
    assert f"{run}: 50 questions: " in table.stdout
    generated = command("generate", *options, "--max-new-tokens", 2, "-o", run, "--json")
    assert json.loads(generated.stdout)["runs"][0]["questions"] == 50
    assert files(run) == before


def test_several_runs_end_with_one_table_with_a_block_for_each(
    options: list[object], tiny_sculpted: Path, tmp_path: Path
) -> None:
    adapters = ["--adapter", "none", "--adapter", tiny_sculpted, "--k", "1,2.5"]
    result = command("eval", *options, *adapters, "--max-new-tokens", 2, "-o", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    blocks = [
        line.partition(" (")[0] for line in lines if line.endswith("(offline_fact, offline_meaningful)")
    ]
    assert blocks == ["base", "sculpted_k1", "sculpted_k2.5"]
    assert sum(line.strip() == "Forget set" for line in lines) == 3
    assert f"{tmp_path}/runs/sculpted_k2.5: 50 questions: " in result.stdout
    assert "loading the model: 1/1" in result.stderr
    assert "answering sculpted_k1, " in result.stderr


def test_a_dry_run_says_what_would_be_asked_and_writes_nothing(
    options: list[object], tiny_sculpted: Path, tmp_path: Path
) -> None:
    asked = [*options[:4], "--backend", "transformers", "--ratio", 15, "--sets", "unseen"]
    result = command("eval", *asked, "-o", tmp_path / "run", "--dry-run")
    # A tenth as many people as in the dataset are unseen, 25 questions each.
    assert "50 questions about 2 people" in result.stdout
    assert result.stdout.startswith(f"{tmp_path}/run: 50 questions about 2 people; the plain model; judges: ")
    assert result.stdout.count("\n") == 1
    many = ["--adapter", tiny_sculpted, "--k", "1,inf"]
    result = command("generate", *asked, *many, "-o", tmp_path / "run", "--dry-run", "--json")
    runs = json.loads(result.stdout)["runs"]
    assert [Path(one["run"]).name for one in runs] == ["sculpted_k1", "sculpted_kinf"]
    assert runs[0]["identity"]["adapter"]["k"] == 1.0
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["--k", "1,two"], "--k takes numbers by commas, such as 1,2.5,inf, not '1,two'"),
        (["--k", "1,,2"], "--k takes numbers by commas"),
        (["--batch-size", "many"], "the batch size must be at least 1 or auto, not many"),
        (["--adapter-mode", "stack"], "no adapter mode named 'stack'"),
        (["--backend", "openai:"], "no backend named 'openai:'"),
    ],
)
def test_a_mistyped_option_is_one_error(
    options: list[object], given: list[str], text: str, tmp_path: Path
) -> None:
    result = command("eval", *options, "-o", tmp_path / "run", *given)
    assert isinstance(result.exception, BenchError)
    assert text in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_every_option_reaches_the_settings() -> None:
    options = RunOptions(
        model="m",
        adapter=["none", "a"],
        data="d",
        ratio=10,
        k="0.5,inf",
        sets="unseen",
        limit=3,
        backend="vllm",
        batch_size="7",
        max_new_tokens=5,
        dtype="float16",
        trust_remote_code=True,
        max_model_len=99,
        tensor_parallel=2,
        gpu_memory=0.5,
        engine_arg=["seed=1", "x=y"],
        adapter_mode="merge",
        output=Path("o"),
        fresh=True,
        allow_no_effect=True,
    )
    backend = BackendSettings("vllm", 7, "float16", "merge", True, 99, 2, 0.5, ("seed=1", "x=y"))
    assert options.settings("offline_fact") == Settings(
        data="d",
        model="m",
        adapters=("none", "a"),
        ks=(0.5, float("inf")),
        ratio=10,
        sets=("unseen",),
        judge="offline_fact",
        limit=3,
        backend=backend,
        max_new_tokens=5,
        output=Path("o"),
        fresh=True,
        allow_no_effect=True,
    )


def test_without_options_everything_is_as_the_settings_have_it() -> None:
    assert RunOptions().settings("auto") == Settings(data="s-mllmun-bench")


def start(folder: Path, settings: Settings, cache: Path, *more: str) -> "subprocess.Popen[str]":
    """Start a slow scripted evaluation in a process of its own, and wait until it has answered something."""
    script = str(Path(__file__).with_name("scripted.py"))
    command = [sys.executable, script, str(settings.model), settings.data, str(folder), str(cache), *more]
    process = subprocess.Popen(command, text=True, stderr=subprocess.PIPE)
    answers = folder / "answers.jsonl"
    while process.poll() is None and not (answers.exists() and answers.stat().st_size):
        time.sleep(0.01)
    return process


def test_a_second_process_on_a_run_folder_is_refused_and_harms_nothing(
    settings: Settings, options: list[object], tmp_path: Path
) -> None:
    assert settings.output is not None
    process = start(settings.output, settings, tmp_path / "cache", "0.05")
    try:
        for again in (
            command("eval", *options, "--limit", 2, "--dtype", "float32", "-o", settings.output),
            command("eval", *options, "-o", settings.output, "--fresh"),
            command("judge", settings.output),
            command("score", settings.output),
        ):
            assert isinstance(again.exception, BenchError), again.output
            assert f"another process works on {settings.output}; wait for it" in str(again.exception)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    run_one(one_plan(settings), ScriptedBackend(window=16))
    said = [one.question_id for one in open_run(settings.output).answers.read()]
    assert len(said) == len(set(said)) == 75
    assert not list(tmp_path.glob(".run*"))


def test_an_interrupt_ends_with_what_is_kept_and_what_to_type(
    settings: Settings, options: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s_mllmun_bench.running.evaluate as stages

    def interrupted(plans: Any, progress: Any) -> Any:
        generate(plans, progress, ScriptedBackend(stop_after=20).opening)

    monkeypatch.setattr(stages, "run_plans", interrupted)
    typed = ["eval", *map(str, options), "-o", str(tmp_path / "my run"), "--fresh"]
    monkeypatch.setattr(sys, "argv", ["/somewhere/bench", *typed])
    result = command(*typed)
    assert result.exit_code == 130
    shown = " ".join(typed[:-2])
    assert result.stderr.splitlines()[-1] == (
        f"bench: interrupted; 20 of 50 answers are kept; continue with: bench {shown} '{tmp_path}/my run'"
    )


@pytest.mark.slow
def test_ctrl_c_ends_a_real_run_cleanly_and_the_same_command_continues(
    options: list[object], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    typed = [
        *options,
        "--limit",
        5,
        "--batch-size",
        1,
        "--max-new-tokens",
        64,
        "--dtype",
        "float32",
        "-o",
        run,
    ]
    bench = [sys.executable, "-c", "from s_mllmun_bench.cli import main; main()", "eval", *map(str, typed)]
    environment = {**os.environ, "HF_DATASETS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        bench, text=True, stderr=subprocess.PIPE, env=environment, preexec_fn=heeding_interrupts
    )
    answers = run / "answers.jsonl"
    while process.poll() is None and not (answers.exists() and answers.stat().st_size):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    kept = answers.read_bytes().count(b"\n")
    assert process.returncode == 130, said
    assert f"bench: interrupted; {kept} of 150 answers are kept; continue with: bench eval" in said
    assert "Traceback" not in said
    again = subprocess.run(bench, text=True, capture_output=True, env=environment, check=False)
    assert again.returncode == 0, again.stderr
    assert "150 questions: " in again.stdout
    assert len(open_run(run).answers.read()) == 150


def test_equal_answers_are_counted_and_the_others_listed(settings: Settings, tmp_path: Path) -> None:
    first, second = (one_plan(changed(settings, output=tmp_path / name)) for name in ("a", "b"))
    for plan in (first, second):
        generate([plan], silent, ScriptedBackend().opening)
    answers = open_run(second.folder).answers
    said = answers.read()
    fact = next(number for number, one in enumerate(said) if one.answer is not None)
    failed = next(number for number, one in enumerate(said) if one.answer is None)
    said[fact] = said[fact].model_copy(update={"answer": "Other."})
    said[failed] = said[failed].model_copy(update={"answer": "", "failure": None})
    answers.path.unlink()
    answers.append(said)
    found = compare(first.folder, second.folder)
    # 75 questions; the scripted backend fails on 6 of them, and 1 of these now has an answer.
    assert (found.questions, found.equal, found.missing) == (75, 75 - 6 - 1, 5)
    assert found.share == 68 / 70
    pairs = {one.question_id: (one.first, one.second) for one in found.differing}
    truth = open_run(first.folder).answers.read()
    assert pairs == {
        said[fact].question_id: (truth[fact].answer, "Other."),
        said[failed].question_id: (None, ""),
    }
    shown = command("compare", first.folder, second.folder)
    assert shown.exit_code == 0
    assert f"  {second.folder}: Other.\n" in shown.stdout
    assert f"  {first.folder}: (no answer)\n" in shown.stdout
    lines = shown.stdout.splitlines()
    assert "68 of 70 answers are equal (97.1 %); 5 questions without an answer in both" in lines
    unjudged = f"no judge's scores: {first.folder} has not been judged; `bench judge {first.folder}` does it"
    assert lines.index(unjudged) < lines.index(f"  {second.folder}: Other.")
    as_json = json.loads(command("compare", first.folder, second.folder, "--json").stdout)
    assert (as_json["equal"], as_json["share"], len(as_json["differing"])) == (68, 68 / 70, 2)


def test_runs_on_other_questions_or_without_an_end_are_not_compared(
    settings: Settings, tmp_path: Path
) -> None:
    first, other = (
        one_plan(changed(settings, output=tmp_path / name, limit=limit))
        for name, limit in (("a", 2), ("b", 1))
    )
    generate([first], silent, ScriptedBackend().opening)
    with pytest.raises(KeyboardInterrupt):
        generate([other], silent, ScriptedBackend(stop_after=9).opening)
    with pytest.raises(BenchError, match=r"a and .*b ask different questions: limit is 2 and 1"):
        compare(first.folder, other.folder)
    with pytest.raises(BenchError, match=r"b has 9 of 50 answers; finish it first"):
        compare(other.folder, other.folder)
    with pytest.raises(BenchError, match="is not a run"):
        compare(first.folder, tmp_path)
