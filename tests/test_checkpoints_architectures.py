"""Layers and names of the architectures: full paths, and published names translated to those in memory."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CONFIG_MAPPING, PreTrainedModel

from s_mllmun_bench.checkpoints.architectures import LAYERS, Naming, Part, lora_targets, skeleton
from s_mllmun_bench.errors import BenchError

LAYER = "model.language_model.layers.0"
PUBLISHED = {
    "qwen2_5_vl": {
        "model.layers.0.self_attn.q_proj.weight": f"{LAYER}.self_attn.q_proj.weight",
        "model.embed_tokens.weight": "model.language_model.embed_tokens.weight",
        "visual.blocks.0.attn.qkv.weight": "model.visual.blocks.0.attn.qkv.weight",
        "visual.merger.mlp.0.weight": "model.visual.merger.mlp.0.weight",
        "lm_head.weight": "lm_head.weight",
    },
    "qwen2_vl": {
        "model.layers.0.mlp.up_proj.weight": f"{LAYER}.mlp.up_proj.weight",
        "visual.blocks.0.mlp.fc1.weight": "model.visual.blocks.0.mlp.fc1.weight",
    },
    "qwen3_vl": {
        "model.language_model.layers.0.mlp.up_proj.weight": f"{LAYER}.mlp.up_proj.weight",
        "model.visual.blocks.0.attn.proj.weight": "model.visual.blocks.0.attn.proj.weight",
    },
    "llava_onevision": {
        "language_model.model.layers.0.self_attn.q_proj.weight": f"{LAYER}.self_attn.q_proj.weight",
        "language_model.lm_head.weight": "lm_head.weight",
        "vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight": (
            "model.vision_tower.encoder.layers.0.mlp.fc1.weight"
        ),
        "vision_tower.encoder.layers.0.mlp.fc1.weight": "model.vision_tower.encoder.layers.0.mlp.fc1.weight",
        "multi_modal_projector.linear_1.weight": "model.multi_modal_projector.linear_1.weight",
        "image_newline": "model.image_newline",
    },
    "llava_next": {
        "language_model.model.layers.0.mlp.up_proj.weight": f"{LAYER}.mlp.up_proj.weight",
    },
    "llava": {
        "language_model.model.layers.0.mlp.up_proj.weight": f"{LAYER}.mlp.up_proj.weight",
        "language_model.lm_head.weight": "lm_head.weight",
    },
}
"""By architecture: names in the checkpoints that their makers published, and the names in memory."""


def model_of(architecture: str) -> PreTrainedModel:
    """Return the real model class, two layers deep, on the meta device."""
    from transformers import AutoModelForImageTextToText

    config: Any = CONFIG_MAPPING[architecture]()
    config.text_config.num_hidden_layers = 2
    config.text_config.layer_types = ["full_attention"] * 2
    config.vision_config.num_hidden_layers = config.vision_config.depth = 2
    with torch.device("meta"):
        return AutoModelForImageTextToText.from_config(config)


def linear_layers(model: PreTrainedModel) -> set[str]:
    """Return the full names of all linear layers but the output layer."""
    linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    return linear - {"lm_head"}


@pytest.mark.parametrize("architecture", LAYERS)
def test_published_names_are_translated_to_those_in_memory(architecture: str) -> None:
    naming = Naming(model_of(architecture))

    for published, in_memory in PUBLISHED[architecture].items():
        assert naming.in_memory(published) == in_memory
        assert naming.in_memory(in_memory) == in_memory
    assert naming.in_memory("model.layers.0.self_attn.z_proj.weight") is None
    assert naming.in_memory("nonsense") is None


@pytest.mark.parametrize("architecture", LAYERS)
def test_lora_never_hits_the_vision_tower_or_the_merger_unless_asked(architecture: str) -> None:
    model = model_of(architecture)
    language = {name for name in linear_layers(model) if name.startswith("model.language_model.")}

    def hit(*parts: Part) -> set[str]:
        pattern = lora_targets(architecture, parts)
        return {name for name, _ in model.named_modules() if re.fullmatch(pattern, name)}

    # 4 in the attention and 3 in the MLP of each of two layers.
    assert hit("language") == language
    assert len(language) == 14
    assert hit("vision") | hit("connector") == linear_layers(model) - language
    assert all("merger" in name or "projector" in name for name in hit("connector"))
    assert not hit("vision") & hit("connector")


def test_peft_hits_the_language_layers_only(tiny_lora: Path) -> None:
    from safetensors.torch import load_file

    modules = {key.split(".lora_")[0] for key in load_file(tiny_lora / "adapter_model.safetensors")}

    assert len(modules) == 14
    assert all(name.startswith("base_model.model.model.language_model.layers.") for name in modules)


def test_an_architecture_without_known_layers_lists_those_there_are() -> None:
    with pytest.raises(
        BenchError, match=r"no architecture named 'gpt2' in checkpoints/architectures.py; .*qwen2_vl"
    ):
        lora_targets("gpt2")


def test_the_skeleton_of_a_checkpoint_takes_no_memory_and_knows_what_is_tied(tiny_checkpoint: Path) -> None:
    model = skeleton(tiny_checkpoint)

    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    assert Naming(model).tied == {"lm_head.weight", "model.language_model.embed_tokens.weight"}


@pytest.mark.parametrize("config", [{"model_type": "gpt2"}, {"model_type": "no_such_model"}])
def test_a_config_of_no_image_and_text_model_is_said_so(tmp_path: Path, config: dict[str, str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))

    with pytest.raises(
        BenchError, match="describes no image-and-text model that transformers knows by itself"
    ):
        skeleton(tmp_path)
