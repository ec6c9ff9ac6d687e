"""The parts that every fundus has: ground, vessels, optic disc and the camera's frame.

They stay thin and soft beside the findings, which have to catch the eye.
"""

from ._drawing import Canvas, Point, curve, darker, lighter, scatter
from ._fundus_look import Eye, wavy


def paint_ground(canvas: Canvas, eye: Eye) -> None:
    """Draw the retina: light in the middle, dark at the rim, mottled, with the macula."""
    ground, edge = eye.palette["ground"], eye.palette["edge"]
    canvas.oval(500, 500, 500, 500, edge)
    shade = eye.span("ground", -0.2, 0.2)
    tone = lighter(ground, shade) if shade > 0 else darker(ground, -shade)
    canvas.glow(500, 500, 720, 720, tone)
    canvas.glow(
        eye.span("light across", 340, 640),
        eye.span("light down", 340, 640),
        420,
        420,
        eye.palette["light"],
        0.7,
    )
    for number, (x, y) in enumerate(scatter(14, 500, 500, 440, 440, eye.trait["mottling"])):
        canvas.glow(x, y, 90, 90, eye.palette["light"] if number % 2 else edge, 0.22)
    x, y = eye.macula
    size = eye.span("macula", 105, 135)
    canvas.glow(x, y, size, size, eye.palette["macula"], 0.85)
    canvas.oval(x - 2, y - 2, 9, 9, eye.palette["light"])


def paint_vessels(canvas: Canvas, eye: Eye) -> None:
    """Draw the arcades above and below the macula, and the nasal vessels."""
    x, y = eye.disc
    width = eye.span("vessel width", 15, 21)
    for side, arcade in ((-1, "upper arcade"), (1, "lower arcade")):
        high = eye.span(arcade, 300, 390)
        for colour, gap, thick in (("vein", 0, 1.0), ("artery", 46, 0.7)):
            tip = (90 + gap, y + side * (high * 0.55 - gap))
            bow = curve((x, y), (x - 60 - gap, y + side * (high * 1.35 - gap)), tip, 20)
            bow = wavy(eye, bow, 16, 3)
            canvas.stroke(bow, width * thick, width * 0.4 * thick, eye.palette[colour])
            _paint_branches(canvas, eye, bow, side, width * 0.6 * thick, colour)
            end = (x + 280 - gap, y + side * (high * 0.75 - gap))
            nasal = wavy(eye, curve((x, y), (x + 90, y + side * (130 - gap)), end, 14), 12, 2)
            canvas.stroke(nasal, width * 0.8 * thick, width * 0.35 * thick, eye.palette[colour])


def _paint_branches(canvas: Canvas, eye: Eye, bow: list[Point], side: int, width: float, colour: str) -> None:
    for index in (6, 10, 14):
        x, y = bow[index]
        reach = eye.span("branches", 90, 170)
        outwards = curve((x, y), (x - reach * 0.3, y + side * reach), (x - reach, y + side * reach * 1.2), 6)
        canvas.stroke(outwards, width, width * 0.4, eye.palette[colour])
        inwards = curve((x, y), (x - 40, y - side * 50), (x - 50, y - side * reach * 0.9), 6)
        canvas.stroke(inwards, width * 0.7, width * 0.3, eye.palette[colour])


def paint_disc(canvas: Canvas, eye: Eye) -> None:
    """Draw a healthy optic disc with its cup and the vessels' trunk."""
    (x, y), radius = eye.disc, eye.radius
    share = eye.span("cup", 0.26, 0.36)
    canvas.glow(x, y, radius * 1.6, radius * 1.7, eye.palette["disc"], 0.6)
    canvas.oval(x, y, radius, radius * 1.08, darker(eye.palette["disc"], 0.12))
    canvas.oval(x - 3, y - 2, radius * 0.93, radius, eye.palette["disc"])
    canvas.oval(x - 4, y, radius * share, radius * share * 1.08, eye.palette["cup"])
    for side in (-1, 1):
        trunk = curve((x + 4, y), (x + 10, y + side * 40), (x - 6, y + side * radius * 1.1), 5)
        canvas.stroke(trunk, 12, 18, eye.palette["vein"])


def paint_frame(canvas: Canvas, eye: Eye) -> None:
    """Draw the black surround of the camera's field."""
    canvas.clip_to_circle(482, eye.palette["outside"])
