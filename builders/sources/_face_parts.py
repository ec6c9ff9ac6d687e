"""The large parts of a face, each a layer that draws itself on a canvas, and the order of all layers.

Order is depth: `LAYERS` runs from the background to the spectacles. A layer knows nothing of the others
(hair alone gives way to a hat), so that a topic changes only its own part of the picture.
"""

import math
from collections.abc import Callable

from . import _face_features as features
from ._drawing import Canvas, Point, arc, curve, darker, lighter, mix
from ._face_look import CLOTH, HAT, Look, head_outline, sides


def _below_hat(look: Look, outline: list[Point]) -> list[Point]:
    """Return an outline of hair, pressed down below the hat's brim."""
    return [(x, max(y, look.brim)) for x, y in outline]


def paint_background(canvas: Canvas, look: Look) -> None:
    """Draw a wall with a soft light behind the head."""
    x, y = look.span("light across", 150, 850), look.span("light down", 100, 650)
    canvas.glow(1000 - x, 1000 - y, 700, 700, darker(look.background, 0.3), 0.7)
    canvas.glow(x, y, 520, 520, lighter(look.background, 0.5), 0.8)


def paint_back_hair(canvas: Canvas, look: Look) -> None:
    """Draw the hair behind the head."""
    volume = look.span("hair volume", 14, 44)
    back = darker(look.hair, 0.22)
    style = look.truth["hair_style"]
    if style == "long":
        w, end = look.w + volume + 26, 780
        outline = _below_hat(look, arc(look.x, look.y - 10, w, look.h + volume, 180, 360))
        outline += curve((look.x + w, look.y), (look.x + w + 30, 600), (look.x + w - 10, end))
        outline += curve((look.x - w + 10, end), (look.x - w - 30, 600), (look.x - w, look.y))
        canvas.shape(outline, back)
    elif style == "curly":
        radius = 44 + volume
        for x, y in arc(look.x, look.y - 10, look.w + 26, look.h + 12, 142, 398, 15):
            if y - radius > look.brim - 30:
                canvas.oval(x, y, radius, radius, back)
    else:
        w = look.w + 12
        canvas.shape(_below_hat(look, arc(look.x, look.y - 10, w, look.h + volume * 0.6, 170, 370)), back)


def paint_body(canvas: Canvas, look: Look) -> None:
    """Draw neck, clothing, collar and buttons."""
    shoulders = look.span("shoulders", 330, 420)
    neck = look.w * 0.46
    shadow = darker(look.skin, 0.2)
    top = [(look.x - 110, 722), (look.x + 110, 722)]
    outline = curve((look.x - shoulders, 1000), (look.x - shoulders, 760), top[0]) + curve(
        top[1], (look.x + shoulders, 760), (look.x + shoulders, 1000)
    )
    canvas.shape(
        [(x + 14 * (1 if x > look.x else -1), y - 8) for x, y in outline], darker(look.clothing, 0.38)
    )
    canvas.shape(outline, look.clothing)
    canvas.glow(look.x - shoulders * 0.55, 850, 160, 150, lighter(look.clothing, 0.5), 0.5)
    depth = look.span("neckline", 738, 768)
    canvas.shape(
        [
            (look.x - neck, 560),
            (look.x + neck, 560),
            (look.x + neck, 722),
            (look.x, depth),
            (look.x - neck, 722),
        ],
        shadow,
    )
    _paint_buttons(canvas, look, depth)


def _paint_buttons(canvas: Canvas, look: Look, depth: float) -> None:
    edge = darker(look.clothing, 0.3)
    light = sum(CLOTH[look.truth["clothing"]]) > 390
    button = (40, 36, 60) if light else (255, 250, 226)
    canvas.stroke([(look.x - 112, 722), (look.x, depth + 10), (look.x + 112, 722)], 22, 22, edge)
    canvas.panel(look.x, 900, 36, 120, 4, mix(look.clothing, edge, 0.35))
    for number in range(look.truth["buttons"]):
        y = 794 + 58 * number
        canvas.oval(look.x, y, 22, 22, button)
        canvas.oval(look.x, y, 7, 7, mix(button, look.clothing, 0.6))


def paint_locks(canvas: Canvas, look: Look) -> None:
    """Draw the locks of long hair that fall over the shoulders."""
    if look.truth["hair_style"] != "long":
        return
    for side, cheek in sides(look):
        inner, outer = cheek - side * 30, cheek + side * look.span("hair volume", 40, 70)
        lock = curve((inner, look.y), (inner + side * 10, 640), (inner + side * 14, 800))
        lock += curve((outer - side * 20, 850), (outer + side * 26, 620), (outer, look.y))
        canvas.shape(lock, look.hair)
        middle = (inner + outer) / 2
        strand = curve((middle, look.y), (middle + side * 22, 640), (middle + side * 4, 790))
        canvas.stroke(strand, 12, 6, lighter(look.hair, 0.22))


def paint_head(canvas: Canvas, look: Look) -> None:
    """Draw ears, head and the shades of the skin."""
    shadow, size = darker(look.skin, 0.16), look.span("ears", 0.9, 1.25)
    for side, cheek in sides(look):
        canvas.oval(cheek + side * 8, look.y + 14, 30 * size, 50 * size, darker(look.skin, 0.1))
        canvas.oval(cheek + side * 10, look.y + 14, 15 * size, 30 * size, darker(look.skin, 0.24))
    canvas.shape(head_outline(look, look.w, look.h), shadow)
    canvas.shape([(x - 5, y - 8) for x, y in head_outline(look, look.w - 7, look.h - 8)], look.skin)
    canvas.glow(
        look.x - 0.2 * look.w, look.y - 0.2 * look.h, 150, 180, mix(look.skin, (255, 226, 196), 0.4), 0.6
    )
    blush = mix(look.skin, (226, 60, 70), 0.5)
    for side in (-1, 1):
        x = look.x + side * look.w * 0.56
        canvas.glow(x, look.y + 0.28 * look.h, 72, 58, blush, 0.75 if look.female else 0.4)


def paint_front_hair(canvas: Canvas, look: Look) -> None:
    """Draw the hair over the forehead; below a hat it shows as a fringe and at the temples."""
    volume, style = look.span("hair volume", 14, 44), look.truth["hair_style"]
    part = look.x + look.w * look.span("parting", -0.5, 0.5)
    line = look.y - look.h * (0.5 if look.truth["hat"] == "none" else 0.44)
    shine = lighter(look.hair, 0.24)
    if style == "curly":
        canvas.shape(
            arc(look.x, line - 30, look.w * 0.9, max(40, line - 30 - look.y + look.h), 180, 360), look.hair
        )
        curls = [
            (x, y, 42 + volume * 0.7)
            for x, y in arc(look.x, look.y - 10, look.w + 6, look.h - 4, 188, 352, 9)
        ]
        curls += [(x, y, 40) for x, y in arc(look.x, look.y, look.w * 0.86, look.y - line + 30, 208, 332, 6)]
        for x, y, radius in curls:
            if y - radius > look.brim - 40:
                canvas.oval(x, y, radius, radius, look.hair)
                canvas.ring(x - 4, y - 4, radius * 0.56, radius * 0.56, 7, shine)
        return
    outer = arc(look.x, look.y - 8, look.w + (18 if style == "long" else 10), look.h + volume, 186, 354)
    if style == "short":
        outer = _tousled(look, outer)
    low = look.y - (0.02 if style == "long" else 0.12) * look.h
    fringe = curve((look.x + look.w - 14, low), (look.x + look.w * 0.86, line - 10), (part, line - 44))
    fringe += curve((part, line - 44), (look.x - look.w * 0.86, line - 10), (look.x - look.w + 14, low))
    canvas.shape(_below_hat(look, outer) + fringe, look.hair)
    for side in (-1, 1):
        end = (look.x + side * look.w * 0.8, line - 26)
        canvas.stroke(curve((part, line - 74), (part + side * 60, line - 100), end), 6, 11, shine)


def _tousled(look: Look, outline: list[Point]) -> list[Point]:
    """Return the outline of short hair with tufts, which grow towards the parting's side."""
    tufts = []
    for index, (x, y) in enumerate(outline[3:-3]):
        out = (
            1 + (0.075 if index % 3 == 1 else 0.02) + 0.05 * math.sin(index * 0.3 + 3 * look.trait["parting"])
        )
        tufts.append((look.x + (x - look.x) * out, look.y + (y - look.y) * out))
    return outline[:3] + tufts + outline[-3:]


def paint_hat(canvas: Canvas, look: Look) -> None:
    """Draw a brimmed hat that leaves the fringe free."""
    if look.truth["hat"] == "none":
        return
    colour = HAT[look.truth["hat"]]
    brim, w = look.brim, look.w + look.span("hair volume", 14, 34)
    crown = arc(look.x, brim, w * 0.92, look.span("hair volume", 140, 185), 180, 360)
    canvas.shape(crown, colour)
    canvas.glow(look.x - w * 0.32, brim - 84, 74, 52, lighter(colour, 0.5), 0.7)
    canvas.panel(look.x, brim - 30, w * 0.92, 24, 6, darker(colour, 0.45))
    canvas.panel(look.x, brim + 4, w * 1.26, 22, 22, darker(colour, 0.12))
    canvas.stroke([(look.x - w * 1.1, brim - 6), (look.x + w * 0.6, brim - 6)], 6, 4, lighter(colour, 0.25))


def paint_earrings(canvas: Canvas, look: Look) -> None:
    """Draw golden hoops with a pearl below the ears."""
    if not look.truth["earrings"]:
        return
    for side, cheek in sides(look):
        x, y = cheek + side * 12, look.y + 92 * look.span("ears", 0.9, 1.1)
        canvas.ring(x, y, 34, 34, 19, (96, 62, 10))
        canvas.ring(x, y, 30, 30, 11, (255, 206, 60))
        canvas.oval(x, y + 40, 20, 20, (96, 72, 40))
        canvas.oval(x, y + 40, 15, 15, (255, 250, 236))


LAYERS: tuple[Callable[[Canvas, Look], None], ...] = (
    paint_background,
    paint_back_hair,
    paint_body,
    paint_locks,
    paint_head,
    features.paint_marks,
    features.paint_nose,
    features.paint_beard,
    features.paint_mouth,
    features.paint_moustache,
    features.paint_eyes,
    paint_front_hair,
    paint_earrings,
    paint_hat,
    features.paint_glasses,
)
"""From back to front."""
