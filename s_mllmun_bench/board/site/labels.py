"""Names beside the points of a plot, where there is room for them."""

from collections.abc import Iterable, Iterator, Sequence

from s_mllmun_bench.reporting.page.markup import Markup, tag

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
_LETTER, _LINE = 6.3, 14
"""Width and height of a letter, at most."""
_LONGEST = 26
"""Letters of a name."""
_AROUND = ((11, 4), (11, -9), (11, 16), (-11, 4), (-11, -9), (-11, 16), (0, -12), (0, 21))
"""Where a name may stand from its point, the best place first."""
_REACH = 7
"""Half the width of a point."""


def labels(points: Iterable[tuple[float, float, str]], field: Box) -> Iterator[Markup]:
    """Yield the names that find room; the others are told under the pointer.

    Args:
        points: where each stands, and its name; the first one chooses first.
        field: where names may stand.
    """
    known = list(points)
    taken = [(x - _REACH, y - _REACH, x + _REACH, y + _REACH) for x, y, _ in known]
    for x, y, name in known:
        text = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\u2026"
        boxes = ((move, _box(x + move[0], y + move[1], len(text) * _LETTER, move[0])) for move in _AROUND)
        found = next(((move, box) for move, box in boxes if _is_free(box, field, taken)), None)
        if found is not None:
            (right, down), box = found
            taken.append(box)
            anchor = "label middle" if right == 0 else "label end" if right < 0 else "label"
            place = {"x": f"{x + right:.1f}", "y": f"{y + down:.1f}"}
            yield tag("text", text, class_=anchor, aria_hidden="true", **place)


def _box(x: float, y: float, width: float, right: int) -> Box:
    left = x if right > 0 else x - width if right < 0 else x - width / 2
    return left, y - _LINE + 3, left + width, y + 3


def _is_free(box: Box, field: Box, taken: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    is_inside = left >= field[0] and top >= field[1] and right <= field[2] and bottom <= field[3]
    return is_inside and not any(
        left < one[2] and right > one[0] and top < one[3] and bottom > one[1] for one in taken
    )
