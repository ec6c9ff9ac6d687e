"""Procedural faces: every picture is drawn from a truth that says all there is to see in it.

The truth alone decides the pixels, so a question about a picture always has a known answer, and the
continuous traits make every person look like nobody else while the named topics stay plain to see.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from s_mllmun_bench.contracts import SourceImage

from ._drawing import Canvas
from ._face_look import CLOTH, HAIR, HAT, SKIN, TRAITS, look_of
from ._face_parts import LAYERS

SIZE = 112
"""Width and height in pixels where the settings hold no ``size``."""

COLOURS = tuple(CLOTH)
TOPICS: dict[str, tuple[Any, ...]] = {
    "gender": ("female", "male"),
    "skin_tone": tuple(SKIN),
    "hair_color": tuple(HAIR),
    "hair_style": ("short", "long", "curly"),
    "facial_hair": ("none", "beard", "moustache"),
    "glasses": (False, True),
    "earrings": (False, True),
    "hat": ("none", *HAT),
    "smile": (False, True),
    "background": COLOURS,
    "clothing": COLOURS,
    "buttons": (1, 2, 3, 4),
}
"""The values of every topic; men alone have facial hair, and half of all people wear no hat."""


def images(count: int, rng: random.Random, settings: Mapping[str, Any]) -> Iterator[SourceImage]:
    """Yield ``count`` distinct faces, one at a time; the same ``rng`` state gives the same faces.

    Args:
        count: how many; nothing is drawn before it is asked for.
        rng: gives each face a seed of its own, which its ``source`` names.
        settings: may hold ``size``, the width and height in pixels.
    """
    size = int(settings.get("size", SIZE))
    for _ in range(count):
        seed = rng.getrandbits(53)
        truth = sample(random.Random(seed))
        yield SourceImage(draw(truth, size), truth, f"procedural mini face, seed {seed}", "CC0-1.0")


def sample(rng: random.Random) -> dict[str, Any]:
    """Return the truth of one face: a value for every topic, and ``traits`` in [0, 1].

    ``traits`` are in the order of ``_face_look.TRAITS``.
    """
    truth = {topic: rng.choice(values) for topic, values in TOPICS.items()}
    if truth["gender"] == "female":
        truth["facial_hair"] = "none"
    truth["hat"] = rng.choice(TOPICS["hat"][1:]) if rng.random() < 0.5 else "none"
    truth["traits"] = [round(rng.random(), 3) for _ in TRAITS]
    return truth


def draw(truth: Mapping[str, Any], size: int = SIZE) -> Image.Image:
    """Return the picture of a truth as `sample` gives it: RGB, ``size`` x ``size`` pixels."""
    look = look_of(truth)
    canvas = Canvas(size, look.background)
    for layer in LAYERS:
        layer(canvas, look)
    return canvas.finish()
