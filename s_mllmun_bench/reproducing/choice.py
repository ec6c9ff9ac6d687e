"""The choice of settings, on memory questions in words that are neither template nor evaluation.

What a face shows has no other words: its questions are drawn anew from the evaluation's.

The rule: of a method's settings, as many for each, that with the highest sum of Overall Memory and
Overall Image Understanding (Fact Scores). Against the original model that is what the forget set lost,
less what the retain set lost, less what image understanding lost, each point counting alike. Of equals
the first in the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s_mllmun_bench.reproducing.cells import Cell
from s_mllmun_bench.scoring.records import Scores

Key = tuple[str, str, str]
"""A model, a method and a reading of SMFA."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for one method on one model."""

    strength: str
    values: Mapping[str, float]
    """The rule's sum for every strength that there was to choose from, -10 to 20; high is good."""


Choices = Mapping[Key, Choice]


def choose(cells: Sequence[Cell]) -> Choices:
    """Return the choice for every method, made at the first ratio and seed and kept for the others.

    Args:
        cells: of a plan; those whose run on the validation wording is not finished are not considered.
    """
    first = {(cell.model, cell.method, cell.reading): cell for cell in reversed(cells)}
    found: dict[Key, dict[str, float]] = {}
    for cell in cells:
        key = (cell.model, cell.method, cell.reading)
        at = first[key]
        if cell.method == "original" or (cell.ratio, cell.seed) != (at.ratio, at.seed):
            continue
        value = worth(cell)
        if value is not None:
            found.setdefault(key, {})[cell.strength] = value
    return {key: Choice(max(values, key=values.__getitem__), values) for key, values in found.items()}


def worth(cell: Cell) -> float | None:
    """Return the rule's sum of a run; `None` if it was not validated or a figure is missing."""
    if cell.validation is None or not (cell.validation / "scores.json").is_file():
        return None
    scores = Scores.load(cell.validation)
    memory, seen = scores.overall_memory.mean, scores.overall_image_understanding.mean
    return None if memory is None or seen is None else memory + seen
