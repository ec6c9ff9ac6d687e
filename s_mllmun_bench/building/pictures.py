"""Images as they are stored: encoded as soon as a source yields them, decoded when a writer looks.

Only the encoded files are kept in memory, so a thousand photographs weigh megabytes and the writer
sees what the dataset holds and not a sharper original.
"""

import hashlib
import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, overload

from PIL import Image

from s_mllmun_bench.building.recipe import ImageFormat
from s_mllmun_bench.contracts import ImageSource, SourceImage
from s_mllmun_bench.errors import BenchError

JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded image with what its source says of it."""

    data: bytes
    """The image file."""
    format: Literal["png", "jpeg"]
    digest: str
    """SHA-256 of ``data``, hexadecimal."""
    truth: Mapping[str, Any]
    source: str
    licence: str

    def decoded(self) -> SourceImage:
        """Return the image as a writer gets it."""
        image = Image.open(io.BytesIO(self.data)).convert("RGB")
        return SourceImage(image, self.truth, self.source, self.licence)


class Album(Sequence[SourceImage]):
    """Pictures that are decoded one at a time, when they are looked at."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures

    def __len__(self) -> int:
        return len(self._pictures)

    @overload
    def __getitem__(self, index: int) -> SourceImage: ...

    @overload
    def __getitem__(self, index: slice) -> "Album": ...

    def __getitem__(self, index: int | slice) -> "SourceImage | Album":
        if isinstance(index, slice):
            return Album(self._pictures[index])
        return self._pictures[index].decoded()


def encode(image: Image.Image, stored: ImageFormat) -> bytes:
    """Return an image file, RGB, shrunk to the longest side that is wanted."""
    image = image.convert("RGB")
    scale = stored.longest_side / max(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if stored.format == "png":
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def collect(
    source: ImageSource,
    name: str,
    count: int,
    rng: random.Random,
    settings: Mapping[str, Any],
    stored: ImageFormat,
    tick: Callable[[], None],
) -> list[Picture]:
    """Return a source's images, encoded.

    Args:
        source: the module.
        name: its name, for the error.
        count: how many are needed.
        rng: handed to the source.
        settings: the recipe's settings of the source.
        stored: how to encode them.
        tick: called after each image.

    Raises:
        BenchError: the source has fewer.
    """
    pictures = list(islice(_encoded(source, count, rng, settings, stored, tick), count))
    if len(pictures) < count:
        raise BenchError(f"the source {name} gave {len(pictures)} images, and {count} are needed")
    return pictures


def _encoded(
    source: ImageSource,
    count: int,
    rng: random.Random,
    settings: Mapping[str, Any],
    stored: ImageFormat,
    tick: Callable[[], None],
) -> Iterator[Picture]:
    for given in source.images(count, rng, settings):
        data = encode(given.image, stored)
        digest = hashlib.sha256(data).hexdigest()
        tick()
        yield Picture(data, stored.format, digest, given.truth, given.source, given.licence)
