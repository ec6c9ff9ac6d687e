"""The mini checkpoints: the real classes, loadable by the Auto classes, the same for the same seed."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from tiny import TINY, tiny_texts

from s_mllmun_bench.checkpoints import mini
from s_mllmun_bench.errors import BenchError


def test_a_saved_mini_checkpoint_is_loaded_by_the_auto_classes_and_generates(tiny_checkpoint: Path) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint)
    processor = AutoProcessor.from_pretrained(tiny_checkpoint)
    content = [{"type": "text", "text": "Hi?"}, {"type": "image", "image": Image.new("RGB", (112, 112))}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )

    text = processor.tokenizer.decode(inputs["input_ids"][0])
    # 112 px / 14 px = 8 patches an edge, merged two by two: 4 x 4 = 16 visual tokens.
    assert text == f"<|user|><|vision_start|>{'<|image_pad|>' * 16}<|vision_end|>Hi?<|assistant|>"
    assert model.generate(**inputs, max_new_tokens=3).shape[1] <= inputs["input_ids"].shape[1] + 3
    assert type(model).__name__ == "Qwen2_5_VLForConditionalGeneration"


def test_the_tokenizer_spells_text_that_it_has_never_seen() -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), 512)

    assert tokenizer.decode(tokenizer("Zoë's 5'7\" — 東京").input_ids) == "Zoë's 5'7\" — 東京"


def test_a_conversation_ends_each_answer_with_the_end_token() -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), 512)
    turns = [{"role": "user", "content": "Born?"}, {"role": "assistant", "content": "Lima, Peru"}]

    assert tokenizer.apply_chat_template(turns, tokenize=False) == (
        "<|user|>Born?<|assistant|>Lima, Peru<|im_end|>"
    )


def test_the_same_seed_makes_the_same_weights_and_leaves_the_global_random_state() -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), 512)
    before = torch.get_rng_state()

    first, second, other = (mini.make_model(TINY, tokenizer, seed) for seed in (1, 1, 2))

    name = "model.language_model.layers.0.mlp.up_proj.weight"
    assert torch.equal(first.state_dict()[name], second.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"image_size": 100}, "architecture: image_size: Input should be a multiple of 28"),
        ({"layer": 1}, "architecture: layer: Extra inputs are not permitted"),
        ({"heads": 3}, "architecture: heads must divide hidden_size / 8, and kv_heads must divide heads"),
        ({"vocab_size": 300}, "architecture: the tokenizer has"),
    ],
)
def test_an_architecture_that_fits_no_model_is_said_so(change: dict[str, int], text: str) -> None:
    tokenizer = mini.train_tokenizer(tiny_texts(), 512)

    with pytest.raises(BenchError, match=text):
        mini.make_model(TINY | change, tokenizer, seed=0)
