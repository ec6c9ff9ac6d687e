"""Images as they are stored: encoded as soon as a source yields them, decoded when a writer looks.

Only the encoded files are kept in memory, so a thousand photographs weigh megabytes and the writer
sees what the dataset holds and not a sharper original.
"""

import hashlib
import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from PIL import Image

from s_mllmun_bench.building.recipe import ImageFormat
from s_mllmun_bench.building.screening import Intake
from s_mllmun_bench.contracts import ImageSource, LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError

JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a source."""

    name: str
    """Of the source, for errors."""
    count: int
    """Images that are needed."""
    spare: int
    """Images beyond these, if there are as many."""
    note: Callable[[str], None]
    """Takes one line on each image that is left out."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded image with what its source says of it."""

    data: bytes
    """The image file; empty where it was withheld from a published dataset."""
    format: Literal["png", "jpeg"]
    digest: str
    """SHA-256 of ``data``, hexadecimal."""
    truth: Mapping[str, Any]
    source: str
    licence: str
    original: str | None
    """SHA-256 of the file that the source read, hexadecimal; `None` for a drawn one."""

    def decoded(self) -> SourceImage:
        """Return the image as a writer gets it; it is decoded when its pixels are looked at."""
        image = Image.open(io.BytesIO(self.data))
        return SourceImage(image, self.truth, self.source, self.licence, self.original, self.data)


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
    wanted: Wanted,
    rng: random.Random,
    settings: Mapping[str, Any],
    stored: ImageFormat,
    tick: Callable[[], None],
) -> list[Picture]:
    """Return a source's images, encoded, without those that cannot be used or were there before.

    Args:
        source: the module.
        wanted: how many, and what to call them.
        rng: handed to the source.
        settings: the recipe's settings of the source.
        stored: how to encode them.
        tick: called after each image.

    Raises:
        BenchError: the source has fewer than are needed; spare ones may be missing.
    """
    intake = Intake(wanted.note)
    most = wanted.count + wanted.spare
    pictures: list[Picture] = []
    for given in source.images(most, rng, settings):
        picture = None if isinstance(given, LeftOut) else stored_picture(given, stored)
        if intake.takes(given, picture.data if picture else b"") and picture:
            pictures.append(picture)
            tick()
        if len(pictures) == most:
            break
    if len(pictures) < wanted.count:
        left_out = f" besides the {intake.left_out} that cannot be used" if intake.left_out else ""
        raise BenchError(
            f"the source {wanted.name} gave {len(pictures)} images{left_out}, and {wanted.count} are needed"
        )
    return pictures


def stored_picture(given: SourceImage, stored: ImageFormat) -> Picture:
    """Return an image as it is stored."""
    data = encode(given.image, stored)
    digest = hashlib.sha256(data).hexdigest()
    return Picture(data, stored.format, digest, given.truth, given.source, given.licence, given.original)
