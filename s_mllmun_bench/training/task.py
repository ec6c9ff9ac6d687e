"""One unlearning run as a method sees it: the model, the data, the settings and the trainer.

A method sees the forget set, the few-shot retain set and the refusals. It never sees an evaluation
question; the complete retain set is there for references that say so (see `methods`).
"""

import random
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import torch
from pydantic import ValidationError

from s_mllmun_bench.checkpoints import load_model, load_processor
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data import Question
from s_mllmun_bench.records import Record

from . import processes
from .lora import with_lora
from .objective import Objective
from .packing import Packer, Tally
from .settings import Computing, LoraSettings, TrainSettings, parse
from .trainer import last_whole, train

S = TypeVar("S", bound=Record)
_FINISHED = "finished.json"


@dataclass(frozen=True, slots=True)
class UnlearningData:
    """All that a method may see; what it does not ask for is empty."""

    forget: list[Question]
    """Private attributes of the people to forget, in the fixed format."""
    retain: list[Question]
    """The few-shot retain set: as many other people, the same questions."""
    refusals: list[str]


@dataclass(frozen=True, slots=True)
class CompleteRetain:
    """What fine-tuning would have been without the people to forget; for the reference ``retrain``."""

    finetune: list[Question]
    """The ``finetune`` table of everybody else."""
    data: str
    """Digest of the dataset."""


class FinishedTraining(Record):
    """What is kept of one training while the method goes on."""

    losses: list[float]
    """After every optimizer step, nats per answer token."""
    parameters: int
    """How many were trained."""


class UnlearningTask:
    """One unlearning run, as a method sees it."""

    def __init__(
        self,
        model: Path,
        data: UnlearningData,
        settings: Mapping[str, Any],
        seed: int,
        progress: Progress,
        *,
        complete: CompleteRetain | None = None,
        computing: Computing | None = None,
        scratch: Path | None = None,
    ) -> None:
        """Take what there is; nothing is loaded before it is needed.

        Args:
            model: the checkpoint folder.
            data: what the method may see.
            settings: the method's own, already chosen for this model's size.
            seed: of everything random.
            progress: called while training goes on.
            complete: for a reference that says that it sees the complete retain set.
            computing: how trainings are computed.
            scratch: a folder where trainings leave checkpoints and continue; `None`: they do not. Several
                processes need one that they all see.
        """
        self.model, self.data, self.settings, self.seed = model, data, settings, seed
        self.progress = progress
        self.complete = complete
        self.computing = computing or Computing()
        self.tally = Tally()
        """What the packers of this sitting have put into batches."""
        self.trainings: dict[str, FinishedTraining] = {}
        """By name."""
        self._scratch = scratch

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

    def opened(self) -> tuple[Any, Packer]:
        """Return the checkpoint's model, in evaluation mode, and a packer for it."""
        base = load_model(self.model, "float32" if not torch.cuda.is_available() else "bfloat16")
        packer = Packer(base, load_processor(self.model), self.computing.shared_prefix)
        packer.tally = self.tally
        return base, packer

    def train_lora(
        self,
        name: str,
        items: Sequence[Any],
        collate: Callable[[Packer, list[Any]], Any],
        objective: Objective,
        training: TrainSettings,
        lora: LoraSettings,
        output: Path,
    ) -> None:
        """Train a fresh LoRA on the untouched checkpoint and write it as a PEFT folder.

        Args:
            name: of this training, for progress and records; no other training of the method has it.
            items: what one epoch consists of.
            collate: ``collate(packer, items)`` makes the batch that the objective takes.
            objective: the loss to minimise.
            training: learning rate and so on.
            lora: rank and so on.
            output: the LoRA's folder; what else is in it stays. Each of several processes has its own.
        """
        with nullcontext(self._scratch) if self._scratch else TemporaryDirectory() as scratch:
            place = Path(scratch) / re.sub(r"\W+", "_", name)
            done = _read_finished(place)
            if done is None:
                done = self._train(name, items, collate, objective, training, lora, place)
            shutil.copytree(place / "lora", output, dirs_exist_ok=True)
        self.trainings[name] = done

    def _train(
        self,
        name: str,
        items: Sequence[Any],
        collate: Callable[[Packer, list[Any]], Any],
        objective: Objective,
        training: TrainSettings,
        lora: LoraSettings,
        place: Path,
    ) -> FinishedTraining:
        """Train a LoRA into ``place/lora``, from the last checkpoint in ``place`` if there is one."""
        base, packer = self.opened()
        packer.must_see = processes.must_see(lora.vision)
        torch.manual_seed(self.seed)
        model = with_lora(base, lora)
        trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
        result = train(
            model,
            items,
            lambda batch: collate(packer, batch),
            objective,
            training,
            seed=self.seed,
            progress=self.progress,
            what=name,
            computing=self.computing,
            checkpoints=place if self._scratch else None,
            tally=self.tally,
        )
        done = FinishedTraining(losses=result.losses, parameters=trained)
        if processes.is_main():
            model.save_pretrained(place / "lora", state_dict=result.gathered)
            (place / _FINISHED).write_text(done.model_dump_json(), encoding="utf-8")
        processes.join()
        return done


def holds_work(place: Path) -> bool:
    """Return whether a training's place has something to go on from: a checkpoint, or its end."""
    return _read_finished(place) is not None or last_whole(place) is not None


def _read_finished(place: Path) -> FinishedTraining | None:
    """Return a training that an earlier sitting finished, or `None`; a record cut short counts as none."""
    try:
        return FinishedTraining.model_validate_json((place / _FINISHED).read_bytes())
    except (OSError, ValidationError):
        return None
