"""The findings of a fundus, one painter for each.

A finding is large and has a shape, not only a colour, of its own, because the three modalities change
the colours; severe is several times the amount or the area of mild.
"""

import math
from collections.abc import Callable

from ._drawing import Canvas, Point, curve, lighter, mix, scatter
from ._fundus_look import Eye, wavy


def _paint_drusen(canvas: Canvas, eye: Eye) -> None:
    size = eye.grade(24, 33)
    for number, (x, y) in enumerate(eye.lesions(6, 19, 205)):
        radius = size * (0.8 + 0.2 * (number % 3))
        canvas.oval(x, y, radius, radius, mix(eye.palette["deposit"], eye.palette["ground"], 0.45))
        canvas.oval(x, y, radius * 0.74, radius * 0.74, eye.palette["deposit"])


def _paint_hemorrhages(canvas: Canvas, eye: Eye) -> None:
    size = eye.grade(44, 58)
    for number, (x, y) in enumerate(eye.lesions(3, 10, 200)):
        radius = size * (0.85 + 0.2 * (number % 3))
        canvas.oval(x, y, radius, radius * 0.82, eye.palette["blood"])
        for dx, dy in scatter(4, 0, 0, radius, radius * 0.8, eye.trait["turn"] + 0.3 * number):
            canvas.oval(x + dx, y + dy, radius * 0.42, radius * 0.4, eye.palette["blood"])


def _paint_cotton_wool(canvas: Canvas, eye: Eye) -> None:
    size = eye.grade(84, 92)
    for x, y in eye.lesions(2, 7, 205):
        for dx, dy in scatter(4, 0, 0, size * 0.5, size * 0.36, eye.trait["turn"]):
            canvas.glow(x + dx, y + dy, size, size * 0.8, eye.palette["cotton"], 0.72)


def _paint_cupping(canvas: Canvas, eye: Eye) -> None:
    (x, y), radius = eye.disc, eye.grade(120, 170)
    canvas.oval(x, y, radius * 1.14, radius * 1.2, eye.palette["disc"])
    canvas.oval(x, y, radius, radius * 1.06, eye.palette["fold"])
    cup = radius * (0.86 if eye.severe else 0.7)
    canvas.oval(x - 6, y, cup, cup * 1.08, eye.palette["cup"])
    for dx, dy in scatter(7, x - 6, y, cup * 0.6, cup * 0.6, eye.trait["turn"]):
        canvas.oval(dx, dy, 11, 11, eye.palette["fold"])
    for side in (-1, 1):
        bend = curve(
            (x + cup * 0.5, y + side * 20),
            (x + cup * 0.8, y + side * cup * 0.7),
            (x, y + side * radius * 1.2),
        )
        canvas.stroke(bend, 14, 18, eye.palette["vein"])


def _paint_edema(canvas: Canvas, eye: Eye) -> None:
    (x, y), reach = eye.disc, eye.grade(210, 330)
    for _ in range(2):
        canvas.glow(x, y, reach, reach, eye.palette["disc"], 0.9)
    rays = 24
    for number in range(rays):
        turn = math.tau * (number + eye.trait["turn"]) / rays
        far = reach * (0.62 + 0.12 * (number % 2))
        ends = [(x + math.cos(turn) * part, y + math.sin(turn) * part) for part in (reach * 0.22, far)]
        bleeds = eye.severe and number % 4 == 0
        colour = eye.palette["blood"] if bleeds else mix(eye.palette["cup"], eye.palette["disc"], 0.5)
        canvas.stroke(ends, 10 if bleeds else 7, 20 if bleeds else 3, colour)


def _paint_nevus(canvas: Canvas, eye: Eye) -> None:
    (x, y), size = eye.place, eye.grade(92, 172)
    canvas.glow(x, y, size * 1.5, size * 1.4, eye.palette["nevus"], 0.8)
    canvas.oval(x, y, size, size * 0.9, eye.palette["nevus"])
    for px, py in scatter(3 if not eye.severe else 8, x, y, size * 0.62, size * 0.55, eye.trait["turn"]):
        canvas.oval(px, py, 13, 13, eye.palette["deposit"])


def _paint_melanoma(canvas: Canvas, eye: Eye) -> None:
    (x, y), size = eye.place, eye.grade(118, 200)
    tumour = eye.palette["tumour"]
    for dx, dy in scatter(9, 0, 0, size * 0.8, size * 0.74, eye.trait["turn"]):
        canvas.oval(x + dx, y + dy, size * 0.48, size * 0.46, eye.palette["lump"])
    for dx, dy in scatter(9, 0, 0, size * 0.8, size * 0.74, eye.trait["turn"]):
        canvas.oval(x + dx, y + dy, size * 0.4, size * 0.38, tumour)
    canvas.oval(x - size * 0.08, y - size * 0.1, size * 0.78, size * 0.74, lighter(tumour, 0.12))
    canvas.glow(x - size * 0.3, y - size * 0.34, size * 0.56, size * 0.5, lighter(tumour, 0.6), 0.7)
    for px, py in scatter(4, x + size * 0.1, y + size * 0.2, size * 0.62, size * 0.5, eye.trait["turn"]):
        canvas.oval(px, py, size * 0.15, size * 0.12, eye.palette["lump"])


def _paint_laser_scars(canvas: Canvas, eye: Eye) -> None:
    (x, y), size, gap = eye.place, eye.grade(30, 35), 90
    columns, rows = (4, 4) if eye.severe else (3, 2)
    lean = eye.span("turn", -0.12, 0.12)
    for column in range(columns):
        for row in range(rows):
            across, down = (column - (columns - 1) / 2) * gap, (row - (rows - 1) / 2) * gap
            spot = (x + across - down * lean, y + down + across * lean)
            canvas.oval(*spot, size, size, eye.palette["scar"])
            canvas.oval(*spot, size * 0.56, size * 0.56, eye.palette["pigment"])


def _paint_macular_hole(canvas: Canvas, eye: Eye) -> None:
    (x, y), size = eye.macula, eye.grade(56, 112)
    canvas.glow(x, y, size * 2.2, size * 2.2, eye.palette["sheet"], 0.8)
    canvas.oval(x, y, size * 1.34, size * 1.34, mix(eye.palette["cup"], eye.palette["ground"], 0.3))
    canvas.oval(x, y, size, size, eye.palette["blood"])
    canvas.oval(x - 4, y - 4, size * 0.86, size * 0.86, mix(eye.palette["blood"], eye.palette["macula"], 0.7))


def _paint_detachment(canvas: Canvas, eye: Eye) -> None:
    (px, py), depth = eye.place, eye.grade(235, 390)
    dx, dy = _direction(px - 500, py - 500)
    front = 490 - depth

    def at(out: float, across: float) -> Point:
        return 500 + dx * out - dy * across, 500 + dy * out + dx * across

    def wave(out: float, reach: float, height: float) -> list[Point]:
        turns = eye.trait["turn"]
        steps = (step / 24 for step in range(25))
        return [at(out + height * math.sin(math.tau * (3 * s + turns)), reach * (2 * s - 1)) for s in steps]

    canvas.shape([*wave(front - 14, 500, 22), at(600, 500), at(600, -500)], eye.palette["fold"])
    canvas.shape([*wave(front, 500, 22), at(600, 500), at(600, -500)], eye.palette["sheet"])
    for number in range(1, 5):
        out = front + 72 * number
        canvas.stroke(wave(out, 420, 20), 16, 16, mix(eye.palette["fold"], eye.palette["sheet"], 0.35))
        canvas.stroke(wave(out - 20, 420, 20), 12, 12, lighter(eye.palette["sheet"], 0.6))


def _direction(across: float, down: float) -> Point:
    """Return the unit vector nearest to a direction, along one axis."""
    if abs(across) > abs(down):
        return (1 if across > 0 else -1), 0
    return 0, (1 if down > 0 else -1)


def _paint_vein_occlusion(canvas: Canvas, eye: Eye) -> None:
    (px, py), (x, y) = eye.place, eye.disc
    length = math.hypot(px - x, py - y) or 1
    ux, uy = (px - x) / length, (py - y) / length
    for number, (fx, fy) in enumerate(eye.lesions(7, 24, 215)):
        long = eye.grade(50, 62) * (0.85 + 0.15 * (number % 3))
        ends = [(fx - ux * long, fy - uy * long), (fx + ux * long, fy + uy * long)]
        sides = [(fx - uy * 15, fy + ux * 15), (fx + uy * 15, fy - ux * 15)]
        canvas.shape([ends[0], sides[0], ends[1], sides[1]], eye.palette["blood"])
    far = (x + ux * (length + 200), y + uy * (length + 200))
    path = curve((x, y), ((x + far[0]) / 2 + uy * 60, (y + far[1]) / 2 - ux * 60), far, 30)
    vein = wavy(eye, path, 34 if eye.severe else 24, 5)
    canvas.stroke(vein, eye.grade(24, 32), eye.grade(20, 26), eye.palette["vein"])


FINDINGS: dict[str, Callable[[Canvas, Eye], None]] = {
    "drusen": _paint_drusen,
    "retinal hemorrhages": _paint_hemorrhages,
    "cotton wool spots": _paint_cotton_wool,
    "glaucomatous cupping": _paint_cupping,
    "optic disc edema": _paint_edema,
    "choroidal nevus": _paint_nevus,
    "choroidal melanoma": _paint_melanoma,
    "laser scars": _paint_laser_scars,
    "macular hole": _paint_macular_hole,
    "retinal detachment": _paint_detachment,
    "vein occlusion": _paint_vein_occlusion,
}
"""How each finding is drawn."""
