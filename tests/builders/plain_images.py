"""Images of one plain colour, every one another; the setting ``blue`` keeps two sources apart.

``most`` and ``colours`` make a source that has too few images, or the same one again and again.
"""

from PIL import Image

from s_mllmun_bench.contracts import SourceImage


def images(count, rng, settings):
    count = min(count, settings.get("most", count))
    for colour in rng.sample(range(256 * 256), count):
        colour %= settings.get("colours", 256 * 256)
        red, green = divmod(colour, 256)
        picture = Image.new("RGB", (32, 24), (red, green, settings["blue"]))
        yield SourceImage(picture, {"red": red}, f"plain colour {colour}", "CC0-1.0")
