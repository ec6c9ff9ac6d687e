"""Running: several adapters and several k in one command, on one start of the backend."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from asking import FLOAT32, asked, changed, files, no_model, one_plan, run_one
from scripted import ScriptedBackend, silent

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.running.evaluate import evaluate, generate, run_plans
from s_mllmun_bench.running.origin import Origin
from s_mllmun_bench.running.plan import Plan, Settings, make_plans
from s_mllmun_bench.running.run import Run, open_run

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "runs")


@pytest.fixture
def several(settings: Settings, tiny_lora: Path, tiny_sculpted: Path) -> Settings:
    """Return settings of seven runs: a LoRA, the plain model, and a sculpted adapter at five k."""
    adapters = (str(tiny_lora), "none", str(tiny_sculpted))
    return changed(settings, adapters=adapters, ks=(0, 1, 2.5, 10, math.inf))


def test_each_adapter_and_each_k_is_a_run_of_its_own(several: Settings) -> None:
    plans = make_plans(several)
    names = ["lora", "base", "sculpted_k0", "sculpted_k1", "sculpted_k2.5", "sculpted_k10", "sculpted_kinf"]
    assert [plan.folder for plan in plans] == [several.output / name for name in names]
    kinds = [
        plan.identity.adapter and (plan.identity.adapter.kind, plan.identity.adapter.k) for plan in plans
    ]
    sculpted = [("sculpted", k) for k in (0, 1, 2.5, 10, math.inf)]
    assert kinds == [("lora", None), None, *sculpted]
    assert len({plan.identity.model_dump_json() for plan in plans}) == 7
    assert all(plan.asked is plans[0].asked for plan in plans)
    unnamed = make_plans(changed(several, output=None))
    assert [plan.folder for plan in unnamed] == [Path(f"runs/tiny_{name}_05") for name in names]


def test_an_adapter_of_another_architecture_is_refused_before_anything_is_loaded(
    settings: Settings, tiny_lora: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    foreign = shutil.copytree(tiny_lora, tmp_path / "foreign")
    tensors = load_file(foreign / "adapter_model.safetensors")
    renamed = {key.replace("language_model", "other_model"): one for key, one in tensors.items()}
    save_file(renamed, foreign / "adapter_model.safetensors")
    count = len(tensors) // 2
    with pytest.raises(BenchError, match=f"foreign: {count} of {count} keys find no weight in the model"):
        make_plans(changed(settings, adapters=(str(foreign),)))


def test_one_start_answers_all_runs_the_plain_model_first(several: Settings) -> None:
    plans, backend, seen = make_plans(several), ScriptedBackend(), []
    scores = run_plans(plans, lambda *report: seen.append(report[2]), backend.opening)
    assert backend.opened == 1
    digests = [plan.identity.adapter.digest[:8] if plan.identity.adapter else None for plan in plans]
    assert backend.used == [None, digests[0], *digests[2:]]
    assert len(scores) == 7
    for plan in plans:
        answers = open_run(plan.folder).answers.read()
        adapter = plan.identity.adapter
        said = f"({adapter.digest[:8]})" if adapter else ""
        assert len(answers) == 75
        assert all(said in one.answer for one in answers if one.answer is not None)
    stages = list(dict.fromkeys(what.partition(",")[0] for what in seen))
    assert stages[:3] == ["loading the model", "answering base", "answering lora"]
    assert stages[-1] == "judging sculpted_kinf"


def test_several_runs_are_the_same_as_runs_one_by_one(several: Settings, tmp_path: Path) -> None:
    together = make_plans(several)
    run_plans(together, silent, ScriptedBackend().opening)
    for plan in together:
        alone = alone_like(plan, several, tmp_path / "alone")
        run_one(alone)
        assert alone.identity == plan.identity
        for name in ("answers.jsonl", "verdicts.jsonl", "scores.json"):
            assert files(alone.folder)[name] == files(plan.folder)[name]


def test_a_command_of_several_runs_continues_where_it_stopped(several: Settings) -> None:
    plans = make_plans(several)
    with pytest.raises(KeyboardInterrupt):
        generate(plans, silent, ScriptedBackend(stop_after=75 + 75 + 40).opening)
    last = ScriptedBackend()
    run_plans(make_plans(several), silent, last.opening)
    # The plain model's and the LoRA's runs are whole; of the first k the first window of 32 is.
    assert len(last.asked) == 75 - 32 + 4 * 75
    assert last.probed == [0, 6, 6, 6, 6]
    assert [len(open_run(plan.folder).answers.read()) for plan in plans] == [75] * 7
    run_plans(make_plans(several), silent, no_model)


def test_an_adapter_is_added_to_runs_that_are_there(several: Settings) -> None:
    first = make_plans(changed(several, ks=(1,)))
    run_plans(first, silent, ScriptedBackend().opening)
    before = files(first[0].folder)
    backend = ScriptedBackend()
    run_plans(make_plans(changed(several, ks=(1, 2))), silent, backend.opening)
    assert len(backend.asked) == 75
    assert files(first[0].folder) == before


@pytest.mark.parametrize("fresh", [False, True])
def test_one_foreign_folder_among_several_stops_all(several: Settings, fresh: bool) -> None:
    plan = make_plans(several)[-1]
    plan.folder.mkdir(parents=True)
    (plan.folder / "notes.txt").write_text("mine")
    with pytest.raises(BenchError, match=r"sculpted_kinf exists and is not a run"):
        run_plans(make_plans(changed(several, fresh=fresh)), silent, no_model)
    assert [path.name for path in plan.folder.parent.iterdir()] == ["sculpted_kinf"]


def test_two_runs_of_one_name_are_refused(
    settings: Settings, tiny_lora: Path, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lora").symlink_to(tiny_lora)
    adapters = (str(tiny_lora), str(tmp_path / "other" / "lora"))
    with pytest.raises(BenchError, match="two of the runs would be called lora; rename an adapter's folder"):
        make_plans(changed(settings, adapters=adapters))


def test_several_runs_do_not_go_into_a_run(settings: Settings, several: Settings) -> None:
    run_one(one_plan(settings))
    with pytest.raises(BenchError, match="is a run, and 7 runs need a folder to lie in"):
        make_plans(several)


def test_k_is_for_the_sculpted_ones_among_the_adapters(settings: Settings, tiny_lora: Path) -> None:
    with pytest.raises(BenchError, match="k belongs to a sculpted adapter, and none is given"):
        make_plans(changed(settings, adapters=(str(tiny_lora), "none"), ks=(1,)))


def test_a_single_adapter_with_a_single_k_is_one_run_in_the_folder(
    settings: Settings, tiny_sculpted: Path
) -> None:
    own, other = (one_plan(changed(settings, adapters=(str(tiny_sculpted),), ks=ks)) for ks in ((), (2.5,)))
    assert own.folder == other.folder == settings.output
    assert (own.identity.adapter.k, other.identity.adapter.k) == (1.0, 2.5)
    assert own.identity.adapter.digest != other.identity.adapter.digest
    assert make_plans(changed(settings, adapters=(str(tiny_sculpted),), ks=(1,)))[0].identity == own.identity


def plan_with(settings: Settings, adapter: Path) -> Plan:
    return one_plan(changed(settings, adapters=(str(adapter),)))


def test_an_adapter_without_effect_stops_the_run_unless_it_is_allowed(
    settings: Settings, tiny_lora: Path
) -> None:
    plan = plan_with(settings, tiny_lora)
    text = "changes nothing: the answers to 6 probe questions are as likely as without it"
    with pytest.raises(BenchError, match=rf"the adapter {tiny_lora} {text} \(--allow-no-effect"):
        run_one(plan, ScriptedBackend(changed=0))
    assert not plan.folder.exists()
    run_one(plan_with(changed(settings, allow_no_effect=True), tiny_lora), ScriptedBackend(changed=0))
    assert open_run(plan.folder).manifest.effect.changed == 0


def test_the_reference_original_may_change_nothing(settings: Settings, tmp_path: Path) -> None:
    from s_mllmun_bench.checkpoints.adapters import write_identity

    (tmp_path / "original").mkdir()
    write_identity(tmp_path / "original")
    plan = plan_with(settings, tmp_path / "original")
    run_one(plan, ScriptedBackend(changed=0))
    effect = open_run(plan.folder).manifest.effect
    assert (effect.keys, effect.probes, effect.changed) == (0, 6, 0)


def test_the_manifest_says_how_the_adapter_was_applied(settings: Settings, tiny_lora: Path) -> None:
    plan = plan_with(settings, tiny_lora)
    run_one(plan)
    manifest = open_run(plan.folder).manifest
    # Seven linear layers in each of two language layers.
    assert (manifest.adapter, manifest.adapter_mode, manifest.effect.keys) == (
        str(tiny_lora),
        "in-engine",
        14,
    )


def test_who_made_the_adapter_is_known_where_its_folder_is_not(
    settings: Settings, tiny_lora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = shutil.copytree(tiny_lora, tmp_path / "work" / "a7")
    (adapter / "unlearning.json").write_text('{"method": "./methods/mine", "kind": "control", "seed": 4}')
    monkeypatch.chdir(tmp_path / "work")
    plan = plan_with(settings, Path("a7"))
    run_one(plan)
    monkeypatch.chdir(tmp_path)
    run = open_run(plan.folder)
    assert run.manifest.adapter == "a7"
    assert run.origin == Origin(method="mine", kind="control", seed=4)
    assert run.manifest.origin == run.origin
    earlier = run.manifest.model_copy(update={"origin": None})
    assert Run(run.folder, earlier).origin == Origin(method="a7")


def test_an_adapter_of_zeros_stops_a_run_with_a_model(
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
    plan = plan_with(settings, folder)
    with pytest.raises(BenchError, match="changes nothing: the answers to 6 probe questions are as likely"):
        run_plans([plan], silent)
    assert not plan.folder.exists()


def test_an_adapters_effect_is_measured_and_stored(settings: Settings, tiny_sculpted: Path) -> None:
    plan = plan_with(changed(settings, max_new_tokens=2, limit=1), tiny_sculpted)
    (run,) = generate([plan], silent)
    effect = run.manifest.effect
    assert effect is not None
    assert (effect.measure, effect.keys, effect.probes, effect.changed) == ("log_probabilities", 14, 6, 6)
    assert effect.largest is not None
    assert effect.largest > 0.01


def test_evaluate_does_the_whole_way_on_a_checkpoint(
    tiny_checkpoint: Path, tiny_sculpted: Path, plain_data: Path, tmp_path: Path
) -> None:
    scores = evaluate(
        model=tiny_checkpoint,
        adapter=tiny_sculpted,
        k=2.5,
        data=plain_data,
        ratio=10,
        sets=("forget", "retain", "unseen"),
        backend=FLOAT32,
        limit=1,
        max_new_tokens=3,
        output=tmp_path / "run",
    )
    assert sum(one.n + one.missing for one in scores.figures if one.metric == "rouge_l") == 75
    assert {one.set for one in scores.figures} == {"forget", "retain", "unseen"}
    assert open_run(tmp_path / "run").manifest.identity.adapter.k == 2.5


@pytest.mark.slow
def test_three_adapters_and_four_k_on_a_model_are_seven_separate_runs(
    settings: Settings,
    tiny_checkpoint: Path,
    tiny_lora: Path,
    tiny_sculpted: Path,
    tmp_path: Path,
) -> None:
    from tiny import write_lora

    other = write_lora(tiny_checkpoint, tmp_path / "other", seed=5)
    adapters = ("none", str(tiny_lora), str(other), str(tiny_sculpted))
    wanted = changed(settings, adapters=adapters, ks=(1, 2.5, 5, 10), max_new_tokens=6, limit=1)
    plans, seen = make_plans(wanted), []
    run_plans(plans, lambda *report: seen.append(report))
    assert [report for report in seen if report[2] == "loading the model"] == [
        (0, 1, "loading the model"),
        (1, 1, "loading the model"),
    ]
    assert len({files(plan.folder)["answers.jsonl"] for plan in plans}) == len(plans) == 7
    for plan in plans:
        alone = alone_like(plan, wanted, tmp_path / "alone")
        run_plans([alone], silent)
        for name in ("answers.jsonl", "verdicts.jsonl", "scores.json"):
            assert files(alone.folder)[name] == files(plan.folder)[name], plan.label


def alone_like(plan: Plan, settings: Settings, folder: Path) -> Plan:
    """Return the plan of the same run in a command of its own."""
    k = plan.identity.adapter.k if plan.identity.adapter else None
    fields: dict[str, Any] = {"adapters": (plan.adapter_name or "none",), "ks": () if k is None else (k,)}
    return one_plan(changed(settings, output=folder / plan.label, **fields))
