"""Image files as strangers leave them: what can be used is read whole, what cannot is refused by name.

A file is judged by its header before it is decoded, so that no image is ever too large for the memory.
CMYK, palettes and grey become RGB, and what is transparent becomes white; an animation is refused, for
it is not one image.
"""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from s_mllmun_bench.contracts import LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
"""Names of image files end so."""
SHORTEST_SIDE = 32
"""Pixels; on a smaller image nothing can be seen."""
LONGEST_SIDE = 10_000
"""Pixels; a larger image is no photograph of a person, and takes more than a GiB to decode."""


def read_image(file: Path | bytes) -> Image.Image:
    """Return an image file, decoded, upright and RGB.

    Raises:
        BenchError: it cannot be read, is cut off, too small, too large or animated.
    """
    where = file if isinstance(file, Path) else "the image"
    try:
        with Image.open(file if isinstance(file, Path) else io.BytesIO(file)) as opened:
            if reason := _refused(opened):
                raise BenchError(f"{where}: {reason}")
            return _flattened(ImageOps.exif_transpose(opened))
    except Image.DecompressionBombError as error:
        raise BenchError(f"{where}: it has more pixels than can be decoded") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise BenchError(f"{where}: {_why(error)}; repair or remove it") from error


def candidate(
    file: Path | bytes, truth: Mapping[str, Any], source: str, licence: str
) -> SourceImage | LeftOut:
    """Return a file as a source gives it, with its digest; or why it cannot be used.

    Args:
        file: an image file, or its bytes.
        truth: what is known to be in it, by topic.
        source: where it comes from, without a path of this machine.
        licence: its note.
    """
    try:
        data = file.read_bytes() if isinstance(file, Path) else file
        image = read_image(data)
    except OSError as error:
        return LeftOut(source, f"it cannot be read ({error.strerror})")
    except BenchError as error:
        return LeftOut(source, str(error).removeprefix("the image: ").removesuffix("; repair or remove it"))
    return SourceImage(image, truth, source, licence, hashlib.sha256(data).hexdigest())


def _refused(opened: Image.Image) -> str | None:
    """Return why an image cannot be used, from its header alone."""
    size = f"it has {opened.width} x {opened.height} pixels"
    if min(opened.size) < SHORTEST_SIDE:
        return f"{size}, and each side needs {SHORTEST_SIDE}"
    if max(opened.size) > LONGEST_SIDE:
        return f"{size}, and no side may have more than {LONGEST_SIDE}"
    frames = getattr(opened, "n_frames", 1)
    return f"it is animated ({frames} frames)" if frames > 1 else None


def _flattened(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read ({error.strerror})"
    cut = "truncated" in str(error) or "not processed" in str(error)
    return "it is cut off" if cut else "it is no image that can be read"
