"""SMFA: learn to refuse, then mask what would hurt the people who stay (the paper's section 3).

The forgetting adapter learns diverse refusals for the forget set and the truth for the few-shot
retain set (Eq. 4); the retaining anchor learns that retain set alone. Both are kept as LoRAs, and
the forgetting update is sculpted by the anchor whenever the adapter is loaded (Eq. 6-11).
"""

from pathlib import Path
from typing import Any

from pydantic import Field

from s_mllmun_bench.checkpoints.sculpted import SculptedSettings
from s_mllmun_bench.records import Record
from s_mllmun_bench.training import (
    LoraSettings,
    Packer,
    Row,
    TrainSettings,
    UnlearningTask,
    cross_entropy,
    rows_of,
)


class Settings(Record):
    """Settings of SMFA (variant ``joint``); one item of a batch is a row."""

    k: float = Field(ge=0)
    """Masking strength, >= 0; larger masks less and forgets more."""
    forget: TrainSettings
    anchor: TrainSettings
    lora: LoraSettings


def unlearn(task: UnlearningTask, output: Path) -> None:
    """Write a sculpted adapter; see `contracts.Submission`."""
    settings = task.parsed(Settings)
    refused = rows_of(task.data.forget, task.refusal)
    kept = rows_of(task.data.retain)
    trainings: list[tuple[str, list[Row], TrainSettings]] = [
        ("forget", refused + kept, settings.forget),
        ("anchor", kept, settings.anchor),
    ]
    for name, rows, training in trainings:
        task.train_lora(f"SMFA {name}", rows, collate, cross_entropy, training, settings.lora, output / name)
    SculptedSettings(k=settings.k).save(output)


def collate(packer: Packer, rows: list[Row]) -> dict[str, Any]:
    """Return one batch: Eq. 4 is a single cross-entropy over the union of both sets."""
    return packer.collate(rows)
