"""The mini checkpoints: the real classes, loadable by the Auto classes, the same for the same seed."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from tiny import TINY, tiny_texts

from s_mllmun_bench.checkpoints import mini
from s_mllmun_bench.errors import BenchError


def asked(processor: Any) -> Any:
    """Return one question on a black image as the model's input."""
    content = [{"type": "text", "text": "Hi?"}, {"type": "image", "image": Image.new("RGB", (112, 112))}]
    return processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )


@pytest.mark.parametrize(
    ("checkpoint", "kind", "shown"),
    [
        # 112 px / 28 px = 4 cells an edge: 16 visual tokens.
        (
            "tiny_checkpoint",
            "Qwen2_5_VLForConditionalGeneration",
            f"<|vision_start|>{'<|image_pad|>' * 16}<|vision_end|>",
        ),
        # 16 for the whole image, 16 for its only crop, one newline behind each of the crop's 4 rows.
        ("tiny_llava", "LlavaOnevisionForConditionalGeneration", "<image>" * (16 + 16 + 4)),
    ],
)
def test_a_saved_mini_checkpoint_is_loaded_by_the_auto_classes_and_generates(
    checkpoint: str, kind: str, shown: str, request: pytest.FixtureRequest
) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = request.getfixturevalue(checkpoint)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    processor = AutoProcessor.from_pretrained(folder)
    inputs = asked(processor)

    assert processor.tokenizer.decode(inputs["input_ids"][0]) == f"<|user|>{shown}Hi?<|assistant|>"
    assert model.generate(**inputs, max_new_tokens=3).shape[1] <= inputs["input_ids"].shape[1] + 3
    assert type(model).__name__ == kind


def test_the_llava_onevision_has_the_tensor_names_of_the_published_ones(tiny_llava: Path) -> None:
    with safe_open(tiny_llava / "model.safetensors", framework="pt") as file:
        names = set(file.keys())

    assert {
        "image_newline",
        "language_model.model.embed_tokens.weight",
        "language_model.model.layers.1.self_attn.q_proj.bias",
        "multi_modal_projector.linear_2.weight",
        "vision_tower.vision_model.embeddings.patch_embedding.weight",
        "vision_tower.vision_model.encoder.layers.1.mlp.fc2.weight",
    } <= names
    assert not [name for name in names if name.startswith("model.")]


def test_loaded_and_saved_again_a_checkpoint_keeps_its_tensor_names(tiny_llava: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForImageTextToText

    AutoModelForImageTextToText.from_pretrained(tiny_llava).save_pretrained(tmp_path)

    with safe_open(tiny_llava / "model.safetensors", framework="pt") as file:
        before = sorted(file.keys())
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        assert sorted(file.keys()) == before


def test_the_tokenizer_spells_text_that_it_has_never_seen() -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), TINY)

    assert tokenizer.decode(tokenizer("Zoë's 5'7\" — 東京").input_ids) == "Zoë's 5'7\" — 東京"


def test_a_conversation_ends_each_answer_with_the_end_token() -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), TINY)
    turns = [{"role": "user", "content": "Born?"}, {"role": "assistant", "content": "Lima, Peru"}]

    assert tokenizer.apply_chat_template(turns, tokenize=False) == (
        "<|user|>Born?<|assistant|>Lima, Peru<|im_end|>"
    )


def test_the_same_seed_makes_the_same_weights_and_leaves_the_global_random_state() -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), TINY)
    before = torch.get_rng_state()

    first, second, other = (mini.make_model(TINY, tokenizer, seed) for seed in (1, 1, 2))

    name = "model.language_model.layers.0.mlp.up_proj.weight"
    assert torch.equal(first.state_dict()[name], second.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"model_type": "llama"},
            "architecture: model_type: input should be 'qwen2_5_vl' or 'llava_onevision'",
        ),
        ({"image_size": 100}, "architecture: image_size: input should be a multiple of 28"),
        ({"layer": 1}, "architecture: unknown field 'layer'"),
        ({"heads": 3}, "architecture: heads must divide hidden_size / 8, and kv_heads must divide heads"),
        ({"vocab_size": 300}, "architecture: the tokenizer has"),
    ],
)
def test_an_architecture_that_fits_no_model_is_said_so(change: dict[str, int], text: str) -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), TINY)

    with pytest.raises(BenchError, match=text):
        mini.make_model(TINY | change, tokenizer, seed=0)
