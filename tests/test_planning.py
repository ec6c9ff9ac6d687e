"""A plan's arithmetic, against figures worked out by hand."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from s_mllmun_bench.cli import app
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.planning.estimate import (
    UNLEARNT,
    Setting,
    Step,
    answering,
    forward,
    learning,
    memory,
    steps,
    total,
    unlearning,
)
from s_mllmun_bench.planning.hardware import Gpu, gpu_of
from s_mllmun_bench.planning.shapes import PAPER, Shape, folder_of, shape_of

QWEN, LLAVA = PAPER
ROOT = Path(__file__).parents[1]
SHAPE = Shape(
    layers=10,
    hidden=100,
    attention=0,
    language=1_000_000,
    embeddings=500_000,
    vision=1_000,
    widths=2_000,
    patch=14,
    merge=2,
    tile=None,
    tiles=1,
)
"""Nobody's model, without attention: 1.501 million parameters, and pictures of 28 pixels are one token."""
SETTING = Setting(SHAPE, Gpu(teraflops=1.0, bandwidth=0.001, memory=80), 2, people=100, edge=280)
"""A picture is 10 x 10 tokens of 4 patches each; a GPU does 0.4e12 operations a second."""
TRAINING = {"epochs": 5, "batch_size": 2, "learning_rate": 1e-4}


def test_the_papers_models_have_the_sizes_that_are_published() -> None:
    qwen, llava = shape_of(QWEN), shape_of(LLAVA)
    # 8.29 billion, of which 6.53 are in the layers; a LoRA of rank 16 has 16 x 28 x 90,112.
    assert qwen.parameters == pytest.approx(8.29e9, rel=0.01)
    assert llava.parameters == pytest.approx(8.03e9, rel=0.01)
    assert qwen.language == pytest.approx(6.53e9, rel=0.01)
    assert 16 * qwen.widths == 16 * 28 * 90_112


def test_a_picture_has_the_tokens_that_each_processor_makes() -> None:
    # 1,024 / 28 is 37 tokens on an edge, of 4 patches each.
    assert shape_of(QWEN).image(1024) == (37**2, 4 * 37**2)
    # 3 x 3 tiles of 27 x 27 with 81 line breaks, and the whole picture once more in 27 x 27.
    assert shape_of(LLAVA).image(1024) == (81**2 + 81 + 27**2, 10 * 27**2) == (7371, 7290)
    assert shape_of(LLAVA).image(300) == (27**2 + 27 + 27**2, 2 * 27**2)


def test_a_shipped_checkpoint_is_planned_by_its_own_config() -> None:
    assert shape_of("mini_qwen2_5_vl_200").parameters == pytest.approx(4.72e6, rel=0.05)


def test_learning_is_forward_and_backward_and_with_checkpointing_forward_again() -> None:
    # 11 questions of 50 tokens behind 100 of the picture, 10 by name: 650 + 500 tokens, 2e6 operations each.
    language, seen = forward(SETTING, UNLEARNT)
    assert language == 1150 * 2e6
    assert seen == 400 * 2 * 1000
    assert learning(SETTING, UNLEARNT) == 3 * language + seen
    assert learning(replace(SETTING, checkpointing=False), UNLEARNT) == 2 * language + seen
    assert learning(SETTING, UNLEARNT, whole=True) == 4 * language + seen


def test_attention_costs_the_square_of_a_row() -> None:
    # 4 operations for each layer, unit and pair of the 500 tokens of ten questions by name.
    wide = replace(SETTING, shape=replace(SHAPE, attention=100))
    assert forward(wide, [(10, False)])[0] == 500 * (2e6 + 4 * 10 * 100 * 500)


def test_methods_cost_by_their_trainings() -> None:
    once, look = learning(SETTING, UNLEARNT), sum(forward(SETTING, UNLEARNT))
    smfa = {"k": 5, "forget": TRAINING, "anchor": TRAINING, "lora": {"rank": 16}}
    # 10 % of 100 people: the forgetting adapter sees 20 of them 5 times, the anchor 10 of them.
    assert unlearning(SETTING, "smfa", smfa, 10) == 150 * once
    assert unlearning(SETTING, "ga_difference", {"training": TRAINING}, 10) == 100 * once
    assert unlearning(SETTING, "kl_minimization", {"training": TRAINING}, 10) == 100 * once + 50 * look
    assert unlearning(SETTING, "manu", {"alpha": 2}, 10) == 20 * look


def test_memory_is_weights_optimizer_and_activations() -> None:
    # 2 rows of 650 tokens, 2 bytes x 10 layers x 100 each; 16 bytes for each of 32,000 trained parameters.
    expected = 2 * 1_501_000 + 16 * 32_000 + 1300 * 2000 + 2e9
    assert memory(SETTING, 2, UNLEARNT[:1], 2, 32_000) == expected


def test_answering_reads_the_weights_for_every_token_that_is_written() -> None:
    # 200 pictures of 0.1 s; their 20,000 tokens and the 65,000 of 2,500 questions at 2e6 operations each and
    # 80,000 patches at 2,000; 60,000 tokens of answers, 128 at once, 3.002 MB at 1 GB a second.
    read = (85_000 * 2e6 + 80_000 * 2000) / 0.4e12
    assert answering(SETTING) == pytest.approx(20 + read + 60_000 / 128 * 3.002e6 / 1e9)
    assert answering(replace(SETTING, questions_per_second=50.0)) == 2500 / 50


def test_steps_share_a_batch_over_as_many_gpus_as_it_has_items() -> None:
    finetuning = {"training": TRAINING, "lora": {"rank": 16}}
    found = {one.name: one for one in steps(replace(SETTING, gpus=8), {"manu": {"alpha": 2}}, finetuning)}
    assert (found["fine-tuning"].gpus, found["manu at 5 %"].gpus) == (2, 1)
    # 3 ratios of the plain model and the method, 8 values of k, and the retrained model.
    assert found["answering a run"].times == 3 * 2 + 8 + 1
    # 5,000 calls of 2 s, 64 at once; 1,060 tokens read and 40 written, of no price.
    judging = found["judging a run by an LLM"]
    assert judging.hours == pytest.approx(5000 * 2 / 64 / 3600)
    assert judging.dollars is None


def test_a_measured_speed_takes_the_place_of_the_peak() -> None:
    finetuning = {"training": TRAINING, "lora": {"rank": 16}}
    computed, measured = (
        steps(replace(SETTING, operations=speed), {}, finetuning)[0] for speed in (None, 0.2e12)
    )
    assert (computed.basis, measured.basis) == ("computed", "measured")
    assert measured.hours == pytest.approx(2 * computed.hours)


def test_steps_that_leave_gpus_free_share_them() -> None:
    def step(hours: float, gpus: int, dollars: float | None, times: int) -> Step:
        return Step(
            name="x", hours=hours, gpus=gpus, memory_gb=None, dollars=dollars, times=times, basis="computed"
        )

    # 8 hours on 2 of 4 GPUs are half of the machine; judging waits for a server and for no GPU.
    assert total([step(8, 2, 0.0, 1), step(1, 0, 3.0, 2)], 4) == (8 / 2 + 2, 6.0)
    assert total([step(1, 0, None, 1)], 1) == (1, None)


def test_what_is_not_known_is_one_line() -> None:
    with pytest.raises(BenchError, match="no GPU named 'tpu' in the table of bench plan; there are: a100"):
        gpu_of("tpu")
    with pytest.raises(BenchError, match=r"no config.json of 'nobody/nothing' here; known without one are: "):
        shape_of("nobody/nothing")


def test_an_architecture_of_unknown_cost_is_one_line(tmp_path: Path) -> None:
    # As LLaVA-1.5 says it: the language model's sizes are those of its kind, and not written down.
    config = {"model_type": "llava", "text_config": {"model_type": "llama"}, "vision_config": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BenchError, match="is a llava; what is known: llava_onevision, qwen2_5_vl, qwen3_vl"):
        shape_of(str(tmp_path))


def test_a_mini_is_planned_with_its_recipes_settings() -> None:
    from s_mllmun_bench.planning.plan import make_plan

    mini = folder_of("mini_qwen2_5_vl_200")
    setting = Setting(shape_of("mini_qwen2_5_vl_200"), gpu_of("a100-80gb"), 8)
    large, small = make_plan(setting), make_plan(setting, mini)
    # Of batches: 2 people of a large model, 4 of the mini.
    assert [made.steps[0].gpus for made in (large, small)] == [2, 4]
    said = [" ".join(made.method) for made in (large, small)]
    assert ["mini_qwen2_5_vl" in each for each in said] == [False, True]


def test_a_speed_is_measured_with_the_datasets_pictures_and_planned_with_the_edge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from s_mllmun_bench.planning import plan

    edges = []

    def speed(setting: Setting, measured: plan.Measured) -> float:
        edges.append(setting.edge)
        return 1e12

    monkeypatch.setattr(plan, "sizes_of", lambda data: (20, 112))
    monkeypatch.setattr(plan, "measured_speed", speed)
    given = ["plan", "--model", QWEN, "--gpu", "h100-80gb", "--data", "d", "--from", "a", "--edge", "1024"]
    done = CliRunner().invoke(app, given)
    assert edges == [112]
    assert "20 people; a picture of 1024 pixels" in done.stdout


def test_a_speed_needs_an_adapter_whose_settings_say_what_was_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from s_mllmun_bench.planning import plan

    cost = SimpleNamespace(continued=False, parameters=SHAPE.parameters)
    record = SimpleNamespace(
        cost=cost,
        data="digest",
        method="retrain",
        losses={"retraining": [1.0]},
        settings={"base": "b", "finetune": {"training": TRAINING}},
    )
    monkeypatch.setattr(plan, "read_record", lambda folder: record)
    monkeypatch.setattr(plan, "dataset_digest", lambda data: "digest")
    with pytest.raises(BenchError, match="what retrain trains is not known; give another method's adapter"):
        plan.measured_speed(SETTING, plan.Measured("d", [Path("a")]))


def test_the_command_plans_the_papers_model_and_says_how() -> None:
    given = ["plan", "--model", QWEN, "--gpu", "h100-80gb", "--judge-price", "0.4,1.2"]
    done = CliRunner().invoke(app, [*given, "--json"])
    made = json.loads(done.stdout)
    by_name = {step["name"]: step for step in made["steps"]}
    # 50,000 calls of 1,060 tokens at 0.4 and 40 at 1.2 dollars a million.
    assert by_name["judging a run by an LLM"]["dollars"] == pytest.approx(23.6)
    assert any("1369 tokens" in line for line in made["method"])
    assert "40 % of 989 TFLOP/s" in CliRunner().invoke(app, given).stdout
    wrong = CliRunner().invoke(app, [*given[:-1], "cheap"])
    assert str(wrong.exception) == "--judge-price cheap: expected two numbers, such as 0.4,1.2"


def test_the_papers_page_has_the_commands_hours() -> None:
    from s_mllmun_bench.cli.plan import time_of
    from s_mllmun_bench.planning.plan import make_plan

    page = (ROOT / "docs/reproducing-the-paper.md").read_text(encoding="utf-8")
    columns = [
        {step.name: time_of(step.hours) for step in make_plan(Setting(shape_of(model), gpu_of(gpu), 1)).steps}
        for model in (QWEN, LLAVA)
        for gpu in ("a100-80gb", "h100-80gb")
    ]
    methods = ("smfa", "idk_tuning", "ga_difference", "kl_minimization", "manu")
    for step in ("fine-tuning", *(f"{method} at 5 %" for method in methods), "answering a run"):
        cells = " | ".join(column[step] for column in columns)
        assert f"| {step} | {cells} |" in page, f"| {step} | {cells} |"


@pytest.mark.slow
def test_the_speed_of_a_training_is_read_from_its_adapter(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    from s_mllmun_bench.planning.plan import Measured, measured_speed, sizes_of
    from s_mllmun_bench.training.unlearning import read_record, unlearn

    def made(method: str, *assignments: str) -> Path:
        folder = tmp_path / method
        given = (method, str(tiny_checkpoint), str(mini_data), 10, folder)
        unlearn(*given, lambda done, total, what: None, assignments=assignments)
        return folder

    people, edge = sizes_of(str(mini_data))
    assert (people, edge) == (20, 112)
    setting = Setting(shape_of(str(tiny_checkpoint)), gpu_of("a100-80gb"), 1, people, edge)
    adapter = made("ga_difference", "training.epochs=2", "training.precision=fp32")
    # 2 people in each set, 2 epochs, without gradient checkpointing, over the seconds that it took.
    work = 2 * 2 * 2 * learning(replace(setting, checkpointing=False), UNLEARNT)
    speed = measured_speed(setting, Measured(str(mini_data), [adapter]))
    assert speed == pytest.approx(work / read_record(adapter).cost.seconds)
    with pytest.raises(BenchError, match="manu trains nothing; give an adapter that was trained"):
        measured_speed(setting, Measured(str(mini_data), [adapter, made("manu")]))
    with pytest.raises(BenchError, match=r"is of a model of [\d,]+ parameters, and this one has 8,2"):
        measured_speed(replace(setting, shape=shape_of(QWEN)), Measured(str(mini_data), [adapter]))
