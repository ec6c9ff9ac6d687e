"""Retrain: the base model fine-tuned without the people to forget, the gold standard of unlearning.

It sees what no method may: the base model and everybody else's training data. What comes out is a whole
checkpoint: the difference of two fine-tuned models is of full rank and rounded to the files' dtype, so
no small adapter would be exact.
"""

from pathlib import Path
from typing import Any

from s_mllmun_bench.checkpoints import checkpoint_digest, resolve_model
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record
from s_mllmun_bench.training import UnlearningTask
from s_mllmun_bench.training.finetuning import FinetuneSettings, finetune_on
from s_mllmun_bench.training.pretraining import read_card
from s_mllmun_bench.training.settings import merged, parse
from s_mllmun_bench.training.task import FinishedTraining


class Settings(Record):
    """Settings of retraining."""

    base: str | None
    """The checkpoint that the model was fine-tuned from: a folder, or the name of a shipped one."""
    finetune: dict[str, Any] | None
    """Settings of `bench finetune` in place of those that made the model, which its card holds."""


def unlearn(task: UnlearningTask, output: Path) -> None:
    """Write a checkpoint; see `contracts.Submission`."""
    settings = task.parsed(Settings)
    if task.complete is None or settings.base is None:
        raise BenchError(
            "retrain: which checkpoint was the model fine-tuned from? give --set base=CHECKPOINT"
        )
    base, card = resolve_model(settings.base), read_card(task.model)
    if card is not None and card.base not in (None, checkpoint_digest(base)):
        raise BenchError(
            f"retrain: {task.model} was not fine-tuned from {settings.base}; their digests differ"
        )
    if card is not None and card.data not in (None, task.complete.data):
        raise BenchError(f"retrain: {task.model} was fine-tuned on another dataset; their digests differ")
    how = _how(settings.finetune, card.settings if card else None, task)
    output.rmdir()  # a checkpoint appears whole, in its own name
    made = finetune_on(
        base, task.complete.finetune, task.complete.data, how, output, task.progress, task.seed
    )
    task.trainings["retraining"] = FinishedTraining(losses=made.training.losses, parameters=made.trained)
    task.tally = made.tally


def _how(given: dict[str, Any] | None, made: dict[str, Any] | None, task: UnlearningTask) -> FinetuneSettings:
    """Return how to fine-tune: as the model was, but for what is given; computed as this machine is told."""
    if given is None and made is None:
        raise BenchError("retrain: nothing says how the model was fine-tuned; give --set finetune.KEY=VALUE")
    if "computing" in (given or {}):
        raise BenchError("retrain: give --set computing.KEY=VALUE, without finetune.")
    how = parse(FinetuneSettings, merged(made or {}, given or {}), "finetune")
    return how.model_copy(update={"computing": task.computing})
