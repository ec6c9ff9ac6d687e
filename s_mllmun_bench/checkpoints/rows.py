"""A weight, some rows at a time.

Every adapter changes a row by that row alone. So the memory that an update takes does not grow with the
weight, and a block stays in the processor's cache from the first step to the last, which is several
times as fast as whole matrices. All ways to apply an adapter take the same blocks, so that they agree
to the last bit.
"""

import math
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import torch

ALL = slice(None)
_ENTRIES = 1 << 19
"""Of a block; 2 MiB in float32."""
_MOST_WORKERS = 8


class _Scratch(threading.local):
    """Memory that one thread of a pool uses again for block after block."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, torch.dtype, torch.device], torch.Tensor] = {}


_SCRATCH = _Scratch()


def scratch(use: str, shape: Sequence[int], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Return memory with anything in it, to be overwritten; it must not be passed on.

    A block's worth that is asked of the system and given back each time takes longer to get than to fill.

    Args:
        use: what for; the next call with the same word gives the same memory, in each thread its own.
            What is larger than a block is not kept.
        shape: of the tensor.
        dtype: of its entries.
        device: where.
    """
    key, count = (use, dtype, device), math.prod(shape)
    if count > _ENTRIES:
        return torch.empty(*shape, dtype=dtype, device=device)
    held = _SCRATCH.held.get(key)
    if held is None or held.numel() < count:
        held = _SCRATCH.held[key] = torch.empty(count, dtype=dtype, device=device)
    return held[:count].view(*shape)


def row_blocks(shape: Sequence[int]) -> Iterator[slice]:
    """Yield the blocks of a weight's rows, in order; they cover it.

    Args:
        shape: (out, in).
    """
    rows, columns = shape
    step = max(1, _ENTRIES // max(1, columns))
    for first in range(0, rows, step):
        yield slice(first, min(first + step, rows))


@contextmanager
def workers() -> Iterator[Executor]:
    """Yield a pool for blocks on the CPU: as many threads as processors, each computing on its own.

    torch would split every single step of a block among threads, which wait for each other after it:
    more work than the step, and a hundred times more where other processes use the processors.
    """
    before = torch.get_num_threads()
    count = min(_MOST_WORKERS, os.cpu_count() or 1)
    try:
        with ThreadPoolExecutor(count, initializer=partial(torch.set_num_threads, 1)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)
