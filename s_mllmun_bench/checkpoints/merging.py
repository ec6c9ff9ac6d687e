"""Merging: a checkpoint with its adapters applied, written tensor by tensor.

The merged checkpoint has the layout of the one it came from: the same files, tensor names, dtypes and
metadata, because servers such as vLLM know the published names only. So each shard is copied, and the
bytes of the weights that an adapter changes are overwritten where they stand. Never more than one
weight is in memory, and the output folder appears whole or not at all.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from s_mllmun_bench.checkpoints.adapters import Adapter, bind, changed
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.loading import weight_files
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError

_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.gguf", "*.h5", "*.msgpack", "*.onnx")
"""Not copied: a merged folder must not hold the weights from before."""


def merge(model: Path, adapters: Sequence[Adapter], output: Path, progress: Progress | None = None) -> None:
    """Write a checkpoint with the adapters merged into its weights.

    Args:
        model: as `loading.resolve_model` returns it.
        adapters: applied in this order, rounded once.
        output: a folder that does not exist yet.
        progress: told after each tensor.

    Raises:
        BenchError: ``output`` exists, or a name of an adapter finds no weight; nothing was written.
    """
    if output.exists() or output.is_symlink():
        raise BenchError(f"{output} exists; give a folder that does not")
    bound, naming = _bound(model, adapters)
    report = progress or (lambda done, total, what: None)
    done, total = 0, sum(len(_tensor_names(shard)) for shard in weight_files(model))
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as scratch:
        merged = Path(scratch) / "merged"
        shutil.copytree(model, merged, ignore=shutil.ignore_patterns(".*", *_WEIGHTS))
        for shard in weight_files(model):
            for _ in _merge_shard(shard, merged / shard.name, bound, naming):
                done += 1
                report(done, total, "merging")
        merged.rename(output)


def adapted_weights(model: Path, adapters: Sequence[Adapter]) -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor of a checkpoint under its published name, with the adapters applied.

    This is what an engine takes that reloads its weights. Tensors lie on the CPU in the dtype of the
    files, one at a time.

    Raises:
        BenchError: a name of an adapter finds no weight; before the first tensor.
    """
    bound, naming = _bound(model, adapters)
    for shard in weight_files(model):
        yield from _adapted(shard, bound, naming)


def _bound(model: Path, adapters: Sequence[Adapter]) -> tuple[list[Adapter], Naming]:
    """Return the adapters with names in memory, all of which have a tensor in the checkpoint's files."""
    naming = Naming(skeleton(model))
    bound: list[Adapter] = [bind(adapter, naming) for adapter in adapters]
    stored = {naming.in_memory(name) for shard in weight_files(model) for name in _tensor_names(shard)}
    for adapter in bound:
        if lost := sorted(adapter.names - stored):
            raise BenchError(f"{adapter.source} changes {lost[0]}, which {model} does not store")
    return bound, naming


def _adapted(shard: Path, adapters: Sequence[Adapter], naming: Naming) -> Iterator[tuple[str, Tensor]]:
    from safetensors import safe_open

    with safe_open(shard, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - a safetensors file is no mapping
            in_memory = naming.in_memory(name)
            tensor = file.get_tensor(name)
            yield name, tensor if in_memory is None else changed(in_memory, tensor, adapters)


def _merge_shard(shard: Path, target: Path, adapters: Sequence[Adapter], naming: Naming) -> Iterator[str]:
    """Copy a shard, overwrite in the copy what the adapters change, and yield each tensor's name.

    A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON with each
    tensor's offsets behind it) and the tensors' bytes; a changed weight keeps its dtype and shape, so
    it fits into its place.
    """
    shutil.copyfile(shard, target)
    with target.open("r+b") as file:
        data_starts = 8 + int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(data_starts - 8))
        for name, tensor in _adapted(shard, adapters, naming):
            if any(naming.in_memory(name) in adapter.names for adapter in adapters):
                file.seek(data_starts + header[name]["data_offsets"][0])
                file.write(tensor.contiguous().view(torch.uint8).numpy().data)
            yield name


def _tensor_names(shard: Path) -> list[str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(shard, framework="pt") as file:
            return list(file.keys())
    except SafetensorError as error:
        raise BenchError(f"{shard} is not a whole safetensors file") from error
