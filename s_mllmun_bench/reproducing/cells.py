"""What a plan is made of beside its steps: each run, and what it is for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from s_mllmun_bench.records import Ratio
from s_mllmun_bench.reproducing.recipe import Tier
from s_mllmun_bench.reproducing.steps import Step

Stage = Literal["data", "choice", "end"]
"""Datasets, by whose content all that follows from them is called; what settings are chosen by; all else."""
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the reproduction: a model, a ratio and what unlearned at some strength."""

    model: str
    """The pretrained checkpoint."""
    ratio: Ratio
    seed: int
    method: str
    """Its id; ``before`` and ``original`` are the model before and after fine-tuning, ``direction`` and
    ``magnitude`` SMFA with one criterion."""
    reading: str
    """Of SMFA; empty for all else."""
    strength: str
    """What tells the runs of a method apart, such as ``k = 2.5``; empty if there is one."""
    run: Path
    validation: Path | None
    """The run on the validation wording, of what may be chosen."""
    k: float | None = None
    made: Path | None = None
    """The adapter's folder; `None` for a checkpoint."""


@dataclass(slots=True)
class Plan:
    """All steps, and what each run is for."""

    root: Path
    tier: Tier
    steps: list[Step] = field(default_factory=list)
    """In the order in which they are best done: what tells most comes first."""
    cells: list[Cell] = field(default_factory=list)
    choosing: int = 0
    """How many of the steps come first, of whose runs settings are chosen; from then on the plan stands."""

    def until(self, stage: Stage) -> list[Step]:
        """Return the steps up to a stage; what it made is known in a plan that is made after it."""
        if stage == "data":
            return [step for step in self.steps if step.kind == "build"]
        return self.steps[: self.choosing] if stage == "choice" else self.steps

    def add(self, step: Step) -> Step:
        """Add a step, which stands in the plan once, and return it."""
        known = next((one for one in self.steps if one.name == step.name), None)
        if known is None:
            self.steps.append(step)
        return known or step
