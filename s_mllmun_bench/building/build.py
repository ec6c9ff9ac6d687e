"""Build a dataset folder from a recipe: draw, write, audit, store; the same seed gives the same bytes.

The folder appears when it is complete, and a dataset that fails an audit is not written.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from s_mllmun_bench.building.audit import audited
from s_mllmun_bench.building.card import card
from s_mllmun_bench.building.documents import write_documents
from s_mllmun_bench.building.folder import replacing
from s_mllmun_bench.building.groups import group_sizes
from s_mllmun_bench.building.people import make_people, make_refusals
from s_mllmun_bench.building.recipe import HUB, Recipe, find_recipe, read_recipe, resized, with_sources
from s_mllmun_bench.building.sizes import file_sizes
from s_mllmun_bench.building.supplies import require_supplies
from s_mllmun_bench.building.tables import write_tables
from s_mllmun_bench.contracts import Means, Progress
from s_mllmun_bench.data.identity import DatasetIdentity, files_digest


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user may set in place of the recipe's."""

    limit: int | None = None
    """Fewer people than the recipe's, with a tenth as many unseen."""
    seed: int | None = None
    faces: str | None = None
    """A folder of images, or ``hub:OWNER/NAME``."""
    ophthalmic: str | None = None
    """A folder, for the recipe's own source of ophthalmic images."""


def build(
    recipe: str,
    output: Path,
    limit: int | None = None,
    seed: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
    *,
    faces: str | None = None,
    ophthalmic: str | None = None,
    means: Means | None = None,
) -> DatasetIdentity:
    """Build a dataset folder and return what it says of itself.

    Args:
        recipe: id in ``builders/recipes/``, or the path of a YAML file.
        output: the folder; it must not exist, or be empty, or with ``force`` be a dataset of ours.
        limit: fewer people than the recipe's, with a tenth as many unseen; `None` for the recipe's.
        seed: in place of the recipe's.
        force: replace the dataset that is there.
        progress: told how far it is.
        faces: a folder of images, or ``hub:OWNER/NAME``, in place of the recipe's.
        ophthalmic: a folder, for the recipe's own source of ophthalmic images.
        means: lent to a writer that asks a server; replies are kept beside the output unless it says where.

    Raises:
        BenchError: the recipe or a part of it is missing or wrong, there are too few people, the output
            must not be replaced, or an audit failed. Nothing is left at ``output`` then; the replies that
            were paid for are kept.
    """
    choices = Choices(limit, seed, faces, ophthalmic)
    path, plan = planned(recipe, choices)
    lent = means or Means()
    lent = replace(
        lent,
        replies=lent.replies or replies_folder(output),
        progress=progress or lent.progress,
    )
    require_supplies(plan, path, lent)
    with replacing(output, force) as folder, _old_objects_left_alone():
        people = make_people(plan, path, lent)
        world = audited(people, lambda: make_refusals(plan, path, lent), lent.progress)
        write_tables(world, folder, lent.progress)
        identity = _identity(path.stem, plan, files_digest(folder))
        text = card(plan, identity, world, _command(recipe, choices, plan), file_sizes(folder))
        write_documents(folder, text)
    return identity


def planned(recipe: str, choices: Choices) -> tuple[Path, Recipe]:
    """Return a recipe's file, and the recipe with what the user chose.

    Raises:
        BenchError: it is missing or wrong, or does not go with the choices.
    """
    path = find_recipe(recipe)
    plan = with_sources(
        resized(read_recipe(path), choices.limit, choices.seed), choices.faces, choices.ophthalmic
    )
    group_sizes(plan.people)
    return path, plan


def replies_folder(output: Path) -> Path:
    """Return where the replies of a build's writer are kept: beside its output, never in it."""
    output = output.expanduser().resolve()
    return output.with_name(f"{output.name}.replies")


@contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Keep the garbage collector from what has lasted: nearly all that a build makes stays to its end.

    To look through it again and again took a sixth of a build's processor time, in pauses of 0.2 s in which
    no reply was read.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)


def _identity(name: str, plan: Recipe, digest: str) -> DatasetIdentity:
    return DatasetIdentity(
        recipe=name,
        version=plan.version,
        seed=plan.seed,
        people=plan.people,
        unseen=plan.unseen,
        refusals=plan.refusals,
        digest=digest,
    )


def _command(recipe: str, choices: Choices, plan: Recipe) -> str:
    """Return the command that makes the same dataset again, with the last names of the user's own paths."""
    words = ["bench", "build", Path(recipe).name]
    if choices.limit is not None:
        words += ["--limit", str(choices.limit)]
    words += ["--seed", str(plan.seed)]
    if choices.faces is not None:
        hub = choices.faces.startswith(HUB)
        words += ["--faces", choices.faces if hub else Path(choices.faces).name]
    if choices.ophthalmic is not None:
        words += ["--ophthalmic", Path(choices.ophthalmic).name]
    return " ".join(words)
