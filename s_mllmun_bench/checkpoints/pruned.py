"""Pruned neurons: an MLP's output weight with the columns of some neurons set to 0.

A neuron of an MLP speaks through its column of the output weight alone, so without the column the MLP is
exactly the one without the neuron, while every shape stays as servers expect it. What is kept is the
list of neurons, some kilobytes: ``pruned_neurons.json``.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictInt, ValidationError, field_validator
from torch import Tensor

from s_mllmun_bench.checkpoints.rows import ALL
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

NEURONS = "pruned_neurons.json"
_Neurons = Annotated[tuple[Annotated[StrictInt, Field(ge=0)], ...], Field(min_length=1)]


class PrunedNeurons(Record):
    """What ``pruned_neurons.json`` holds."""

    neurons: dict[str, _Neurons] = Field(min_length=1)
    """By the name of an MLP's output weight, such as
    ``model.language_model.layers.0.mlp.down_proj.weight``, shape (out, neurons): the indices of the
    neurons pruned, counted from 0."""

    @field_validator("neurons")
    @classmethod
    def _each_once(cls, neurons: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        for name, indices in neurons.items():
            if len(set(indices)) < len(indices):
                raise ValueError(f"a neuron of {name} is there twice")
        return neurons


@dataclass(frozen=True, slots=True)
class PrunedAdapter:
    """The pruning, as an `Adapter`."""

    source: str
    neurons: Mapping[str, tuple[int, ...]]
    """As in `PrunedNeurons`."""
    kind: str = "pruned"

    @property
    def digest(self) -> str:
        """As in `Adapter`; the order in which neurons are listed plays no role."""
        lines = [f"{name} {sorted(indices)}\n" for name, indices in sorted(self.neurons.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def names(self) -> frozenset[str]:
        """As in `Adapter`."""
        return frozenset(self.neurons)

    def require_fit(self, name: str, shape: Sequence[int]) -> None:
        """As in `Adapter`."""
        last = max(self.neurons[name])
        if len(shape) != 2 or last >= shape[1]:
            raise BenchError(f"{self.source}: neuron {last} of {name}, which has shape {tuple(shape)}")

    def apply(self, name: str, weight: Tensor, rows: slice = ALL) -> Tensor:
        """As in `Adapter`."""
        pruned_ON = weight.clone()
        pruned_ON[:, list(self.neurons[name])] = 0
        return pruned_ON


def read_pruned(folder: Path) -> PrunedAdapter:
    """Read the folder of a pruning.

    Raises:
        BenchError: ``pruned_neurons.json`` is missing or does not say what it must.
    """
    path = folder / NEURONS
    try:
        record = PrunedNeurons.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BenchError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise BenchError(f"{path}: {first_fault(error)}") from error
    return PrunedAdapter(str(folder), record.neurons)


def write_pruned(folder: Path, neurons: Mapping[str, Iterable[int]]) -> None:
    """Write the folder of a pruning; made where it does not exist.

    Args:
        folder: where to write.
        neurons: as in `PrunedNeurons`; weights without a pruned neuron are left out.

    Raises:
        pydantic.ValidationError: no neuron is pruned, or an index is negative or doubled.
    """
    listed = {name: tuple(sorted(int(one) for one in indices)) for name, indices in sorted(neurons.items())}
    record = PrunedNeurons(neurons={name: indices for name, indices in listed.items() if indices})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NEURONS).write_text(record.model_dump_json() + "\n", encoding="utf-8")
