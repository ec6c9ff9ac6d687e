"""Running: what is asked, the identity, and the stages of one evaluation."""

import json
from pathlib import Path
from typing import Any

import pytest
from asking import asked, changed, files, no_model, one_plan, run_one
from scripted import ScriptedBackend, silent

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import Backend, BackendSettings
from s_mllmun_bench.judging.opening import JudgeServer, open_judges
from s_mllmun_bench.running.evaluate import generate, run_plans
from s_mllmun_bench.running.figures import judge, judge_again, score, score_again
from s_mllmun_bench.running.identity import AdapterIdentity, Identity, first_difference
from s_mllmun_bench.running.plan import Settings, default_folder, make_plans
from s_mllmun_bench.running.run import open_run, set_aside

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "run")


def test_a_run_answers_every_question_once_and_writes_its_figures(settings: Settings) -> None:
    plan, backend = one_plan(settings), ScriptedBackend()
    scores = run_one(plan, backend)
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
    plan = one_plan(settings)
    scores = run_one(plan)
    failed = [one for one in open_run(plan.folder).answers.read() if one.answer is None]
    assert failed
    assert {one.failure for one in failed} == {"ValueError: the image cannot be read"}
    assert sum(one.missing for one in scores.figures if one.metric == "rouge_l") == len(failed)


def test_a_finished_run_is_not_answered_again(settings: Settings) -> None:
    plan = one_plan(settings)
    run_one(plan)
    before = files(plan.folder)
    run_plans(make_plans(settings), silent, no_model)
    assert files(plan.folder) == before


def test_a_stopped_run_is_continued_and_ends_like_an_undisturbed_one(settings: Settings) -> None:
    undisturbed = one_plan(changed(settings, output=Path(f"{settings.output}_whole")))
    run_one(undisturbed)
    plan = one_plan(settings)
    for stop_after in (0, 7, 40, 33):
        with pytest.raises(KeyboardInterrupt):
            generate([plan], silent, ScriptedBackend(stop_after=stop_after).opening)
    last = ScriptedBackend()
    run_one(plan, last)
    assert files(plan.folder)["scores.json"] == files(undisturbed.folder)["scores.json"]
    assert files(plan.folder)["answers.jsonl"] == files(undisturbed.folder)["answers.jsonl"]
    # 75 questions in windows of 32: the first two windows are complete, so only the last is asked.
    assert len(last.asked) == 75 - 64


def test_a_broken_window_is_asked_again_as_a_whole(settings: Settings) -> None:
    plan = one_plan(settings)
    with pytest.raises(KeyboardInterrupt):
        generate([plan], silent, ScriptedBackend(stop_after=40).opening)
    last = ScriptedBackend()
    (run,) = generate([plan], silent, last.opening)
    assert last.asked == [one.id for one in plan.in_order()[32:]]
    assert len(run.answers.read()) == len(plan.asked)


def test_a_torn_last_answer_is_asked_again(settings: Settings) -> None:
    plan = one_plan(settings)
    run_one(plan)
    before = files(plan.folder)
    (plan.folder / "answers.jsonl").write_bytes(before["answers.jsonl"][:-20])
    run_one(plan)
    assert files(plan.folder) == before


@pytest.mark.parametrize(
    ("damaged", "text"),
    [
        (lambda lines: [*lines, lines[3]], r"answers\.jsonl:76 answers a question again: p\d+"),
        (lambda lines: [b"{}", *lines], r"answers\.jsonl:1 is no answer; restore it"),
        (
            lambda lines: [*lines[:4], lines[4].replace(b'question_id":"p', b'question_id":"x'), *lines[5:]],
            r"answers\.jsonl:5 answers no question of the run: x\d+",
        ),
    ],
)
def test_answers_that_were_edited_are_one_error(settings: Settings, damaged: Any, text: str) -> None:
    plan = one_plan(settings)
    run_one(plan)
    path = plan.folder / "answers.jsonl"
    path.write_bytes(b"\n".join([*damaged(path.read_bytes().splitlines()), b""]))
    with pytest.raises(BenchError, match=text):
        run_plans([plan], silent, no_model)


def test_verdicts_continue_where_they_stopped(settings: Settings) -> None:
    plan = one_plan(settings)
    run_one(plan)
    run, before = open_run(plan.folder), files(plan.folder)
    run.verdicts.path.write_bytes(before["verdicts.jsonl"][: len(before["verdicts.jsonl"]) // 2])
    score(judge(run, open_judges(["offline"]), silent))
    assert len(run.verdicts.read()) == 2 * len(plan.asked)
    assert files(plan.folder)["scores.json"] == before["scores.json"]


def test_progress_tells_speed_and_kinds_of_answers_and_counts_what_is_done_already(
    settings: Settings,
) -> None:
    plan, seen = one_plan(settings), []
    with pytest.raises(KeyboardInterrupt):
        generate([plan], silent, ScriptedBackend(stop_after=10).opening)
    generate([plan], lambda *report: seen.append(report), ScriptedBackend().opening)
    answering = [report for report in seen if report[2].startswith("answering")]
    failed = sum(one.answer is None for one in open_run(plan.folder).answers.read()[:10])
    assert answering[0] == (10, 75, f"answering, 0 empty, 0 cut off, {failed} failed")
    done, total, what = answering[-1]
    assert (done, total) == (75, 75)
    # 6 of 75: residence by name and by face, of 3 people.
    assert what.startswith("answering, ")
    assert what.endswith(" questions/s, 0 empty, 0 cut off, 6 failed")


def test_answers_alone_are_judged_later_by_whichever_judges(settings: Settings) -> None:
    plan = one_plan(changed(settings, judge=None))
    generate([plan], silent, ScriptedBackend().opening)
    assert sorted(files(plan.folder)) == ["answers.jsonl", "manifest.json"]
    assert open_run(plan.folder).manifest.identity.judges == {}
    run, (scores,) = judge_again(plan.folder, None, silent)
    assert scores.judges == ("offline_fact", "offline_meaningful")
    assert list(run.manifest.identity.judges) == ["offline_fact", "offline_meaningful"]
    generate([plan], silent, no_model)
    assert open_run(plan.folder) == run


def test_an_evaluation_takes_up_answers_that_nobody_has_judged(settings: Settings) -> None:
    generate([one_plan(changed(settings, judge=None))], silent, ScriptedBackend().opening)
    run_plans(make_plans(settings), silent, no_model)
    assert list(open_run(one_plan(settings).folder).manifest.identity.judges) == [
        "offline_fact",
        "offline_meaningful",
    ]


def test_a_run_that_is_not_finished_cannot_be_scored(settings: Settings) -> None:
    plan = one_plan(settings)
    with pytest.raises(KeyboardInterrupt):
        generate([plan], silent, ScriptedBackend(stop_after=10).opening)
    with pytest.raises(BenchError, match="has 10 of 75 answers; repeat the command that began it"):
        score_again(plan.folder)


def identity(**fields: Any) -> Identity:
    given = {
        "data": "d",
        "model": "m",
        "adapter": None,
        "ratio": 5,
        "sets": ("forget",),
        "limit": None,
        "decoding": {},
        "prompt": "p",
        "backend": "transformers",
        "dtype": "float32",
        "max_model_len": None,
        "engine_args": (),
        "judges": {"offline_fact": "f"},
    }
    return Identity.model_validate(given | fields)


def test_the_first_field_that_differs_is_named_with_both_values() -> None:
    assert first_difference(identity(), identity()) is None
    assert first_difference(identity(limit=3), identity(backend="vllm")) == "its limit is 3, not None"
    lora = AdapterIdentity(kind="lora", digest="abc", k=None)
    assert "its adapter is None, not {" in str(first_difference(identity(), identity(adapter=lora)))
    assert first_difference(identity(judges={}), identity()) is None
    assert "its judges is" in str(first_difference(identity(), identity(judges={"other": "o"})))


def test_an_adapters_infinite_k_survives_the_manifest() -> None:
    one = identity(adapter=AdapterIdentity(kind="sculpted", digest="abc", k=float("inf")))
    assert first_difference(Identity.model_validate_json(one.model_dump_json()), one) is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"limit": 3}, "its limit is 2, not 3"),
        ({"sets": ("retain", "forget")}, "its sets is"),
        ({"max_new_tokens": 9}, "its decoding is"),
        ({"dtype": "bfloat16"}, "its dtype is 'float32', not 'bfloat16'"),
        ({"max_model_len": 300}, "its max_model_len is None, not 300"),
        ({"judge": "offline_fact"}, "its judges is"),
    ],
)
def test_a_run_of_another_identity_is_refused_and_left_alone(
    settings: Settings, fields: dict[str, Any], text: str
) -> None:
    plan = one_plan(settings)
    run_one(plan)
    before = files(plan.folder)
    with pytest.raises(BenchError, match=f"holds another run: {text}"):
        run_plans(make_plans(changed(settings, **fields)), silent, no_model)
    assert files(plan.folder) == before


def test_speed_and_versions_are_no_part_of_the_identity(settings: Settings) -> None:
    assert one_plan(settings).identity == one_plan(changed(settings, batch_size=3)).identity


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"ratio": 7}, "no ratio 7; there are: 5, 10, 15"),
        ({"sets": ("forget", "forgot")}, "no set named 'forgot'"),
        ({"sets": ("forget", "forget")}, "give each set once"),
        ({"max_new_tokens": 0}, "at least 1 new token"),
        ({"limit": 0}, "the limit counts people"),
        ({"judge": "offline_facts"}, "no judge named 'offline_facts'"),
        (
            {"judge": "offline", "judge_server": JudgeServer("qwen-max")},
            "--judge-model is for judges that ask an LLM, and offline_fact and offline_meaningful ask none",
        ),
        ({"judge": "offline", "judge_server": JudgeServer(url="http://h/v1")}, "--judge-base-url is for"),
        ({"judge": "offline", "judge_server": JudgeServer(concurrency=3)}, "--judge-concurrency is for"),
        ({"judge": "offline", "judge_server": JudgeServer(cache=Path("c"))}, "--judge-cache is for"),
        (
            {"judge": "fact_score@one", "judge_server": JudgeServer("other", "http://h/v1")},
            "--judge-model other would be asked by none of fact_score@one, which name their own",
        ),
        ({"ks": (2.0,)}, "k belongs to a sculpted adapter, and none is given"),
        ({"ks": (-1.0,)}, "k must be 0 or more, not -1"),
        ({"ks": (float("nan"),)}, "k must be 0 or more, not nan"),
        ({"ks": (2.5, 2.5)}, r"k = 2\.5 is given twice"),
        ({"model": "/nowhere"}, "/nowhere"),
        ({"model": None}, "the backend transformers needs a checkpoint; give one with --model"),
        ({"data": "/nowhere"}, "no dataset folder"),
        ({"adapters": ("/nowhere",)}, "there is no folder /nowhere"),
        ({"adapters": ("none", "none")}, "the adapter none is given twice"),
        ({"dtype": "int3"}, "no dtype 'int3'"),
        ({"batch_size": 0}, "the batch size must be at least 1 or auto, not 0"),
        ({"name": "transfromers"}, "no backend named 'transfromers'"),
        ({"max_model_len": 0}, "a prompt needs at least 1 token"),
        ({"tensor_parallel": 0}, "an engine needs at least 1 GPU, not 0"),
        ({"gpu_memory": 1.5}, r"the share of GPU memory must be above 0 and at most 1, not 1\.5"),
        ({"adapter_mode": "stack"}, "no adapter mode named 'stack'"),
        ({"adapter_mode": "runtime"}, "the backend transformers takes no adapter mode"),
        ({"tensor_parallel": 2}, "the backend transformers takes no tensor parallelism"),
        ({"gpu_memory": 0.5}, "the backend transformers takes no share of GPU memory"),
        ({"engine_args": ("seed=1",)}, "the backend transformers takes no engine arguments"),
        ({"name": "predictions:p.jsonl"}, "the backend predictions takes no checkpoint; leave out"),
        ({"name": "predictions:p.jsonl", "model": None, "adapters": ("a",)}, "predictions takes no adapter"),
        (
            {"name": "predictions:/nowhere", "model": None, "dtype": "auto"},
            "no file of predictions at /nowhere",
        ),
        ({"name": "openai:http://h/v1#m", "model": None}, "the backend openai takes no dtype"),
    ],
)
def test_bad_input_is_one_error_and_nothing_is_written(
    settings: Settings, tmp_path: Path, fields: dict[str, Any], text: str
) -> None:
    with pytest.raises(BenchError, match=text):
        run_plans(make_plans(changed(settings, **fields)), silent, no_model)
    assert not (tmp_path / "run").exists()


def test_a_dataset_that_was_edited_by_hand_is_refused(
    settings: Settings, plain_data: Path, tmp_path: Path
) -> None:
    import shutil

    data = tmp_path / "edited"
    shutil.copytree(plain_data, data)
    run_one(one_plan(changed(settings, data=str(data))))
    table = next((data / "data").rglob("*.parquet"))
    table.write_bytes(table.read_bytes() + b"\0")
    with pytest.raises(BenchError, match="was changed after it was built"):
        run_plans(make_plans(changed(settings, data=str(data))), silent, no_model)


def test_a_folder_that_is_no_run_is_refused_and_an_empty_one_is_taken(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(BenchError, match=r"exists and is not a run: it has no manifest\.json"):
            run_plans(make_plans(changed(settings, fresh=fresh)), silent, no_model)
    assert files(folder) == {"notes.txt": b"mine"}
    (folder / "notes.txt").unlink()
    run_one(one_plan(settings))
    with pytest.raises(BenchError, match="is not a run"):
        open_run(tmp_path)


def test_a_run_begins_in_the_folder_that_is_there_and_puts_no_other_in_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    """A folder where a disk is mounted cannot be renamed; a fresh disk holds lost+found."""
    folder = tmp_path / "run"
    (folder / "lost+found").mkdir(parents=True)
    (folder / ".manifest.json.part").write_text("{")
    before = folder.stat().st_ino
    plan = one_plan(settings)
    run_plans([plan], silent, ScriptedBackend().opening)
    assert folder.stat().st_ino == before
    assert {path.name for path in folder.iterdir()} == {
        "answers.jsonl",
        "lost+found",
        "manifest.json",
        "scores.json",
        "verdicts.jsonl",
    }


def test_a_run_that_cannot_be_moved_aside_is_one_line(settings: Settings, tmp_path: Path) -> None:
    run_one(one_plan(settings))
    # A name may have 255 bytes, so nothing can be put behind it.
    folder = (tmp_path / "run").rename(tmp_path / ("r" * 254))
    with pytest.raises(BenchError, match="cannot be moved aside: File name too long; give another folder"):
        set_aside(folder)
    assert open_run(folder).answers.read()


def test_a_manifest_that_cannot_be_read_is_one_error(settings: Settings) -> None:
    plan = one_plan(settings)
    run_one(plan)
    (plan.folder / "manifest.json").write_text('{"format": 0}')
    with pytest.raises(BenchError, match=r"manifest\.json cannot be read as a manifest of this version"):
        run_plans([plan], silent, no_model)


def test_the_folder_one_stands_in_can_be_the_run(
    settings: Settings, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run_one(one_plan(changed(settings, output=Path())))
    assert "scores.json" in files(tmp_path / "here")


def test_a_backend_that_cannot_be_opened_leaves_no_folder(settings: Settings, tmp_path: Path) -> None:
    def refuse(*_: object) -> Backend:
        raise BenchError("the checkpoint cannot be loaded")

    with pytest.raises(BenchError, match="cannot be loaded"):
        run_plans(make_plans(settings), silent, refuse)
    assert not (tmp_path / "run").exists()


def test_a_fresh_run_moves_the_old_one_aside(settings: Settings, tmp_path: Path) -> None:
    plan = one_plan(settings)
    run_one(plan)
    before = files(plan.folder)
    (tmp_path / "run.2").mkdir()
    for _ in range(2):
        backend = ScriptedBackend()
        run_one(one_plan(changed(settings, fresh=True)), backend)
        assert len(backend.asked) == 75
    assert files(tmp_path / "run.1") == before
    assert sorted(files(tmp_path / "run.3")) == sorted(before)
    assert files(tmp_path / "run")["scores.json"] == before["scores.json"]
    run_plans(make_plans(settings), silent, no_model)


def test_a_fresh_run_takes_the_place_of_another_identity(settings: Settings) -> None:
    run_one(one_plan(settings))
    run_one(one_plan(changed(settings, limit=1, fresh=True)))
    assert open_run(one_plan(settings).folder).manifest.questions == 50


def test_a_file_of_predictions_is_judged_and_scored(settings: Settings, tmp_path: Path) -> None:
    whole = one_plan(settings)
    run_one(whole)
    path = tmp_path / "predictions.jsonl"
    said = [one for one in open_run(whole.folder).answers.read() if one.answer is not None]
    path.write_text(
        "".join(json.dumps({"question_id": one.question_id, "answer": one.answer}) + "\n" for one in said)
    )
    backend = BackendSettings(name=f"predictions:{path}")
    plan = one_plan(changed(settings, model=None, output=tmp_path / "scored", backend=backend))
    (scores,) = run_plans([plan], silent)
    assert scores.figures == type(scores).load(whole.folder).figures
    found = open_run(plan.folder).manifest.identity
    assert (found.backend, found.decoding, found.prompt, found.dtype) == ("predictions", None, None, None)
    path.write_text(path.read_text() + "\n")
    with pytest.raises(BenchError, match="holds another run: its model is"):
        run_plans(make_plans(plan.settings), silent, no_model)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"question_id": "x1", "answer": "a"}', "answers none of the 75 questions"),
        ('{"question_id": "x1"', "predictions.jsonl:1"),
    ],
)
def test_predictions_that_cannot_be_used_leave_no_folder(
    settings: Settings, tmp_path: Path, line: str, text: str
) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(line + "\n")
    backend = BackendSettings(name=f"predictions:{path}")
    with pytest.raises(BenchError, match=text):
        run_plans(make_plans(changed(settings, model=None, backend=backend)), silent)
    assert not (tmp_path / "run").exists()


def test_a_server_is_named_by_its_address_and_model(settings: Settings) -> None:
    backend = BackendSettings(name="openai:http://127.0.0.1:9/v1#some/model")
    plan = one_plan(changed(settings, model=None, output=None, backend=backend))
    assert plan.identity.model == "http://127.0.0.1:9/v1#some/model"
    assert plan.folder == Path("runs/model_base_05")


def test_the_default_folder_names_model_adapter_and_ratio() -> None:
    plain = Settings(model="checkpoints/mini", data="d")
    assert default_folder(plain, "base") == Path("runs/mini_base_05")
    assert default_folder(changed(plain, ratio=10), "smfa_k2.5") == Path("runs/mini_smfa_k2.5_10")
    hub = changed(plain, model="owner/model@v1.0")
    assert default_folder(hub, "base") == Path("runs/model@v1.0_base_05")
    predicted = changed(plain, model=None, name="predictions:out/mine.jsonl")
    assert default_folder(predicted, "base") == Path("runs/mine_base_05")
