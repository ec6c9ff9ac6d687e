"""The paper's two base models at full width, with two layers, random weights and the tiny tokenizer.

Every width is that of the published 7B checkpoints (hidden sizes, heads, vocabulary, vision tower), so what
depends on widths, names and memory is the real thing; only depth, weights, words and the size of the
pictures are not.
"""

from pathlib import Path
from typing import Any

import torch
from tiny import TINY, tiny_texts

from s_mllmun_bench.checkpoints import mini

EDGE, PATCH = 112, 14
"""Of the pictures and of the patches in pixels; the published towers see pictures of 384 and more."""
_TEXT = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 2,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
}
"""Qwen2-7B and Qwen2.5-7B alike."""


def write_full_width(model_type: str, folder: Path) -> Path:
    """Write a checkpoint of one of the two architectures, bfloat16; return its folder."""
    sizes = TINY | {"model_type": model_type, "image_size": EDGE}
    tokenizer = mini.train_tokenizer(tiny_texts(), sizes)
    vocabulary = tokenizer.get_vocab()
    config = _qwen(vocabulary) if model_type == "qwen2_5_vl" else _llava(vocabulary)
    model = _random(config)
    model.save_pretrained(folder)
    processor: Any = mini.make_processor(tokenizer, sizes)
    if model_type == "llava_onevision":
        processor.num_image_tokens = (EDGE // PATCH) ** 2
    processor.save_pretrained(folder)
    return folder


def _qwen(vocabulary: dict[str, int]) -> Any:
    """Return the config of Qwen2.5-VL-7B-Instruct with two layers of each part."""
    from transformers import Qwen2_5_VLConfig

    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]}
    return Qwen2_5_VLConfig(
        text_config=_TEXT | {"vocab_size": 152_064, "rope_parameters": rope},
        vision_config={
            "depth": 2,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": 3584,
            "patch_size": PATCH,
            "spatial_merge_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": [1],
        },
        image_token_id=vocabulary["<|image_pad|>"],
        video_token_id=vocabulary["<|video_pad|>"],
        vision_start_token_id=vocabulary["<|vision_start|>"],
        vision_end_token_id=vocabulary["<|vision_end|>"],
        tie_word_embeddings=False,
    )


def _llava(vocabulary: dict[str, int]) -> Any:
    """Return the config of LLaVA-OneVision-Qwen2-7B with two layers of each part, and small pictures."""
    from transformers import LlavaOnevisionConfig

    rope = {"rope_type": "default", "rope_theta": 1e6}
    return LlavaOnevisionConfig(
        text_config=_TEXT | {"model_type": "qwen2", "vocab_size": 152_128, "rope_parameters": rope},
        vision_config={
            "model_type": "siglip_vision_model",
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 2,
            "num_attention_heads": 16,
            "image_size": EDGE,
            "patch_size": PATCH,
            "vision_use_head": False,
        },
        image_token_index=vocabulary["<image>"],
        video_token_index=vocabulary["<video>"],
        image_grid_pinpoints=[[EDGE, EDGE]],
        tie_word_embeddings=False,
    )


def _random(config: Any) -> Any:
    """Return a model with random matrices, bfloat16, that is saved under its published names."""
    from transformers import AutoModelForImageTextToText
    from transformers.conversion_mapping import get_model_conversion_mapping

    with torch.device("meta"):
        model: Any = AutoModelForImageTextToText.from_config(config)
    model = model.to(torch.bfloat16).to_empty(device="cpu")
    noise = torch.randn(1 << 22, generator=torch.Generator().manual_seed(0)).mul_(0.02).bfloat16()
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data.fill_(1.0)
            continue
        for part in parameter.data.view(-1).split(len(noise)):
            part.copy_(noise[: len(part)])
    model._weight_conversions = get_model_conversion_mapping(model, add_legacy=False)
    return model
