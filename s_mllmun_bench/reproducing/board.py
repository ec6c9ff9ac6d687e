"""The finished runs of one model at one ratio, read for the claims: figures with their draws of people.

A run that is not there is left out and named; no figure stands in for it. Where a method was run with
several seeds, its figures are means over them, and their intervals are over people and seeds: both are
drawn with replacement. Three seeds say little of all that there could be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from s_mllmun_bench.records import Ratio
from s_mllmun_bench.reporting.rows import ReportRun, read_runs
from s_mllmun_bench.reproducing.cells import Cell
from s_mllmun_bench.reproducing.choice import Choices
from s_mllmun_bench.running.compare import finished_answers, scored_answers
from s_mllmun_bench.running.run import Run, open_run
from s_mllmun_bench.scoring.aggregate import estimate
from s_mllmun_bench.scoring.frontier import KEPT, Kept, Strength, advantage, lead, strength
from s_mllmun_bench.scoring.intervals import Drawn, combine
from s_mllmun_bench.scoring.records import Estimate, Scores

Figure = Literal["forgetting", "retention", "understanding"]
_NAMES = {
    "before": "Before fine-tuning",
    "direction": "SMFA, direction only",
    "magnitude": "SMFA, magnitude only",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One run, with what it is for."""

    cell: Cell
    run: ReportRun
    """Labelled by method and strength."""
    strength: Strength

    @property
    def is_whole(self) -> bool:
        """Whether every figure that claims are about is there with its interval, of nearly all answers."""
        figures = [self.strength.forgetting, *self.strength.kept.values()]
        facts = [one for one in self.run.scores.columns if one.metric == "fact"]
        covered = all(one.is_covered for one in facts)
        return covered and all(None not in one.interval() for one in figures)


@dataclass(frozen=True, slots=True)
class Board:
    """All runs of one model at one ratio."""

    model: str
    ratio: Ratio
    reading: str
    """Of SMFA, that the claims are about."""
    results: tuple[Result, ...]
    choices: Choices

    def of(self, method: str, strength: str | None = None, reading: str | None = None) -> list[Result]:
        """Return a method's runs, of every seed; of SMFA and its controls in the reading of the claims."""
        return [
            one
            for one in self.results
            if one.cell.method == method
            and one.cell.reading in ("", self.reading if reading is None else reading)
            and strength in (None, one.cell.strength)
        ]

    def of_all(self, method: str) -> list[Result]:
        """Return a method's runs in every reading."""
        return [one for one in self.results if one.cell.method == method]

    def chosen(self, method: str) -> list[Result]:
        """Return a method's runs at the strength that was chosen; nothing if none was, of several."""
        choice = self.choices.get((self.model, method, self.reading if method == "smfa" else ""))
        found = self.of(method, None if choice is None else choice.strength)
        return found if len({one.cell.strength for one in found}) < 2 else []

    def at_chosen(self) -> list[Result]:
        """Return what Table 1 shows: references, every method as it was chosen, and MFA."""
        methods = dict.fromkeys(one.cell.method for one in self.results)
        shown = [m for m in methods if m in ("before", "original", "retrain") or self.is_chosen_among(m)]
        return [one for method in shown for one in self.chosen(method)]

    def is_chosen_among(self, method: str) -> bool:
        """Whether one of the method's strengths was chosen."""
        return any(key[:2] == (self.model, method) for key in self.choices)

    def ablation(self) -> list[Result]:
        """Return what Table 2 shows: SMFA, MFA and the half masks at the strength chosen for SMFA."""
        told = [one.cell.strength for one in self.chosen("smfa")][:1]
        halves = [*self.of("direction"), *(one for k in told for one in self.of("magnitude", k))]
        return [*self.of("original"), *self.of("mfa"), *halves, *self.chosen("smfa")]

    def strengths(self, method: str, reading: str | None = None) -> dict[int, list[Strength]]:
        """Return a method's points by seed, each beginning at the original model."""
        start = [one.strength for one in self.of("original")]
        end = "mfa" if method in ("mfa_scaled", "mfa_random_mask") else None
        found: dict[int, list[Strength]] = {}
        for one in [*self.of(method, None, reading), *(self.of(end, None, reading) if end else [])]:
            found.setdefault(one.cell.seed, [*start]).append(one.strength)
        return found

    def by_strength(self) -> dict[str, list[Result]]:
        """Return all runs by what they are called without their seed."""
        found: dict[str, list[Result]] = {}
        for one in self.results:
            found.setdefault(called(one), []).append(one)
        return found

    def curve(self, method: str) -> list[Strength]:
        """Return a method's points, each the mean over its seeds, beginning at the original model."""
        end = "mfa" if method in ("mfa_scaled", "mfa_random_mask") else method
        mine = [one for name in dict.fromkeys(("original", method, end)) for one in self.of(name)]
        groups: dict[tuple[str, str], list[Result]] = {}
        for one in mine:
            groups.setdefault((one.cell.method, one.cell.strength), []).append(one)
        return [_mean_strength(alike) for alike in groups.values()]

    def advantages(self, method: str, kept: Kept, reading: str | None = None) -> list[Drawn]:
        """Return how much more SMFA keeps than a method at equal forgetting, for every seed of both."""
        ours, theirs = self.strengths("smfa", reading), self.strengths(method, reading)
        return [advantage(ours[seed], theirs[seed], kept) for seed in ours if seed in theirs]

    def leads(self, method: str, kept: Kept) -> list[Drawn]:
        """Return how much more SMFA keeps at what a method as chosen forgets, for every seed of both."""
        ours, theirs = self.strengths("smfa"), self.chosen(method)
        return [lead(ours[one.cell.seed], one.strength, kept) for one in theirs if one.cell.seed in ours]

    def advantage(self, method: str, kept: Kept, reading: str | None = None) -> Estimate:
        """Return the same as the mean over seeds; without a mean if there are none."""
        return mean_over(self.advantages(method, kept, reading))


def read_board(
    cells: Sequence[Cell], choices: Choices, model: str, ratio: Ratio, reading: str
) -> Board | None:
    """Return the finished runs of one model at one ratio; `None` if the original is not among them.

    Args:
        cells: of the plan.
        choices: from `choice.choose`.
        model: the pretrained checkpoint.
        ratio: per cent of the people to forget.
        reading: of SMFA, that the claims are about.
    """
    mine = [cell for cell in cells if (cell.model, cell.ratio) == (model, ratio)]
    there = [cell for cell in mine if (cell.run / "scores.json").is_file()]
    if not any(cell.method == "original" for cell in there):
        return None
    by_folder = {run.folder: run for run in read_runs([cell.run for cell in there], _written)}
    several = len({cell.seed for cell in there}) > 1
    results = tuple(
        Result(cell, _labelled(by_folder[cell.run], cell, several), _strength(cell.run)) for cell in there
    )
    return Board(model, ratio, reading, results, choices)


def mean_of(results: Sequence[Result], figure: Figure) -> Drawn:
    """Return a figure of some runs, the mean over them."""
    return _mean([drawn(one.strength, figure) for one in results])


def mean_over(each: Sequence[Drawn]) -> Estimate:
    """Return the mean of a figure over seeds; without a mean if there are none."""
    return estimate(_mean(each)) if each else Estimate(mean=None, low=None, high=None)


def difference(one: Drawn, other: Drawn) -> Estimate:
    """Return the first less the second, on the same draws of people."""
    return estimate(combine([(1.0, one), (-1.0, other)]))


def drawn(one: Strength, figure: Figure) -> Drawn:
    """Return one of a run's figures."""
    kept: dict[str, Drawn] = {name: one.kept[name] for name in KEPT}
    return one.forgetting if figure == "forgetting" else kept[figure]


def _mean(each: Sequence[Drawn]) -> Drawn:
    """Return the mean over seeds, with draws of seeds and people; of one seed, of people alone.

    The same seeds are drawn whenever there are as many, so that differences within a seed stay paired.
    """
    whole = combine([(1 / len(each), one) for one in each])
    if len(each) == 1:
        return whole
    draws_SD = np.stack([one.draws for one in each])
    seeds, draws = draws_SD.shape
    picked_SD = np.random.default_rng(0).integers(0, seeds, size=(seeds, draws))
    return replace(whole, draws=np.take_along_axis(draws_SD, picked_SD, axis=0).mean(axis=0))


def _written(run: Run) -> Scores:
    """Return a run's figures as its step left them: hundreds of runs are not scored again for a page."""
    return Scores.load(run.folder)


def _strength(folder: Path) -> Strength:
    run = open_run(folder)
    return strength(folder.name, scored_answers(run, finished_answers(run)))


def called(one: Result) -> str:
    """Return what a run is called without its seed."""
    return one.run.label.removesuffix(f", seed {one.cell.seed}")


def _mean_strength(alike: Sequence[Result]) -> Strength:
    kept: dict[Kept, Drawn] = {name: mean_of(alike, name) for name in KEPT}
    return Strength(called(alike[0]), mean_of(alike, "forgetting"), kept)


def _labelled(run: ReportRun, cell: Cell, several: bool) -> ReportRun:
    """Return a run called by its method, strength, and where there are several its seed."""
    is_reference = cell.method in ("before", "original", "retrain")
    words = [
        _NAMES.get(cell.method, run.name),
        cell.reading if cell.reading not in ("", "joint") else "",
        cell.strength,
        f"seed {cell.seed}" if several and not is_reference else "",
    ]
    return replace(run, label=", ".join(word for word in words if word))
