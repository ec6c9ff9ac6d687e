"""A small canvas: shapes in thousandths of the picture's width, drawn at twice the size, then halved.

Coordinates become whole pixels before anything is drawn, and soft edges come from one integer mask,
so that a picture depends on its numbers alone and not on the platform's floating point.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

_SUPERSAMPLING = 2


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour ``share`` (0 to 1) of the way from the first to the second."""
    part = round(share * 256)
    red, green, blue = (a + ((b - a) * part >> 8) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    """Return the colour mixed with black."""
    return mix(colour, (0, 0, 0), share)


def lighter(colour: Colour, share: float) -> Colour:
    """Return the colour mixed with white."""
    return mix(colour, (255, 255, 255), share)


def between(low: float, high: float, share: float) -> float:
    """Return the number ``share`` (0 to 1) of the way from low to high."""
    return low + (high - low) * share


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float, steps: int = 24) -> list[Point]:
    """Return points on an ellipse from one angle to another (degrees, clockwise, 0 points right)."""
    turns = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return [(x + rx * math.cos(turn), y + ry * math.sin(turn)) for turn in turns]


def curve(start: Point, bend: Point, end: Point, steps: int = 12) -> list[Point]:
    """Return points on the quadratic Bezier curve of three points."""
    points = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
        points.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return points


def scatter(count: int, x: float, y: float, rx: float, ry: float, turn: float) -> list[Point]:
    """Return points that fill an ellipse evenly, as seeds do in a sunflower.

    Args:
        count: how many.
        x: the ellipse's centre.
        y: the ellipse's centre.
        rx: its half width.
        ry: its half height.
        turn: the first point's angle as a share of a full turn.
    """
    points = []
    for index in range(count):
        reach = math.sqrt((index + 0.5) / count)
        angle = math.tau * (turn + 0.381966 * index)
        points.append((x + rx * reach * math.cos(angle), y + ry * reach * math.sin(angle)))
    return points


@lru_cache(maxsize=1)
def _soft_disc() -> Image.Image:
    """Return a mask of 64 x 64: 255 in the middle, 0 at the circle's edge, smooth between."""
    mask = Image.new("L", (64, 64))
    for row in range(64):
        for column in range(64):
            square = (2 * row - 63) ** 2 + (2 * column - 63) ** 2
            inside = max(0, 4096 - square)
            mask.putpixel((column, row), 255 * inside * inside // (4096 * 4096))
    return mask


@lru_cache(maxsize=1024)
def _glow_mask(width: int, height: int, strength: int) -> Image.Image:
    """Return the soft disc in a size, its middle at ``strength`` (0 to 255)."""
    scaled = _soft_disc().resize((width, height), Image.Resampling.BILINEAR)
    return scaled.point([value * strength // 255 for value in range(256)])


class Canvas:
    """A square picture; every length is in thousandths of its width, y grows downwards."""

    def __init__(self, size: int, colour: Colour) -> None:
        """Start a picture of ``size`` pixels, filled with a colour."""
        self._pixels = size * _SUPERSAMPLING
        self.image = Image.new("RGB", (self._pixels, self._pixels), colour)
        self._pen = ImageDraw.Draw(self.image)

    def _to_pixels(self, length: float) -> int:
        return math.floor(length * self._pixels / 1000 + 0.5)

    def _box(self, x: float, y: float, rx: float, ry: float) -> tuple[int, int, int, int]:
        left, top = self._to_pixels(x - rx), self._to_pixels(y - ry)
        return left, top, max(left, self._to_pixels(x + rx)), max(top, self._to_pixels(y + ry))

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Fill an ellipse, given its centre and half axes."""
        self._pen.ellipse(self._box(x, y, rx, ry), fill=colour)

    def ring(self, x: float, y: float, rx: float, ry: float, width: float, colour: Colour) -> None:
        """Draw an ellipse's outline, ``width`` inwards."""
        self._pen.ellipse(self._box(x, y, rx, ry), outline=colour, width=max(1, self._to_pixels(width)))

    def panel(self, x: float, y: float, rx: float, ry: float, corner: float, colour: Colour) -> None:
        """Fill a rectangle with round corners, given its centre and half sides."""
        self._pen.rounded_rectangle(self._box(x, y, rx, ry), self._to_pixels(corner), fill=colour)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        self._pen.polygon([(self._to_pixels(x), self._to_pixels(y)) for x, y in points], fill=colour)

    def stroke(self, points: Sequence[Point], start: float, end: float, colour: Colour) -> None:
        """Draw a line of two or more points whose width goes from ``start`` to ``end``, with round ends."""
        left, right = [], []
        last = len(points) - 1
        for index, (x, y) in enumerate(points):
            (x0, y0), (x1, y1) = points[max(0, index - 1)], points[min(last, index + 1)]
            half = between(start, end, index / last) / 2 / (math.hypot(x1 - x0, y1 - y0) or 1)
            left.append((x - (y1 - y0) * half, y + (x1 - x0) * half))
            right.append((x + (y1 - y0) * half, y - (x1 - x0) * half))
        self.shape(left + right[::-1], colour)
        self.oval(*points[0], start / 2, start / 2, colour)
        self.oval(*points[-1], end / 2, end / 2, colour)

    def glow(self, x: float, y: float, rx: float, ry: float, colour: Colour, strength: float = 1.0) -> None:
        """Lay a soft spot of a colour over the picture; ``strength`` (0 to 1) is that of its middle."""
        left, top, right, bottom = self._box(x, y, rx, ry)
        mask = _glow_mask(max(1, right - left), max(1, bottom - top), round(255 * strength))
        self.image.paste(colour, (left, top), mask)

    def clip_to_circle(self, radius: float, outside: Colour) -> None:
        """Fill everything outside a circle around the middle."""
        self.image.paste(outside, (0, 0), _outside_mask(self._pixels, self._to_pixels(radius)))

    def finish(self) -> Image.Image:
        """Return the picture at its final size."""
        return self.image.reduce(_SUPERSAMPLING)


@lru_cache(maxsize=16)
def _outside_mask(pixels: int, radius: int) -> Image.Image:
    mask = Image.new("L", (pixels, pixels), 255)
    low, high = pixels // 2 - radius, pixels // 2 + radius - 1
    ImageDraw.Draw(mask).ellipse((low, low, high, high), fill=0)
    return mask
