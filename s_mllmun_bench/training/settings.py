"""The settings of a training run, declared once; a recipe or ``--set key=value`` fills them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args

import yaml
from pydantic import Field, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

S = TypeVar("S", bound=Record)


class LoraSettings(Record):
    """A low-rank adapter on every linear layer of the chosen parts."""

    rank: int = Field(default=16, gt=0)
    alpha: int = Field(default=16, gt=0)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    vision: bool = False
    """Also on the vision tower's linear layers."""


class TrainSettings(Record):
    """How to train; the defaults are what is reported of the paper's released code."""

    learning_rate: float = Field(default=1e-4, gt=0)
    epochs: float = Field(default=5, gt=0)
    batch_size: int = Field(default=2, gt=0)
    """Items (see the method: rows, people or pairs of them) in one forward pass."""
    gradient_accumulation: int = Field(default=1, gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1)
    """Share of all steps over which the learning rate rises."""
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    weight_decay: float = Field(default=0.0, ge=0)
    beta2: float = Field(default=0.999, gt=0, lt=1)
    max_gradient_norm: float = Field(default=1.0, gt=0)
    precision: Literal["bf16", "fp32"] = "bf16"
    """bf16 is automatic mixed precision, with trained weights in float32; fp32 on a GPU that lacks it."""


class Computing(Record):
    """How a training is computed; it changes memory and time, and nothing that is learnt.

    It stands apart from `TrainSettings`, so that a checkpoint's recipe does not depend on the machine.
    """

    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass: less memory, about a third more time."""
    shared_prefix: bool = True
    """Questions on one image share its tokens by a block mask; off for attention kernels that cannot mask
    so: then every question is a sequence of its own."""


def parse(kind: type[S], values: Mapping[str, Any], where: str) -> S:
    """Return a settings record.

    Args:
        kind: the record class.
        values: what a recipe or a command line gives.
        where: named in the error, such as ``submissions/smfa/submission.yaml``.

    Raises:
        BenchError: a key is unknown or a value out of range; the text names the key.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        known = ", ".join(_fields_at(kind, error.errors()[0]["loc"][:-1]))
        raise BenchError(f"{where}: {first_fault(error)}; the settings are: {known}") from error


def _fields_at(kind: type[Record], place: Sequence[int | str]) -> Iterable[str]:
    """Return the fields of the record that is at a place in another, or of the innermost one around it."""
    for part in place:
        field = kind.model_fields.get(str(part))
        parts = [] if field is None else [field.annotation, *get_args(field.annotation)]
        inner = next((one for one in parts if isinstance(one, type) and issubclass(one, Record)), None)
        if inner is None:
            break
        kind = inner
    return kind.model_fields


def merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others put over them: what they do not name stays, at every depth."""
    result = dict(values)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(values.get(key), Mapping)
        result[key] = merged(values[key], value) if both else value
    return result


def overridden(values: Mapping[str, Any], assignments: list[str]) -> dict[str, Any]:
    """Return settings with ``key=value`` or ``part.key=value`` assignments applied; values are YAML.

    Raises:
        BenchError: an assignment has no ``=``, or its value or place cannot be.
    """
    result: dict[str, Any] = {key: dict(v) if isinstance(v, Mapping) else v for key, v in values.items()}
    for assignment in assignments:
        path, found, text = assignment.partition("=")
        if not found:
            raise BenchError(f"--set {assignment}: expected key=value")
        *parents, key = path.split(".")
        place = result
        for parent in parents:
            if place.get(parent) is None:
                place[parent] = {}
            place = place[parent]
            if not isinstance(place, dict):
                raise BenchError(f"--set {assignment}: {parent} is a value and holds no settings")
        try:
            place[key] = yaml.load(text, _Numbers)
        except yaml.YAMLError as error:
            raise BenchError(f"--set {assignment}: {text} is not a YAML value") from error
    return result


class _Numbers(yaml.SafeLoader):
    """YAML that reads ``2e-3`` as a number, as every Python user expects."""


_Numbers.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)
