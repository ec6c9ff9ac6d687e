"""Fine-tuning: teach a model the people of a dataset, in the fixed format.

One item is one person: the face with its questions, the same questions by name, the ophthalmic image.
A mini model would lose its eyes and its language over a small fixed format, so it replays its
pretraining world in every batch; a large model needs no replay.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from s_mllmun_bench.checkpoints import checkpoint_digest, load_model, load_processor, resolve_model
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data import Question, dataset_digest, load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record
from s_mllmun_bench.whole import require_place

from . import processes
from .lora import with_lora
from .losses import cross_entropy
from .packing import Packer, Tally
from .pretraining import CheckpointCard, PretrainingRecipe, load_world, read_card, recipe_of, save_whole
from .rows import Row, rows_of
from .settings import Computing, LoraSettings, TrainSettings, overridden, parse
from .trainer import Training, train


class FinetuneSettings(Record):
    """How to fine-tune; one item of a batch is one person."""

    training: TrainSettings = TrainSettings()
    lora: LoraSettings | None = LoraSettings()
    """Merged into the weights at the end; `None`: all weights of the language model are trained."""
    replay: bool = False
    """Add one step of the pretraining world to every batch; for mini checkpoints."""
    computing: Computing = Computing()


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What a fine-tuning gave, beside the checkpoint that it wrote."""

    card: CheckpointCard
    training: Training
    trained: int
    """Parameters that were trained."""
    tally: Tally


def finetune(
    model: str,
    data: str,
    output: Path,
    progress: Progress,
    *,
    seed: int = 0,
    assignments: Sequence[str] = (),
) -> CheckpointCard:
    """Fine-tune a checkpoint on a dataset's ``finetune`` table and write the new checkpoint.

    Args:
        model: a checkpoint folder, or the name of a shipped one; it is left as it is.
        data: a dataset folder or Hub id.
        output: the checkpoint folder to make; it appears when all is done.
        progress: called after every step.
        seed: of the order of people, dropout and replay.
        assignments: ``key=value`` settings in place of the checkpoint's recipe or the defaults.

    Raises:
        BenchError: model, data or a setting is wrong, the output exists, or training fails.
    """
    require_place(output)
    processes.join()
    path = resolve_model(model, progress=progress)
    recipe = recipe_of(read_card(path))
    values = overridden(recipe.finetuning if recipe else {}, list(assignments))
    settings = parse(FinetuneSettings, values, "finetune settings")
    questions = load_questions(data, "finetune", "train")
    return finetune_on(path, questions, dataset_digest(data), settings, output, progress, seed).card


def finetune_on(
    path: Path,
    questions: Iterable[Question],
    data: str,
    settings: FinetuneSettings,
    output: Path,
    progress: Progress,
    seed: int,
) -> Finetuned:
    """Fine-tune a checkpoint on some people's questions and write the new checkpoint.

    Args:
        path: the checkpoint's folder.
        questions: of the ``finetune`` table; one person's stand together.
        data: digest of the dataset that they are from.
        settings: how to fine-tune.
        output: the checkpoint folder to make; it appears when all is done, and the main process makes it.
        progress: called after every step.
        seed: of the order of people, dropout and replay.

    Raises:
        BenchError: a setting does not fit the checkpoint, or training fails.
    """
    card = read_card(path)
    model, processor = load_model(path, "float32"), load_processor(path)
    packer = Packer(model, processor, settings.computing.shared_prefix)
    packer.must_see = processes.must_see(settings.lora is not None and settings.lora.vision)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    torch.manual_seed(seed)
    trained = _with_trainable_weights(model, settings)
    learnt = sum(weight.numel() for weight in trained.parameters() if weight.requires_grad)
    result = _train(trained, packer, people_of(questions), settings, recipe_of(card), seed, progress)
    made = CheckpointCard(
        recipe=card.recipe if card else None,
        recipe_digest=card.recipe_digest if card else None,
        base=checkpoint_digest(path),
        data=data,
        seed=seed,
        steps=len(result.losses),
        parameters=parameters,
        settings=settings.model_dump(),
        final_loss=result.final_loss,
    )
    if processes.is_main():
        if result.gathered is not None:
            trained = _with_trainable_weights(load_model(path, "float32", "cpu"), settings)
            trained.load_state_dict(result.gathered, strict=False)
        whole = trained.merge_and_unload() if settings.lora else trained
        save_whole(whole, processor, output, _stored_dtype(path), made)
    return Finetuned(made, result, learnt, packer.tally)


def people_of(questions: Iterable[Question]) -> list[list[Row]]:
    """Return the training rows of each person, in the order of the questions."""
    return [rows_of(list(group)) for _, group in groupby(questions, key=lambda question: question.person)]


def _train(
    model: Any,
    packer: Packer,
    people: Sequence[list[Row]],
    settings: FinetuneSettings,
    recipe: PretrainingRecipe | None,
    seed: int,
    progress: Progress,
) -> Training:
    replayed = _replay(settings, recipe, seed)

    def collate(items: list[list[Row]]) -> dict[str, torch.Tensor]:
        return packer.collate([row for rows in (*items, next(replayed)) for row in rows])

    return train(
        model,
        people,
        collate,
        cross_entropy,
        settings.training,
        seed=seed,
        progress=progress,
        what="fine-tuning",
        computing=settings.computing,
        tally=packer.tally,
    )


def _with_trainable_weights(model: Any, settings: FinetuneSettings) -> Any:
    """Return the model with a LoRA, or with its language model alone to be trained."""
    if settings.lora is not None:
        return with_lora(model, settings.lora)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(("model.language_model.", "lm_head.")))
    return model


def _replay(settings: FinetuneSettings, recipe: PretrainingRecipe | None, seed: int) -> Iterator[list[Row]]:
    """Yield what every batch adds: steps of the pretraining world, in the main process alone; or nothing."""
    if not settings.replay or not processes.is_main():
        while True:
            yield []
    if recipe is None:
        raise BenchError("replay: this checkpoint has no pretraining world; set replay=false")
    yield from load_world(recipe).steps(random.Random(f"replay {seed}"))


def _stored_dtype(path: Path) -> torch.dtype:
    """Return the dtype in which a checkpoint's weights lie on disk."""
    dtype = AutoConfig.from_pretrained(path).dtype
    return dtype if isinstance(dtype, torch.dtype) else torch.float32
