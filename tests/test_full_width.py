"""The paper's 7B models as far as they can be tried without their weights: real widths, two layers."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from full_width import EDGE, write_full_width
from PIL import Image

from s_mllmun_bench.checkpoints import load_adapter, load_model, load_processor, merge
from s_mllmun_bench.checkpoints.adapters import bind
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.pruned import write_pruned
from s_mllmun_bench.checkpoints.rows import row_blocks
from s_mllmun_bench.checkpoints.sculpted import SculptedSettings
from s_mllmun_bench.checkpoints.shards import read_header, weight_files
from s_mllmun_bench.training import (
    Computing,
    LoraSettings,
    Packer,
    Pair,
    Row,
    TrainSettings,
    collate_pairs,
    cross_entropy,
    gradient_difference,
    kl_minimization,
    train,
)
from s_mllmun_bench.training.lora import with_lora
from s_mllmun_bench.training.neurons import most, observe, scores
from s_mllmun_bench.training.trainer import Objective

ONE_STEP = TrainSettings(learning_rate=1e-4, epochs=1, batch_size=1, precision="fp32")
LAYER = 2 * 3584 * 3584 + 2 * 512 * 3584 + 3 * 18944 * 3584
"""Entries of the linear layers of one layer of the language model: q and o, k and v, gate, up and down."""


class Plain:
    """A one-colour picture."""

    def open(self) -> Image.Image:
        return Image.new("RGB", (EDGE, EDGE), (200, 30, 30))


SHOWN = Row(Plain(), (Pair("Where was this person born?", "In Lviv."), Pair("Who?", "Robin.")))
OTHER = Row(Plain(), (Pair("Why?", "I don't know."),))
BY_NAME = Row(None, (Pair("How tall is Robin?", "5'7\"."),))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("model_type", ["qwen2_5_vl", "llava_onevision"])
def test_every_method_takes_a_step_at_full_width_and_its_adapter_finds_its_weights(
    model_type: str, tmp_path: Path
) -> None:
    path = write_full_width(model_type, tmp_path / "model")
    take_steps(path, tmp_path)
    SculptedSettings(k=1).save(tmp_path / "smfa")
    naming = Naming(skeleton(path))
    for name in ("smfa", "ga", "kl"):
        bound = bind(load_adapter(tmp_path / name), naming)
        assert all(re.match(r"model\.language_model\.layers\.[01]\.", one) for one in bound.names)
        assert sum(naming.shapes[one].numel() for one in bound.names) == 2 * LAYER
    pruned = bind(load_adapter(tmp_path / "manu"), naming)
    assert all(one.endswith(("down_proj.weight", "fc2.weight")) for one in pruned.names)

    merge(path, [load_adapter(tmp_path / "smfa")], tmp_path / "merged")
    for shard in weight_files(path):
        assert read_header(shard) == read_header(tmp_path / "merged" / shard.name)
    up = "model.language_model.layers.1.mlp.up_proj.weight"
    sculpted = bind(load_adapter(tmp_path / "smfa"), naming)
    before, after = (stored(folder, up, naming) for folder in (path, tmp_path / "merged"))
    rows = next(row_blocks(before.shape))
    assert torch.equal(after[rows], sculpted.apply(up, before[rows], rows))


def take_steps(path: Path, output: Path) -> None:
    """Train each loss for one step and watch the neurons, on one model in memory; write the adapters."""
    model: Any = load_model(path, "float32", "cpu")
    packer = Packer(model, load_processor(path))
    pairs = partial(collate_pairs, packer)
    learnt = step(model, output / "smfa" / "forget", SHOWN, packer.collate, cross_entropy)
    step(model, output / "smfa" / "anchor", BY_NAME, packer.collate, cross_entropy)
    difference = step(model, output / "ga", (SHOWN, SHOWN), pairs, gradient_difference)
    kept = step(model, output / "kl", (SHOWN, SHOWN), pairs, kl_minimization, checkpointing=True)
    # Before the first step the original and the current model are one: L - L = 0, and KL = 0.
    assert difference == pytest.approx(0, abs=1e-5)
    assert kept == pytest.approx(-learnt, abs=1e-4)
    seen = [
        {"multimodal": observe(model, packer, [row], 0.1), "text": observe(model, packer, [BY_NAME], 0.1)}
        for row in (SHOWN, OTHER)
    ]
    write_pruned(output / "manu", most(scores(*seen, "paper", 1e-5), 2))


def step(
    model: Any, output: Path, item: Any, collate: Any, objective: Objective, checkpointing: bool = False
) -> float:
    """Train a fresh LoRA for one step, write it, leave the model as it was, and return the loss."""
    torch.manual_seed(0)
    wrapped = with_lora(model, LoraSettings(dropout=0.0))
    (loss,) = train(
        wrapped,
        [item],
        collate,
        objective,
        ONE_STEP,
        seed=0,
        progress=lambda done, total, what: None,
        what=output.name,
        computing=Computing(gradient_checkpointing=checkpointing),
    ).losses
    wrapped.save_pretrained(output)
    wrapped.unload()
    return loss


def stored(folder: Path, name: str, naming: Naming) -> torch.Tensor:
    """Return a checkpoint's tensor by its name in memory."""
    from safetensors import safe_open

    for shard in weight_files(folder):
        with safe_open(shard, framework="pt") as file:
            for key in file.keys():  # noqa: SIM118 - a safetensors file is no mapping
                if naming.in_memory(key) == name:
                    return file.get_tensor(key)
    raise KeyError(name)
