"""Whether figures that were written down are those that the answers and verdicts give.

Another machine may add in another order, so numbers that differ by less than a billionth are the same.
"""

import math
from collections.abc import Iterator
from typing import Any

from s_mllmun_bench.records import Record
from s_mllmun_bench.scoring.records import Scores

_TOLERANCE = 1e-9
_NAMES = ("set", "task", "attribute", "image", "answer_class", "metric")
"""Fields that say which figure of several one is."""


def first_difference(written: Scores, computed: Scores) -> str | None:
    """Return where figures first differ from those computed again; `None` where they do not.

    Returns:
        Such as ``figures: forget text_memory fact: mean is 1.5, not 4.25``.
    """
    return next(_differences((), written, computed), None)


def _differences(path: tuple[str, ...], written: Any, computed: Any) -> Iterator[str]:
    if isinstance(written, Record) and type(written) is type(computed):
        for name in type(written).model_fields:
            yield from _differences((*path, name), getattr(written, name), getattr(computed, name))
    elif isinstance(written, tuple) and isinstance(computed, tuple) and len(written) == len(computed):
        for one, other in zip(written, computed, strict=True):
            yield from _differences((*path, _name(other)), one, other)
    elif isinstance(written, tuple) and isinstance(computed, tuple):
        yield f"{': '.join(path)} are {len(written)}, not {len(computed)}"
    elif not _same(written, computed):
        yield f"{': '.join(path)} is {written}, not {computed}"


def _name(figure: Record) -> str:
    """Return which figure it is, such as ``forget text_memory fact``."""
    found = (getattr(figure, name, None) for name in _NAMES)
    return " ".join(str(one) for one in found if one is not None)


def _same(written: Any, computed: Any) -> bool:
    if isinstance(written, float) and isinstance(computed, float):
        return math.isclose(written, computed, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(written == computed)
