"""Sculpted adapters: a forgetting LoRA and its anchor, sculpted while they are applied.

After masking, an update is no longer of low rank. So the two LoRAs and k are what is kept: megabytes
instead of a whole model, k can be changed without training, and the adapter can be taken off again.

    sculpted_adapter.json    {"k": 1.0, "variant": "joint", ...}
    forget/  anchor/         PEFT LoRA folders
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from s_mllmun_bench.checkpoints import sculpting
from s_mllmun_bench.checkpoints.lora import LoraAdapter, read_lora
from s_mllmun_bench.checkpoints.rows import ALL, row_blocks, scratch
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

SETTINGS = "sculpted_adapter.json"
ANCHOR = "anchor"


class SculptedSettings(Record):
    """What ``sculpted_adapter.json`` holds."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    k: float = Field(ge=0)
    """Masking strength of Eq. 7; may be infinite."""
    k_text: float | None = Field(default=None, ge=0)
    """By modality: the k of the text-only forgetting LoRA; `None`: the same as ``k``."""
    variant: Literal["joint", "by_modality"] = "joint"
    """One forgetting LoRA in ``forget/``; or the mean of the two in ``forget_multimodal/`` and
    ``forget_text/``, each sculpted by the same anchor."""
    epsilon: float = Field(default=sculpting.EPSILON, gt=0)
    """Of Eq. 8."""
    direction: bool = True
    """Whether Eq. 6 takes part; see `sculpting.sculpt`."""
    magnitude: bool = True
    """Whether Eq. 7 takes part."""

    mask: Literal["conflict", "random"] = "conflict"
    """Mask the entries that fight the anchor; or, as a control, as many at random places."""
    seed: int = 0
    """Of the random places."""

    @model_validator(mode="after")
    def _two_ks_for_two_loras(self) -> "SculptedSettings":
        if self.k_text is not None and self.variant == "joint":
            raise ValueError("k_text is for the variant by_modality")
        return self

    def save(self, folder: Path) -> None:
        """Write the file; the LoRA folders beside it are the caller's."""
        (folder / SETTINGS).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def ks(self) -> tuple[float, ...]:
        """Return the k of each forgetting LoRA, in the order of ``forget_folders``."""
        text = self.k if self.k_text is None else self.k_text
        return (self.k,) if self.variant == "joint" else (self.k, text)

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
    rho: tuple[Mapping[str, float], ...]
    """Of Eq. 8, by the weight's name; one mapping per forgetting LoRA."""
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

    def at(self, k: float, k_text: float | None = None) -> "SculptedAdapter":
        """Return the same adapter at another masking strength: the one way to have it at another k.

        Args:
            k: in place of the one that it was saved with.
            k_text: by modality, that of the text-only forgetting LoRA; `None`: the same as ``k``.

        Raises:
            BenchError: one of them is negative or no number.
        """
        fields = self.settings.model_dump() | {"k": k, "k_text": k_text}
        return replace(self, settings=_settings(fields, self.source))

    def require_fit(self, name: str, shape: Sequence[int]) -> None:
        """As in `Adapter`."""
        for one in (*self.forget, self.anchor):
            one.require_fit(name, shape)

    def apply(self, name: str, weight: Tensor, rows: slice = ALL) -> Tensor:
        """As in `Adapter`."""
        update_OI = self.update(name, weight.device, rows)
        return update_OI.add_(weight).to(weight.dtype)

    def update(self, name: str, device: torch.device, rows: slice = ALL) -> Tensor:
        """Return some rows of one weight's sculpted update, float32; shape (rows, in).

        Args:
            name: the weight's.
            device: where to compute.
            rows: one of the weight's `row_blocks`, or all: random places are drawn block by block.
        """
        if rows == ALL and self.settings.mask == "random":
            blocks = row_blocks(self.anchor.factors[name].shape)
            return torch.cat([self.update(name, device, block) for block in blocks])
        anchor = self.anchor.factors[name]
        shape = (len(range(anchor.shape[0])[rows]), anchor.shape[1])
        anchor_OI = anchor.update(device, rows, scratch("anchor", shape, torch.float32, device))
        sculpted = [self._sculpted(number, name, anchor_OI, rows) for number in range(len(self.forget))]
        return sculpted[0] if len(sculpted) == 1 else torch.stack(sculpted).mean(dim=0)

    def masked_share(self) -> float:
        """Return the share of all entries of the forgetting updates that are masked, 0 to 1.

        It forms every dense update: no time for a mini checkpoint, minutes for 7B.
        """
        masked, entries, cpu = 0, 0, torch.device("cpu")
        for name in sorted(self.names):
            for rows in row_blocks(self.anchor.factors[name].shape):
                anchor_OI = self.anchor.factors[name].update(cpu, rows)
                for number, one in enumerate(self.forget):
                    mask_OI = self._mask(number, name, one.factors[name].update(cpu, rows), anchor_OI)
                    masked, entries = masked + int(mask_OI.sum()), entries + mask_OI.numel()
        return masked / entries

    def _sculpted(self, number: int, name: str, anchor_OI: Tensor, rows: slice) -> Tensor:
        """Return rows of one forgetting LoRA's update of a weight, sculpted."""
        settings = self.settings
        forget_OI = self.forget[number].factors[name].update(anchor_OI.device, rows)
        if settings.direction and settings.magnitude and settings.mask == "conflict":
            k, rho = settings.ks()[number], self.rho[number][name]
            return sculpting.sculpt_in_place(forget_OI, anchor_OI, k, rho)
        mask_OI = self._mask(number, name, forget_OI, anchor_OI)
        if settings.mask == "random":
            draw = f"{settings.seed} {number} {name} {rows.start}"
            mask_OI = sculpting.shuffled(mask_OI, _generator(draw))
        return forget_OI.masked_fill_(mask_OI, 0.0)

    def _mask(self, number: int, name: str, forget_OI: Tensor, anchor_OI: Tensor) -> Tensor:
        """Return which entries of rows of one forgetting LoRA's update are masked by the criteria."""
        settings = self.settings
        return sculpting.conflict_mask(
            forget_OI,
            anchor_OI,
            settings.ks()[number],
            epsilon=settings.epsilon,
            direction=settings.direction,
            magnitude=settings.magnitude,
            rho=self.rho[number][name],
        )


def _generator(text: str) -> torch.Generator:
    """Return a generator whose numbers follow from a text alone."""
    return torch.Generator().manual_seed(int(hashlib.sha256(text.encode()).hexdigest()[:15], 16))


def read_sculpted(folder: Path) -> SculptedAdapter:
    """Read a sculpted adapter's folder.

    Args:
        folder: with ``sculpted_adapter.json``, the forgetting LoRA folders and ``anchor/``.

    Raises:
        BenchError: the settings are not valid, a LoRA cannot be read, or they change other weights.
    """
    settings = _settings((folder / SETTINGS).read_bytes(), str(folder / SETTINGS))
    forget = tuple(read_lora(folder / name) for name in settings.forget_folders())
    anchor = read_lora(folder / ANCHOR)
    for one in forget:
        if alone := sorted((one.names ^ forget[0].names) | (one.names - anchor.names)):
            raise BenchError(
                f"{folder}: forgetting and anchor LoRA must change the same weights; not so: {alone[0]}"
            )
        for name, factors in one.factors.items():
            anchor.require_fit(name, factors.shape)
    rho = tuple(_rho(one, anchor, settings.epsilon) for one in forget)
    return SculptedAdapter(str(folder), settings, forget, anchor, rho)


def _rho(forget: LoraAdapter, anchor: LoraAdapter, epsilon: float) -> dict[str, float]:
    return {
        name: sculpting.norm_ratio(factors.norm(), anchor.factors[name].norm(), epsilon)
        for name, factors in forget.factors.items()
    }


def _settings(given: bytes | Mapping[str, Any], where: str) -> SculptedSettings:
    """Return settings, from JSON or as fields.

    Raises:
        BenchError: they are not valid.
    """
    try:
        if isinstance(given, bytes):
            return SculptedSettings.model_validate_json(given)
        return SculptedSettings.model_validate(given)
    except ValidationError as error:
        raise BenchError(f"{where}: {first_fault(error)}") from error
