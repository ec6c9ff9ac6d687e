"""An adapter as a plain LoRA: each weight's update cut to a rank by its singular values.

For runtimes that know nothing but LoRA. A sculpted update is not of low rank, so something is lost: how
much of the update's energy was kept is written beside the LoRA, and what it does to the model has to be
measured (`ProbeChange`).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from pydantic import Field
from torch import Tensor

from s_mllmun_bench.checkpoints import lora
from s_mllmun_bench.checkpoints.adapters import Adapter, bind, changed
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.merging import weights_in_memory
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record
from s_mllmun_bench.whole import appearing

LOW_RANK = "low_rank.json"
_EXACT = 1024
"""Weights with a side up to this are decomposed exactly; larger ones by iteration."""
_SPARE, _ITERATIONS = 16, 6
"""More directions than wanted, and passes over the update, of the iteration."""


class ProbeChange(Record):
    """What the lost energy does to the model, on a few probe questions."""

    probes: int = Field(ge=1)
    largest: float = Field(ge=0)
    """The largest absolute change of a reference answer's log-probability, in nats, from the adapter to
    its LoRA."""
    largest_effect: float = Field(ge=0)
    """The same from the plain model to the adapter, to compare with."""


class LowRank(Record):
    """What ``low_rank.json`` holds."""

    adapter: str
    """Digest of the adapter that the LoRA stands for."""
    rank: int = Field(ge=1)
    weights: int = Field(ge=1)
    """How many are changed."""
    energy: float = Field(ge=0, le=1)
    """Share of the squared update that is kept, over all weights; 1 is all of it."""
    smallest_energy: float = Field(ge=0, le=1)
    """Of the weight that loses most."""
    smallest_name: str
    """That weight's name in memory."""
    change: ProbeChange | None
    """`None` where it was not measured."""

    def save(self, folder: Path) -> None:
        """Write the file beside the LoRA."""
        (folder / LOW_RANK).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def as_lora(
    model: Path,
    adapter: Adapter,
    rank: int,
    output: Path,
    progress: Progress | None = None,
    trust_remote_code: bool = False,
) -> LowRank:
    """Write an adapter as a PEFT LoRA folder that PEFT and vLLM load.

    Args:
        model: the checkpoint that the adapter is for, as `loading.resolve_model` returns it.
        adapter: of any kind that changes something.
        rank: of the LoRA, >= 1.
        output: a folder that does not exist yet.
        progress: told after each weight.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Returns:
        What was kept, as it is written beside the LoRA.

    Raises:
        BenchError: ``output`` exists, the adapter is not for this model, or it changes nothing.
    """
    if rank < 1:
        raise BenchError(f"the rank of a LoRA must be at least 1, got {rank}")
    factors: dict[str, Tensor] = {}
    energies: dict[str, tuple[float, float]] = {}
    bound = bind(adapter, Naming(skeleton(model, trust_remote_code)))
    with appearing(output) as folder:
        for name, update_OI in _updates(model, bound, trust_remote_code):
            a_RI, b_OR = _truncated(update_OI, rank)
            energies[name] = _energy(update_OI, a_RI, b_OR)
            factors |= lora.keys(name, a_RI.cpu(), b_OR.cpu())
            if progress is not None:
                progress(len(energies), len(bound.names), "decomposing")
        record = _record(adapter, rank, energies)
        _write(folder, rank, factors)
        record.save(folder)
    return record


def _updates(model: Path, bound: Adapter, trust_remote_code: bool) -> Iterator[tuple[str, Tensor]]:
    """Yield each weight's update, float32, on the GPU if there is one; shape (out, in)."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for name, weight in weights_in_memory(model, bound.names, trust_remote_code):
        whole_OI = weight.to(device, torch.float32)
        yield name, changed(name, whole_OI, [bound]) - whole_OI


def _truncated(update_OI: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return the factors A (rank, in) and B (out, rank) of the best product of that rank.

    Each takes the root of the singular values. Where the weight has no such rank, the rest is 0.
    """
    most = min(rank, *update_OI.shape)
    if min(update_OI.shape) <= _EXACT:
        left_OR, values_R, right_RI = torch.linalg.svd(update_OI, full_matrices=False)
    else:
        left_OR, values_R, right_RI = _iterated(update_OI, most + _SPARE)
    root_R = values_R[:most].sqrt()
    a_RI, b_OR = root_R[:, None] * right_RI[:most], left_OR[:, :most] * root_R
    pad = torch.nn.functional.pad
    return pad(a_RI, (0, 0, 0, rank - most)).contiguous(), pad(b_OR, (0, rank - most)).contiguous()


def _iterated(update_OI: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the first singular vectors and values, the same each time it is called."""
    count = min(count, *update_OI.shape)
    with torch.random.fork_rng(devices=[update_OI.device] if update_OI.is_cuda else []):
        torch.manual_seed(0)
        left_OR, values_R, right_IR = torch.svd_lowrank(update_OI, q=count, niter=_ITERATIONS)
    return left_OR, values_R, right_IR.T


def _energy(update_OI: Tensor, a_RI: Tensor, b_OR: Tensor) -> tuple[float, float]:
    """Return the squared update's sum, and how much of it is kept."""
    whole = float(update_OI.double().square().sum())
    lost = float((update_OI - b_OR @ a_RI).double().square().sum())
    return whole, max(0.0, whole - lost)


def _record(adapter: Adapter, rank: int, energies: dict[str, tuple[float, float]]) -> LowRank:
    total = sum(whole for whole, _ in energies.values())
    if not total > 0:
        raise BenchError(f"{adapter.source} changes no weight, so there is nothing to write as a LoRA")
    shares = {name: kept / whole for name, (whole, kept) in energies.items() if whole > 0}
    smallest = min(shares, key=lambda name: shares[name])
    return LowRank(
        adapter=adapter.digest,
        rank=rank,
        weights=len(energies),
        energy=sum(kept for _, kept in energies.values()) / total,
        smallest_energy=shares[smallest],
        smallest_name=smallest,
        change=None,
    )


def _write(folder: Path, rank: int, factors: dict[str, Tensor]) -> None:
    from safetensors.torch import save_file

    save_file(factors, folder / lora.WEIGHTS, metadata={"format": "pt"})
    config = {
        "peft_type": "LORA",
        "task_type": None,
        "base_model_name_or_path": None,
        "r": rank,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "inference_mode": True,
        "target_modules": sorted({lora.module_of(key) for key in factors}),
    }
    (folder / lora.CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
