"""Mini checkpoints: the paper's architectures in a few million parameters, made from nothing.

The model class, the processor class and the files on disk are those of the published checkpoints;
only the sizes, the tokenizer and the chat template are this project's own. So whatever works on a
mini checkpoint has run the code that a 7B checkpoint runs. What differs by architecture stands in
one module each: `mini_qwen2_5_vl` and `mini_llava_onevision`.
"""

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch
from pydantic import Field, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast, ProcessorMixin

CELL = 28
"""Edge in pixels of the square of an image that becomes one visual token, in every mini checkpoint."""
PAD, END, USER, ASSISTANT = "<|endoftext|>", "<|im_end|>", "<|user|>", "<|assistant|>"

_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|assistant|>' if message['role'] == 'assistant' else '<|user|>' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for item in message['content'] %}"
    "{% if item['type'] in ('image', 'image_url') %}IMAGE{% endif %}"
    "{% endfor %}"
    "{% for item in message['content'] %}{% if item['type'] == 'text' %}{{ item['text'] }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{% if message['role'] == 'assistant' %}<|im_end|>{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""Images stand before the text of their turn, so that questions on one image share a prefix."""


class MiniSizes(Record):
    """The architecture of a mini checkpoint and its sizes, as a recipe gives them."""

    model_type: Literal["qwen2_5_vl", "llava_onevision"]
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
    image_size: int = Field(gt=0, multiple_of=CELL)
    """Edge of the square images in pixels."""


class Family(Protocol):
    """What differs by architecture; a module ``mini_<model_type>`` of this room."""

    IMAGE: str
    """What stands for an image in a prompt."""
    SPECIAL_TOKENS: tuple[str, ...]
    """The tokens that the architecture's processor and vLLM look up by name."""

    def make_processor(
        self, tokenizer: "PreTrainedTokenizerFast", image_size: int, template: str
    ) -> "ProcessorMixin":
        """Return the architecture's processor for square images."""
        ...

    def build(self, sizes: MiniSizes, tokenizer: "PreTrainedTokenizerFast") -> "PreTrainedModel":
        """Return the architecture's model with random weights.

        Raises:
            BenchError: the sizes do not fit each other.
        """
        ...


def train_tokenizer(texts: Iterable[str], architecture: Mapping[str, Any]) -> "PreTrainedTokenizerFast":
    """Return a byte-level BPE tokenizer learnt from ``texts``; it can spell any text.

    Args:
        texts: what the model will read and write, questions and answers alike.
        architecture: the fields of `MiniSizes`; ``vocab_size`` includes the 256 bytes and the special
            tokens, and few texts give fewer tokens.

    Raises:
        BenchError: a size is missing, unknown or out of its range.
    """
    sizes = _sizes(architecture)
    family = _family(sizes)
    special = (PAD, END, USER, ASSISTANT, *family.SPECIAL_TOKENS)
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=sizes.vocab_size,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[token for token in special if token not in (END, PAD)],
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    tokenizer.chat_template = _CHAT_TEMPLATE.replace("IMAGE", family.IMAGE)
    return tokenizer


def make_processor(tokenizer: "PreTrainedTokenizerFast", architecture: Mapping[str, Any]) -> "ProcessorMixin":
    """Return the architecture's processor.

    Args:
        tokenizer: as `train_tokenizer` makes it for the same architecture.
        architecture: the fields of `MiniSizes`; images of other sizes are resized to ``image_size``.

    Raises:
        BenchError: a size is missing, unknown or out of its range.
    """
    sizes = _sizes(architecture)
    return _family(sizes).make_processor(tokenizer, sizes.image_size, str(tokenizer.chat_template))


def make_model(
    architecture: Mapping[str, Any], tokenizer: "PreTrainedTokenizerFast", seed: int
) -> "PreTrainedModel":
    """Return an untrained model, float32, on the CPU.

    Args:
        architecture: the fields of `MiniSizes`.
        tokenizer: as `train_tokenizer` makes it for the same architecture.
        seed: of the random weights; the global random state is left as it was.

    Raises:
        BenchError: a size is missing, unknown or fits no model.
    """
    from transformers import GenerationConfig
    from transformers.conversion_mapping import get_model_conversion_mapping

    sizes = _sizes(architecture)
    if len(tokenizer) > sizes.vocab_size:
        raise BenchError(
            f"architecture: the tokenizer has {len(tokenizer)} tokens, vocab_size is {sizes.vocab_size}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = _family(sizes).build(sizes, tokenizer)
    # transformers drops some of the published names when it saves a model that was never loaded, and
    # vLLM knows the published names only.
    model._weight_conversions = get_model_conversion_mapping(model, add_legacy=False)
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
    )
    made: PreTrainedModel = model
    return made


def save_checkpoint(
    model: "PreTrainedModel", processor: "ProcessorMixin", folder: Path, dtype: torch.dtype
) -> None:
    """Write a checkpoint that `AutoModelForImageTextToText`, `AutoProcessor` and vLLM load.

    Args:
        model: is converted to that dtype, for a second copy of a 7B model would be 33 GB.
        processor: written beside the weights.
        folder: made where it does not exist; files of the same names are overwritten.
        dtype: of the weights on disk; float16 or bfloat16 keeps four million parameters under 10 MB.
    """
    model.to(dtype).save_pretrained(folder)  # type: ignore[arg-type]
    processor.save_pretrained(folder)


def text_sizes(sizes: MiniSizes, tokenizer: "PreTrainedTokenizerFast") -> dict[str, Any]:
    """Return the language model's part of a config, as every architecture has it."""
    vocabulary = tokenizer.get_vocab()
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": sizes.hidden_size,
        "intermediate_size": sizes.intermediate_size,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads,
        "max_position_embeddings": 1024,
        "bos_token_id": None,
        "eos_token_id": vocabulary[END],
        "pad_token_id": vocabulary[PAD],
        "tie_word_embeddings": True,
    }


def _sizes(architecture: Mapping[str, Any]) -> MiniSizes:
    """Return the sizes as a record, or say which of them cannot be."""
    try:
        sizes = MiniSizes.model_validate(dict(architecture))
    except ValidationError as error:
        raise BenchError(f"architecture: {first_fault(error)}") from error
    if sizes.hidden_size % (8 * sizes.heads) or sizes.heads % sizes.kv_heads:
        raise BenchError("architecture: heads must divide hidden_size / 8, and kv_heads must divide heads")
    if sizes.vision_hidden_size % (4 * sizes.vision_heads):
        raise BenchError("architecture: vision_heads must divide vision_hidden_size / 4")
    return sizes


def _family(sizes: MiniSizes) -> Family:
    module: Any = importlib.import_module(f"{__package__}.mini_{sizes.model_type}")
    family: Family = module
    return family
