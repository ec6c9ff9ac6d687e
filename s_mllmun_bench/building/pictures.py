"""Images as they are stored: encoded as soon as a source yields them, decoded when a writer looks.

Only the encoded files are kept in memory, so a thousand photographs weigh megabytes and the writer
sees what the dataset holds and not a sharper original.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, overload

from PIL import Image

from s_mllmun_bench.building.likeness import fingerprint
from s_mllmun_bench.building.recipe import ImageFormat
from s_mllmun_bench.contracts import SourceImage

JPEG_QUALITY = 92


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
    mark: int | None = None
    """Perceptual hash of the file; `None` if nobody has looked at it yet."""

    def seen(self) -> int:
        """Return the file's perceptual hash."""
        return fingerprint(self.decoded().image) if self.mark is None else self.mark

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


def stored_picture(given: SourceImage, stored: ImageFormat) -> Picture:
    """Return an image as it is stored."""
    data = encode(given.image, stored)
    digest = hashlib.sha256(data).hexdigest()
    new = Picture(data, stored.format, digest, given.truth, given.source, given.licence, given.original)
    return replace(new, mark=new.seen())
