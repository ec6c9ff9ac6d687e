"""A synthetic checkpoint of 2 GB and a LoRA for it: what `merging.py` merges.

Random weights in a published layout: Qwen2.5-VL in bfloat16, four shards. The prompt files are a mini
checkpoint's, so that the result can be asked.
"""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import Qwen2_5_VLConfig

SIZES = {
    "hidden": 2048,
    "intermediate": 11008,
    "layers": 9,
    "heads": 16,
    "kv_heads": 2,
    "vocabulary": 151_936,
}
"""Those of Qwen2.5-VL-3B with a quarter of its layers and a token vision tower: 2.0 GB."""
RANK = 16
MINI = "mini_qwen2_5_vl"
"""The shipped checkpoint whose tokenizer, chat template and processor the synthetic one has."""
PROMPT_FILES = (
    "chat_template.jinja",
    "generation_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)


def write_checkpoint(folder: Path) -> Path:
    """Write the synthetic checkpoint: random weights, one matrix per shape; return its folder.

    As in published checkpoints the embedding has more rows than the tokenizer has tokens; those are 0.
    """
    import torch
    from safetensors.torch import save_file

    from s_mllmun_bench.checkpoints.loading import read_json, resolve_model

    folder.mkdir()
    mini = resolve_model(MINI)
    for name in PROMPT_FILES:
        shutil.copyfile(mini / name, folder / name)
    config = _config(read_json(mini / "config.json"))
    config.save_pretrained(folder)
    generator = torch.Generator().manual_seed(0)
    random: dict[torch.Size, torch.Tensor] = {}
    shards: list[dict[str, torch.Tensor]] = [{} for _ in range(4)]
    for name, shape in _published(config).items():
        if shape not in random:
            random[shape] = torch.randn(shape, generator=generator).mul_(0.02).bfloat16()
        shards[_shard_of(name)][name] = random[shape].clone()
    shards[0]["model.embed_tokens.weight"][read_json(mini / "config.json")["text_config"]["vocab_size"] :] = 0
    weight_map = {}
    for number, tensors in enumerate(shards, start=1):
        file = f"model-{number:05}-of-00004.safetensors"
        save_file(tensors, folder / file, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(tensors, file))
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def _config(mini: dict[str, Any]) -> "Qwen2_5_VLConfig":
    """Return the config, with the ids of the mini checkpoint's tokens."""
    from transformers import Qwen2_5_VLConfig

    special = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    text = {
        "vocab_size": SIZES["vocabulary"],
        "hidden_size": SIZES["hidden"],
        "intermediate_size": SIZES["intermediate"],
        "num_hidden_layers": SIZES["layers"],
        "num_attention_heads": SIZES["heads"],
        "num_key_value_heads": SIZES["kv_heads"],
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        "max_position_embeddings": 1024,
        **{name: mini["text_config"][name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")},
    }
    vision = {"depth": 1, "hidden_size": 64, "num_heads": 2, "intermediate_size": 128}
    vision |= {"fullatt_block_indexes": [0]}
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config={**vision, "out_hidden_size": SIZES["hidden"]},
        tie_word_embeddings=True,
        dtype="bfloat16",
        **{name: mini[name] for name in special},
    )
    config.architectures = ["Qwen2_5_VLForConditionalGeneration"]
    return config


def _published(config: "Qwen2_5_VLConfig") -> "dict[str, torch.Size]":
    """Return the shapes of the model's tensors under their published names, without the tied ones."""
    import torch
    from transformers import Qwen2_5_VLForConditionalGeneration

    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(config)
    renamed = (("model.language_model.", "model."), ("model.visual.", "visual."))
    shapes = {}
    for name, weight in model.state_dict().items():
        if name in model.all_tied_weights_keys:
            continue
        old, new = next(((old, new) for old, new in renamed if name.startswith(old)), ("", ""))
        shapes[new + name.removeprefix(old)] = weight.shape
    return shapes


def _shard_of(name: str) -> int:
    """Return 0 to 3; every shard holds layers, so that none is left as it is and merely linked."""
    parts = name.split(".")
    return int(parts[2]) * 4 // SIZES["layers"] if parts[1] == "layers" else 0


def write_lora(model: Path, folder: Path) -> None:
    """Write a random LoRA over every linear layer of the language model."""
    import re

    import torch
    from safetensors.torch import save_file

    from s_mllmun_bench.checkpoints.architectures import lora_targets, skeleton

    folder.mkdir()
    targets = re.compile(lora_targets("qwen2_5_vl"))
    factors = {}
    for name, weight in skeleton(model).state_dict().items():
        module = name.removesuffix(".weight")
        if targets.fullmatch(module):
            factors[f"base_model.model.{module}.lora_A.weight"] = torch.randn(RANK, weight.shape[1]) * 0.02
            factors[f"base_model.model.{module}.lora_B.weight"] = torch.randn(weight.shape[0], RANK) * 0.02
    save_file(factors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK}
    (folder / "adapter_config.json").write_text(json.dumps(config))
