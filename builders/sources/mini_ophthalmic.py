"""Procedural ophthalmic images: a right eye's fundus, drawn from a truth of four topics.

It is always a right eye: the optic disc lies right of the macula, so right is nasal and left is
temporal, and the place of a finding can be told from the picture alone.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from s_mllmun_bench.contracts import SourceImage

from . import _fundus_parts as parts
from ._drawing import Canvas
from ._fundus_findings import FINDINGS
from ._fundus_look import PALETTES, PLACES, TRAITS, eye_of

SIZE = 112
"""Width and height in pixels where the settings hold no ``size``."""

TOPICS: dict[str, tuple[str, ...]] = {
    "modality": tuple(PALETTES),
    "finding": ("normal fundus", *FINDINGS),
    "severity": ("mild", "severe"),
    "place": tuple(PLACES),
}
"""The values of every topic; ``severity`` and ``place`` are ``none`` where they do not apply."""

FIXED_PLACE = ("normal fundus", "glaucomatous cupping", "optic disc edema", "macular hole")
"""Findings whose ``place`` is ``none``."""


def images(count: int, rng: random.Random, settings: Mapping[str, Any]) -> Iterator[SourceImage]:
    """Yield ``count`` distinct images, one at a time; the same ``rng`` state gives the same images.

    Args:
        count: how many; nothing is drawn before it is asked for.
        rng: gives each image a seed of its own, which its ``source`` names.
        settings: may hold ``size``, the width and height in pixels.
    """
    size = int(settings.get("size", SIZE))
    for _ in range(count):
        seed = rng.getrandbits(53)
        truth = sample(random.Random(seed))
        yield SourceImage(draw(truth, size), truth, f"procedural mini fundus, seed {seed}", "CC0-1.0")


def sample(rng: random.Random) -> dict[str, Any]:
    """Return the truth of one image: a value for every topic, and ``traits`` in [0, 1].

    ``traits`` are in the order of ``_fundus_look.TRAITS``.
    """
    truth: dict[str, Any] = {topic: rng.choice(values) for topic, values in TOPICS.items()}
    if truth["finding"] == "normal fundus":
        truth["severity"] = "none"
    if truth["finding"] in FIXED_PLACE:
        truth["place"] = "none"
    truth["traits"] = [round(rng.random(), 3) for _ in TRAITS]
    return truth


def draw(truth: Mapping[str, Any], size: int = SIZE) -> Image.Image:
    """Return the picture of a truth as `sample` gives it: RGB, ``size`` x ``size`` pixels."""
    eye = eye_of(truth)
    canvas = Canvas(size, eye.palette["ground"])
    parts.paint_ground(canvas, eye)
    parts.paint_vessels(canvas, eye)
    parts.paint_disc(canvas, eye)
    if truth["finding"] != "normal fundus":
        FINDINGS[truth["finding"]](canvas, eye)
    parts.paint_frame(canvas, eye)
    return canvas.finish()
