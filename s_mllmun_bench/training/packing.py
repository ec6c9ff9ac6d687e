"""Packing: many questions in one sequence, each computed exactly as if it stood alone.

A row's questions share the tokens up to the end of the image; behind them every question stands in
a block of its own that sees that prefix and itself, never its neighbours, and whose positions
restart at the prefix's end. Rows that are short share a sequence in the same way. So the loss is
that of single questions, without computing an image eleven times and without much padding.

Axis suffixes: B sequences, L tokens of a sequence, D position axes (3 with multimodal RoPE).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from s_mllmun_bench.errors import BenchError

from .layout import IGNORE, Packed, batch_of
from .processes import BLANK
from .rows import Pair, Picture, Row

_MARK = "\u241fquestion\u241f"
_ANSWER = "\u241fanswer\u241f"
_BLANK = 56
"""Edge of a blank image, pixels."""


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The tokens before a question, with what the processor made of the image."""

    ids: list[int]
    positions_DL: Tensor
    inputs: dict[str, Tensor] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What a packer has put into batches so far."""

    tokens: int = 0
    """With padding."""
    padding: int = 0
    answer_tokens: int = 0
    """Tokens that are learnt: the answers and their ends."""

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Count nothing of what is put into batches while the block runs."""
        counted = self.tokens, self.padding, self.answer_tokens
        yield
        self.tokens, self.padding, self.answer_tokens = counted

    @property
    def padding_share(self) -> float:
        """Share of all tokens that are padding, 0 to 1."""
        return self.padding / max(1, self.tokens)


class _Blank:
    """An image of nothing."""

    def open(self) -> Image.Image:
        return Image.new("RGB", (_BLANK, _BLANK))


class Packer:
    """Turns rows into the batches that a model is trained on."""

    def __init__(self, model: Any, processor: Any, shared_prefix: bool = True) -> None:
        """Read the chat template off the processor and the kind of positions off the model.

        Args:
            model: the model to train, not wrapped by PEFT.
            processor: the model's processor.
            shared_prefix: off, every question is a sequence of its own, with a plain padding mask; for
                attention kernels that take no other. The loss is the same.

        Raises:
            BenchError: the chat template changes the text of questions or answers.
        """
        self.tally = Tally()
        self.must_see = False
        """Whether a batch of text alone gets a blank image, of which nothing is learnt; see `processes`."""
        self._shared = shared_prefix
        self._longest = int(model.config.get_text_config().max_position_embeddings)
        self._processor = processor
        self._tokenizer = processor.tokenizer
        self._rope_index = getattr(model.model, "get_rope_index", None)
        self._frames = {shown: self._frame(shown) for shown in (False, True)}
        self._text_prefix = self._prefix(None)
        self._known: dict[str, list[int]] = {}

    def collate(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        """Return one batch of rows.

        Args:
            rows: at least one.

        Returns:
            ``input_ids`` and ``labels`` (B, L), ``attention_mask`` (B, 1, L, L, bool; or B, L without
            shared prefixes), ``position_ids`` (3, B, L) or (B, L), and what the processor gives for the
            images, such as ``pixel_values``. Labels are not shifted; they are `IGNORE` but for answers
            and their end token.

        Raises:
            BenchError: a question with its answer is longer than the model can read; nothing is cut off.
        """
        if not self._shared:
            rows = [Row(row.picture, (pair,)) for row in rows for pair in row.pairs]
        is_blank = self.must_see and all(row.picture is None for row in rows)
        if is_blank:
            rows = [*rows, Row(_Blank(), ())]
        packed = [self._pack(row) for row in rows]
        batch = batch_of(packed, self._pad, shared=self._shared)
        self.tally.tokens += batch["input_ids"].numel()
        self.tally.padding += batch["input_ids"].numel() - sum(len(row.ids) for row in packed)
        self.tally.answer_tokens += int((batch["labels"] != IGNORE).sum())
        return {**batch, BLANK: torch.tensor(True)} if is_blank else batch

    @property
    def _pad(self) -> int:
        return int(self._tokenizer.pad_token_id or 0)

    def _frame(self, shown: bool) -> tuple[str, str, str]:
        """Return the template's text before the question, behind it, and behind the answer."""
        content: list[dict[str, str]] = [{"type": "text", "text": _MARK}]
        if shown:
            content.insert(0, {"type": "image"})
        turns = [
            {"role": "user", "content": content},
            {"role": "assistant", "content": [{"type": "text", "text": _ANSWER}]},
        ]
        asked = self._processor.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True)
        whole = self._processor.apply_chat_template(turns, tokenize=False)
        before, found, behind = asked.partition(_MARK)
        _, answered, end = whole.partition(_ANSWER)
        if not found or not answered:
            raise BenchError("the chat template changes the text of a question or an answer")
        return before, behind, end.rstrip()

    def _prefix(self, picture: Picture | None) -> _Prefix:
        before = self._frames[picture is not None][0]
        if picture is None:
            ids = self._tokenizer(before, add_special_tokens=False).input_ids
            return _Prefix(ids, self._counted(0, len(ids)))
        inputs = dict(
            self._processor(
                text=[before], images=[picture.open()], add_special_tokens=False, return_tensors="pt"
            )
        )
        ids_1L = inputs.pop("input_ids")
        inputs.pop("attention_mask", None)
        token_types = inputs.pop("mm_token_type_ids", None)
        return _Prefix(ids_1L[0].tolist(), self._positions(ids_1L, token_types, inputs), inputs)

    def _positions(self, ids_1L: Tensor, token_types: Tensor | None, inputs: Mapping[str, Tensor]) -> Tensor:
        if self._rope_index is None:
            return self._counted(0, ids_1L.shape[1])
        positions_D1L, _ = self._rope_index(ids_1L, token_types, image_grid_thw=inputs["image_grid_thw"])
        return torch.as_tensor(positions_D1L[:, 0])

    def _counted(self, start: int, length: int) -> Tensor:
        axes = 3 if self._rope_index is not None else 1
        return torch.arange(start, start + length).expand(axes, -1)

    def _pack(self, row: Row) -> Packed:
        prefix = self._prefix(row.picture) if row.picture is not None else self._text_prefix
        start = int(prefix.positions_DL.max()) + 1 if prefix.ids else 0
        ids, labels, blocks = list(prefix.ids), [IGNORE] * len(prefix.ids), [0] * len(prefix.ids)
        positions = [prefix.positions_DL]
        for number, pair in enumerate(row.pairs, start=1):
            asked, answered = self._tokens(pair, row.picture is not None)
            self._require_room(start + len(asked) + len(answered), pair)
            ids += asked + answered
            labels += [IGNORE] * len(asked) + answered
            blocks += [number] * (len(asked) + len(answered))
            positions.append(self._counted(start, len(asked) + len(answered)))
        return Packed(ids, labels, blocks, torch.cat(positions, dim=1), prefix.inputs)

    def _tokens(self, pair: Pair, shown: bool) -> tuple[list[int], list[int]]:
        _, behind, end = self._frames[shown]
        return self._encode(pair.question + behind), self._encode(pair.answer + end)

    def _require_room(self, length: int, pair: Pair) -> None:
        if length > self._longest:
            raise BenchError(
                f"the model reads {self._longest} tokens, and this question with its image and answer needs "
                f"{length}: {pair.question!r}; answers are never cut off"
            )

    def _encode(self, text: str) -> list[int]:
        """Return a text's tokens; the same texts come back every epoch."""
        if text not in self._known:
            self._known[text] = self._tokenizer(text, add_special_tokens=False).input_ids
        return self._known[text]
