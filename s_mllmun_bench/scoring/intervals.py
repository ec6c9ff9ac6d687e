"""Means with 95 % intervals by a bootstrap over people.

A person's questions stand or fall together, so people are drawn and not questions: drawing questions
would make the intervals too narrow. One draw serves every figure of a set, so that figures made of
several (the overall ones) have honest intervals too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DRAWS = 2000
LOW, HIGH = 2.5, 97.5
"""Percentiles of the draws that bound a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure with its value in every draw."""

    mean: float | None
    """`None` if there is nothing to take a mean of."""
    draws: Array
    """Shape (draws,); nan where a draw holds nobody with a value."""
    people: int
    """How many people have a value."""

    def interval(self) -> tuple[float | None, float | None]:
        """Return the bounds of the 95 % interval; `None` with fewer than two people."""
        known = self.draws[~np.isnan(self.draws)]
        if self.mean is None or self.people < 2 or known.size == 0:
            return None, None
        low, high = np.percentile(known, [LOW, HIGH])
        return float(low), float(high)


def draw_people(people: int, seed: Sequence[int], draws: int = DRAWS) -> Array:
    """Return how often each person is in each draw; shape (draws, people), each row adds up to ``people``."""
    rng = np.random.default_rng(list(seed))
    drawn = rng.integers(0, max(people, 1), size=(draws, people))
    offsets = np.arange(draws)[:, None] * people
    return (
        np.bincount((drawn + offsets).ravel(), minlength=draws * people).reshape(draws, people).astype(float)
    )


def clustered_mean(person: NDArray[np.int64], values: Array, weights_DP: Array) -> Drawn:
    """Return the mean of values, and its draws over people.

    Args:
        person: each value's person, as a column of ``weights_DP``; shape (values,).
        values: finite numbers; shape (values,).
        weights_DP: from `draw_people`; shape (draws, people).
    """
    people = weights_DP.shape[1]
    sums = np.bincount(person, weights=values, minlength=people)
    counts = np.bincount(person, minlength=people).astype(float)
    if not values.size:
        return Drawn(None, np.full(weights_DP.shape[0], np.nan), 0)
    totals, sizes = (weights_DP @ np.stack([sums, counts], axis=1)).T
    means = np.divide(totals, sizes, out=np.full_like(totals, np.nan), where=sizes > 0)
    return Drawn(float(values.mean()), means, int((counts > 0).sum()))


def combine(parts: Sequence[tuple[float, Drawn]]) -> Drawn:
    """Return a weighted sum of figures, with its draws; nothing if one of them has no mean."""
    means = [drawn.mean for _, drawn in parts]
    draws = sum((weight * drawn.draws for weight, drawn in parts), np.zeros_like(parts[0][1].draws))
    known = [mean for mean in means if mean is not None]
    if len(known) < len(means):
        return Drawn(None, draws, 0)
    total = sum(weight * mean for (weight, _), mean in zip(parts, known, strict=True))
    return Drawn(total, draws, min(drawn.people for _, drawn in parts))
