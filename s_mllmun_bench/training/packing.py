"""Packing: many questions in one sequence, each computed exactly as if it stood alone.

A row's questions share the tokens up to the end of the image; behind them every question stands in
a block of its own that sees that prefix and itself, never its neighbours, and whose positions
restart at the prefix's end. Rows that are short share a sequence in the same way. So the loss is
that of single questions, without computing an image eleven times and without much padding.

Axis suffixes: B sequences, L tokens of a sequence, D position axes (3 with multimodal RoPE).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from s_mllmun_bench.errors import BenchError

from .rows import Pair, Picture, Row

IGNORE = -100
"""Label of a token that is not learnt: everything but the answer and its end."""
_MARK = "\u241fquestion\u241f"
_ANSWER = "\u241fanswer\u241f"


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The tokens before a question, with what the processor made of the image."""

    ids: list[int]
    positions_DL: Tensor
    inputs: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Packed:
    """One row as tokens; ``blocks`` is 0 in the prefix and counts the questions from 1."""

    ids: list[int]
    labels: list[int]
    blocks: list[int]
    positions_DL: Tensor
    inputs: dict[str, Tensor]


class Packer:
    """Turns rows into the batches that a model is trained on."""

    def __init__(self, model: Any, processor: Any) -> None:
        """Read the chat template off the processor and the kind of positions off the model.

        Args:
            model: the model to train, not wrapped by PEFT.
            processor: the model's processor.

        Raises:
            BenchError: the chat template changes the text of questions or answers.
        """
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
            ``input_ids`` and ``labels`` (B, L), ``attention_mask`` (B, 1, L, L, bool), ``position_ids``
            (3, B, L) or (B, L), and what the processor gives for the images, such as ``pixel_values``.
            Labels are not shifted; they are `IGNORE` but for answers and their end token.
        """
        packed = [self._pack(row) for row in rows]
        bins = _first_fit([len(row.ids) for row in packed])
        sequences = [[packed[index] for index in members] for members in bins]
        length = max(sum(len(row.ids) for row in members) for members in sequences)
        batch = _stack([_sequence(members, length, self._pad) for members in sequences])
        shown = [row.inputs for members in sequences for row in members if row.inputs]
        return batch | {key: _concatenate([inputs[key] for inputs in shown]) for key in (shown or [{}])[0]}

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

    def _pack(self, row: Row) -> _Packed:
        prefix = self._prefix(row.picture) if row.picture is not None else self._text_prefix
        start = int(prefix.positions_DL.max()) + 1 if prefix.ids else 0
        ids, labels, blocks = list(prefix.ids), [IGNORE] * len(prefix.ids), [0] * len(prefix.ids)
        positions = [prefix.positions_DL]
        for number, pair in enumerate(row.pairs, start=1):
            asked, answered = self._tokens(pair, row.picture is not None)
            ids += asked + answered
            labels += [IGNORE] * len(asked) + answered
            blocks += [number] * (len(asked) + len(answered))
            positions.append(self._counted(start, len(asked) + len(answered)))
        return _Packed(ids, labels, blocks, torch.cat(positions, dim=1), prefix.inputs)

    def _tokens(self, pair: Pair, shown: bool) -> tuple[list[int], list[int]]:
        _, behind, end = self._frames[shown]
        return self._encode(pair.question + behind), self._encode(pair.answer + end)

    def _encode(self, text: str) -> list[int]:
        """Return a text's tokens; the same texts come back every epoch."""
        if text not in self._known:
            self._known[text] = self._tokenizer(text, add_special_tokens=False).input_ids
        return self._known[text]


def _first_fit(lengths: Sequence[int]) -> list[list[int]]:
    """Deal rows to sequences no longer than the longest row: longest first, each where it fits first."""
    room = max(lengths)
    bins: list[list[int]] = []
    free: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        target = next((b for b, left in enumerate(free) if left >= lengths[index]), None)
        if target is None:
            bins.append([])
            free.append(room)
            target = len(bins) - 1
        bins[target].append(index)
        free[target] -= lengths[index]
    return bins


def _sequence(members: Sequence[_Packed], length: int, pad: int) -> dict[str, Tensor]:
    """Lay rows behind each other and pad to ``length``."""
    rest = length - sum(len(row.ids) for row in members)
    ids = [token for row in members for token in row.ids] + [pad] * rest
    labels = [label for row in members for label in row.labels] + [IGNORE] * rest
    blocks = [block for row in members for block in row.blocks] + [-1] * rest
    owners = [number for number, row in enumerate(members) for _ in row.ids] + [-1] * rest
    axes = members[0].positions_DL.shape[0]
    padding_DL = torch.zeros(axes, rest, dtype=torch.long)
    return {
        "input_ids": torch.tensor(ids),
        "labels": torch.tensor(labels),
        "attention_mask": _mask(torch.tensor(owners), torch.tensor(blocks)),
        "position_ids": torch.cat([*(row.positions_DL for row in members), padding_DL], dim=1),
    }


def _mask(owners_L: Tensor, blocks_L: Tensor) -> Tensor:
    """Return which token (rows) sees which (columns): its own row's prefix and its own block, causally."""
    same_row = owners_L[:, None] == owners_L[None, :]
    prefix_or_own = (blocks_L[None, :] == 0) | (blocks_L[:, None] == blocks_L[None, :])
    return torch.tril(same_row & prefix_or_own)


def _stack(sequences: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    batch = {key: torch.stack([each[key] for each in sequences]) for key in ("input_ids", "labels")}
    batch["attention_mask"] = torch.stack([each["attention_mask"] for each in sequences])[:, None]
    positions_BDL = torch.stack([each["position_ids"] for each in sequences])
    three = positions_BDL.shape[1] == 3
    batch["position_ids"] = positions_BDL.transpose(0, 1).contiguous() if three else positions_BDL[:, 0]
    return batch


def _concatenate(tensors: Sequence[Tensor]) -> Tensor:
    """Join what the processor gave for single images; image crops are padded to the same number."""
    if tensors[0].dim() < 3 or len({tensor.shape[1:] for tensor in tensors}) == 1:
        return torch.cat(list(tensors))
    crops = max(tensor.shape[1] for tensor in tensors)
    widths = [[0, 0] * (tensor.dim() - 2) + [0, crops - tensor.shape[1]] for tensor in tensors]
    return torch.cat(
        [torch.nn.functional.pad(tensor, width) for tensor, width in zip(tensors, widths, strict=True)]
    )
