"""The trade-off as SVG: to the right a row forgets more, upwards it keeps more, every row a point.

A point leads to its submission, and its note is its label for those who hear the page. A row whose figure is
missing is not drawn and named below: a point at 0 would say that it had forgotten everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from s_mllmun_bench.board.site.labels import labels
from s_mllmun_bench.board.site.marks import Shown
from s_mllmun_bench.board.standings import Row
from s_mllmun_bench.reporting.page.markup import Markup, joined, tag
from s_mllmun_bench.scoring.records import Estimate

_WIDTH, _HEIGHT = 600, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 14, 44
_BEST = 10.0
_FIELD = (_LEFT, 0, _WIDTH - 2, _HEIGHT - _BOTTOM)
"""Where names may stand: left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What one picture shows upwards."""

    title: str
    axis: str
    kept: Callable[[Row], Estimate]


PANELS = (
    Panel("Forgetting and what is remembered", "retain set's memory", lambda row: row.retain_memory),
    Panel("Forgetting and what is seen", "image understanding", lambda row: row.overall_image_understanding),
)


@dataclass(frozen=True, slots=True)
class _Point:
    """A row that is drawn; all lengths in the picture's units."""

    entry: Shown
    x: float
    y: float
    ends_x: tuple[float, float]
    ends_y: tuple[float, float]


def plots(entries: Sequence[Shown], to: Callable[[Row], str | None], lit: int | None = None) -> Markup:
    """Return the pictures side by side.

    Args:
        entries: the rows.
        to: the address of a row's page; `None` if it has none.
        lit: the number of a row to bring out.
    """
    drawn = tag("div", *(_picture(one, entries, to, lit) for one in PANELS), class_="plots")
    left_out = [
        one.row.name
        for one in entries
        if one.row.forget_memory.mean is None or any(panel.kept(one.row).mean is None for panel in PANELS)
    ]
    if not left_out:
        return drawn
    return joined(drawn, tag("p", f"Not drawn, a figure is missing: {', '.join(left_out)}.", class_="note"))


def _picture(
    panel: Panel, entries: Sequence[Shown], to: Callable[[Row], str | None], lit: int | None
) -> Markup:
    points = [found for one in entries if (found := _point(one, panel)) is not None]
    svg = tag(
        "svg",
        _frame(panel),
        _frontier([one for one in points if one.entry.row.kind == "method"]),
        *(_whiskers(one, lit) for one in points),
        *labels(((one.x, one.y, one.entry.row.name) for one in points), _FIELD),
        *(_marker(one, panel, to(one.entry.row), lit) for one in reversed(points)),
        class_="plot",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="group",
        aria_label=f"{panel.title}: a point per row",
    )
    return tag("figure", svg, tag("figcaption", panel.title))


def _point(entry: Shown, panel: Panel) -> _Point | None:
    known, kept = entry.row.forget_memory, panel.kept(entry.row)
    if known.mean is None or kept.mean is None:
        return None
    gone = Estimate(mean=_BEST - known.mean, low=_less(known.high), high=_less(known.low))
    x, left, right = _places(gone, _across)
    y, bottom, top = _places(kept, _up)
    return _Point(entry, x, y, (left, right), (bottom, top))


def _less(value: float | None) -> float | None:
    return None if value is None else _BEST - value


def _places(one: Estimate, scale: Callable[[float], float]) -> list[float]:
    mean = one.mean or 0.0
    return [scale(mean if value is None else value) for value in (mean, one.low, one.high)]


def _across(value: float) -> float:
    return round(_LEFT + value / _BEST * (_WIDTH - _LEFT - _RIGHT), 1)


def _up(value: float) -> float:
    return round(_HEIGHT - _BOTTOM - value / _BEST * (_HEIGHT - _TOP - _BOTTOM), 1)


def _frame(panel: Panel) -> Markup:
    left, right, bottom, top = _across(0), _across(_BEST), _up(0), _up(_BEST)
    middle = (bottom + top) / 2
    return tag(
        "g",
        tag("rect", class_="field", x=left, y=top, width=right - left, height=bottom - top, rx=4),
        tag(
            "rect", class_="better", x=_across(7.5), y=top, width=right - _across(7.5), height=_up(7.5) - top
        ),
        tag("text", "better", x=right - 8, y=top + 18, class_="end"),
        *(_ticks(value) for value in (0, 2, 4, 6, 8, 10)),
        tag(
            "text",
            "forgetting: 10 \u2212 Fact Score on the forget set's memory \u2192",
            x=(left + right) / 2,
            y=_HEIGHT - 8,
            class_="middle",
        ),
        tag(
            "text",
            f"Fact Score, {panel.axis} \u2192",
            x=12,
            y=middle,
            class_="middle",
            transform=f"rotate(-90 12 {middle})",
        ),
        class_="frame",
        aria_hidden="true",
    )


def _ticks(value: int) -> Markup:
    x, y = _across(value), _up(value)
    return joined(
        tag("path", d=f"M{x} {_up(0)}V{_up(_BEST)}M{_across(0)} {y}H{_across(_BEST)}", class_="grid"),
        tag("text", str(value), x=x, y=_up(0) + 17, class_="middle"),
        tag("text", str(value), x=_across(0) - 7, y=y + 4, class_="end"),
    )


def _frontier(points: Sequence[_Point]) -> Markup:
    """Return the line through the methods that no other method beats in both directions."""
    best = [
        one
        for one in points
        if not any(
            other.x >= one.x and other.y <= one.y and (other.x, other.y) != (one.x, one.y) for other in points
        )
    ]
    corners = " ".join(f"{one.x},{one.y}" for one in sorted(best, key=lambda one: (one.x, one.y)))
    return tag("polyline", points=corners, class_="frontier", aria_hidden="true")


def _whiskers(point: _Point, lit: int | None) -> Markup:
    across = f"M{point.ends_x[0]} {point.y}H{point.ends_x[1]}"
    up = f"M{point.x} {point.ends_y[0]}V{point.ends_y[1]}"
    return tag("path", d=across + up, class_=_classes(point, "whisker", lit), aria_hidden="true")


def _marker(point: _Point, panel: Panel, address: str | None, lit: int | None) -> Markup:
    drawn = (
        tag("circle", r=13, class_="reach"),
        tag("path", d=point.entry.shape, class_=f"mark {point.entry.colour}"),
    )
    fields: dict[str, str | int | None] = {
        "class_": _classes(point, "point", lit),
        "transform": f"translate({point.x} {point.y})",
        "data_noted": "",
        "data_row": point.entry.number,
        "aria_label": _note(point.entry.row, panel),
    }
    if address is None:
        return tag("g", *drawn, role="img", tabindex=0, **fields)
    return tag("a", *drawn, href=address, **fields)


def _classes(point: _Point, kind: str, lit: int | None) -> str:
    own = f"{kind} {point.entry.colour}" if kind == "whisker" else kind
    return f"{own} lit" if point.entry.number == lit else own


def _note(row: Row, panel: Panel) -> str:
    rank = f"rank {row.rank}" if row.rank is not None else "not ranked"
    return (
        f"{row.name}, {rank}: forget set's memory {_said(row.forget_memory)}, "
        f"{panel.axis} {_said(panel.kept(row))}"
    )


def _said(one: Estimate) -> str:
    if one.mean is None:
        return "missing"
    if one.low is None or one.high is None:
        return f"{one.mean:.2f}"
    return f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]"
