"""Unlearning: what a method is given, and how its adapter comes to be.

A method sees the forget set, the few-shot retain set and the refusals. It never sees an evaluation
question or the complete retain set: they are not loaded here at all.
"""

import json
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import ValidationError

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints import checkpoint_digest, load_model, load_processor, resolve_model
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data import Question, dataset_digest, load_questions, load_refusals
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import RATIOS, Record

from .lora import with_lora
from .packing import Packer
from .pretraining import read_card
from .settings import LoraSettings, TrainSettings, overridden, parse
from .trainer import Objective, Training, require_absent, train

S = TypeVar("S", bound=Record)
RECORD = "unlearning.json"
"""The file in an adapter folder that says how it was made."""


@dataclass(frozen=True, slots=True)
class UnlearningData:
    """All that a method may see."""

    forget: list[Question]
    """Private attributes of the people to forget, in the fixed format."""
    retain: list[Question]
    """The few-shot retain set: as many other people, the same questions."""
    refusals: list[str]


class UnlearningRecord(Record):
    """What is recorded of an unlearning run beside its adapter."""

    method: str
    ratio: int
    """Per cent of all people to forget."""
    seed: int
    settings: dict[str, Any]
    model: str
    """Digest of the checkpoint."""
    data: str
    """Digest of the dataset."""
    seconds: float
    losses: dict[str, list[float]]
    """By training: the loss after every optimizer step, nats per answer token."""


class UnlearningTask:
    """One unlearning run, as a method sees it."""

    def __init__(
        self, model: Path, data: UnlearningData, settings: Mapping[str, Any], seed: int, progress: Progress
    ) -> None:
        """Take what there is; nothing is loaded before it is needed.

        Args:
            model: the checkpoint folder.
            data: what the method may see.
            settings: the method's own, already chosen for this model's size.
            seed: of everything random.
            progress: called while training goes on.
        """
        self.model, self.data, self.settings, self.seed = model, data, settings, seed
        self.losses: dict[str, list[float]] = {}
        self._progress = progress

    def parsed(self, kind: type[S]) -> S:
        """Return the settings as the method's own record."""
        return parse(kind, self.settings, "settings")

    @cached_property
    def _drawn_refusals(self) -> dict[str, str]:
        rng = random.Random(f"refusals {self.seed}")
        ids = sorted(question.id for question in self.data.forget)
        return {each: rng.choice(self.data.refusals) for each in ids}

    def refusal(self, question: Question) -> str:
        """Return the refusal of one forget question: drawn once, by seed, and the same ever after."""
        return self._drawn_refusals[question.id]

    def train_lora(
        self,
        name: str,
        items: Sequence[Any],
        collate: Callable[[Packer, list[Any]], Any],
        objective: Objective,
        training: TrainSettings,
        lora: LoraSettings,
        output: Path,
    ) -> Training:
        """Train a fresh LoRA on the untouched checkpoint and write it as a PEFT folder.

        Args:
            name: of this training, for progress and records.
            items: what one epoch consists of.
            collate: ``collate(packer, items)`` makes the batch that the objective takes.
            objective: the loss to minimise.
            training: learning rate and so on.
            lora: rank and so on.
            output: the LoRA's folder.
        """
        base = load_model(self.model, "float32" if not torch.cuda.is_available() else "bfloat16")
        packer = Packer(base, load_processor(self.model))
        torch.manual_seed(self.seed)
        model = with_lora(base, lora)
        result = train(
            model,
            items,
            lambda batch: collate(packer, batch),
            objective,
            training,
            seed=self.seed,
            progress=self._progress,
            what=name,
        )
        model.save_pretrained(output)
        self.losses[name] = result.losses
        return result


def read_record(adapter: Path) -> UnlearningRecord:
    """Return what is recorded of an adapter folder that `unlearn` made.

    Raises:
        BenchError: there is no such record.
    """
    path = adapter / RECORD
    try:
        return UnlearningRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise BenchError(f"{adapter} holds no {RECORD} of ours") from error


def unlearn(
    method: str,
    model: str,
    data: str,
    ratio: int,
    output: Path,
    progress: Progress,
    *,
    seed: int = 0,
    assignments: Sequence[str] = (),
) -> UnlearningRecord:
    """Run a method and write its adapter folder.

    Args:
        method: a folder of ``submissions/``, or the path of anyone's.
        model: a fine-tuned checkpoint's folder, or the name of a shipped one.
        data: a dataset folder or Hub id.
        ratio: 5, 10 or 15 per cent of all people are to be forgotten.
        output: the adapter folder to make; it appears when all is done.
        progress: called while training goes on.
        seed: of everything random.
        assignments: ``key=value`` settings in place of the method's own.

    Raises:
        BenchError: method, model, data, ratio or a setting is wrong, the output exists, or training fails.
    """
    if ratio not in RATIOS:
        raise BenchError(f"the ratio must be one of {', '.join(map(str, RATIOS))}, not {ratio}")
    require_absent(output)
    script = contents.find("method", "submissions", method, "/submission.py")
    path = resolve_model(model)
    settings = overridden(_method_settings(script.parent, path), list(assignments))
    seen = UnlearningData(
        forget=load_questions(data, f"unlearn_{ratio:02}", "forget"),
        retain=load_questions(data, f"unlearn_{ratio:02}", "retain"),
        refusals=load_refusals(data),
    )
    task = UnlearningTask(path, seen, settings, seed, progress)
    unfinished = output.with_name(f".{output.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    started = time.monotonic()
    try:
        contents.load(script).unlearn(task, unfinished)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    record = UnlearningRecord(
        method=script.parent.name,
        ratio=ratio,
        seed=seed,
        settings=settings,
        model=checkpoint_digest(path),
        data=dataset_digest(data),
        seconds=round(time.monotonic() - started, 1),
        losses={name: [round(loss, 4) for loss in losses] for name, losses in task.losses.items()},
    )
    (unfinished / RECORD).write_text(json.dumps(record.model_dump(), indent=2) + "\n")
    unfinished.rename(output)
    return record


def _method_settings(folder: Path, model: Path) -> dict[str, Any]:
    """Return a method's settings: its own, and over them those for checkpoints of this model's recipe."""
    described = contents.read_yaml(folder / "submission.yaml")
    card = read_card(model)
    sized = (described.get("settings_for") or {}).get(card.recipe, {}) if card and card.recipe else {}
    settings = dict(described.get("settings") or {})
    for key, value in sized.items():
        both = isinstance(value, Mapping) and isinstance(settings.get(key), Mapping)
        settings[key] = {**settings[key], **value} if both else value
    return settings
