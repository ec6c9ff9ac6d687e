"""The processes of one training, where `accelerate launch` started several of the same command.

Every process does the same and computes its share of every batch; the main one alone writes and speaks.
So a step is that of a single process: the same items, the same mean over all of their answer tokens.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from s_mllmun_bench.errors import BenchError

from .layout import IGNORE

ANSWER_TOKENS = "answer_tokens"
"""In a batch: by how many answer tokens its summed loss is divided. The mean over all shares of a step is
then the mean over all of the step's answer tokens."""
BLANK = "blank"
"""In a batch: its only image is a blank one, which `must_see` asked for."""

T = TypeVar("T")


def count() -> int:
    """Return how many processes there are, from the environment that the launcher makes."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Return whether this process writes and speaks; it does where there is only one."""
    return int(os.environ.get("RANK", "0")) == 0


def join() -> None:
    """Wait for all processes; the first time they find each other, and each takes its own GPU."""
    if count() > 1:
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()


def require_one(what: str) -> None:
    """Check that nobody started several processes for what one has to do alone.

    Raises:
        BenchError: there are several.
    """
    if count() > 1:
        raise BenchError(f"{what} runs in one process, not in {count()}: start it without accelerate")


def require_shares(batch_size: int, what: str) -> None:
    """Check that every process gets something of every full batch.

    Raises:
        BenchError: there are more processes than items in a batch.
    """
    if count() > batch_size:
        raise BenchError(
            f"{what}: {count()} processes cannot share batches of {batch_size}; start at most {batch_size}, "
            "or give a larger batch_size (which is another training: fewer steps)"
        )


def must_see(trains_vision: bool) -> bool:
    """Return whether every batch needs an image, so that all processes run the vision tower alike.

    They must where it is trained, and where each holds a part of its layers (FSDP, DeepSpeed): one whose
    share is text alone would leave the others waiting.

    Args:
        trains_vision: whether the vision tower's layers are trained.
    """
    in_parts = any(os.environ.get(f"ACCELERATE_USE_{name}") == "true" for name in ("FSDP", "DEEPSPEED"))
    return count() > 1 and (trains_vision or in_parts)


def share(items: Sequence[T]) -> Sequence[T]:
    """Return this process's items of a batch; there may be none of a last one that is small."""
    return items[int(os.environ.get("RANK", "0")) :: count()]


def summed(numbers: Sequence[float]) -> list[float]:
    """Return the sums over all processes."""
    return _reduced(numbers, torch.distributed.ReduceOp.SUM) if count() > 1 else list(numbers)


def largest(number: float) -> float:
    """Return the largest over all processes."""
    return _reduced([number], torch.distributed.ReduceOp.MAX)[0] if count() > 1 else number


def _reduced(numbers: Sequence[float], how: Any) -> list[float]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    together = torch.tensor(numbers, dtype=torch.float64, device=device)
    torch.distributed.all_reduce(together, how)
    return [float(one) for one in together]


def weigh(batches: Sequence[Any]) -> bool:
    """Tell every batch of one optimizer step how many answer tokens it is divided by.

    Returns whether an image is shown in the step, to whichever process.

    Args:
        batches: this process's micro-batches: as `Packer.collate` returns them, or mappings of such.
            Without ``labels`` they stay as they are. One that holds `ANSWER_TOKENS` already is a stand-in,
            made where a small batch left this process nothing, and counts nothing.
    """
    parts = [list(_packed(batch)) for batch in batches]
    if not parts or not parts[0]:
        return True
    images = sum(_shows(part) for each in parts for part in each)
    tokens = [sum(_tokens(each[place]) for each in parts) for place in range(len(parts[0]))]
    shown, *totals = summed([images, *tokens])
    for each in parts:
        for part, total in zip(each, totals, strict=True):
            part.setdefault(ANSWER_TOKENS, total / (count() * len(batches)))
    return shown > 0


def stand_in(batch: Any) -> Any:
    """Return a batch marked to count nothing: its loss, and with it its gradient, is 0."""
    for part in _packed(batch):
        part[ANSWER_TOKENS] = float("inf")
    return batch


def _packed(batch: Any) -> Iterator[dict[str, Any]]:
    """Yield the packed batches in a batch, always in the same order."""
    if isinstance(batch, dict) and isinstance(batch.get("labels"), Tensor):
        yield batch
    elif isinstance(batch, Mapping):
        for key in sorted(batch):
            yield from _packed(batch[key])


def _shows(part: Mapping[str, Any]) -> bool:
    return "pixel_values" in part and BLANK not in part


def _tokens(part: Mapping[str, Any]) -> int:
    return 0 if ANSWER_TOKENS in part else int((part["labels"][:, 1:] != IGNORE).sum())
