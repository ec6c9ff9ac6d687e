"""The plan of a reproduction: its steps in an order in which each comes after what it needs.

All is planned before anything runs. What varies without training, the strengths of SMFA and its
controls, is planned on one training's factors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from s_mllmun_bench.records import Ratio
from s_mllmun_bench.reproducing.cells import Cell, Plan
from s_mllmun_bench.reproducing.derive import Control, derive
from s_mllmun_bench.reproducing.ingredients import checkpoint_files, dataset_files, method_files
from s_mllmun_bench.reproducing.recipe import Kind, Reproduction, Tier
from s_mllmun_bench.reproducing.shipped import take_shipped
from s_mllmun_bench.reproducing.steps import Step, digest_of, folder_name


def make_plan(reproduction: Reproduction, tier: Tier, root: Path) -> Plan:
    """Return what is to be done.

    Args:
        reproduction: from `recipe.read_reproduction`.
        tier: one of its.
        root: the folder to work in.
    """
    return _Planner(reproduction, Plan(root, tier)).planned()


_PEOPLE, _RATIO = 70, 5
"""Of a run and of an unlearning whose minutes the reproduction's file says: those of the quick tier."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One model at one ratio and seed, and the data that it is asked about."""

    model: str
    ratio: Ratio
    seed: int
    data: Step
    validation: Step
    original: Step

    @property
    def words(self) -> list[str]:
        return [self.model.removeprefix("mini_"), f"{self.ratio:02}", f"seed{self.seed}"]


class _Planner:
    """Adds steps and cells to a plan, each step once."""

    def __init__(self, reproduction: Reproduction, plan: Plan) -> None:
        self.what, self.plan, self.tier = reproduction, plan, plan.tier

    def planned(self) -> Plan:
        data, validation = (self._build(recipe) for recipe in (self.what.data, self.what.validation))
        for model in self.tier.models:
            original = self._finetune(model, data)
            for ratio in self.tier.ratios:
                for seed in self.tier.seeds:
                    self._at(_Place(model, ratio, seed, data, validation, original))
        return self.plan

    def _at(self, at: _Place) -> None:
        if at.seed == self.tier.seeds[0]:
            self._references(at)
            self._retrain(at)
        for method, alternatives in self.what.methods.items():
            for settings in alternatives:
                made = self._unlearn(at, method, settings)
                self._evaluate(at, made, method, _told(settings), validated=True)
        for reading in self.tier.readings:
            self._sculpted(at, reading)

    def _references(self, at: _Place) -> None:
        base = ("--model", at.model)
        self._evaluate(at, at.data, "before", "", model=base)
        self._evaluate(
            at, at.original, "original", "", model=("--model", str(at.original.folder)), validated=True
        )

    def _retrain(self, at: _Place) -> None:
        made = self._unlearn(at, "retrain", {"base": at.model}, "retrain")
        self._evaluate(at, made, "retrain", "", model=("--model", str(made.folder)))

    def _sculpted(self, at: _Place, reading: str) -> None:
        """Add SMFA at its strengths, and if it has one forgetting LoRA, what is made of it."""
        smfa, chosen = self.what.smfa, self.what.smfa.candidates
        settings = smfa.readings[reading]
        made = self._unlearn(at, "smfa", settings)
        self._evaluate(at, made, "smfa", "", reading, ks=smfa.k)
        self._evaluate(at, made, "smfa", "", reading, ks=chosen, validated=True)
        if settings.get("variant", "joint") != "joint":
            return
        controls = self.what.controls
        self._evaluate(at, self._derive(at, made, "mfa"), "mfa", "", reading)
        for factor in controls.mfa_scaled:
            scaled = self._derive(at, made, "mfa_scaled", factor)
            self._evaluate(at, scaled, "mfa_scaled", f"factor = {factor:g}", reading)
        masked = self._derive(at, made, "mfa_random_mask")
        self._evaluate(at, masked, "mfa_random_mask", "", reading, ks=controls.mfa_random_mask)
        halves: tuple[Control, ...] = ("direction", "magnitude")
        for half in halves:
            self._evaluate(at, self._derive(at, made, half), half, "", reading, ks=controls.half_masks)

    def _build(self, recipe: str) -> Step:
        return self._add(
            "build",
            [recipe],
            {"recipe": recipe, "people": self.what.people},
            [],
            lambda folder: ["build", recipe, "--limit", str(self.what.people), "-o", str(folder)],
            dataset_files(recipe),
        )

    def _finetune(self, model: str, data: Step) -> Step:
        shipped = self.what.models[model]
        return self._add(
            "finetune",
            [model],
            {"model": model},
            [data],
            lambda folder: ["finetune", "--model", model, "--data", str(data.folder), "-o", str(folder)],
            checkpoint_files(model),
            here=shipped and partial(take_shipped, shipped, data.folder),
        )

    def _unlearn(self, at: _Place, method: str, settings: Mapping[str, Any], kind: Kind = "unlearn") -> Step:
        assignments = [f"--set={key}={value}" for key, value in settings.items()]
        return self._add(
            kind,
            [
                method,
                *at.words,
                *(_told(settings).replace(" = ", "=").split(", ") if kind == "unlearn" else []),
            ],
            {"method": method, "ratio": at.ratio, "seed": at.seed, "settings": dict(settings)},
            [at.original, at.data],
            lambda folder: [
                *("unlearn", method, "--model", str(at.original.folder), "--data", str(at.data.folder)),
                *("--ratio", str(at.ratio), "--seed", str(at.seed), "-o", str(folder), *assignments),
            ],
            method_files(method),
            size=at.ratio / _RATIO if kind == "unlearn" else 1.0,
        )

    def _derive(self, at: _Place, smfa: Step, control: Control, factor: float = 1.0) -> Step:
        words = [control, *at.words, f"factor={factor:g}" if control == "mfa_scaled" else ""]
        return self._add(
            "derive",
            words,
            {"control": control, "factor": factor},
            [smfa],
            lambda folder: [],
            here=partial(derive, smfa.folder, control, factor),
        )

    def _evaluate(
        self,
        at: _Place,
        made: Step,
        method: str,
        strength: str,
        reading: str = "",
        *,
        ks: Sequence[float] = (),
        model: tuple[str, ...] | None = None,
        validated: bool = False,
    ) -> None:
        """Add the runs of one adapter or checkpoint, and what they are for."""
        found = self._runs(at, made, ks, model, at.data)
        other: Sequence[Path | None] = [None] * len(found)
        if validated:
            other = self._runs(at, made, ks, model, at.validation)
        for run, second, k in zip(found, other, ks or (None,), strict=True):
            told = strength if k is None else f"k = {k:g}"
            cell = Cell(at.model, at.ratio, at.seed, method, reading, told, run, second, k)
            self._enter(cell)

    def _enter(self, cell: Cell) -> None:
        """Add a cell, or say of one that is there that it has been validated."""
        for place, known in enumerate(self.plan.cells):
            if known.run == cell.run:
                if cell.validation is not None:
                    self.plan.cells[place] = cell
                return
        self.plan.cells.append(cell)

    def _runs(
        self, at: _Place, made: Step, ks: Sequence[float], model: tuple[str, ...] | None, data: Step
    ) -> list[Path]:
        """Add the step that evaluates something on one dataset, and return its runs' folders."""
        is_validation = data is at.validation
        limit = self.tier.validation_limit if is_validation else self.tier.limit
        given = model or ("--model", str(at.original.folder), "--adapter", str(made.folder))
        arguments = ["eval", *given, "--data", str(data.folder), "--ratio", str(at.ratio)]
        arguments += ["--backend", "transformers", "--judge", "offline"]
        arguments += ["--limit", str(limit)] if limit else []
        arguments += ["--k", ",".join(f"{k:g}" for k in ks)] if ks else []
        words = ["validation" if is_validation else "", made.name.rpartition("_")[0]]
        if model is not None:
            words = [words[0], "before" if model[1] == at.model else made.kind, *at.words[:2]]
        # The strengths are in no name: another k is another run beside those that are there.
        digest = digest_of("evaluate", {"ratio": at.ratio, "limit": limit, "model": words}, [made, data])
        folder = self.plan.root / "runs" / folder_name(words, digest)
        runs = [folder / f"{made.folder.name}_k{k:g}" for k in ks] if len(ks) > 1 else [folder]
        self._keep(
            Step(
                "evaluate",
                folder,
                digest,
                (made, data) if model is not None else (made, data, at.original),
                (*arguments, "-o", str(folder)),
                tuple(run / "scores.json" for run in runs),
                len(runs),
                size=len(runs) * self._asked(at, limit) / _PEOPLE,
            )
        )
        return runs

    def _asked(self, at: _Place, limit: int | None) -> int:
        """Return how many people are asked about in a run."""
        forget = self.what.people * at.ratio // 100
        sets = forget, self.what.people - forget
        return sum(sets if limit is None else (min(one, limit) for one in sets))

    def _add(
        self,
        kind: Kind,
        words: Sequence[str],
        settings: Mapping[str, Any],
        needs: Sequence[Step],
        arguments: Any,
        files: Iterable[Path] = (),
        here: Any = None,
        size: float = 1.0,
    ) -> Step:
        digest = digest_of(kind, {**settings, "version": version("s-mllmun-bench")}, needs, files)
        folder = self.plan.root / f"{kind}s" / folder_name(words, digest)
        act = partial(here, folder) if here else None
        return self._keep(
            Step(kind, folder, digest, tuple(needs), tuple(arguments(folder)), here=act, size=size)
        )

    def _keep(self, step: Step) -> Step:
        """Return the step, which stands in the plan once; the same again with more runs takes its place."""
        for place, known in enumerate(self.plan.steps):
            if known.folder == step.folder:
                if known.runs >= step.runs:
                    return known
                self.plan.steps[place] = step
                return step
        self.plan.steps.append(step)
        return step


def _told(settings: Mapping[str, Any]) -> str:
    """Return settings as a table shows them, such as ``learning_rate = 0.001``."""
    return ", ".join(f"{key.rpartition('.')[2]} = {_short(value)}" for key, value in settings.items())


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
