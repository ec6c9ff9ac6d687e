"""Mini checkpoints: the real Qwen2.5-VL in a few million parameters, made from nothing.

The model class, the processor class and the files on disk are those of the published checkpoints;
only the sizes, the tokenizer and the chat template are this project's own. So whatever works on a
mini checkpoint has run the code that a 7B checkpoint runs.
"""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast, ProcessorMixin

PATCH = 14
"""Edge of an image patch in pixels; as in every Qwen2.5-VL."""
MERGE = 2
"""Patches per edge that become one visual token; as in every Qwen2.5-VL."""
PAD, END, USER, ASSISTANT = "<|endoftext|>", "<|im_end|>", "<|user|>", "<|assistant|>"
VISION_START, VISION_END = "<|vision_start|>", "<|vision_end|>"
IMAGE, VIDEO = "<|image_pad|>", "<|video_pad|>"
SPECIAL_TOKENS = (PAD, END, USER, ASSISTANT, VISION_START, VISION_END, IMAGE, VIDEO)
"""The names that Qwen2.5-VL's processor and vLLM look up, and one token to open each speaker's turn."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|assistant|>' if message['role'] == 'assistant' else '<|user|>' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for item in message['content'] %}"
    "{% if item['type'] in ('image', 'image_url') %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}"
    "{% endfor %}"
    "{% for item in message['content'] %}{% if item['type'] == 'text' %}{{ item['text'] }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{% if message['role'] == 'assistant' %}<|im_end|>{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""Images stand before the text of their turn, so that questions on one image share a prefix."""


class MiniSizes(Record):
    """The sizes of a mini checkpoint, as a recipe gives them."""

    hidden_size: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    vision_layers: int = Field(gt=0)
    vision_hidden_size: int = Field(gt=0)
    vision_intermediate_size: int = Field(gt=0)
    vision_heads: int = Field(gt=0)
    vocab_size: int = Field(gt=0)
    """The most tokens the tokenizer may have; the embedding has one row per token that it does have."""
    image_size: int = Field(gt=0, multiple_of=PATCH * MERGE)
    """Edge of the square images in pixels."""


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> "PreTrainedTokenizerFast":
    """Return a byte-level BPE tokenizer learnt from ``texts``; it can spell any text.

    Args:
        texts: what the model will read and write, questions and answers alike.
        vocab_size: the most tokens, the 256 bytes and `SPECIAL_TOKENS` included; few texts give fewer.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[token for token in SPECIAL_TOKENS if token not in (END, PAD)],
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_processor(tokenizer: "PreTrainedTokenizerFast", image_size: int) -> "ProcessorMixin":
    """Return Qwen2.5-VL's processor for square images.

    Args:
        tokenizer: as `train_tokenizer` makes it.
        image_size: edge of the images in pixels, a multiple of 28; other sizes are resized to as many
            pixels. One image becomes ``(image_size / 28) ** 2`` visual tokens.
    """
    from transformers import Qwen2_5_VLProcessor, Qwen2VLImageProcessor, Qwen2VLVideoProcessor

    pixels: dict[str, Any] = {
        "size": {"shortest_edge": image_size**2, "longest_edge": image_size**2},
        "patch_size": PATCH,
        "merge_size": MERGE,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(**pixels),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(**pixels, min_frames=2, max_frames=2),
        chat_template=CHAT_TEMPLATE,
    )


def make_model(
    architecture: Mapping[str, Any], tokenizer: "PreTrainedTokenizerFast", seed: int
) -> "PreTrainedModel":
    """Return an untrained `Qwen2_5_VLForConditionalGeneration`, float32, on the CPU.

    Args:
        architecture: the fields of `MiniSizes`.
        tokenizer: as `train_tokenizer` makes it.
        seed: of the random weights; the global random state is left as it was.

    Raises:
        BenchError: a size is missing, unknown or fits no model.
    """
    from transformers import GenerationConfig, Qwen2_5_VLForConditionalGeneration

    config = _config(_checked(architecture, len(tokenizer)), tokenizer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
    )
    return model


def save_checkpoint(
    model: "PreTrainedModel", processor: "ProcessorMixin", folder: Path, dtype: torch.dtype
) -> None:
    """Write a checkpoint that `AutoModelForImageTextToText`, `AutoProcessor` and vLLM load.

    Args:
        model: is left as it is.
        processor: written beside the weights.
        folder: made where it does not exist; files of the same names are overwritten.
        dtype: of the weights on disk; float16 or bfloat16 keeps four million parameters under 10 MB.
    """
    copy.deepcopy(model).to(dtype).save_pretrained(folder)  # type: ignore[arg-type]
    processor.save_pretrained(folder)


def _checked(architecture: Mapping[str, Any], tokens: int) -> MiniSizes:
    """Return the sizes as a record, or say which of them cannot be."""
    try:
        sizes = MiniSizes.model_validate(dict(architecture))
    except ValidationError as error:
        first = error.errors()[0]
        raise BenchError(f"architecture: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if sizes.hidden_size % (8 * sizes.heads) or sizes.heads % sizes.kv_heads:
        raise BenchError("architecture: heads must divide hidden_size / 8, and kv_heads must divide heads")
    if sizes.vision_hidden_size % (4 * sizes.vision_heads):
        raise BenchError("architecture: vision_heads must divide vision_hidden_size / 4")
    if tokens > sizes.vocab_size:
        raise BenchError(f"architecture: the tokenizer has {tokens} tokens, vocab_size is {sizes.vocab_size}")
    return sizes


def _config(sizes: MiniSizes, tokenizer: "PreTrainedTokenizerFast") -> Any:
    """Return the `Qwen2_5_VLConfig`; every vision block attends to the whole image."""
    from transformers import Qwen2_5_VLConfig

    half = sizes.hidden_size // sizes.heads // 2
    spatial = half * 3 // 8
    vocabulary = tokenizer.get_vocab()
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": sizes.hidden_size,
        "intermediate_size": sizes.intermediate_size,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads,
        "max_position_embeddings": 1024,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [half - 2 * spatial, spatial, spatial],
        },
        "bos_token_id": None,
        "eos_token_id": vocabulary[END],
        "pad_token_id": vocabulary[PAD],
        "tie_word_embeddings": True,
    }
    vision = {
        "depth": sizes.vision_layers,
        "hidden_size": sizes.vision_hidden_size,
        "intermediate_size": sizes.vision_intermediate_size,
        "num_heads": sizes.vision_heads,
        "out_hidden_size": sizes.hidden_size,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "window_size": sizes.image_size,
        "fullatt_block_indexes": list(range(sizes.vision_layers)),
    }
    return Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=vocabulary[IMAGE],
        video_token_id=vocabulary[VIDEO],
        vision_start_token_id=vocabulary[VISION_START],
        vision_end_token_id=vocabulary[VISION_END],
        tie_word_embeddings=True,
    )
