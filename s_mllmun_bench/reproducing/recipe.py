"""What a reproduction runs, as a YAML file in ``builders/reproductions/``.

Every run follows from that file, the tier and one choice: of each method's settings, made by a rule on the
runs of the first ratio and seed. So the whole plan can be printed before the first minute is spent.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError, unknown
from s_mllmun_bench.records import Ratio, Record, first_fault

Kind = Literal["build", "finetune", "retrain", "unlearn", "derive", "evaluate"]
Strength = Annotated[float, Field(ge=0)]


class Tier(Record):
    """How much of it is run."""

    models: tuple[str, ...]
    ratios: tuple[Ratio, ...]
    seeds: tuple[int, ...]
    """Of the unlearning."""
    readings: tuple[str, ...]
    """Of SMFA; the first is the one that claims are about, the others are for the first ratio."""
    few_shot: tuple[str, ...]
    """Parts of the few-shot retain set that SMFA is trained with beside the whole, at the first ratio."""
    limit: int | None
    """People of each set that are asked about, spread over it; `None`: all."""
    validation_limit: int | None


class Sculpting(Record):
    """SMFA's settings."""

    candidates: tuple[Strength, ...]
    """The k among which one is chosen on the validation wording."""
    readings: dict[str, dict[str, Any]]
    """Settings of each training, by its name."""
    few_shot: dict[str, dict[str, Any]]
    """Parts of the few-shot retain set, by what they are called; run at the candidates alone."""


class Points(Record):
    """The strengths at which what needs no training of its own is evaluated."""

    k: tuple[Strength, ...]
    """Of SMFA."""
    mfa_scaled: tuple[float, ...]
    """Factors."""
    mfa_random_mask: tuple[Strength, ...]
    """The k of the SMFA whose masked share is masked at random."""
    half_mask: tuple[Strength, ...]
    """The k of magnitude alone; direction alone has none."""


class Reproduction(Record):
    """One reproduction; the file's name is its id."""

    title: str
    people: int = Field(ge=20)
    data: str
    """A dataset recipe."""
    validation: str
    """The recipe of the same people in other words."""
    models: dict[str, str | None]
    """Of each pretrained checkpoint, one that was fine-tuned on this data, if there is one."""
    tiers: dict[str, Tier]
    methods: dict[str, tuple[dict[str, Any], ...]]
    """The settings among which one is chosen for each method, at the first ratio and seed of a model."""
    curves: tuple[str, ...]
    """Methods that are run with all of these for every seed at the first ratio, and so have a curve there."""
    smfa: Sculpting
    points: Points
    """At the first ratio, in the first reading."""
    fewer: Points
    """At the other ratios and in the other readings."""
    minutes: dict[Kind, float]
    """Expected of a step on one core; of an unlearning at 5 %, of a run that asks about 50 people."""
    not_run: tuple[str, ...]
    """Questions that stay open, each a sentence."""


def read_reproduction(name: str) -> Reproduction:
    """Return a reproduction, by id or path.

    Raises:
        BenchError: there is none, a field is missing or wrong, or methods have unequal chances.
    """
    path = contents.find("reproduction", "builders/reproductions", name, ".yaml")
    try:
        found = Reproduction.model_validate(contents.read_yaml(path))
    except ValidationError as error:
        raise BenchError(f"{path}: {first_fault(error)}") from error
    _require_fair(found, path)
    return found


def tier_of(reproduction: Reproduction, name: str) -> Tier:
    """Return a tier.

    Raises:
        BenchError: there is none of that name.
    """
    if name not in reproduction.tiers:
        raise unknown("tier", name, "the reproduction", list(reproduction.tiers))
    return reproduction.tiers[name]


def _require_fair(found: Reproduction, path: Path) -> None:
    """Check that every method has as many settings to choose from, and that what is named is there."""
    counts = {name: len(settings) for name, settings in found.methods.items()}
    counts["smfa"] = len(found.smfa.candidates)
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise BenchError(f"{path}: every method must have as many settings to choose from; there are: {told}")
    for name, points in (("points", found.points), ("fewer", found.fewer)):
        if missing := set(found.smfa.candidates) - set(points.k):
            raise BenchError(f"{path}: smfa.candidates: {min(missing):g} is not among {name}.k")
    for name in found.curves:
        if name not in found.methods:
            raise unknown("method", name, str(path), list(found.methods))
    for tier in found.tiers.values():
        for model in tier.models:
            if model not in found.models:
                raise unknown("model", model, str(path), list(found.models))
        for reading in tier.readings:
            if reading not in found.smfa.readings:
                raise unknown("reading", reading, str(path), list(found.smfa.readings))
        for part in tier.few_shot:
            if part not in found.smfa.few_shot:
                raise unknown("part of the few-shot retain set", part, str(path), list(found.smfa.few_shot))
