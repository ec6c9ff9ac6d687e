"""IDK tuning: learn one fixed refusal for the forget set and the truth for the retain set (Eq. 14).

    L_idk = L(D_f with "I don't know.") + L(D_r few-shot)

Both terms are cross-entropies over answer tokens, in every step, with equal weight.
"""

import random
from pathlib import Path
from typing import Any

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
    """Settings of IDK tuning; one item of a batch is a forget row and a retain row."""

    refusal: str
    training: TrainSettings
    lora: LoraSettings


def unlearn(task: UnlearningTask, output: Path) -> None:
    """Write a PEFT LoRA; see `contracts.Submission`."""
    settings = task.parsed(Settings)
    forget = rows_of(task.data.forget, lambda question: settings.refusal)
    items = paired(forget, rows_of(task.data.retain), random.Random(task.seed))
    task.train_lora("IDK tuning", items, collate, idk_loss, settings.training, settings.lora, output)


def paired(forget: list[Row], retain: list[Row], rng: random.Random) -> list[tuple[Row, Row]]:
    """Give every forget row a retain row of its own modality, in random order; retain rows may repeat."""
    pairs = []
    for shown in (True, False):
        wanted = [row for row in forget if (row.picture is not None) == shown]
        others = [row for row in retain if (row.picture is not None) == shown]
        rng.shuffle(others)
        pairs += [(row, others[index % len(others)]) for index, row in enumerate(wanted)]
    return pairs


def collate(packer: Packer, items: list[tuple[Row, Row]]) -> dict[str, Any]:
    """Return the two batches whose losses are added."""
    forget, retain = zip(*items, strict=True)
    return {"forget": packer.collate(forget), "retain": packer.collate(retain)}


def idk_loss(model: Any, batch: dict[str, Any]) -> Any:
    """Return Eq. 14 on one pair of batches."""
    return cross_entropy(model, batch["forget"]) + cross_entropy(model, batch["retain"])
