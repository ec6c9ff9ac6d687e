"""Near-duplicates among images: a perceptual hash that survives scaling and another encoding.

The hash is of what an eye sees at arm's length: which of the coarse waves of light and dark are strong.
A second copy of a picture differs from the first in a few of its bits, another picture in many.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image

SIDE = 32
"""Pixels of the grey square that a picture is shrunk to."""
WAVES = 16
"""Waves along each axis whose sign is kept; 256 bits in all."""
MOST_ALIKE = 12
"""Bits, of 256, in which two near-duplicates differ at most. A picture scaled to 0.7 or 3 times its size
differed in 8 at most, as a JPEG of quality 50 in 12; of 2,000 drawn eyes the two most alike in 16."""


def fingerprint(image: Image.Image) -> int:
    """Return an image's perceptual hash, a number of 256 bits.

    Each bit is the sign of one coefficient of the cosine transform of the picture in grey; the coarsest
    256 are taken.
    """
    import numpy as np

    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    waves = _cosines() @ np.asarray(small, np.float64) @ _cosines().T
    bits = np.packbits(waves.ravel() > np.median(waves))
    return int.from_bytes(bits.tobytes(), "big")


def alike(fingerprints: Sequence[int], most: int = MOST_ALIKE) -> list[tuple[int, int]]:
    """Return the pairs of near-duplicates, as positions in the sequence, the lower one first.

    Args:
        fingerprints: as `fingerprint` gives them.
        most: bits in which two may differ, 0 to 256.
    """
    rows = _rows(b"".join(map(_bytes, fingerprints)))
    return [
        (first, first + 1 + other)
        for first in range(len(rows) - 1)
        for other in _like(rows[first + 1 :], rows[first], most)
    ]


class Marks:
    """Perceptual hashes that come one after the other."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def enter(self, mark: int) -> int | None:
        """Add a hash, unless one is there that is nearly the same; return that one's position."""
        near = _like(_rows(bytes(self._marks)), _rows(_bytes(mark)), MOST_ALIKE)
        if near:
            return near[0]
        self._marks += _bytes(mark)
        return None


def _like(rows: Any, one: Any, most: int) -> list[int]:
    """Return which rows differ from one in a few bits at most; rows of bytes, shape (n, 32) and (32,)."""
    import numpy as np

    found: list[int] = np.flatnonzero(np.bitwise_count(rows ^ one).sum(axis=1) <= most).tolist()
    return found


def _rows(marks: bytes) -> Any:
    import numpy as np

    return np.frombuffer(marks, np.uint8).reshape(-1, WAVES * WAVES // 8)


def _bytes(mark: int) -> bytes:
    return mark.to_bytes(WAVES * WAVES // 8, "big")


@cache
def _cosines() -> Any:
    """Return the first rows of the cosine transform; shape (WAVES, SIDE), float64."""
    import numpy as np

    wave, place = np.arange(WAVES)[:, None], np.arange(SIDE)[None, :]
    return np.cos(np.pi * wave * (2 * place + 1) / (2 * SIDE))
