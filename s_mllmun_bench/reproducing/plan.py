"""The plan of a reproduction: its steps in an order in which each comes after what it needs.

The first ratio and seed of every model come first; of what they show, each method's settings are chosen,
and those alone are run elsewhere. Until then a method's first settings stand in the plan for them. What
varies without training, the strengths of SMFA and its controls, is planned on one training's factors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from s_mllmun_bench.data.identity import read_identity
from s_mllmun_bench.data.layout import README
from s_mllmun_bench.records import Ratio
from s_mllmun_bench.reproducing.cells import Plan
from s_mllmun_bench.reproducing.choice import Choices, choose
from s_mllmun_bench.reproducing.derive import Control, derive
from s_mllmun_bench.reproducing.ingredients import checkpoint_files, dataset_files, method_files
from s_mllmun_bench.reproducing.place import Asking, Place
from s_mllmun_bench.reproducing.recipe import Kind, Reproduction, Tier
from s_mllmun_bench.reproducing.shipped import take_shipped
from s_mllmun_bench.reproducing.steps import Step, digest_of, folder_name


def make_plan(reproduction: Reproduction, tier: Tier, root: Path) -> Plan:
    """Return what is to be done, by the settings that finished runs let choose.

    Args:
        reproduction: from `recipe.read_reproduction`.
        tier: one of its.
        root: the folder to work in.
    """
    return _Planner(reproduction, Plan(root, tier)).planned()


_RATIO = 5
"""Of an unlearning whose minutes the reproduction's file says."""


class _Planner:
    """Adds steps and cells to a plan."""

    def __init__(self, reproduction: Reproduction, plan: Plan) -> None:
        self.what, self.plan, self.tier = reproduction, plan, plan.tier
        self.choices: Choices = {}
        self.data, self.validation = (
            self._build(recipe) for recipe in (self.what.data, self.what.validation)
        )

    def planned(self) -> Plan:
        tier, (seed, *seeds), (ratio, *ratios) = self.tier, self.tier.seeds, self.tier.ratios
        for model in tier.models:
            self._at(self._place(model, ratio, seed))
        self.plan.choosing = len(self.plan.steps)
        self.choices = choose(self.plan.cells)
        later = [(ratio, one) for one in seeds] + [(other, one) for one in tier.seeds for other in ratios]
        for other, one in later:
            for model in tier.models:
                self._at(self._place(model, other, one))
        for other in tier.ratios:
            for model in tier.models:
                self._retrained(self._place(model, other, seed))
        return self.plan

    def _place(self, model: str, ratio: Ratio, seed: int) -> Place:
        return Place(
            self.plan,
            model,
            ratio,
            seed,
            self._asking(self.data, ratio, self.tier.limit),
            self._asking(self.validation, ratio, self.tier.validation_limit),
            self._finetune(model, self.data),
        )

    def _at(self, at: Place) -> None:
        """Add all of one place but what takes longest and tells least, the reference `retrain`."""
        is_first = at.ratio == self.tier.ratios[0]
        if at.seed == self.tier.seeds[0]:
            at.ask(at.original, "original")
        for method in self.what.methods:
            for settings in self._settings(at, method):
                made = self._unlearn(at, method, settings)
                at.ask(made, method, _told(settings), validated=is_first and at.seed == self.tier.seeds[0])
        for reading in self.tier.readings if is_first else self.tier.readings[:1]:
            self._sculpted(at, reading)
        for part in self.tier.few_shot if is_first else ():
            made = self._unlearn(at, "smfa", self.what.smfa.few_shot[part])
            at.ask(made, "smfa", reading=part, ks=self.what.smfa.candidates)
        at.close()
        if at.seed == self.tier.seeds[0]:
            at.ask_checkpoint(at.evaluation.data, at.model, "before")

    def _retrained(self, at: Place) -> None:
        """Add what never met the people to forget."""
        made = self._unlearn(at, "retrain", {"base": at.model}, "retrain")
        at.ask_checkpoint(made, str(made.folder), "retrain")

    def _settings(self, at: Place, method: str) -> Sequence[Mapping[str, Any]]:
        """Return what a method is run with somewhere: everything to choose from, or the choice."""
        all_of_them = self.what.methods[method]
        if at.ratio == self.tier.ratios[0] and (at.seed == self.tier.seeds[0] or method in self.what.curves):
            return all_of_them
        choice = self.choices.get((at.model, method, ""))
        chosen = [one for one in all_of_them if choice is not None and _told(one) == choice.strength]
        return chosen or all_of_them[:1]

    def _sculpted(self, at: Place, reading: str) -> None:
        """Add SMFA at its strengths, and what is made of its factors."""
        is_main = reading == self.tier.readings[0]
        whole = is_main and at.ratio == self.tier.ratios[0]
        points = self.what.points if whole else self.what.fewer
        made = self._unlearn(at, "smfa", self.what.smfa.readings[reading])
        is_chosen_here = (at.ratio, at.seed) == (self.tier.ratios[0], self.tier.seeds[0])
        candidates = self.what.smfa.candidates if is_chosen_here else ()
        at.ask(made, "smfa", reading=reading, ks=points.k, validated=candidates)
        at.ask(self._derive(at, made, "mfa"), "mfa", reading=reading)
        for factor in points.mfa_scaled:
            scaled = self._derive(at, made, "mfa_scaled", factor)
            at.ask(scaled, "mfa_scaled", f"factor = {factor:g}", reading)
        masked = self._derive(at, made, "mfa_random_mask")
        at.ask(masked, "mfa_random_mask", reading=reading, ks=points.mfa_random_mask)
        if is_main:
            at.ask(self._derive(at, made, "direction"), "direction", reading=reading)
            magnitude = self._derive(at, made, "magnitude")
            at.ask(magnitude, "magnitude", reading=reading, ks=points.half_mask)

    def _build(self, recipe: str) -> Step:
        """Add a dataset; once it stands, what follows from it has its content in the name, not its making.

        So a builder that is changed and still makes the same rows costs no run.
        """
        step = self._add(
            "build",
            [recipe],
            {"recipe": recipe, "people": self.what.people},
            [],
            lambda folder: ["build", recipe, "--limit", str(self.what.people), "-o", str(folder)],
            dataset_files(recipe),
        )
        stands = (step.folder / README).is_file()
        return replace(step, digest=read_identity(step.folder).digest) if stands else step

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

    def _unlearn(self, at: Place, method: str, settings: Mapping[str, Any], kind: Kind = "unlearn") -> Step:
        assignments = [f"--set={key}={value}" for key, value in settings.items()]
        told = _told(settings).replace(" = ", "=").split(", ") if kind == "unlearn" else []
        data = at.evaluation.data
        return self._add(
            kind,
            [method, *at.words, *told],
            {"method": method, "ratio": at.ratio, "seed": at.seed, "settings": dict(settings)},
            [at.original, data],
            lambda folder: [
                *("unlearn", method, "--model", str(at.original.folder), "--data", str(data.folder)),
                *("--ratio", str(at.ratio), "--seed", str(at.seed), "-o", str(folder), *assignments),
            ],
            method_files(method),
            size=at.ratio / _RATIO if kind == "unlearn" else 1.0,
        )

    def _derive(self, at: Place, smfa: Step, control: Control, factor: float = 1.0) -> Step:
        words = [control, *at.words, f"factor={factor:g}" if control == "mfa_scaled" else ""]
        return self._add(
            "derive",
            words,
            {"control": control, "factor": factor},
            [smfa],
            lambda folder: [],
            here=partial(derive, smfa.folder, control, factor),
        )

    def _asking(self, data: Step, ratio: Ratio, limit: int | None) -> Asking:
        forget = self.what.people * ratio // 100
        sets = forget, self.what.people - forget
        return Asking(data, limit, sum(sets if limit is None else (min(one, limit) for one in sets)))

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
        return self.plan.add(
            Step(kind, folder, digest, tuple(needs), tuple(arguments(folder)), here=act, size=size)
        )


def _told(settings: Mapping[str, Any]) -> str:
    """Return settings as a table shows them, such as ``learning_rate = 0.001``."""
    return ", ".join(f"{key.rpartition('.')[2]} = {_short(value)}" for key, value in settings.items())


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
