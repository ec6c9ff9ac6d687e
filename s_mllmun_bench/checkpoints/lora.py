"""A PEFT LoRA folder, read as what it is: one dense update per weight matrix.

Only what adds ``scaling * B @ A`` to a linear layer is supported: plain LoRA, rank-stabilised LoRA,
rank and alpha patterns. Everything else that PEFT can write changes more than that (DoRA's norms,
biases, whole modules, a changed base), so it is refused instead of half applied.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from s_mllmun_bench.checkpoints.loading import file_digest, read_json
from s_mllmun_bench.errors import BenchError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"

_PREFIX = "base_model.model."
_NO_EFFECT = {
    "auto_mapping",
    "base_model_name_or_path",
    "ensure_weight_tying",
    "eva_config",
    "exclude_modules",
    "inference_mode",
    "layers_pattern",
    "layers_to_transform",
    "lora_dropout",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "target_modules",
    "task_type",
}
"""Settings that do not change what the saved A and B do."""
_HONOURED = {"alpha_pattern", "lora_alpha", "peft_type", "r", "rank_pattern", "use_rslora"}
_PLAIN = {"bias": ("none",), "init_lora_weights": (True, False, "gaussian", "orthogonal", "eva")}
"""Settings with the values that leave plain LoRA; other initialisations change the base weights."""


@dataclass(frozen=True, slots=True)
class Factors:
    """The two factors of one matrix's update, with its scaling."""

    a_RI: Tensor
    """Shape (rank, in)."""
    b_OR: Tensor
    """Shape (out, rank)."""
    scaling: float

    def update(self, device: torch.device) -> Tensor:
        """Return the dense update, float32; shape (out, in)."""
        product_OI: Tensor = self.b_OR.to(device, torch.float32) @ self.a_RI.to(device, torch.float32)
        return product_OI * self.scaling


@dataclass(frozen=True, slots=True)
class LoraAdapter:
    """All updates of one LoRA folder, as an `Adapter`."""

    source: str
    digest: str
    """SHA-256 over what changes the updates; where the base model lay does not."""
    factors: Mapping[str, Factors]
    """By the weight's name as the adapter gives it, such as ``lm_head.weight``."""
    kind: str = "lora"

    @property
    def names(self) -> frozenset[str]:
        """As in `Adapter`."""
        return frozenset(self.factors)

    def apply(self, name: str, weight: Tensor) -> Tensor:
        """As in `Adapter`: ``W + scaling * B @ A``."""
        return added(self.source, name, weight, self.factors[name].update(weight.device))


def added(source: str, name: str, weight: Tensor, update: Tensor) -> Tensor:
    """Return ``weight + update``, summed in float32 and cast back to the weight's dtype.

    Args:
        source: the adapter, for the message.
        name: the weight's, for the message.
        weight: shape (out, in).
        update: float32; shape (out, in).

    Raises:
        BenchError: the shapes differ.
    """
    if weight.shape != update.shape:
        wanted, got = tuple(update.shape), tuple(weight.shape)
        raise BenchError(f"{source}: its update of {name} has shape {wanted}, the weight has {got}")
    return (weight.float() + update).to(weight.dtype)


def read_lora(folder: Path) -> LoraAdapter:
    """Read a PEFT LoRA folder.

    Raises:
        BenchError: a file is missing or damaged, or the adapter is more than a LoRA on linear layers.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise BenchError(f"{folder} is no LoRA folder: it has no {name}")
    config = read_json(folder / CONFIG)
    _refuse_what_is_not_plain(folder, config)
    tensors = _read_tensors(folder / WEIGHTS)
    modules = sorted({key.rpartition(".lora_")[0] for key in tensors})
    factors = {
        f"{module.removeprefix(_PREFIX)}.weight": _factors(folder, config, tensors, module)
        for module in modules
    }
    return LoraAdapter(source=str(folder), digest=_digest(folder, config), factors=factors)


def _refuse_what_is_not_plain(folder: Path, config: Mapping[str, Any]) -> None:
    if config.get("peft_type") != "LORA":
        raise BenchError(f"{folder}: peft_type is {config.get('peft_type')!r}; only LORA is supported")
    for key, value in sorted(config.items()):
        if key in _NO_EFFECT | _HONOURED or not value or value in _PLAIN.get(key, ()):
            continue
        raise BenchError(f"{folder}: the LoRA setting {key}={value!r} is not supported")


def _read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(path)
    except SafetensorError as error:
        raise BenchError(f"{path} is not a whole safetensors file") from error
    if not tensors:
        raise BenchError(f"{path} holds no tensors")
    for key, tensor in tensors.items():
        if not key.endswith((".lora_A.weight", ".lora_B.weight")) or tensor.dim() != 2:
            raise BenchError(f"{path} holds {key!r}, which is no LoRA of a linear layer")
        if not tensor.isfinite().all():
            raise BenchError(f"{path}: {key!r} holds numbers that are not finite")
    return tensors


def _factors(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor], module: str) -> Factors:
    a_RI, b_OR = (tensors.get(f"{module}.lora_{half}.weight") for half in "AB")
    if a_RI is None or b_OR is None or a_RI.shape[0] != b_OR.shape[1]:
        raise BenchError(f"{folder}: the factors A and B of {module!r} do not fit together")
    rank = a_RI.shape[0]
    alpha = _alpha(config, module.removeprefix(_PREFIX))
    return Factors(a_RI, b_OR, alpha / (rank**0.5 if config.get("use_rslora") else rank))


def _alpha(config: Mapping[str, Any], module: str) -> float:
    """Return a module's alpha: the first pattern that its name ends with, or the general one."""
    patterns: Mapping[str, float] = config.get("alpha_pattern") or {}
    for pattern, alpha in patterns.items():
        if re.fullmatch(rf"(.*\.)?({pattern})", module):
            return float(alpha)
    return float(config.get("lora_alpha", 8))


def _digest(folder: Path, config: Mapping[str, Any]) -> str:
    what = {key: config.get(key) for key in ("alpha_pattern", "lora_alpha", "use_rslora")}
    text = json.dumps({**what, "weights": file_digest(folder / WEIGHTS)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
