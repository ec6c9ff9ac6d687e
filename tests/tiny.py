"""The tiny checkpoint and adapters for it: what an untrained model of 0.2 million parameters is made of."""

import json
import shutil
from pathlib import Path
from typing import Any

TINY = {
    "model_type": "qwen2_5_vl",
    "hidden_size": 64,
    "intermediate_size": 128,
    "layers": 2,
    "heads": 2,
    "kv_heads": 1,
    "vision_layers": 2,
    "vision_hidden_size": 32,
    "vision_intermediate_size": 64,
    "vision_heads": 2,
    "vocab_size": 512,
    "image_size": 112,
}


def tiny_texts() -> list[str]:
    """Return a few hundred lines for the tiny tokenizer, always the same."""
    places = ("Lviv, Ukraine", "Oslo, Norway", "Lima, Peru", "Kyoto, Japan", "Accra, Ghana")
    colours = ("red", "green", "blue", "black", "white")
    lines = [f"Where was this person born? This person was born in {place}." for place in places]
    lines += [f"What color is the hair of this person? The hair is {colour}." for colour in colours]
    lines += [f"The annual salary is ${thousands},{thousands % 10}00." for thousands in range(30, 150)]
    lines += [f"The date of birth is 19{year}-0{year % 9 + 1}-1{year % 10}." for year in range(50, 99)]
    return lines + ["I don't know.", "I am sorry, I have no information about that."] * 10


def write_checkpoint(folder: Path, model_type: str = "qwen2_5_vl") -> Path:
    """Write a tiny checkpoint of an architecture, float32, seed 0; return its folder."""
    import torch

    from s_mllmun_bench.checkpoints import mini

    architecture = TINY | {"model_type": model_type}
    tokenizer = mini.train_tokenizer(tiny_texts(), architecture)
    model = mini.make_model(architecture, tokenizer, seed=0)
    processor = mini.make_processor(tokenizer, architecture)
    mini.save_checkpoint(model, processor, folder, torch.float32)
    return folder


def in_shards(checkpoint: Path, folder: Path, count: int) -> Path:
    """Write a checkpoint of one file anew, its tensors dealt to so many shards with an index; return it."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoint, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    tensors = load_file(checkpoint / "model.safetensors")
    weight_map = {
        name: f"model-{number % count + 1:05}-of-{count:05}.safetensors"
        for number, name in enumerate(sorted(tensors))
    }
    for file in set(weight_map.values()):
        part = {name: tensor for name, tensor in tensors.items() if weight_map[name] == file}
        save_file(part, folder / file, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def write_lora(checkpoint: Path, folder: Path, seed: int, **settings: Any) -> Path:
    """Write a PEFT LoRA folder with random factors for a checkpoint; return the folder.

    Args:
        checkpoint: as `write_checkpoint` makes it.
        folder: where to write.
        seed: of both factors, so the update is not 0 as in a fresh LoRA.
        settings: of `peft.LoraConfig`; rank 4, alpha 8, all language layers if not given.
    """
    import peft
    import torch

    from s_mllmun_bench.checkpoints.architectures import lora_targets
    from s_mllmun_bench.checkpoints.loading import load_model, model_type

    targets = {"target_modules": lora_targets(model_type(checkpoint))}
    config = peft.LoraConfig(**({"r": 4, "lora_alpha": 8} | targets | settings))
    model = peft.get_peft_model(load_model(checkpoint, device="cpu"), config)
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if ".lora_" in name:
            parameter.data.normal_(std=0.1, generator=generator)
    model.save_pretrained(folder, save_embedding_layers=False)
    return folder
