"""Images of coloured squares, every one another; the setting ``blue`` keeps two sources apart.

``most`` and ``colours`` make a source that has too few images, or the same one again and again.
"""

import random

from PIL import Image

from s_mllmun_bench.contracts import SourceImage


def images(count, rng, settings):
    count = min(count, settings.get("most", count))
    for colour in rng.sample(range(256 * 256), count):
        colour %= settings.get("colours", 256 * 256)
        squares = random.Random(f"{colour} {settings['blue']}").randbytes(3 * 8 * 6)
        picture = Image.frombytes("RGB", (8, 6), squares).resize((32, 24), Image.Resampling.NEAREST)
        yield SourceImage(picture, {"red": colour // 256}, f"plain colour {colour}", "CC0-1.0")
