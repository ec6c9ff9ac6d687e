"""Rewriting a shard: a copy of a safetensors file with some of its weights changed.

Every byte is written once. Runs of unchanged tensors are copied by the operating system; changed weights
go through memory in blocks of rows, several at a time, so memory does not grow with the weights. A
changed weight keeps its dtype and shape, so the header stays as it is.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from s_mllmun_bench.checkpoints.adapters import Adapter, changed_rows
from s_mllmun_bench.checkpoints.rows import row_blocks, scratch
from s_mllmun_bench.checkpoints.shards import Header, Place, read_header

_COPIED = 64 << 20
"""Bytes copied at once by the operating system."""
_READ = 8 << 20
"""Bytes copied at once where it cannot."""
_AHEAD = 32 << 20
"""Bytes that the system is asked to read before they are needed: threads that read in turns look to it as if
nobody read on."""
DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32, "F64": torch.float64}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one tensor of a shard."""

    name: str
    """In memory."""
    adapters: Sequence[Adapter]
    """Bound ones that all name the weight, in the order of application."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One piece of the copy; the pieces are independent of each other."""

    run: Callable[[int, int], None]
    """Takes the file descriptors of the shard and of its copy."""
    tensors: int
    """How many tensors are behind it, counted in the order of the file."""


def rewrite(shard: Path, target: Path, changes: Mapping[str, Change], pool: Executor) -> Iterator[int]:
    """Write a copy of a shard with some weights changed; yield now and then how many tensors are done.

    Args:
        shard: a safetensors file.
        target: the file to make.
        changes: by a tensor's name in the file; only weights stored in 16 bits or more.
        pool: as `rows.workers` gives it.
    """
    header = read_header(shard)
    source = os.open(shard, os.O_RDONLY)
    copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    steps = list(_steps(header, changes))
    running: list[Future[None]] = []
    done = 0
    try:
        _reserve(copy, header.size)
        running += [pool.submit(step.run, source, copy) for step in steps]
        for step, future in zip(steps, running, strict=True):
            future.result()
            done += step.tensors
            yield done
    finally:
        # A step that is still at work must not find its files closed, or others under their numbers.
        for future in running:
            future.cancel()
        wait(running)
        os.close(copy)
        os.close(source)


def _steps(header: Header, changes: Mapping[str, Change]) -> Iterator[_Step]:
    """Yield what is to be done, in the order of the file's bytes."""
    copied, unchanged = 0, 0
    for name, place in sorted(header.places.items(), key=lambda item: item[1].begins):
        if name not in changes:
            unchanged += 1
            continue
        yield from _copying(copied, place.begins, unchanged)
        yield from _changing(place, changes[name])
        copied, unchanged = place.ends, 0
    yield from _copying(copied, header.size, unchanged)


def _copying(begins: int, ends: int, tensors: int) -> Iterator[_Step]:
    for first in range(begins, ends, _COPIED):
        last = min(first + _COPIED, ends)
        yield _Step(partial(_copy, first, last), tensors if last == ends else 0)


def _changing(place: Place, change: Change) -> Iterator[_Step]:
    for rows in row_blocks(place.shape):
        last = rows.stop == place.shape[0]
        yield _Step(partial(_change, place, change, rows), 1 if last else 0)


def _copy(begins: int, ends: int, source: int, target: int) -> None:
    try:
        while copied := os.copy_file_range(source, target, ends - begins, begins, begins):
            begins += copied
    except (AttributeError, OSError):
        # Not every system and file system can. Where the disk is the trouble, it shows again below.
        pass
    while begins < ends:
        held = memoryview(bytearray(min(_READ, ends - begins)))
        _fill(held, source, begins)
        _write(held, target, begins)
        begins += len(held)


def _change(place: Place, change: Change, rows: slice, source: int, target: int) -> None:
    dtype, columns = DTYPES[place.dtype], place.shape[1]
    begins = place.begins + rows.start * columns * dtype.itemsize
    length = (rows.stop - rows.start) * columns * dtype.itemsize
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(source, begins + _AHEAD, length, os.POSIX_FADV_WILLNEED)
    weight = scratch("weight", (rows.stop - rows.start, columns), dtype, torch.device("cpu"))
    _fill(_bytes(weight), source, begins)
    _write(_bytes(changed_rows(change.name, weight, rows, change.adapters)), target, begins)


def _reserve(file: int, size: int) -> None:
    """Make a file as large as it will be; a full disk shows here if the system sets the place aside."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.ftruncate(file, size)


def _bytes(tensor: Tensor) -> memoryview:
    """Return a tensor's own memory."""
    return tensor.contiguous().view(torch.uint8).flatten().numpy().data


def _fill(held: memoryview, source: int, begins: int) -> None:
    """Read as many bytes as the memory holds."""
    while held:
        count = os.preadv(source, [held], begins)
        if not count:
            raise OSError("a shard became shorter while it was read")
        held, begins = held[count:], begins + count


def _write(held: memoryview, target: int, begins: int) -> None:
    """Write all bytes; a full disk takes some of them before it is an error."""
    while held:
        count = os.pwrite(target, held, begins)
        held, begins = held[count:], begins + count
