"""The losses of Eq. 12 to 14, against values worked out by hand and against what others got wrong."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from s_mllmun_bench.checkpoints import apply_adapter, load_adapter, load_model, load_processor
from s_mllmun_bench.data import load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.training import (
    IGNORE,
    LoraSettings,
    Packer,
    Pair,
    Row,
    answer_log_likelihoods,
    collate_pairs,
    cross_entropy,
    divergence,
    divergence_from_original,
    gradient_difference,
    joint_cross_entropy,
    kl_minimization,
    paired,
    rows_of,
)
from s_mllmun_bench.training.lora import with_lora

HALF = (0.5, 0.5)
MOSTLY_ZERO = (0.75, 0.25)
KL = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
"""KL((3/4, 1/4) || (1/2, 1/2)), nats: 0.1308."""


class Toy:
    """A model of two words whose next word depends on the last one alone, with an adapter that can be off.

    Args:
        original: by last word, the probabilities of the next, with the adapter off.
        current: with the adapter on.
    """

    def __init__(self, original: list[tuple[float, float]], current: list[tuple[float, float]]) -> None:
        self.off = torch.tensor(original).log()
        self.on = torch.tensor(current).log().requires_grad_()
        self.table = self.on

    @contextmanager
    def disable_adapter(self) -> Iterator[None]:
        self.table = self.off
        yield
        self.table = self.on

    def __call__(self, input_ids: Tensor, logits_to_keep: Tensor, **rest: Any) -> Any:
        return SimpleNamespace(logits=self.table[input_ids[:, logits_to_keep]])


def batch(*sequences: tuple[list[int], list[int]]) -> dict[str, Tensor]:
    """Return a batch of (words, labels)."""
    return {
        "input_ids": torch.tensor([words for words, _ in sequences]),
        "labels": torch.tensor([labels for _, labels in sequences]),
    }


# After word 0 comes the answer; after word 1 (the question) comes something that is never learnt.
ANSWER_0 = batch(([1, 0, 0], [IGNORE, IGNORE, 0]))
ANSWER_1 = batch(([1, 0, 1], [IGNORE, IGNORE, 1]))


def test_ga_difference_is_the_retain_loss_less_the_forget_loss() -> None:
    toy = Toy([HALF, HALF], [MOSTLY_ZERO, HALF])
    # -L(D_f) with probability 1/4, + L(D_r) with probability 3/4: ln(1/4) - ln(3/4) = -ln 3.
    loss = gradient_difference(toy, {"forget": ANSWER_1, "retain": ANSWER_0})
    assert float(loss.detach()) == pytest.approx(-math.log(3))


def test_idk_tuning_adds_both_losses() -> None:
    toy = Toy([HALF, HALF], [MOSTLY_ZERO, HALF])
    loss = joint_cross_entropy(toy, {"forget": ANSWER_1, "retain": ANSWER_0})
    assert float(loss.detach()) == pytest.approx(-math.log(0.25) - math.log(0.75))


def test_kl_minimization_is_the_divergence_less_the_forget_loss() -> None:
    toy = Toy([MOSTLY_ZERO, HALF], [HALF, HALF])
    loss = kl_minimization(toy, {"forget": ANSWER_1, "retain": ANSWER_0})
    assert float(loss.detach()) == pytest.approx(KL + math.log(0.5), abs=1e-6)


def test_the_divergence_is_a_mean_over_tokens_and_points_from_the_original() -> None:
    original = torch.tensor([MOSTLY_ZERO, HALF]).log()
    current = torch.tensor([HALF, HALF]).log()
    assert float(divergence(original, current)) == pytest.approx(KL / 2, abs=1e-6)
    # The other way round: 1/2 ln(2/3) + 1/2 ln 2 = 0.1438.
    assert float(divergence(current, original)) == pytest.approx(0.1438 / 2, abs=1e-4)


def test_the_divergence_has_its_entropy_term() -> None:
    """Elsewhere a cross-entropy passes for it: ln 2 here, where nothing has changed."""
    same = torch.tensor([HALF]).log()
    assert float(divergence(same, same)) == 0


def test_the_divergence_ignores_prompts_and_padding() -> None:
    """Elsewhere it runs over both: here the prompt's prediction has changed, and only that."""
    toy = Toy([MOSTLY_ZERO, MOSTLY_ZERO], [MOSTLY_ZERO, HALF])
    padded = batch(([1, 0, 0, 1, 1], [IGNORE, IGNORE, 0, IGNORE, IGNORE]))
    assert float(divergence_from_original(toy, padded).detach()) == 0
    changed = Toy([MOSTLY_ZERO, MOSTLY_ZERO], [HALF, HALF])
    assert float(divergence_from_original(changed, padded).detach()) == pytest.approx(KL, abs=1e-6)


def test_no_gradient_reaches_a_question() -> None:
    """Elsewhere ascent covers the question too, and unlearns the language of questions."""
    toy = Toy([HALF, HALF], [MOSTLY_ZERO, MOSTLY_ZERO])
    gradient_difference(toy, {"forget": ANSWER_1, "retain": ANSWER_0}).backward()
    assert toy.on.grad is not None
    assert toy.on.grad[1].tolist() == [0, 0]  # what follows the question's word
    assert toy.on.grad[0].abs().sum() > 0


def test_each_answer_has_its_own_likelihood_and_number_of_tokens() -> None:
    toy = Toy([HALF, HALF], [MOSTLY_ZERO, HALF])
    # After word 0 come 0 (3/4) and 1 (1/4), after word 1 either (1/2). Two answers in the first sequence:
    # "0 1" after 0: 3/4 * 1/4, and "0" after 1: 1/2; one in the second, to its end: "1 1" after 0: 1/4 * 1/2.
    packed = batch(
        ([0, 0, 1, 1, 0, 1], [IGNORE, 0, 1, IGNORE, 0, IGNORE]),
        ([1, 1, 1, 0, 1, 1], [IGNORE, IGNORE, IGNORE, IGNORE, 1, 1]),
    )
    logps_A, tokens_A = answer_log_likelihoods(toy, packed)
    assert logps_A.exp().tolist() == pytest.approx([3 / 16, 1 / 2, 1 / 8])
    assert tokens_A.tolist() == [2, 1, 2]
    assert logps_A.requires_grad


class Plain:
    """A one-colour picture."""

    def open(self) -> Image.Image:
        return Image.new("RGB", (112, 112), (200, 30, 30))


FORGET = [
    Row(Plain(), (Pair("Where was this person born?", "In Lviv."), Pair("Who?", "Robin."))),
    Row(None, (Pair("How tall is Robin?", "5'7\"."),)),
]
RETAIN = [
    Row(Plain(), (Pair("Where was this person born?", "In Oslo, Norway."),)),
    Row(None, (Pair("How tall is Kim?", "6'1\"."), Pair("Where does Kim live?", "Lima."))),
]


@pytest.fixture
def wrapped(tiny_checkpoint: Path) -> tuple[Any, dict[str, Any]]:
    base = load_model(tiny_checkpoint, "float32", "cpu")
    packer = Packer(base, load_processor(tiny_checkpoint))
    torch.manual_seed(0)
    model = with_lora(base, LoraSettings(rank=4, dropout=0.0))
    return model, collate_pairs(packer, list(zip(FORGET, RETAIN, strict=True)))


def gradients(model: Any, loss: Tensor) -> list[Tensor]:
    learnt = [value for value in model.parameters() if value.requires_grad]
    return list(torch.autograd.grad(loss, learnt))


def test_at_the_first_step_the_divergence_and_its_gradient_are_0(wrapped: tuple[Any, Any]) -> None:
    model, pair = wrapped
    loss = divergence_from_original(model, pair["retain"])
    assert float(loss.detach()) == pytest.approx(0, abs=1e-7)
    assert all(float(each.abs().max()) < 1e-6 for each in gradients(model, loss))


def test_ascent_has_the_exactly_negative_gradient_on_the_forget_batch(wrapped: tuple[Any, Any]) -> None:
    model, pair = wrapped
    down = gradients(model, cross_entropy(model, pair["forget"]))
    keep = gradients(model, cross_entropy(model, pair["retain"]))
    both = gradients(model, gradient_difference(model, pair))
    for of_both, of_keep, of_down in zip(both, keep, down, strict=True):
        torch.testing.assert_close(of_both - of_keep, -of_down, atol=1e-6, rtol=1e-4)


def test_the_original_is_the_model_with_the_adapter_off(
    wrapped: tuple[Any, Any], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    model, pair = wrapped
    for name, value in model.named_parameters():
        if "lora_B" in name:
            value.data.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
    model.save_pretrained(tmp_path / "lora")
    loss = float(divergence_from_original(model, pair["retain"]).detach())
    plain, changed = (load_model(tiny_checkpoint, "float32", "cpu") for _ in range(2))
    apply_adapter(changed, load_adapter(tmp_path / "lora"))
    inputs = {key: value for key, value in pair["retain"].items() if key != "labels"}
    labels = pair["retain"]["labels"]
    learnt = labels.roll(-1, dims=1) != IGNORE
    with torch.no_grad():
        p, q = (one(**inputs).logits[learnt].double().log_softmax(-1) for one in (plain, changed))
    assert loss == pytest.approx(float((p.exp() * (p - q)).sum(-1).mean()), rel=1e-4)
    assert loss > 1e-4


def test_every_forget_row_is_paired_with_a_retain_row_of_its_kind(mini_data: Path) -> None:
    """Elsewhere the few-shot examples come from the forget set, and unseeded."""
    forget, retain = (load_questions(mini_data, "unlearn_15", name) for name in ("forget", "retain"))
    assert not {one.person for one in forget} & {one.person for one in retain}
    rows = rows_of(forget), rows_of(retain)
    pairs = paired(*rows, Random(1))
    assert [one for one, _ in pairs] == sorted(rows[0], key=lambda row: row.picture is None)
    assert all(row in rows[1] for _, row in pairs)
    assert all((one.picture is None) == (other.picture is None) for one, other in pairs)
    assert pairs == paired(*rows, Random(1))


def test_a_modality_without_a_retain_row_is_one_line(mini_data: Path) -> None:
    forget, retain = (load_questions(mini_data, "unlearn_15", name) for name in ("forget", "retain"))
    seen = [row for row in rows_of(retain) if row.picture is not None]
    with pytest.raises(BenchError, match=r"the retain set has no question without an image, and the forget"):
        paired(rows_of(forget), seen, Random(1))


def test_an_empty_retain_set_names_its_likely_cause() -> None:
    with pytest.raises(BenchError, match=r"^the retain set is empty; does `sees` in .* name retain_few_shot"):
        paired(FORGET, [], Random(1))
