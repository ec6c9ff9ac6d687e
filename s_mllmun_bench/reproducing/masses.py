"""Does conflict between entries predict damage? Each training's masked mass beside what its update costs.

The mass is the share of the forgetting update's squared norm that the mask takes away; the damage is what
the unmasked update costs the people who stay, by task. If the first predicted the second, trainings of
which more is masked would do more harm. A larger forget set may raise both, so the ratios also stand alone.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.records import TASKS, Record, Task
from s_mllmun_bench.reporting.paper_tables import DASH, TASK_TITLES
from s_mllmun_bench.reproducing.board import Board, Result
from s_mllmun_bench.reproducing.steps import LEFT_OUT

LEAST = 5
"""Trainings from which a correlation is worth a number."""
MASSES = "masses.jsonl"
"""The file of masses in a reproduction's folder, which outlive the adapters."""


class Mass(Record):
    """A line of `MASSES`."""

    adapter: str
    """Its folder's name."""
    k: float
    mass: float
    """As `masked_mass` found it."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of SMFA."""

    mass: float
    """Masked, 0 to 1."""
    damage: dict[Task, float]
    """Points of the Fact Score that the retain set loses by the unmasked update."""


def trainings(board: Board, k: float) -> list[Training]:
    """Return the trainings of a board, in every reading, whose unmasked update was evaluated.

    Args:
        board: its finished runs.
        k: masking strength at which the mass is taken.
    """
    start = board.of("original")[0]
    made = {(one.cell.seed, one.cell.reading): one.cell.made for one in board.of_all("smfa")}
    found = []
    for one in board.of_all("mfa"):
        folder, damage = made.get((one.cell.seed, one.cell.reading)), _damage(start, one)
        mass = None if folder is None else _mass(folder, k)
        if mass is not None and damage is not None:
            found.append(Training(mass, damage))
    return found


def _mass(folder: Path, k: float) -> float | None:
    """Return an adapter's `masked_mass`, found once; `None` if it was not and the weights are gone."""
    masses = LineFile(folder.parents[1] / MASSES, Mass)
    known = next((one.mass for one in masses.read() if (one.adapter, one.k) == (folder.name, k)), None)
    if known is not None or not folder.is_dir() or (folder / LEFT_OUT).exists():
        return known
    mass = masked_mass(folder, k)
    masses.append([Mass(adapter=folder.name, k=k, mass=mass)])
    return mass


def masked_mass(folder: Path, k: float) -> float:
    """Return the share of an SMFA adapter's squared norm that is masked at some k, 0 to 1."""
    import torch

    from s_mllmun_bench.checkpoints.sculpted import read_sculpted

    adapter = read_sculpted(folder)
    masked, whole = adapter.at(k), adapter.at(math.inf)
    cpu, kept, total = torch.device("cpu"), 0.0, 0.0
    for name in sorted(whole.names):
        kept += float(masked.update(name, cpu).double().square().sum())
        total += float(whole.update(name, cpu).double().square().sum())
    return 1 - kept / total


def correlation(trained: Sequence[Training], task: Task) -> tuple[float, float, float] | None:
    """Return Pearson's r of mass and damage, and its 95 % interval by Fisher's z; `None` of too few."""
    masses, harm = [one.mass for one in trained], [one.damage[task] for one in trained]
    if len(trained) < LEAST or min(np.std(masses), np.std(harm)) == 0:
        return None
    r = float(np.clip(np.corrcoef(masses, harm)[0, 1], -1 + 1e-9, 1 - 1e-9))
    half = 1.96 / math.sqrt(len(trained) - 3)
    return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def masses(boards: Sequence[Board], k: float) -> Iterator[str]:
    """Yield the correlations of every model, over each ratio's trainings and over all, as Markdown."""
    yield from ("## Does conflict between entries predict damage?", "", _ASKED.format(k=f"{k:g}"), "")
    heads = ["model", "ratio", "trainings", "masked mass", *(TASK_TITLES[task] for task in TASKS)]
    yield from (f"| {' | '.join(heads)} |", f"| {' | '.join(['---'] * len(heads))} |")
    for model in dict.fromkeys(board.model for board in boards):
        by_ratio = {f"{one.ratio} %": trainings(one, k) for one in boards if one.model == model}
        whole = (
            {"all": [one for trained in by_ratio.values() for one in trained]} if len(by_ratio) > 1 else {}
        )
        for ratio, trained in (by_ratio | whole).items():
            span = (
                f"{min(t.mass for t in trained):.2f} to {max(t.mass for t in trained):.2f}"
                if trained
                else DASH
            )
            cells = [model, ratio, str(len(trained)), span, *(_told(correlation(trained, t)) for t in TASKS)]
            yield f"| {' | '.join(cells)} |"
    yield ""


_ASKED = (
    "Pearson's r, over trainings of SMFA in every seed and reading, of the share of the update's squared "
    "norm that the mask takes away at k = {k} with what the unmasked update costs the retain set, in points "
    f"of the Fact Score; 95 % intervals in brackets, a dash with fewer than {LEAST} trainings. An interval "
    "that holds 0 says that nothing was seen."
)


def _damage(start: Result, one: Result) -> dict[Task, float] | None:
    """Return what a run's retain set lost, by task; `None` if a figure is missing."""
    lost: dict[Task, float] = {}
    for task in TASKS:
        before, after = (run.run.scores.figure("retain", task, "fact").mean for run in (start, one))
        if before is None or after is None:
            return None
        lost[task] = before - after
    return lost


def _told(found: tuple[float, float, float] | None) -> str:
    return DASH if found is None else f"{found[0]:.2f} [{found[1]:.2f}, {found[2]:.2f}]"
