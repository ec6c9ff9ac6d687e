"""What a build needs before it begins: images enough, a writer that is told right, a server it can ask.

Image files are counted and none is opened, so what is missing is said at once, and not after a thousand
photographs were read. A source that cannot count, such as a stream, is looked at when its turn comes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from s_mllmun_bench.building.intake import Wanted
from s_mllmun_bench.building.recipe import Part, Recipe, load_part
from s_mllmun_bench.contracts import CallEstimate, CountingSource, EstimatingWriter, Means
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm.address import required_address


@dataclass(frozen=True, slots=True)
class Supplies:
    """How many images of each kind are needed, and how many were counted."""

    people: int
    unseen: int
    spare: int
    """Images of each kind beyond those of the people, if there are as many."""
    faces: int | None
    """`None` where the source cannot count."""
    ophthalmic: int | None


def counted_supplies(recipe: Recipe, recipe_path: Path) -> Supplies:
    """Return what the sources have.

    Raises:
        BenchError: one is missing, or has fewer images than are needed.
    """
    faces, eyes = (_counted(part, recipe, recipe_path) for part in (recipe.faces, recipe.ophthalmic))
    return Supplies(recipe.people, recipe.unseen, recipe.spare, faces, eyes)


def require_supplies(recipe: Recipe, recipe_path: Path, means: Means) -> None:
    """Check what can be checked before an image is read.

    Raises:
        BenchError: a source has too few images, the writer's settings are wrong, or the server that it
            asks is not named or its key is missing.
    """
    if estimated_calls(recipe, recipe_path, means.model):
        required_address(means.server)
    counted_supplies(recipe, recipe_path)


def estimated_calls(recipe: Recipe, recipe_path: Path, model: str | None) -> list[CallEstimate]:
    """Return the calls of a build by kind; none for a writer that asks no server.

    Args:
        recipe: with its true numbers.
        recipe_path: where parts that are given by path are looked for.
        model: in place of the recipe's models.

    Raises:
        BenchError: the writer is missing, or its settings are wrong.
    """
    writer = load_part(recipe.writer, recipe_path, "writer")
    if not hasattr(writer, "estimate"):
        return []
    people, side = recipe.people + recipe.unseen, recipe.images.longest_side
    try:
        return cast(EstimatingWriter, writer).estimate(
            people, recipe.refusals, side, recipe.writer.settings, model
        )
    except BenchError as error:
        raise BenchError(f"{recipe_path}: {error}") from error


def _counted(part: Part, recipe: Recipe, recipe_path: Path) -> int | None:
    source = load_part(part, recipe_path, "source")
    if not hasattr(source, "count"):
        return None
    found = cast(CountingSource, source).count(part.settings)
    wanted = Wanted.of(part, recipe)
    if found < wanted.count:
        raise wanted.too_few(f"has {found} images")
    return found
