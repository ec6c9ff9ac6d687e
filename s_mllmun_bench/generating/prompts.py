"""Questions as token ids, the same for every backend.

Each checkpoint's own chat template is used, the image before the text. A prompt holds the image's
place as the template writes it; each backend puts the image's tokens there in its own way.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s_mllmun_bench.checkpoints.loading import CONFIG, DTYPES, read_json
from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import Decoding, first_line

_PROMPT_FILES = (
    "chat_template.jinja",
    "chat_template.json",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
"""The files of a checkpoint that turn a question into the model's input."""
_LAYOUT = "image, text"
"""What a user turn holds; part of the prompt digest."""


def prompt_digest(model: Path) -> str:
    """Return the SHA-256 of everything in a checkpoint that decides how a question is put."""
    total = hashlib.sha256(_LAYOUT.encode())
    for name in _PROMPT_FILES:
        path = model / name
        if path.is_file():
            total.update(f"\n{name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return total.hexdigest()


def resolved_dtype(dtype: str, model: Path) -> str:
    """Return the dtype of the computation: "auto" is float32 on a CPU, else the checkpoint's own.

    Raises:
        BenchError: there is no such dtype, or the checkpoint's config.json cannot be read.
    """
    if dtype not in DTYPES:
        raise BenchError(f"no dtype {dtype!r}; there are: {', '.join(DTYPES)}")
    if dtype != "auto":
        return dtype
    import torch

    if not torch.cuda.is_available():
        return "float32"
    config, text = _configs(model)
    stored = (part.get(key) for part in (config, text) for key in ("dtype", "torch_dtype"))
    return next((name for name in stored if isinstance(name, str)), "bfloat16")


def end_tokens(model: Path, tokenizer: Any) -> list[int]:
    """Return the ids of the tokens that end an answer, by the checkpoint's files and its tokenizer."""
    path = model / "generation_config.json"
    given = read_json(path).get("eos_token_id") if path.is_file() else None
    ids = given if isinstance(given, list) else [given]
    return sorted({one for one in (*ids, tokenizer.eos_token_id) if one is not None})


def context_length(model: Path) -> int | None:
    """Return how many tokens a prompt and its answer may have; `None` if the checkpoint does not say."""
    _, text = _configs(model)
    longest = text.get("max_position_embeddings")
    return longest if isinstance(longest, int) else None


def room(model: Path, wanted: int | None) -> int | None:
    """Return the most tokens of prompt and answer: as wanted, or what the checkpoint says.

    Raises:
        BenchError: the checkpoint cannot take as many as wanted.
    """
    longest = context_length(model)
    if wanted is not None and (wanted < 1 or (longest is not None and wanted > longest)):
        raise BenchError(f"max_model_len must be 1 to {longest or 'the context length'}, not {wanted}")
    return wanted or longest


def require_room(prompt: int, longest: int | None, decoding: Decoding) -> None:
    """Check that a prompt leaves room for a whole answer.

    Args:
        prompt: its length in tokens, those of the image included.
        longest: as `context_length` returns it.
        decoding: says how long an answer may be.

    Raises:
        ValueError: it does not.
    """
    if longest is not None and prompt + decoding.max_new_tokens > longest:
        raise ValueError(
            f"the prompt of {prompt} tokens leaves no room for {decoding.max_new_tokens} more in {longest}"
        )


@dataclass(frozen=True, slots=True)
class PromptWriter:
    """Writes questions with one checkpoint's chat template and tokenizer."""

    template: Callable[..., Any]
    tokenizer: Any
    image_token_id: int
    """The token at the image's place."""

    @classmethod
    def of(cls, processor: Any) -> "PromptWriter":
        """Return the writer of a checkpoint's processor.

        Raises:
            BenchError: the checkpoint has no chat template, or one that cannot be used; or its processor
                knows no images.
        """
        from jinja2 import TemplateError

        if not (getattr(processor, "chat_template", None) or processor.tokenizer.chat_template):
            raise BenchError("the checkpoint has no chat template, so it is not known how to ask it")
        if getattr(processor, "image_token_id", None) is None:
            raise BenchError(
                "the checkpoint's processor names no image token, so no image can be shown to it"
            )
        writer = cls(processor.apply_chat_template, processor.tokenizer, processor.image_token_id)
        try:
            for shown in (True, False):
                writer._text("Who is this?", shown)
        except TemplateError as error:
            raise BenchError(f"the checkpoint's chat template cannot be used: {first_line(error)}") from error
        return writer

    def prompt(self, question: Question) -> list[int]:
        """Return the token ids up to where the answer begins, with one token at the image's place.

        Raises:
            ValueError: the prompt has not exactly one place for an image that is shown, or has one
                for none.
        """
        shown = question.image is not None
        ids = self._ids(self._text(question.question, shown))
        places = ids.count(self.image_token_id)
        if places != shown:
            raise ValueError(f"the prompt has {places} places for {int(shown)} images")
        return ids

    def answer(self, question: Question) -> list[int]:
        """Return the reference answer's token ids, without the token that ends it."""
        return self._ids(question.answer)

    def _text(self, question: str, shown: bool) -> str:
        """Return a question as the chat template puts it, with an image shown or without."""
        content = [*([{"type": "image"}] if shown else []), {"type": "text", "text": question}]
        messages = [{"role": "user", "content": content}]
        text: str = self.template(messages, add_generation_prompt=True, tokenize=False)
        return text

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


def _configs(model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a checkpoint's config and, inside it or the same, that of its language model."""
    config: dict[str, Any] = read_json(model / CONFIG)
    text = config.get("text_config")
    return config, text if isinstance(text, dict) else config
