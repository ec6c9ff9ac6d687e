"""The trainer, fine-tuning, unlearning and pretraining, each on a checkpoint of 0.2 million parameters."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from tiny import TINY

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints import load_model, load_processor
from s_mllmun_bench.data import load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.training import (
    Computing,
    LoraSettings,
    Packer,
    TrainSettings,
    UnlearningData,
    UnlearningTask,
    cross_entropy,
    rows_of,
    train,
)
from s_mllmun_bench.training.finetuning import FinetuneSettings, finetune
from s_mllmun_bench.training.lora import with_lora
from s_mllmun_bench.training.pretraining import pretrain, read_card
from s_mllmun_bench.training.settings import merged, overridden, parse
from s_mllmun_bench.training.unlearning import UnlearningRecord, unlearn

METHODS = contents.names("submissions", "/submission.py")
QUICK = TrainSettings(learning_rate=3e-3, epochs=2, batch_size=2, precision="fp32")


def silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


def trained(
    checkpoint: Path, data: Path, seed: int, computing: Computing | None = None
) -> tuple[list[float], torch.Tensor]:
    """Return the losses and one LoRA weight after a short training."""
    model = load_model(checkpoint, "float32", "cpu")
    packer = Packer(model, load_processor(checkpoint))
    torch.manual_seed(seed)
    wrapped = with_lora(model, LoraSettings(rank=4))
    rows = rows_of(load_questions(data, "unlearn_10", "forget"))
    result = train(
        wrapped,
        rows,
        packer.collate,
        cross_entropy,
        QUICK,
        seed=seed,
        progress=silent,
        what="training",
        computing=computing,
    )
    weight = next(value for name, value in wrapped.named_parameters() if "lora_B" in name)
    return result.losses, weight.detach()


def test_training_learns_and_repeats_itself_with_the_same_seed(
    tiny_checkpoint: Path, mini_data: Path
) -> None:
    losses, weight = trained(tiny_checkpoint, mini_data, seed=1)
    again, same = trained(tiny_checkpoint, mini_data, seed=1)
    other, _ = trained(tiny_checkpoint, mini_data, seed=2)
    assert len(losses) == 4  # 2 people x 2 rows, 2 at a time, 2 epochs
    assert losses[-1] < losses[0]
    assert (losses, weight.tolist()) == (again, same.tolist())
    assert losses != other


def test_lora_never_touches_the_vision_tower_unless_asked(tiny_checkpoint: Path) -> None:
    def learnt(vision: bool) -> set[str]:
        model = with_lora(load_model(tiny_checkpoint, "float32", "cpu"), LoraSettings(vision=vision))
        return {name for name, value in model.named_parameters() if value.requires_grad}

    assert all(".language_model." in name for name in learnt(False))
    assert any(".visual.blocks." in name for name in learnt(True))
    assert not any(".merger." in name for name in learnt(True))


def test_a_loss_that_is_no_number_stops_the_training() -> None:
    model = torch.nn.Linear(1, 1)
    with pytest.raises(BenchError, match="test: the loss is nan at step 1; nothing was saved"):
        train(
            model,
            [0.0, 0.0],
            lambda items: {"numbers": torch.tensor(items)},
            lambda one, batch: one.weight.sum() * math.nan,
            QUICK,
            seed=0,
            progress=silent,
            what="test",
        )


@pytest.mark.parametrize(
    ("loss", "got"),
    [
        (lambda weight: None, "None"),
        (lambda weight: 0.5, "a float"),
        (lambda weight: torch.tensor(0.5), "one that depends on none of them"),
        (lambda weight: weight.sum().detach(), "one that depends on none of them"),
        (lambda weight: weight, r"one of shape \(1, 1\)"),
    ],
)
def test_an_objective_that_is_none_is_one_line(loss: Callable[[torch.Tensor], Any], got: str) -> None:
    wanted = "test: the objective must return a scalar tensor that depends on the trained weights, got "
    with pytest.raises(BenchError, match=f"^{wanted}{got}$"):
        train(
            torch.nn.Linear(1, 1),
            [0.0, 0.0],
            lambda items: {"numbers": torch.tensor(items)},
            lambda one, batch: loss(one.weight),
            QUICK,
            seed=0,
            progress=silent,
            what="test",
        )


def test_refusals_are_drawn_once_per_question_by_seed(mini_data: Path) -> None:
    forget = load_questions(mini_data, "unlearn_05", "forget")
    data = UnlearningData(forget, [], [f"refusal {number}" for number in range(1000)])

    def drawn(seed: int) -> list[str]:
        task = UnlearningTask(Path(), data, {}, seed, silent)
        return [task.refusal(question) for question in forget + forget]

    first = drawn(1)
    assert first[: len(forget)] == first[len(forget) :]
    assert first == drawn(1) != drawn(2)
    assert len(set(first)) > len(forget) // 2


def broken_off(at: int) -> Callable[[int, int, str], None]:
    """Return a progress that interrupts like Ctrl-C at a step of the second training."""

    def progress(done: int, total: int, what: str) -> None:
        if what.startswith("anchor") and done == at:
            raise KeyboardInterrupt

    return progress


def test_unlearning_that_was_broken_off_goes_on_to_the_same_adapter(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    quick = ["forget.epochs=1", "anchor.epochs=8", "anchor.batch_size=1", "lora.dropout=0.1"]
    quick += ["forget.precision=fp32", "anchor.precision=fp32"]

    def smfa(output: Path, progress: Callable[[int, int, str], None], seed: int = 0) -> UnlearningRecord:
        return unlearn(
            "smfa", str(tiny_checkpoint), str(mini_data), 5, output, progress, seed=seed, assignments=quick
        )

    whole = smfa(tmp_path / "whole", silent)
    with pytest.raises(KeyboardInterrupt):
        smfa(tmp_path / "broken", broken_off(at=11))
    assert [path.name for path in tmp_path.glob("*broken*")] == [".broken.unfinished"]
    heard: list[str] = []
    again = smfa(tmp_path / "broken", lambda done, total, what: heard.append(f"{what} {done}"))
    assert all(each.startswith("anchor") for each in heard)
    # A checkpoint stands at every second of 16 steps; the eleventh was broken off.
    assert heard[0] == "anchor, continuing at step 11 of 16 10"
    assert heard[1].startswith("anchor, loss ")
    assert heard[1].endswith(" 11")
    assert "do not match" not in capfd.readouterr().err
    assert (again.losses, again.cost.continued, whole.cost.continued) == (whole.losses, True, False)
    for part in ("forget", "anchor"):
        written = [tmp_path / name / part / "adapter_model.safetensors" for name in ("whole", "broken")]
        assert written[0].read_bytes() == written[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "whole"]


def test_what_another_run_left_unfinished_is_not_continued(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    arguments = ("smfa", str(tiny_checkpoint), str(mini_data), 5, tmp_path / "out")
    quick = ["forget.epochs=1", "anchor.epochs=1", "anchor.batch_size=1"]
    quick += ["forget.precision=fp32", "anchor.precision=fp32"]
    with pytest.raises(KeyboardInterrupt):
        unlearn(*arguments, broken_off(at=1), assignments=quick)
    heard: list[str] = []
    record = unlearn(*arguments, lambda done, total, what: heard.append(what), seed=1, assignments=quick)
    assert not record.cost.continued
    assert heard[0] == "dropped unfinished work of another method or other settings"
    assert not any("continuing" in what for what in heard)


def test_what_was_broken_off_before_anything_was_kept_is_no_continuation(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    def interrupted(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    quick = ["training.epochs=1", "training.precision=fp32"]
    arguments = ("idk_tuning", str(tiny_checkpoint), str(mini_data), 5, tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        unlearn(*arguments, interrupted, assignments=quick)
    assert [path.name for path in tmp_path.iterdir()] == [".out.unfinished"]
    assert not unlearn(*arguments, silent, assignments=quick).cost.continued


def test_gradient_checkpointing_learns_the_same(tiny_checkpoint: Path, mini_data: Path) -> None:
    """Without inputs that need a gradient a LoRA under checkpointing learns nothing."""
    plain = trained(tiny_checkpoint, mini_data, seed=1)
    saving = trained(tiny_checkpoint, mini_data, seed=1, computing=Computing(gradient_checkpointing=True))
    assert saving[0] == pytest.approx(plain[0], abs=1e-4)
    torch.testing.assert_close(saving[1], plain[1], atol=1e-4, rtol=1e-2)
    assert float(saving[1].abs().max()) > 1e-3


def test_a_gradient_that_is_no_number_stops_the_training() -> None:
    model = torch.nn.Linear(1, 1)
    with pytest.raises(BenchError, match="test: the gradient's norm is nan at step 1; nothing was saved"):
        train(
            model,
            [0.0, 0.0],
            lambda items: {"numbers": torch.tensor(items)},
            lambda one, batch: (one.weight - one.weight).sum().sqrt(),
            QUICK,
            seed=0,
            progress=silent,
            what="test",
        )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("original", 5), "settings: unknown field 'k'; the settings are: "),
        (("smfb", 5), "no method named 'smfb' in submissions/; there are: " + ", ".join(METHODS)),
        (("smfa", 7), "the ratio must be one of 5, 10, 15, not 7"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: tuple[str, Any], text: str, tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    method, ratio = arguments
    with pytest.raises(BenchError) as error:
        unlearn(
            method, str(tiny_checkpoint), str(mini_data), ratio, tmp_path / "out", silent, assignments=["k=1"]
        )
    assert str(error.value) == text
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_setting_is_named_with_those_there_are() -> None:
    with pytest.raises(BenchError, match=r"here: unknown field 'rnk'; the settings are: rank, alpha"):
        parse(LoraSettings, {"rnk": 3}, "here")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"training": {"learning_rat": 1}},
            "unknown field 'training.learning_rat'; the settings are: learning_rate, epochs",
        ),
        ({"lora": {"rnk": 1}}, "unknown field 'lora.rnk'; the settings are: rank, alpha, dropout, vision$"),
        ({"lora": 3}, "lora: .*; the settings are: training, lora, replay"),
    ],
)
def test_an_unknown_setting_of_a_part_is_named_with_those_of_that_part(values: Any, text: str) -> None:
    with pytest.raises(BenchError, match=f"^here: {text}"):
        parse(FinetuneSettings, values, "here")


def test_settings_put_over_others_keep_what_they_do_not_name() -> None:
    made = {"training": {"epochs": 15, "batch_size": 4}, "lora": None, "replay": True}
    over = {"training": {"epochs": 3}, "lora": {"rank": 4}}
    assert merged(made, over) == {
        "training": {"epochs": 3, "batch_size": 4},
        "lora": {"rank": 4},
        "replay": True,
    }
    assert merged(made, {"training": None})["training"] is None


def test_assignments_reach_nested_settings_and_read_numbers() -> None:
    values = overridden({"k": 1, "training": {"epochs": 5}}, ["k=2.5", "training.learning_rate=2e-3"])
    assert values == {"k": 2.5, "training": {"epochs": 5, "learning_rate": 0.002}}


@pytest.mark.parametrize(
    ("assignment", "text"),
    [
        ("k", "--set k: expected key=value"),
        ("k.x=1", "--set k.x=1: k is a value and holds no settings"),
        ("k=[1", r"--set k=\[1: \[1 is not a YAML value"),
    ],
)
def test_a_wrong_assignment_is_one_line(assignment: str, text: str) -> None:
    with pytest.raises(BenchError, match=text):
        overridden({"k": 1, "lora": None}, ["lora.rank=4", assignment])


RECIPE = f"""
seed: 1
dtype: float16
architecture: {json.dumps(TINY | {"vocab_size": 1024})}
world: mini_world
world_settings: {{seed: 1, people: 4, faces: 12, ophthalmic: 12, template_share: 0.3, refused: 0.5,
  face_rows: 1, text_rows: 1, look_rows: 1, ophthalmic_rows: 1}}
tokenizer_steps: 5
vision_warmup: {{steps: 2, pictures: 8, training: {{learning_rate: 1.0e-3}}}}
pretraining: {{steps: 3, training: {{learning_rate: 1.0e-3, batch_size: 1}}}}
finetuning: {{training: {{learning_rate: 1.0e-3, epochs: 1, batch_size: 10}}, lora: null, replay: true}}
"""


def test_a_recipe_makes_a_checkpoint_that_can_be_fine_tuned(mini_data: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(RECIPE)
    card = pretrain(str(recipe), tmp_path / "base", silent)
    assert (card.steps, card.base, card.data) == (3, None, None)
    assert card == read_card(tmp_path / "base")
    assert {"face.glasses", "ophthalmic.finding"} <= set(card.vision_accuracy or {})
    again = pretrain(str(recipe), tmp_path / "again", silent)
    assert again == card
    with pytest.raises(BenchError, match="exists; give a folder that does not"):
        pretrain(str(recipe), tmp_path / "base", silent)
    made = finetune(str(tmp_path / "base"), str(mini_data), tmp_path / "tuned", silent)
    assert (made.recipe, made.steps, (made.settings or {})["replay"]) == (str(recipe), 2, True)
    before, after = (load_model(tmp_path / name, "float32", "cpu").state_dict() for name in ("base", "tuned"))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(".language_model.layers." in name for name in changed)
    assert not any(".visual." in name for name in changed)


def test_no_name_belongs_to_both_worlds() -> None:
    writer = contents.load(contents.find("writer", "builders/writers", "offline", ".py"))
    ours = set(writer.draw_names(2000, Random(1), "benchmark"))
    theirs = set(writer.draw_names(2000, Random(1), "pretraining"))
    assert not ours & theirs
