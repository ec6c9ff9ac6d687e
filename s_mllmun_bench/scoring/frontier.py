"""Methods at equal forgetting: what each keeps, read off the curve through its runs.

Two methods that forget differently much cannot be told apart by what they keep. So each one's runs, at
several strengths, are joined by straight lines, and all are read at the same forgetting, within what
every method reaches: nothing is extrapolated. Bands come from draws of people that all runs share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from s_mllmun_bench.records import Record
from s_mllmun_bench.scoring.aggregate import estimate, measure
from s_mllmun_bench.scoring.intervals import DRAWS, Array, Drawn
from s_mllmun_bench.scoring.overall import overall
from s_mllmun_bench.scoring.records import TOPS, Estimate
from s_mllmun_bench.scoring.scored import Scored, sets_of

Kept = Literal["retention", "understanding"]
KEPT: tuple[Kept, ...] = get_args(Kept)
LEVELS = 21
"""At how many equal steps of forgetting the curves are read."""


@dataclass(frozen=True, slots=True)
class Strength:
    """One run of a method, each figure with its draws; Fact Scores, 0 to 10."""

    run: str
    forgetting: Drawn
    """10 less the forget set's memory."""
    kept: Mapping[Kept, Drawn]
    """The retain set's memory, and the image understanding of the forget set."""


class Point(Record):
    """One run of a method."""

    run: str
    forgetting: Estimate
    retention: Estimate
    understanding: Estimate


class Height(Record):
    """What a method keeps at some forgetting."""

    forgetting: float
    kept: Estimate


class Curve(Record):
    """What a method keeps, over the forgetting that all methods reach."""

    heights: tuple[Height, ...]
    """From the least to the most forgetting; empty if the methods have none in common."""
    area: Estimate
    """Area under the curve by its width, which is its mean height, 0 to 10; high is good. Its mean is
    `None` without a width."""


class MethodFrontier(Record):
    """A method at several strengths."""

    method: str
    points: tuple[Point, ...]
    """By forgetting; the run before unlearning is among them if it was given."""
    retention: Curve
    understanding: Curve


def strength(run: str, rows: Scored, seed: int = 0, draws: int = DRAWS) -> Strength:
    """Return where a run stands.

    Args:
        run: its name.
        rows: its answers with their Fact Scores, by question.
        seed: of the bootstrap; the same for all runs.
        draws: of the bootstrap.
    """
    measured = measure(sets_of(rows.values(), seed, draws))
    made, top = overall(measured, draws), TOPS["fact"]
    known = made["forget_memory"]
    gone = None if known.mean is None else top - known.mean
    seen = measured.get(("forget", "image_understanding", "fact"))
    return Strength(
        run=run,
        forgetting=Drawn(gone, top - known.draws, known.people),
        kept={
            "retention": made["retain_memory"],
            "understanding": seen.drawn if seen else Drawn(None, np.full(draws, np.nan), 0),
        },
    )


def frontier(methods: Mapping[str, Sequence[Strength]]) -> tuple[MethodFrontier, ...]:
    """Return each method's curves, read at the same levels of forgetting.

    Args:
        methods: each method's runs, at least one, none of them without a figure.
    """
    levels = _common_levels(list(methods.values()))
    return tuple(
        MethodFrontier(
            method=method,
            points=tuple(_point(run) for run in sorted(runs, key=lambda run: run.forgetting.mean or 0.0)),
            retention=_curve(runs, "retention", levels),
            understanding=_curve(runs, "understanding", levels),
        )
        for method, runs in methods.items()
    )


def advantage(one: Sequence[Strength], other: Sequence[Strength], kept: Kept) -> Drawn:
    """Return how much more one method keeps than another at equal forgetting.

    It is the mean over the forgetting that both reach, of draws of people that both share; without a mean
    if they have none in common.

    Args:
        one: a method's runs, none of them without a figure.
        other: another's, on the same questions.
        kept: what is kept.
    """
    levels = _common_levels([one, other])
    draws = len(one[0].forgetting.draws)
    if len(levels) < 2:
        return Drawn(None, np.full(draws, np.nan), 0)
    (mine_L, mine_DL), (theirs_L, theirs_DL) = (_heights(runs, kept, levels) for runs in (one, other))
    people = min(run.kept[kept].people for run in (*one, *other))
    return Drawn(float(_mean_height(mine_L - theirs_L)), _mean_height(mine_DL - theirs_DL), people)


def lead(one: Sequence[Strength], point: Strength, kept: Kept) -> Drawn:
    """Return how much more a method keeps than a single run, at what that run forgets.

    It has no mean if the method does not reach that forgetting; in a draw that it does not reach, its run
    nearest to it stands in.

    Args:
        one: a method's runs, none of them without a figure.
        point: another's run on the same questions.
        kept: what is kept.
    """
    level, theirs = point.forgetting, point.kept[kept]
    reached = [run.forgetting.mean for run in one if run.forgetting.mean is not None]
    if level.mean is None or theirs.mean is None or not min(reached) <= level.mean <= max(reached):
        return Drawn(None, np.full(len(level.draws), np.nan), 0)
    (mine,), _ = _heights(one, kept, np.array([level.mean]))
    drawn = np.stack([[run.forgetting.draws, run.kept[kept].draws] for run in one])
    mine_D = [
        _read(x, y, np.array([at]))[0]
        for x, y, at in zip(drawn[:, 0].T, drawn[:, 1].T, level.draws, strict=True)
    ]
    people = min(theirs.people, *(run.kept[kept].people for run in one))
    return Drawn(float(mine - theirs.mean), np.array(mine_D) - theirs.draws, people)


def _common_levels(methods: Sequence[Sequence[Strength]]) -> Array:
    """Return the levels that every method reaches; none, or one, if they hardly meet."""
    reached = [[run.forgetting.mean for run in runs if run.forgetting.mean is not None] for runs in methods]
    low, high = max(min(means) for means in reached), min(max(means) for means in reached)
    if low >= high:
        return np.array([low] if low == high else [], dtype=float)
    return np.linspace(low, high, LEVELS)


def _point(run: Strength) -> Point:
    return Point(
        run=run.run,
        forgetting=estimate(run.forgetting),
        retention=estimate(run.kept["retention"]),
        understanding=estimate(run.kept["understanding"]),
    )


def _curve(runs: Sequence[Strength], kept: Kept, levels: Array) -> Curve:
    """Return a method's curve."""
    people = min(run.kept[kept].people for run in runs)
    heights_L, heights_DL = _heights(runs, kept, levels)
    heights = (
        Height(forgetting=float(level), kept=estimate(Drawn(float(height), draws, people)))
        for level, height, draws in zip(levels, heights_L, heights_DL.T, strict=True)
    )
    area = Drawn(None, np.array([]), 0)
    if len(levels) > 1:
        area = Drawn(float(_mean_height(heights_L)), _mean_height(heights_DL), people)
    return Curve(heights=tuple(heights), area=estimate(area))


def _heights(runs: Sequence[Strength], kept: Kept, levels: Array) -> tuple[Array, Array]:
    """Return a method's heights, shape (levels,), and those of every draw, shape (draws, levels).

    In a draw that does not reach a level, the run nearest to it stands in.
    """
    means = np.array([[run.forgetting.mean, run.kept[kept].mean] for run in runs], dtype=float)
    drawn = np.stack([[run.forgetting.draws, run.kept[kept].draws] for run in runs])
    heights_DL = np.array([_read(x, y, levels) for x, y in zip(drawn[:, 0].T, drawn[:, 1].T, strict=True)])
    return _read(means[:, 0], means[:, 1], levels), heights_DL


def _read(forgetting: Array, kept: Array, levels: Array) -> Array:
    """Return the heights of the line through some points; shape (levels,)."""
    order = np.argsort(forgetting, kind="stable")
    return np.interp(levels, forgetting[order], kept[order])


def _mean_height(heights: Array) -> Array:
    """Return the mean height by the trapezium rule over equal steps, along the last axis."""
    return np.asarray((heights[..., :-1] + heights[..., 1:]).mean(axis=-1) / 2)
