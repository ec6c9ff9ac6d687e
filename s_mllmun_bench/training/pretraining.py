"""Pretraining a mini checkpoint from a recipe: tokenizer, vision warm-up, language and sight together.

The recipe (``builders/checkpoints/<name>.yaml``) names a world, a Python file beside it, that is
disjoint from the benchmark. What comes out is an ordinary checkpoint folder with a card that
records recipe, seed and losses.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, ValidationError

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints import mini
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault
from s_mllmun_bench.whole import appearing, require_place

from . import processes
from .losses import cross_entropy
from .packing import Packer
from .settings import TrainSettings, parse
from .trainer import Training, train
from .vision_warmup import LabelledPicture, VisionProbe, accuracy, warmup_batch, warmup_loss

CARD = "bench_checkpoint.json"
"""The file in a checkpoint folder that says how this project made it."""


class Stage(Record):
    """One stage of a recipe."""

    steps: int = Field(gt=0)
    pictures: int = Field(default=96, gt=0)
    """Pictures per step of the vision warm-up, even."""
    training: TrainSettings


class PretrainingRecipe(Record):
    """A recipe file of ``builders/checkpoints/``."""

    seed: int
    dtype: Literal["float16", "bfloat16", "float32"]
    architecture: dict[str, Any]
    """The fields of `checkpoints.mini.MiniSizes`."""
    world: str
    world_settings: dict[str, Any]
    tokenizer_steps: int = Field(gt=0)
    """Steps of the world whose texts train the tokenizer."""
    vision_warmup: Stage
    pretraining: Stage
    finetuning: dict[str, Any]
    """`finetuning.FinetuneSettings` for this checkpoint; no part of the pretraining."""

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's settings; the world's code and wordings are not covered."""
        return hashlib.sha256(self.model_dump_json(exclude={"finetuning"}).encode()).hexdigest()


class CheckpointCard(Record):
    """What is recorded of a checkpoint that this project made."""

    recipe: str | None
    """Pretraining recipe: a name in ``builders/checkpoints/`` or a file; `None`: somebody else's."""
    recipe_digest: str | None
    """Digest of that recipe."""
    base: str | None
    """Digest of the checkpoint it was trained from; `None`: from nothing."""
    data: str | None
    """Digest of the dataset it was trained on; `None`: the pretraining world alone."""
    seed: int
    steps: int
    parameters: int
    final_loss: float
    """Mean over the last 50 steps, nats per answer token."""
    settings: dict[str, Any] | None = None
    """Of the fine-tuning; `None` for a checkpoint that was only pretrained."""
    vision_accuracy: dict[str, float] | None = None
    """Share of right answers of the warm-up's classifiers on fresh pictures, by topic."""


def load_recipe(name: str) -> tuple[PretrainingRecipe, Path]:
    """Return a recipe and its file, by id or path."""
    path = contents.find("checkpoint recipe", "builders/checkpoints", name, ".yaml")
    return parse(PretrainingRecipe, contents.read_yaml(path), str(path)), path


def load_world(recipe: PretrainingRecipe) -> Any:
    """Return the world that a recipe names, with its settings."""
    module = contents.load(contents.find("pretraining world", "builders/checkpoints", recipe.world, ".py"))
    return module.World(parse(module.WorldSettings, recipe.world_settings, "world_settings"))


def read_card(folder: Path) -> CheckpointCard | None:
    """Return a checkpoint's card, or `None` if this project did not make it."""
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        return CheckpointCard.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise BenchError(f"{path} is no checkpoint card: {first_fault(error)}") from error


def recipe_of(card: CheckpointCard | None) -> PretrainingRecipe | None:
    """Return the recipe of a checkpoint's pretraining, or `None` if it has no card or recipe.

    Raises:
        BenchError: the recipe is gone, or is not the one that made the checkpoint.
    """
    if card is None or card.recipe is None:
        return None
    recipe, path = load_recipe(card.recipe)
    if recipe.digest != card.recipe_digest:
        raise BenchError(f"{path} is not the recipe that the checkpoint was made by; its digest differs")
    return recipe


def write_card(folder: Path, card: CheckpointCard) -> None:
    """Write a checkpoint's card into its folder."""
    (folder / CARD).write_text(json.dumps(card.model_dump(), indent=2) + "\n")


def pretrain(name: str, output: Path, progress: Progress, steps: int | None = None) -> CheckpointCard:
    """Make a mini checkpoint from nothing.

    Args:
        name: a recipe of ``builders/checkpoints/``, or a recipe file.
        output: the checkpoint folder to make; it appears when all is done.
        progress: called after every step.
        steps: at most this many steps in each stage, for a trial.

    Raises:
        BenchError: the recipe is unknown or wrong, the output exists, or several processes were started.
    """
    recipe, _ = load_recipe(name)
    require_place(output)
    processes.require_one("pretraining")
    world = load_world(recipe)
    tokenizer = mini.train_tokenizer(world.texts(recipe.tokenizer_steps), recipe.architecture)
    processor = mini.make_processor(tokenizer, recipe.architecture)
    model = mini.make_model(recipe.architecture, tokenizer, recipe.seed)
    seen = _warm_up(model, processor, world, recipe, progress, steps)
    result = _pretrain(model, processor, world, recipe, progress, steps)
    card = CheckpointCard(
        recipe=name,
        recipe_digest=recipe.digest,
        base=None,
        data=None,
        seed=recipe.seed,
        steps=len(result.losses),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        final_loss=result.final_loss,
        vision_accuracy={topic: round(share, 3) for topic, share in seen.items()},
    )
    save_whole(model, processor, output, getattr(torch, recipe.dtype), card)
    return card


def save_whole(model: Any, processor: Any, output: Path, dtype: torch.dtype, card: CheckpointCard) -> None:
    """Write a checkpoint with its card, of which no half is ever seen."""
    with appearing(output) as folder:
        mini.save_checkpoint(model, processor, folder, dtype)
        write_card(folder, card)


def _warm_up(
    model: Any, processor: Any, world: Any, recipe: PretrainingRecipe, progress: Progress, most: int | None
) -> dict[str, float]:
    stage = recipe.vision_warmup
    rng = random.Random(f"warm-up {recipe.seed}")

    def batches() -> Iterator[list[LabelledPicture]]:
        while True:
            yield list(world.pictures(rng, stage.pictures))

    torch.manual_seed(recipe.seed)
    probe = VisionProbe(model.base_model, recipe.architecture["hidden_size"], next(batches()))
    train(
        probe,
        batches(),
        lambda items: warmup_batch(processor, items[0]),
        warmup_loss,
        stage.training.model_copy(update={"batch_size": 1}),
        seed=recipe.seed,
        progress=progress,
        what="vision warm-up",
        steps=min(stage.steps, most or stage.steps),
    )
    return accuracy(probe, warmup_batch(processor, list(world.pictures(rng, 400))))


def _pretrain(
    model: Any, processor: Any, world: Any, recipe: PretrainingRecipe, progress: Progress, most: int | None
) -> Training:
    stage = recipe.pretraining
    packer = Packer(model, processor)
    return train(
        model,
        world.steps(random.Random(f"pretraining {recipe.seed}")),
        lambda items: packer.collate([row for rows in items for row in rows]),
        cross_entropy,
        stage.training,
        seed=recipe.seed,
        progress=progress,
        what="pretraining",
        steps=min(stage.steps, most or stage.steps),
    )
