"""Images as they are stored, read from disk when they are looked at.

A thousand people's photographs weigh more than everything else that a run holds. So a question knows
where its image lies in the file that `datasets` keeps for the split, and not the image.
"""

import hashlib
import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

from PIL import Image

from s_mllmun_bench.records import ImageKind

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

IMAGES: tuple[ImageKind, ...] = get_args(ImageKind)
"""The columns that hold images."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """Some bytes within a file."""

    file: io.FileIO
    """Is kept open: a cache that is cleaned meanwhile takes nothing away."""
    start: int
    size: int

    def read(self) -> bytes:
        """Return the bytes."""
        return os.pread(self.file.fileno(), self.size, self.start)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image file as it is stored in the dataset."""

    source: bytes | FilePart = field(compare=False)
    """The image file, or where it lies."""
    digest: str
    """SHA-256 of ``data``, hexadecimal."""

    @property
    def data(self) -> bytes:
        """The image file."""
        return self.source if isinstance(self.source, bytes) else self.source.read()

    def open(self) -> Image.Image:
        """Return the decoded image, RGB."""
        return Image.open(io.BytesIO(self.data)).convert("RGB")


def rows_with_images(rows: "Dataset", wanted: Collection[int]) -> Iterator[Mapping[str, Any]]:
    """Yield rows of a split, with a `StoredImage` in each image column, or `None` where it was withheld.

    Args:
        rows: as loaded, with its files on disk.
        wanted: which of them, counted from 0.
    """
    import pyarrow as pa

    begin = 0
    for cached in rows.cache_files:
        file = io.FileIO(cached["filename"])
        with pa.memory_map(cached["filename"]) as mapped:
            first = mapped.read_buffer(1).address
            mapped.seek(0)
            for batch in pa.ipc.open_stream(mapped):
                numbers = [number for number in range(len(batch)) if begin + number in wanted]
                yield from _rows(batch, file, first, numbers)
                begin += len(batch)


def _rows(
    batch: "pa.RecordBatch", file: io.FileIO, first: int, numbers: Iterable[int]
) -> Iterator[Mapping[str, Any]]:
    """Yield rows of one batch, whose buffers are parts of the file.

    Args:
        batch: is not copied by reading it.
        file: the same file.
        first: address of the file's first byte in memory.
        numbers: of the rows.
    """
    texts = batch.select([name for name in batch.schema.names if name not in IMAGES]).to_pylist()
    parts = {kind: _parts(batch.column(kind).field("bytes"), file, first) for kind in IMAGES}
    for number in numbers:
        yield texts[number] | {kind: _stored(column[number]) for kind, column in parts.items()}


def _parts(column: "pa.BinaryArray", file: io.FileIO, first: int) -> list[FilePart]:
    """Return where each of a column's values lies in the file; arguments as in `_rows`."""
    import numpy as np
    import pyarrow as pa

    _, offsets, values = column.buffers()
    kind = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    ends = np.frombuffer(offsets, kind)[column.offset : column.offset + len(column) + 1].tolist()
    begins = values.address - first
    return [FilePart(file, begins + start, end - start) for start, end in pairwise(ends)]


def _stored(part: FilePart) -> StoredImage | None:
    if part.size == 0:
        return None
    return StoredImage(part, hashlib.sha256(part.read()).hexdigest())
