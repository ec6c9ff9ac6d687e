"""A PEFT LoRA folder, read as what it is: one dense update per weight matrix.

Only what adds ``scaling * B @ A`` to a linear layer is supported: plain LoRA, rank-stabilised LoRA,
rank and alpha patterns. Everything else that PEFT can write changes more than that (DoRA's norms,
biases, whole modules, a changed base), so it is refused instead of half applied.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, FiniteFloat, PositiveInt, ValidationError
from torch import Tensor

from s_mllmun_bench.checkpoints.loading import file_digest, read_json
from s_mllmun_bench.checkpoints.rows import ALL, scratch
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import first_fault

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"

Value = TypeVar("Value")
_PREFIX = "base_model.model."
_HALF = ".lora_"
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
_PLAIN = {"bias": ("none",), "init_lora_weights": (True, False, "gaussian", "orthogonal", "eva")}
"""Settings with the values that leave plain LoRA; other initialisations change the base weights."""


class _Honoured(BaseModel):
    """The settings of ``adapter_config.json`` that say what the saved A and B do; PEFT's defaults."""

    model_config = ConfigDict(frozen=True, strict=True)

    peft_type: str
    r: PositiveInt | None = None
    """Rank of all modules that ``rank_pattern`` does not name."""
    lora_alpha: FiniteFloat = 8.0
    """Scaling times rank, of all modules that ``alpha_pattern`` does not name."""
    rank_pattern: dict[str, PositiveInt] | None = None
    """By a regex on the end of a module's name; the first that fits counts."""
    alpha_pattern: dict[str, FiniteFloat] | None = None
    """As ``rank_pattern``."""
    use_rslora: bool = False
    """Scaling is alpha by the root of the rank, not by the rank."""


@dataclass(frozen=True, slots=True)
class Factors:
    """The two factors of one matrix's update, with its scaling."""

    a_RI: Tensor
    """Shape (rank, in)."""
    b_OR: Tensor
    """Shape (out, rank)."""
    scaling: float

    @property
    def shape(self) -> tuple[int, int]:
        """The weight's shape, (out, in)."""
        return self.b_OR.shape[0], self.a_RI.shape[1]

    def update(self, device: torch.device, rows: slice = ALL, out_OI: Tensor | None = None) -> Tensor:
        """Return some rows of the dense update, float32; shape (rows, in).

        Args:
            device: where to compute.
            rows: which.
            out_OI: memory to write them into; `None`: new memory.
        """
        factors = self._scaled(device, rows)
        return torch.mm(*factors) if out_OI is None else torch.mm(*factors, out=out_OI)

    def added(self, weight: Tensor, rows: slice = ALL) -> Tensor:
        """Return some rows of a weight with the update, summed in float32, in the weight's dtype.

        Args:
            weight: the rows, left as they are; shape (rows, in).
            rows: which they are.
        """
        if weight.dtype == torch.float32:
            return torch.addmm(weight, *self._scaled(weight.device, rows))
        whole = scratch("sum", weight.shape, torch.float32, weight.device).copy_(weight)
        return whole.addmm_(*self._scaled(weight.device, rows)).to(weight.dtype)

    def _scaled(self, device: torch.device, rows: slice) -> tuple[Tensor, Tensor]:
        """Return some rows of B with the scaling in them, and A; float32."""
        b_OR = self.b_OR[rows].to(device, torch.float32) * self.scaling
        return b_OR, self.a_RI.to(device, torch.float32)

    def norm(self) -> float:
        """Return the dense update's Frobenius norm without forming it.

        ``|B A|^2`` is the sum over the entries of ``(B^T B) * (A A^T)``, which are small matrices.
        """
        a_RI, b_OR = self.a_RI.double(), self.b_OR.double()
        squared = ((b_OR.T @ b_OR) * (a_RI @ a_RI.T)).sum()
        return float(squared.clamp(min=0).sqrt()) * abs(self.scaling)


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

    def require_fit(self, name: str, shape: Sequence[int]) -> None:
        """As in `Adapter`."""
        if tuple(shape) != (wanted := self.factors[name].shape):
            got = tuple(shape)
            raise BenchError(f"{self.source}: its update of {name} has shape {wanted}, the weight has {got}")

    def apply(self, name: str, weight: Tensor, rows: slice = ALL) -> Tensor:
        """As in `Adapter`: ``W + scaling * B @ A``."""
        return self.factors[name].added(weight, rows)


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
    settings = _honoured(folder, config)
    tensors = _read_tensors(folder / WEIGHTS)
    modules = sorted({key.rpartition(_HALF)[0] for key in tensors})
    factors = {
        f"{module.removeprefix(_PREFIX)}.weight": _factors(folder, settings, tensors, module)
        for module in modules
    }
    return LoraAdapter(source=str(folder), digest=_digest(folder, config), factors=factors)


def keys(name: str, a_RI: Tensor, b_OR: Tensor) -> dict[str, Tensor]:
    """Return a weight's factors under the names that PEFT saves them with."""
    module = _PREFIX + name.removesuffix(".weight")
    return {f"{module}{_HALF}A.weight": a_RI, f"{module}{_HALF}B.weight": b_OR}


def module_of(key: str) -> str:
    """Return the full name of the module that a saved factor belongs to."""
    return key.rpartition(_HALF)[0].removeprefix(_PREFIX)


def _refuse_what_is_not_plain(folder: Path, config: Mapping[str, Any]) -> None:
    if config.get("peft_type") != "LORA":
        raise BenchError(f"{folder}: peft_type is {config.get('peft_type')!r}; only LORA is supported")
    for key, value in sorted(config.items()):
        if key in _NO_EFFECT | _Honoured.model_fields.keys() or not value or value in _PLAIN.get(key, ()):
            continue
        raise BenchError(f"{folder}: the LoRA setting {key}={value!r} is not supported")


def _honoured(folder: Path, config: Mapping[str, Any]) -> _Honoured:
    known = {key: value for key, value in config.items() if key in _Honoured.model_fields}
    try:
        settings = _Honoured.model_validate(known)
        for pattern in {**(settings.rank_pattern or {}), **(settings.alpha_pattern or {})}:
            re.compile(pattern)
    except ValidationError as error:
        raise BenchError(f"{folder / CONFIG}: {first_fault(error)}") from error
    except re.error as error:
        raise BenchError(f"{folder / CONFIG}: {error.pattern!r} is no pattern of names: {error}") from error
    return settings


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
        if not tensor.is_floating_point() or tensor.element_size() == 1:
            raise BenchError(f"{path}: {key!r} is stored as {tensor.dtype}; wanted 16 or 32 bit floats")
        if not tensor.isfinite().all():
            raise BenchError(f"{path}: {key!r} holds numbers that are not finite")
    return tensors


def _factors(folder: Path, settings: _Honoured, tensors: Mapping[str, Tensor], module: str) -> Factors:
    a_RI, b_OR = (tensors.get(f"{module}.lora_{half}.weight") for half in "AB")
    if a_RI is None or b_OR is None or a_RI.shape[0] != b_OR.shape[1]:
        raise BenchError(f"{folder}: the factors A and B of {module!r} do not fit together")
    name, rank = module.removeprefix(_PREFIX), a_RI.shape[0]
    wanted = _fitting(settings.rank_pattern, name, settings.r)
    if rank != (wanted or rank):
        raise BenchError(f"{folder}: the factors of {module!r} have rank {rank}, {CONFIG} says {wanted}")
    alpha = _fitting(settings.alpha_pattern, name, settings.lora_alpha)
    return Factors(a_RI, b_OR, alpha / (rank**0.5 if settings.use_rslora else rank))


def _fitting(patterns: Mapping[str, Value] | None, module: str, general: Value) -> Value:
    """Return the value of the first pattern that the module's name ends with, or the general one."""
    fitting = (value for end, value in (patterns or {}).items() if re.fullmatch(rf"(.*\.)?({end})", module))
    return next(fitting, general)


def _digest(folder: Path, config: Mapping[str, Any]) -> str:
    what = {key: config.get(key) for key in ("alpha_pattern", "lora_alpha", "use_rslora")}
    text = json.dumps({**what, "weights": file_digest(folder / WEIGHTS)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
