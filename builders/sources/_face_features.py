"""The features of a face, each a layer that draws itself on a canvas: nose, mouth, eyes, beard, glasses.

They are large for the face, as in a cartoon, because a picture of 112 pixels must show them.
"""

from ._drawing import Canvas, Colour, arc, curve, darker, lighter, mix, scatter
from ._face_look import Look, head_outline, sides

_IRIS: tuple[Colour, ...] = ((70, 42, 24), (132, 84, 36), (74, 132, 70), (64, 120, 196), (128, 150, 166))
_DARK: Colour = (34, 28, 32)
_WHITE: Colour = (252, 252, 250)


def paint_marks(canvas: Canvas, look: Look) -> None:
    """Draw freckles and a mole."""
    colour = mix(look.skin, (110, 48, 20), 0.5)
    count = round(look.span("freckles", -7, 9))
    for side in (-1, 1):
        x, y = look.x + side * look.w * 0.5, look.y + 0.2 * look.h
        for px, py in scatter(max(0, count), x, y, 56, 34, look.trait["freckles"]):
            canvas.oval(px, py, 5, 5, colour)
    x = look.x + look.w * look.span("mole across", -0.7, 0.7)
    canvas.oval(x, look.y + look.h * look.span("mole down", 0.1, 0.6), 9, 9, (58, 30, 22))


def paint_nose(canvas: Canvas, look: Look) -> None:
    """Draw the nose: a ridge of light and a soft base."""
    wide, tip = look.span("nose width", 20, 40), look.y + look.h * look.span("nose length", 0.16, 0.32)
    canvas.shape(
        curve((look.x - wide, tip - 4), (look.x, tip + 40), (look.x + wide, tip - 4)), darker(look.skin, 0.3)
    )
    canvas.oval(look.x, tip - 8, wide * 0.85, 20, mix(look.skin, darker(look.skin, 0.3), 0.25))
    canvas.stroke([(look.x - 2, look.eye_y + 10), (look.x - 3, tip - 14)], 10, 20, lighter(look.skin, 0.25))


def paint_beard(canvas: Canvas, look: Look) -> None:
    """Draw a beard around the jaw."""
    if look.truth["facial_hair"] != "beard":
        return
    jaw = [(x, y) for x, y in head_outline(look, look.w + 6, look.h + 22) if y > look.y + 0.06 * look.h]
    (right, top), (left, _) = jaw[0], jaw[-1]
    hollow = curve((left + 30, top), (left + 60, look.mouth_y - 40), (look.x - 40, look.mouth_y - 62), 8)
    hollow += curve((look.x + 40, look.mouth_y - 62), (right - 60, look.mouth_y - 40), (right - 30, top), 8)
    colour = darker(look.hair, 0.12)
    canvas.shape(jaw + hollow, colour)
    for x, y in jaw[3:-3:3]:
        root, tip = ((look.x + (x - look.x) * part, look.y + (y - look.y) * part) for part in (0.86, 0.94))
        canvas.stroke([root, tip], 9, 4, lighter(colour, 0.28))
    canvas.stroke(hollow, 8, 8, darker(colour, 0.4))


def paint_mouth(canvas: Canvas, look: Look) -> None:
    """Draw the mouth: teeth show in a smile, and women have painted lips."""
    wide, y = look.w * look.span("mouth width", 0.36, 0.52), look.mouth_y
    lip = (196, 40, 76) if look.female else mix(look.skin, (120, 40, 40), 0.45)
    full = look.span("lips", 10, 20) + (10 if look.female else 0)
    left, right = (look.x - wide, y), (look.x + wide, y)
    if look.truth["smile"]:
        left, right = (left[0], y - 16), (right[0], y - 16)
        canvas.shape(curve(left, (look.x, y - 8), right) + curve(right, (look.x, y + 96 + full), left), lip)
        inner = wide - 18
        a, b = (look.x - inner, y - 4), (look.x + inner, y - 4)
        canvas.shape(curve(a, (look.x, y + 4), b) + curve(b, (look.x, y + 72), a), _WHITE)
        for side, end in ((-1, left), (1, right)):
            canvas.stroke([end, (end[0] + side * 12, end[1] - 14)], 9, 5, darker(look.skin, 0.4))
        return
    upper = curve(left, (look.x - wide * 0.4, y - full * 1.7), (look.x, y - full * 0.5))
    upper += curve((look.x, y - full * 0.5), (look.x + wide * 0.4, y - full * 1.7), right)
    canvas.shape(upper + curve(right, (look.x, y + full * 2.2), left), lip)
    canvas.stroke([left, (look.x, y + 2), right], 7, 7, darker(lip, 0.5))


def paint_moustache(canvas: Canvas, look: Look) -> None:
    """Draw a moustache."""
    if look.truth["facial_hair"] != "moustache":
        return
    y, colour = look.mouth_y - 26, darker(look.hair, 0.14)
    for side in (-1, 1):
        tip = (look.x + side * look.w * 0.56, y + 16)
        wing = curve((look.x, y - 26), (look.x + side * 70, y - 34), tip)
        wing += curve(tip, (look.x + side * 60, y + 40), (look.x, y + 14))
        canvas.shape(wing, colour)
        canvas.stroke([(look.x + side * 16, y - 6), (look.x + side * 64, y - 2)], 7, 4, lighter(colour, 0.25))


def paint_eyes(canvas: Canvas, look: Look) -> None:
    """Draw eyes and brows."""
    size, slant = look.span("eye size", 34, 52), look.span("eye slant", -9, 9)
    place = look.trait["eye colour"] * (len(_IRIS) - 1)
    low = min(int(place), len(_IRIS) - 2)
    iris = mix(_IRIS[low], _IRIS[low + 1], place - low)
    for side in (-1, 1):
        x, y = look.x + side * look.eye_x, look.eye_y
        inner, outer = (x - side * size * 1.2, y + slant), (x + side * size * 1.2, y - slant)
        lid = curve(inner, (x, y - size * 1.75), outer, 10)
        canvas.shape(lid + curve(outer, (x, y + size * 1.5), inner, 10), _WHITE)
        canvas.oval(x, y - 2, size * 0.66, size * 0.7, darker(iris, 0.3))
        canvas.oval(x, y - 2, size * 0.54, size * 0.58, iris)
        canvas.oval(x, y - 2, size * 0.3, size * 0.32, (12, 10, 14))
        canvas.oval(x - 9, y - 12, 8, 8, _WHITE)
        canvas.stroke(lid, 8, 12 if look.female else 8, _DARK if look.female else darker(look.skin, 0.62))
        if look.female:
            for reach, rise in ((30, 8), (24, 24), (10, 34)):
                root = (x + side * size * (0.5 + reach / 50), y - slant - rise * 0.55)
                canvas.stroke([root, (root[0] + side * reach * 0.8, root[1] - rise * 0.7)], 9, 5, _DARK)
        _paint_brow(canvas, look, side, x, y - size)


def _paint_brow(canvas: Canvas, look: Look, side: int, x: float, y: float) -> None:
    y -= look.span("brow height", 22, 48)
    tilt, thick = look.span("brow tilt", -16, 16), (15 if look.female else 27)
    brow = curve((x - side * 50, y + tilt), (x + side * 10, y - 30 - tilt), (x + side * 62, y + 8 - tilt))
    canvas.stroke(brow, thick, thick * 0.45, darker(mix(look.hair, (60, 40, 30), 0.3), 0.25))


def paint_glasses(canvas: Canvas, look: Look) -> None:
    """Draw spectacles, dark on light skin and golden on dark skin."""
    if not look.truth["glasses"]:
        return
    frame = (236, 204, 120) if look.truth["skin_tone"] in ("brown", "dark") else (30, 30, 44)
    y, reach = look.eye_y, min(78, look.eye_x - 6)
    for side, cheek in sides(look):
        x = look.x + side * look.eye_x
        canvas.glow(x - 14, y - 20, 50, 44, _WHITE, 0.4)
        canvas.ring(x, y, reach, 70, 17, frame)
        canvas.stroke([(x + side * (reach - 4), y - 8), (cheek + side * 6, y - 16)], 15, 12, frame)
    canvas.stroke(arc(look.x, y - 4, look.eye_x - reach + 12, 14, 180, 360, 8), 14, 14, frame)
