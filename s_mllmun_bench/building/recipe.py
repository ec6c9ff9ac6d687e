"""A recipe: what a dataset is made of, as a YAML file.

It names the sources and the writer by id or by a path relative to the recipe, so a recipe and its own
sources can live in any folder.
"""

from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import Field, ValidationError

from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

HUB = "hub:"
"""Begins the name of a dataset of the Hub."""


class Part(Record):
    """A source or writer, and what it is told."""

    name: str
    """Id in ``builders/``, or the path of a ``.py`` file, relative to the recipe."""
    settings: dict[str, Any] = Field(default_factory=dict)


class ImageFormat(Record):
    """How images are stored."""

    format: Literal["png", "jpeg"]
    longest_side: int = Field(ge=8)
    """Pixels; larger images are shrunk to it, smaller ones are kept."""


class Recipe(Record):
    """One recipe; the file's name is its id."""

    title: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    """Of the dataset: figures of two versions are not compared."""
    licence: str
    """As the Hub spells it, such as ``apache-2.0``; every image has its own note beside it."""
    people: int = Field(ge=1)
    unseen: int = Field(ge=1)
    """People that no model is trained on, besides ``people``."""
    spare: int = Field(default=0, ge=0)
    """Pairs of images kept ready for people whose texts cannot be had."""
    refusals: int = Field(ge=1)
    seed: int = Field(ge=0)
    images: ImageFormat
    faces: Part
    ophthalmic: Part
    writer: Part


def find_recipe(name: str) -> Path:
    """Return a recipe's file, by id or path.

    Raises:
        BenchError: there is none; the text lists the shipped ones.
    """
    return contents.find("recipe", "builders/recipes", name, ".yaml")


def read_recipe(path: Path) -> Recipe:
    """Return a recipe.

    Raises:
        BenchError: a field is missing, unknown or not plausible.
    """
    content = contents.read_yaml(path)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise BenchError(f"{path}: {first_fault(error, Recipe)}") from error


def resized(recipe: Recipe, limit: int | None, seed: int | None) -> Recipe:
    """Return the recipe for fewer people or with another seed.

    Args:
        recipe: as it was read.
        limit: the number of people; a tenth as many (at least one) are unseen. `None` keeps the recipe's.
        seed: >= 0; `None` keeps the recipe's.

    Raises:
        BenchError: the limit exceeds the recipe's people, or a number is out of range.
    """
    changes: dict[str, int] = {}
    if limit is not None:
        if not 1 <= limit <= recipe.people:
            raise BenchError(f"the limit must be 1 to {recipe.people}, the people of the recipe, not {limit}")
        changes |= {"people": limit, "unseen": max(1, limit // 10), "spare": min(limit, recipe.spare)}
    if seed is not None:
        if seed < 0:
            raise BenchError(f"the seed must not be negative, and is {seed}")
        changes["seed"] = seed
    return recipe.model_copy(update=changes)


def with_sources(recipe: Recipe, faces: str | None, ophthalmic: str | None) -> Recipe:
    """Return the recipe with the user's own images.

    Args:
        recipe: as it was read.
        faces: a folder of images, whose licence a recipe with a folder of faces may state, or
            ``hub:OWNER/NAME``; `None` keeps the recipe's.
        ophthalmic: a folder, for the recipe's own source of ophthalmic images; `None` keeps it as it is.

    Raises:
        BenchError: what follows ``hub:`` is no dataset's name.
    """
    changes: dict[str, Part] = {}
    if faces is not None:
        changes["faces"] = _face_part(faces, recipe.faces)
    if ophthalmic is not None:
        own = recipe.ophthalmic
        changes["ophthalmic"] = Part(name=own.name, settings=own.settings | {"folder": ophthalmic})
    return recipe.model_copy(update=changes)


def _face_part(where: str, own: Part) -> Part:
    if not where.startswith(HUB):
        told = own.settings if own.name == "folder" else {}
        return Part(name="folder", settings=told | {"folder": where})
    dataset = where.removeprefix(HUB)
    if dataset.count("/") != 1 or not all(dataset.split("/")):
        raise BenchError(f"faces of the Hub are given as hub:OWNER/NAME, not {where!r}")
    return Part(name="hub", settings={"dataset": dataset})


def load_part(part: Part, recipe_path: Path, kind: Literal["source", "writer"]) -> ModuleType:
    """Return a source's or writer's module.

    Raises:
        BenchError: there is none of that name, or it lacks a function of its contract.
    """
    name = part.name
    if "/" in name or name.endswith(".py"):
        name = str(recipe_path.parent / name)
    module = contents.load(contents.find(kind, f"builders/{kind}s", name, ".py"))
    wanted = ("images",) if kind == "source" else ("people", "refusals")
    for function in wanted:
        if not callable(getattr(module, function, None)):
            raise BenchError(
                f"the {kind} {part.name} has no function {function!r} (see s_mllmun_bench/contracts.py)"
            )
    return module
