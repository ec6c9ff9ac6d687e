"""How a face looks: the colours of the topics' values, the continuous traits, and the head's outline.

The topics choose from palettes; the traits only move, stretch and tint within bounds that keep every
topic's value plain to see.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._drawing import Colour, Point, arc, between, darker, lighter

SKIN: dict[str, Colour] = {
    "pale": (252, 228, 212),
    "light": (240, 196, 160),
    "tan": (206, 150, 104),
    "brown": (156, 102, 66),
    "dark": (98, 62, 44),
}
HAIR: dict[str, Colour] = {
    "black": (32, 28, 32),
    "brown": (88, 48, 26),
    "blond": (234, 192, 92),
    "red": (190, 76, 28),
    "gray": (166, 166, 172),
    "blue": (44, 128, 214),
}
CLOTH: dict[str, Colour] = {
    "red": (206, 50, 52),
    "blue": (50, 94, 200),
    "green": (54, 150, 78),
    "yellow": (244, 208, 62),
    "white": (238, 238, 236),
    "black": (44, 44, 50),
    "purple": (134, 70, 176),
    "orange": (240, 136, 42),
}
HAT: dict[str, Colour] = {"red": (212, 34, 48), "blue": (34, 62, 186), "green": (28, 136, 66)}
TRAITS = (
    "face width",
    "face height",
    "jaw",
    "place across",
    "place down",
    "eye distance",
    "eye size",
    "eye slant",
    "eye colour",
    "brow tilt",
    "brow height",
    "nose width",
    "nose length",
    "mouth width",
    "mouth height",
    "lips",
    "ears",
    "skin shade",
    "hair shade",
    "hair volume",
    "parting",
    "mole across",
    "mole down",
    "freckles",
    "background shade",
    "light across",
    "light down",
    "clothing shade",
    "shoulders",
    "neckline",
)


@dataclass(frozen=True, slots=True)
class Look:
    """Everything the layers need: the truth's topics, and the traits as lengths and colours."""

    truth: Mapping[str, Any]
    trait: Mapping[str, float]
    """Each trait in [0, 1]."""
    x: float
    """The face's centre."""
    y: float
    w: float
    """The face's half width."""
    h: float
    """The face's half height."""
    skin: Colour
    hair: Colour
    background: Colour
    clothing: Colour

    def span(self, trait: str, low: float, high: float) -> float:
        """Return a trait as a length between low and high."""
        return between(low, high, self.trait[trait])

    @property
    def female(self) -> bool:
        """Whether the face is a woman's."""
        return bool(self.truth["gender"] == "female")

    @property
    def brim(self) -> float:
        """The height of the hat's brim; the picture's top without a hat."""
        return 0 if self.truth["hat"] == "none" else self.y - 0.62 * self.h

    @property
    def eye_y(self) -> float:
        """The height of the eyes."""
        return self.y - 0.06 * self.h

    @property
    def eye_x(self) -> float:
        """Half the distance of the eyes."""
        return self.w * self.span("eye distance", 0.36, 0.54)

    @property
    def mouth_y(self) -> float:
        """The height of the mouth."""
        return self.y + self.h * self.span("mouth height", 0.5, 0.62)


def look_of(truth: Mapping[str, Any]) -> Look:
    """Return the look of a truth."""
    trait = dict(zip(TRAITS, truth["traits"], strict=True))

    def shade(colour: Colour, name: str, reach: float) -> Colour:
        part = (trait[name] - 0.5) * 2 * reach
        return lighter(colour, part) if part > 0 else darker(colour, -part)

    return Look(
        truth=truth,
        trait=trait,
        x=between(455, 545, trait["place across"]),
        y=between(392, 434, trait["place down"]),
        w=between(182, 240, trait["face width"]) + (8 if truth["gender"] == "male" else 0),
        h=between(222, 270, trait["face height"]),
        skin=shade(SKIN[truth["skin_tone"]], "skin shade", 0.07),
        hair=shade(HAIR[truth["hair_color"]], "hair shade", 0.14),
        background=shade(CLOTH[truth["background"]], "background shade", 0.16),
        clothing=shade(CLOTH[truth["clothing"]], "clothing shade", 0.12),
    )


def sides(look: Look) -> tuple[tuple[int, float], ...]:
    """Return the face's left and right: the sign and the x of the cheek."""
    return (-1, look.x - look.w), (1, look.x + look.w)


def head_outline(look: Look, w: float, h: float) -> list[Point]:
    """Return the outline of the head: half an ellipse above, a jaw from pointed to square below."""
    power = look.span("jaw", 1.75, 2.6) + (0 if look.female else 0.6)
    lower = []
    for step in range(25):
        across = math.cos(math.pi * step / 24)
        down = (1 - abs(across) ** power) ** (1 / 2)
        lower.append((look.x + w * across, look.y + h * down))
    return arc(look.x, look.y, w, h, 180, 360) + lower
