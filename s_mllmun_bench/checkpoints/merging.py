"""Merging: a checkpoint with its adapters applied, written tensor by tensor.

The merged checkpoint has the layout of the one it came from: the same files, tensor names, dtypes and
metadata, because servers such as vLLM know the published names only. A shard that no adapter changes is
the same file under a second name (a hard link). The output folder appears whole or not at all; what a
killed merge leaves beside it is removed by the next one to the same place.
"""

import os
import shutil
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from s_mllmun_bench.checkpoints.adapters import Adapter, bind, changed, quantised
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.rewriting import DTYPES, Change, rewrite
from s_mllmun_bench.checkpoints.rows import workers
from s_mllmun_bench.checkpoints.shards import Header, read_header, weight_files
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.whole import appearing

_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.gguf", "*.h5", "*.msgpack", "*.onnx")
"""Not copied: a merged folder must not hold the weights from before."""


def merge(
    model: Path,
    adapters: Sequence[Adapter],
    output: Path,
    progress: Progress | None = None,
    trust_remote_code: bool = False,
) -> None:
    """Write a checkpoint with the adapters merged into its weights.

    Args:
        model: as `loading.resolve_model` returns it.
        adapters: applied in this order, rounded once.
        output: a folder that does not exist yet.
        progress: told after each tensor.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: ``output`` exists or cannot be written; or a name of an adapter finds no weight, or one
            that it does not fit or that is quantised. Nothing is left of the output.
    """
    bound, naming = _bound(model, adapters, trust_remote_code)
    headers = {shard: read_header(shard) for shard in weight_files(model)}
    changes = {shard: _changes(header, bound, naming) for shard, header in headers.items()}
    report = progress or (lambda done, total, what: None)
    done, total = 0, sum(len(header.places) for header in headers.values())
    with appearing(output) as merged, workers() as pool:
        hidden_or_weights = shutil.ignore_patterns(".*", *_WEIGHTS)
        shutil.copytree(model, merged, ignore=hidden_or_weights, dirs_exist_ok=True)
        # A model's folder may be read-only, and the copy has taken that over.
        merged.chmod(merged.stat().st_mode | stat.S_IRWXU)
        for shard, header in headers.items():
            if not changes[shard]:
                _link(shard, merged / shard.name)
            else:
                for count in rewrite(shard, merged / shard.name, changes[shard], pool):
                    report(done + count, total, "merging")
            done += len(header.places)
            report(done, total, "merging")


def _changes(header: Header, adapters: Sequence[Adapter], naming: Naming) -> dict[str, Change]:
    """Return what becomes of a shard's tensors, by their published names; those changed only."""
    changes = {}
    for name, place in header.places.items():
        in_memory = naming.in_memory(name)
        touching = [adapter for adapter in adapters if in_memory in adapter.names]
        if in_memory is None or not touching:
            continue
        if place.dtype not in DTYPES:
            raise quantised(in_memory, place.dtype, touching[0])
        changes[name] = Change(in_memory, touching)
    return changes


def _link(shard: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system cannot."""
    try:
        os.link(shard.resolve(), target)
    except OSError:
        shutil.copyfile(shard, target)


def adapted_weights(
    model: Path,
    adapters: Sequence[Adapter],
    dtype: torch.dtype | None = None,
    trust_remote_code: bool = False,
) -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor of a checkpoint under its published name, with the adapters applied.

    This is what an engine takes that reloads its weights. Tensors lie on the CPU, one at a time.

    Args:
        model: as `loading.resolve_model` returns it.
        adapters: applied in this order, rounded once.
        dtype: of the engine: floating tensors are converted to it before the adapters are applied, so an
            engine in float32 gets the unrounded sum; `None` keeps the dtypes of the files.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: a name of an adapter finds no weight; before the first tensor.
    """
    bound, naming = _bound(model, adapters, trust_remote_code)
    for shard in weight_files(model):
        yield from _adapted(shard, bound, naming, dtype)


def weights_in_memory(
    model: Path, names: Collection[str], trust_remote_code: bool = False
) -> Iterator[tuple[str, Tensor]]:
    """Yield some of a checkpoint's own tensors, each as (name in memory, tensor in the files' dtype).

    A backend puts the plain weights back with it and need not hold a copy of them. Only these tensors
    are read; they lie on the CPU.

    Args:
        model: as `loading.resolve_model` returns it.
        names: the names in memory; each is yielded once, in the files' order.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: the files hold no tensor of one of the names; before the first tensor.
    """
    from safetensors import safe_open

    naming = Naming(skeleton(model, trust_remote_code))
    places = {naming.in_memory(name): (name, shard) for shard, name in _stored(model)}
    if lost := sorted(set(names) - places.keys()):
        raise BenchError(f"{model} stores no tensor of the weight {lost[0]}")
    for in_memory, (name, shard) in places.items():
        if in_memory is not None and in_memory in names:
            with safe_open(shard, framework="pt") as file:
                yield in_memory, file.get_tensor(name)


def require_fit(model: Path, adapters: Sequence[Adapter], trust_remote_code: bool = False) -> None:
    """Check that adapters are for a checkpoint; no weight is read.

    Args:
        model: as `loading.resolve_model` returns it.
        adapters: each alone.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: a name of an adapter finds no weight, or one that it does not fit (see `bind`).
    """
    if adapters:
        _bound(model, adapters, trust_remote_code)


def _bound(model: Path, adapters: Sequence[Adapter], trust_remote_code: bool) -> tuple[list[Adapter], Naming]:
    """Return the adapters with names in memory, all of which have a tensor in the checkpoint's files."""
    naming = Naming(skeleton(model, trust_remote_code))
    bound: list[Adapter] = [bind(adapter, naming) for adapter in adapters]
    stored = {naming.in_memory(name) for _, name in _stored(model)}
    for adapter in bound:
        if lost := sorted(adapter.names - stored):
            raise BenchError(f"{adapter.source} changes {lost[0]}, which {model} does not store")
    return bound, naming


def _adapted(
    shard: Path, adapters: Sequence[Adapter], naming: Naming, dtype: torch.dtype | None = None
) -> Iterator[tuple[str, Tensor]]:
    from safetensors import safe_open

    with safe_open(shard, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - a safetensors file is no mapping
            in_memory = naming.in_memory(name)
            tensor = file.get_tensor(name)
            if dtype is not None and tensor.is_floating_point() and tensor.element_size() > 1:
                tensor = tensor.to(dtype)
            yield name, tensor if in_memory is None else changed(in_memory, tensor, adapters)


def _stored(model: Path) -> Iterator[tuple[Path, str]]:
    """Yield each shard and published name of a checkpoint's tensors."""
    return ((shard, name) for shard in weight_files(model) for name in read_header(shard).places)
