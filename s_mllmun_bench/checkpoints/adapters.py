"""Adapters: functions from a named weight to a weight, applied one tensor at a time.

Every weight that an adapter names must be found, or nothing is applied: elsewhere a LoRA whose keys
match nothing is silently ignored, which scores the model that never unlearned. From the one function
follow application in memory, inside a running engine and in a streaming merge (see `merging`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from s_mllmun_bench.checkpoints import lora, pruned, sculpted
from s_mllmun_bench.checkpoints.architectures import Naming
from s_mllmun_bench.checkpoints.loading import CONFIG
from s_mllmun_bench.checkpoints.rows import ALL, row_blocks, workers
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

IDENTITY = "identity_adapter.json"
_MARKERS = (lora.CONFIG, sculpted.SETTINGS, pruned.NEURONS, IDENTITY)


class Adapter(Protocol):
    """A function on named weights."""

    @property
    def kind(self) -> str:
        """``lora``, ``sculpted``, ``pruned`` or ``identity``."""
        ...

    @property
    def source(self) -> str:
        """The folder it was read from, for messages."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 over all that changes what it does, hexadecimal."""
        ...

    @property
    def names(self) -> frozenset[str]:
        """The weights it changes; names in memory once it is bound to a model (see `bind`)."""
        ...

    def require_fit(self, name: str, shape: Sequence[int]) -> None:
        """Check that a weight of this shape can be changed.

        Raises:
            BenchError: the adapter is for a weight of another shape.
        """
        ...

    def apply(self, name: str, weight: Tensor, rows: slice = ALL) -> Tensor:
        """Return the changed weight, in the same dtype and on the same device.

        Args:
            name: one of ``names``.
            weight: a weight that fits (see ``require_fit``), or some of its rows; is left as it is.
            rows: which rows of the weight they are.
        """
        ...


@dataclass(frozen=True, slots=True)
class IdentityAdapter:
    """Changes nothing; the reference ``original``."""

    source: str
    kind: str = "identity"
    digest: str = hashlib.sha256(b"identity").hexdigest()
    names: frozenset[str] = frozenset()

    def require_fit(self, name: str, shape: Sequence[int]) -> None:
        """Every shape fits."""

    def apply(self, name: str, weight: Tensor, rows: slice = ALL) -> Tensor:
        """Return the weight itself."""
        return weight


@dataclass(frozen=True, slots=True)
class BoundAdapter:
    """An adapter whose names are those of one model in memory."""

    adapter: Adapter
    own: Mapping[str, str]
    """By name in memory: the adapter's own name for that weight."""

    @property
    def kind(self) -> str:
        """As in `Adapter`."""
        return self.adapter.kind

    @property
    def source(self) -> str:
        """As in `Adapter`."""
        return self.adapter.source

    @property
    def digest(self) -> str:
        """As in `Adapter`."""
        return self.adapter.digest

    @property
    def names(self) -> frozenset[str]:
        """As in `Adapter`."""
        return frozenset(self.own)

    def require_fit(self, name: str, shape: Sequence[int]) -> None:
        """As in `Adapter`."""
        self.adapter.require_fit(self.own[name], shape)

    def apply(self, name: str, weight: Tensor, rows: slice = ALL) -> Tensor:
        """As in `Adapter`."""
        return self.adapter.apply(self.own[name], weight, rows)


def load_adapter(folder: Path) -> Adapter:
    """Read an adapter's folder; what is in it says of which kind it is.

    Args:
        folder: a PEFT LoRA, a sculpted adapter, pruned neurons or the identity.

    Raises:
        BenchError: it is none, or it cannot be read.
    """
    found = [name for name in _MARKERS if (folder / name).is_file()]
    if len(found) != 1:
        raise _no_adapter(folder, found)
    if found == [sculpted.SETTINGS]:
        return sculpted.read_sculpted(folder)
    if found == [IDENTITY]:
        return IdentityAdapter(str(folder))
    return lora.read_lora(folder) if found == [lora.CONFIG] else pruned.read_pruned(folder)


def _no_adapter(folder: Path, found: Sequence[str]) -> BenchError:
    """Return the error for what is given as an adapter's folder and is none."""
    if folder.is_file():
        return BenchError(f"{folder} is a file; give the adapter's folder, which is {folder.parent}")
    if not folder.is_dir():
        return BenchError(f"there is no folder {folder} (adapters are local folders)")
    if not found and (folder / CONFIG).is_file():
        return BenchError(f"{folder} is a checkpoint, not an adapter; give it as --model")
    got = " and ".join(found) or "none"
    return BenchError(f"{folder} is no adapter folder: wanted one of {', '.join(_MARKERS)}; got {got}")


def write_identity(folder: Path) -> None:
    """Write the adapter that changes nothing into an existing folder."""
    (folder / IDENTITY).write_text("{}\n", encoding="utf-8")


def bind(adapter: Adapter, naming: Naming) -> BoundAdapter:
    """Return the adapter with its names translated to those of a model in memory.

    An adapter may name a weight as in memory or as published; that depends on what trained it.

    Raises:
        BenchError: a name finds no weight, one of another shape, or one that the model ties to another,
            which would change both although only one was trained.
    """
    found = {name: naming.in_memory(name) for name in sorted(adapter.names)}
    if lost := [name for name, there in found.items() if there is None]:
        raise BenchError(
            f"{adapter.source}: {len(lost)} of {len(adapter.names)} keys find no weight in the model; "
            f"the first are {', '.join(lost[:3])}; the model has {', '.join(sorted(naming.shapes)[:3])}"
        )
    own = {there: name for name, there in found.items() if there is not None}
    if len(own) < len(found):
        raise BenchError(f"{adapter.source} names a weight twice, as in memory and as published")
    if tied := sorted(naming.tied.intersection(own)):
        raise BenchError(f"{adapter.source} changes {tied[0]}, which this model ties to another weight")
    for there, name in own.items():
        adapter.require_fit(name, naming.shapes[there])
    return BoundAdapter(adapter, own)


def apply_adapter(model: "PreTrainedModel", adapter: Adapter) -> None:
    """Change a model's weights in place.

    Raises:
        BenchError: the adapter is not for this model (see `bind`), which is unchanged.
    """
    apply_adapters(model, [adapter])


def apply_adapters(model: "PreTrainedModel", adapters: Sequence[Adapter]) -> None:
    """Change a model's weights in place by several adapters, rounded once.

    Raises:
        BenchError: as in `apply_adapter`.
    """
    naming = Naming(model)
    bound = [bind(adapter, naming) for adapter in adapters]
    with torch.no_grad():
        for name in sorted(frozenset().union(*(adapter.names for adapter in bound))):
            parameter = model.get_parameter(name)
            parameter.copy_(changed(name, parameter.detach(), bound))


def changed(name: str, weight: Tensor, adapters: Sequence[Adapter]) -> Tensor:
    """Return a weight as all adapters that name it leave it, in its dtype, rounded once.

    Args:
        name: the weight's name in memory.
        weight: is returned itself where no adapter names it.
        adapters: bound ones, in the order of application.

    Raises:
        BenchError: the weight is quantised.
    """
    touching = [adapter for adapter in adapters if name in adapter.names]
    if not touching:
        return weight
    if not weight.is_floating_point() or weight.element_size() == 1:
        raise quantised(name, str(weight.dtype), touching[0])
    result, blocks = torch.empty_like(weight), list(row_blocks(weight.shape))

    def change(rows: slice) -> None:
        result[rows] = changed_rows(name, weight[rows], rows, touching)

    if weight.device.type != "cpu" or len(blocks) == 1:
        for rows in blocks:
            change(rows)
    else:
        with workers() as pool:
            list(pool.map(change, blocks))
    return result


def changed_rows(name: str, weight: Tensor, rows: slice, adapters: Sequence[Adapter]) -> Tensor:
    """Return some rows of an unquantised weight as the adapters leave them, in its dtype, rounded once.

    Args:
        name: the weight's name in memory.
        weight: the rows; shape (rows, in).
        rows: one of the weight's `rows.row_blocks`.
        adapters: bound ones that all name the weight, in the order of application.

    Raises:
        BenchError: an entry becomes larger than float16 can hold.
    """
    if len(adapters) == 1:
        result = adapters[0].apply(name, weight, rows)
    else:
        whole = weight.float()
        for adapter in adapters:
            whole = adapter.apply(name, whole, rows)
        result = whole.to(weight.dtype)
    if result.dtype == torch.float16 and bool(result.isinf().any()):
        raise BenchError(f"{adapters[-1].source}: an entry of {name} becomes larger than float16 can hold")
    return result


def quantised(name: str, dtype: str, adapter: Adapter) -> BenchError:
    """Return the error for a weight that is stored in less than 16 bits, or in integers."""
    return BenchError(f"{adapter.source}: {name} is stored as {dtype}; only unquantised weights are changed")
