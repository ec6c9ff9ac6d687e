"""The figures made of several, by the formulas of the paper's second version.

One of its parts missing, and such a figure is missing. Its interval comes from the same draws of people
as its parts, so it needs no assumption on how they hang together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np

from s_mllmun_bench.records import SetName, Task
from s_mllmun_bench.scoring.intervals import Drawn, combine
from s_mllmun_bench.scoring.records import Figure
from s_mllmun_bench.scoring.scored import Key, Measured

OverallName = Literal["overall_memory", "overall_image_understanding", "forget_memory", "retain_memory"]
OVERALL: tuple[OverallName, ...] = get_args(OverallName)

_Part = tuple[float, SetName, Task]
_MEMORIES: tuple[Task, ...] = ("image_memory", "text_memory")


def _memory(set_name: SetName, sign: float = 1.0) -> list[_Part]:
    return [(0.5 * sign, set_name, task) for task in _MEMORIES]


_PARTS: dict[OverallName, list[_Part]] = {
    "overall_memory": [*_memory("retain"), *_memory("forget", -1.0)],
    "overall_image_understanding": [(0.5, name, "image_understanding") for name in ("forget", "retain")],
    "forget_memory": _memory("forget"),
    "retain_memory": _memory("retain"),
}
"""Of which Fact Scores each is the weighted sum."""


def overall(measured: Mapping[Key, Measured], draws: int) -> dict[OverallName, Drawn]:
    """Return the overall figures.

    Args:
        measured: the means there are, with their draws.
        draws: how many draws they have.
    """
    nothing = Measured(Drawn(None, np.full(draws, np.nan), 0), 0, 0)

    def total(parts: Sequence[_Part]) -> Drawn:
        return combine(
            [(weight, measured.get((name, task, "fact"), nothing).drawn) for weight, name, task in parts]
        )

    return {name: total(_PARTS[name]) for name in OVERALL}


def bounds(figures: Iterable[Figure]) -> dict[OverallName, tuple[float | None, float | None]]:
    """Return the least and the most that each overall figure could be, were the missing answers scored.

    Args:
        figures: each metric on each task of each set that was asked about.
    """
    facts = {(one.set, one.task): one for one in figures if one.metric == "fact"}

    def ends(parts: Sequence[_Part]) -> tuple[float | None, float | None]:
        found = [(weight, facts.get((name, task))) for weight, name, task in parts]
        known = [(w, f.least, f.most) for w, f in found if f and f.least is not None and f.most is not None]
        if len(known) < len(parts):
            return None, None
        weighted = [sorted((weight * least, weight * most)) for weight, least, most in known]
        return sum(low for low, _ in weighted), sum(high for _, high in weighted)

    return {name: ends(_PARTS[name]) for name in OVERALL}
