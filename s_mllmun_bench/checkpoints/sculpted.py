"""Sculpted adapters: a forgetting LoRA and its anchor, sculpted while they are applied.

After masking, an update is no longer of low rank. So the two LoRAs and k are what is kept: megabytes
instead of a whole model, k can be changed without training, and the adapter can be taken off again.

    sculpted_adapter.json    {"k": 1.0, "variant": "joint", ...}
    forget/  anchor/         PEFT LoRA folders
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import ConfigDict, Field, ValidationError
from torch import Tensor

from s_mllmun_bench.checkpoints import sculpting
from s_mllmun_bench.checkpoints.lora import LoraAdapter, added, read_lora
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

SETTINGS = "sculpted_adapter.json"
ANCHOR = "anchor"


class SculptedSettings(Record):
    """What ``sculpted_adapter.json`` holds."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    k: float = Field(ge=0)
    """Masking strength of Eq. 7; may be infinite."""
    variant: Literal["joint", "by_modality"] = "joint"
    """One forgetting LoRA in ``forget/``; or the mean of the two in ``forget_multimodal/`` and
    ``forget_text/``, each sculpted by the same anchor."""
    epsilon: float = Field(default=sculpting.EPSILON, gt=0)
    """Of Eq. 8."""
    direction: bool = True
    """Whether Eq. 6 takes part; see `sculpting.sculpt`."""
    magnitude: bool = True
    """Whether Eq. 7 takes part."""

    def save(self, folder: Path) -> None:
        """Write the file; the LoRA folders beside it are the caller's."""
        (folder / SETTINGS).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def criteria(self) -> dict[str, Any]:
        """Return the arguments of `sculpting.sculpt`."""
        return self.model_dump(exclude={"variant"})

    def forget_folders(self) -> tuple[str, ...]:
        """Return the names of the forgetting LoRA folders."""
        return ("forget",) if self.variant == "joint" else ("forget_multimodal", "forget_text")


@dataclass(frozen=True, slots=True)
class SculptedAdapter:
    """``W + sculpted update`` (Eq. 11), as an `Adapter`."""

    source: str
    settings: SculptedSettings
    forget: tuple[LoraAdapter, ...]
    """One or, by modality, two; all change the same weights."""
    anchor: LoraAdapter
    """Changes at least the weights that ``forget`` changes."""
    kind: str = "sculpted"

    @property
    def digest(self) -> str:
        """As in `Adapter`; another k is another digest."""
        loras = [one.digest for one in (*self.forget, self.anchor)]
        return hashlib.sha256("\n".join([self.settings.model_dump_json(), *loras]).encode()).hexdigest()

    @property
    def names(self) -> frozenset[str]:
        """As in `Adapter`."""
        return self.forget[0].names

    def apply(self, name: str, weight: Tensor) -> Tensor:
        """As in `Adapter`."""
        return added(self.source, name, weight, self.update(name, weight.device))

    def update(self, name: str, device: torch.device) -> Tensor:
        """Return one weight's sculpted update, float32; shape (out, in)."""
        criteria = self.settings.criteria()
        sculpted = [sculpting.sculpt(*pair_OI, **criteria) for pair_OI in self._pairs(name, device)]
        return torch.stack(sculpted).mean(dim=0)

    def masked_share(self) -> float:
        """Return the share of all entries of the forgetting updates that are masked, 0 to 1.

        It forms every dense update: no time for a mini checkpoint, minutes for 7B.
        """
        masked, entries = 0, 0
        for name in sorted(self.names):
            for pair_OI in self._pairs(name, torch.device("cpu")):
                mask_OI = sculpting.conflict_mask(*pair_OI, **self.settings.criteria())
                masked, entries = masked + int(mask_OI.sum()), entries + mask_OI.numel()
        return masked / entries

    def _pairs(self, name: str, device: torch.device) -> list[tuple[Tensor, Tensor]]:
        """Return (forgetting update, anchor's update) of one weight, once per forgetting LoRA."""
        anchor_OI = self.anchor.factors[name].update(device)
        return [(one.factors[name].update(device), anchor_OI) for one in self.forget]


def read_sculpted(folder: Path, k: float | None = None) -> SculptedAdapter:
    """Read a sculpted adapter's folder.

    Args:
        folder: with ``sculpted_adapter.json``, the forgetting LoRA folders and ``anchor/``.
        k: takes the place of the k in the settings.

    Raises:
        BenchError: the settings are not valid, a LoRA cannot be read, or they change other weights.
    """
    settings = _read_settings(folder / SETTINGS, k)
    forget = tuple(read_lora(folder / name) for name in settings.forget_folders())
    anchor = read_lora(folder / ANCHOR)
    for one in forget:
        if alone := sorted((one.names ^ forget[0].names) | (one.names - anchor.names)):
            raise BenchError(
                f"{folder}: forgetting and anchor LoRA must change the same weights; not so: {alone[0]}"
            )
    return SculptedAdapter(str(folder), settings, forget, anchor)


def _read_settings(path: Path, k: float | None) -> SculptedSettings:
    try:
        settings = SculptedSettings.model_validate_json(path.read_bytes())
        return SculptedSettings.model_validate(settings.model_dump() | ({} if k is None else {"k": k}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "JSON"
        raise BenchError(f"{path}: {where}: {first['msg']}, got {first['input']!r}") from error
