"""How a fundus looks: the colours of each modality, the continuous traits, and where things lie.

Every painter asks a palette for a role ("vein", "blood") and never names a colour, so that the three
modalities share one drawing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._drawing import Colour, Point, between, scatter

PALETTES: dict[str, dict[str, Colour]] = {
    "color fundus photograph": {
        "ground": (214, 98, 44), "edge": (126, 40, 18), "light": (246, 150, 84), "macula": (128, 40, 22),
        "artery": (186, 36, 28), "vein": (124, 14, 24), "disc": (255, 206, 130), "cup": (255, 246, 214),
        "blood": (96, 4, 14), "deposit": (255, 232, 96), "cotton": (255, 250, 240), "nevus": (88, 74, 82),
        "tumour": (56, 32, 24), "lump": (250, 140, 30), "scar": (250, 238, 190), "pigment": (34, 20, 20),
        "sheet": (206, 200, 190), "fold": (120, 106, 110), "outside": (8, 6, 8),
    },
    "red-free photograph": {
        "ground": (112, 138, 120), "edge": (54, 72, 62), "light": (160, 186, 166), "macula": (50, 66, 58),
        "artery": (66, 84, 74), "vein": (32, 46, 40), "disc": (204, 226, 208), "cup": (242, 254, 244),
        "blood": (10, 18, 14), "deposit": (226, 246, 214), "cotton": (248, 255, 250), "nevus": (58, 68, 74),
        "tumour": (24, 34, 30), "lump": (150, 176, 156), "scar": (220, 238, 224), "pigment": (10, 16, 12),
        "sheet": (184, 204, 190), "fold": (84, 104, 92), "outside": (4, 8, 6),
    },
    "fluorescein angiogram": {
        "ground": (82, 82, 86), "edge": (34, 34, 38), "light": (122, 122, 126), "macula": (26, 26, 30),
        "artery": (218, 218, 222), "vein": (246, 246, 250), "disc": (170, 170, 174), "cup": (232, 232, 236),
        "blood": (4, 4, 8), "deposit": (232, 232, 226), "cotton": (255, 255, 255), "nevus": (20, 20, 28),
        "tumour": (14, 14, 18), "lump": (176, 176, 180), "scar": (226, 226, 230), "pigment": (6, 6, 10),
        "sheet": (168, 168, 174), "fold": (56, 56, 62), "outside": (2, 2, 4),
    },
}  # fmt: skip
PLACES: dict[str, Point] = {
    "superior": (490, 205),
    "inferior": (490, 795),
    "nasal": (812, 500),
    "temporal": (186, 500),
}
"""The middle of each place; y grows downwards, and a right eye's nasal side is right."""
TRAITS = (
    "ground",
    "light across",
    "light down",
    "disc across",
    "disc down",
    "disc size",
    "cup",
    "macula",
    "upper arcade",
    "lower arcade",
    "waves",
    "vessel width",
    "branches",
    "turn",
    "spread",
    "lesion size",
    "lesion across",
    "lesion down",
    "mottling",
)


@dataclass(frozen=True, slots=True)
class Eye:
    """What the painters need: the traits, the colours, and where things lie."""

    trait: Mapping[str, float]
    """Each trait in [0, 1]."""
    palette: Mapping[str, Colour]
    severe: bool
    disc: Point
    radius: float
    """The optic disc's."""
    macula: Point
    place: Point
    """The middle of the finding; the picture's middle where the finding has no place."""

    def span(self, trait: str, low: float, high: float) -> float:
        """Return a trait as a length between low and high."""
        return between(low, high, self.trait[trait])

    def grade(self, mild: float, severe: float) -> float:
        """Return one of two lengths by severity, up to 8 % larger or smaller by trait."""
        return (severe if self.severe else mild) * self.span("lesion size", 0.92, 1.08)

    def lesions(self, mild: int, severe: int, reach: float) -> list[Point]:
        """Return points around the place, as many as the severity asks."""
        count, reach = (severe, reach) if self.severe else (mild, reach * 0.68)
        reach *= self.span("spread", 0.9, 1.1)
        return scatter(count, *self.place, reach, reach, self.trait["turn"])


def eye_of(truth: Mapping[str, Any]) -> Eye:
    """Return the eye of a truth."""
    trait = dict(zip(TRAITS, truth["traits"], strict=True))
    disc = (between(622, 658, trait["disc across"]), between(470, 520, trait["disc down"]))
    x, y = PLACES.get(truth["place"], (500, 500))
    return Eye(
        trait=trait,
        palette=PALETTES[truth["modality"]],
        severe=truth["severity"] == "severe",
        disc=disc,
        radius=between(70, 84, trait["disc size"]),
        macula=(disc[0] - 262, disc[1] + 26),
        place=(x + between(-24, 24, trait["lesion across"]), y + between(-24, 24, trait["lesion down"])),
    )


def wavy(eye: Eye, points: list[Point], height: float, waves: float) -> list[Point]:
    """Return a line with waves across its direction, which grow from nothing at its start."""
    wavy = []
    last = len(points) - 1
    for index, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[max(0, index - 1)], points[min(last, index + 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1
        share = index / last
        swing = height * share * math.sin(math.tau * (waves * share + eye.trait["waves"])) / length
        wavy.append((x - (y1 - y0) * swing, y + (x1 - x0) * swing))
    return wavy
