"""Everybody of a dataset in memory: texts by a writer, images by the sources, a group by the seed.

Each part draws from a generator of its own, made from the seed and the part's name: another writer
leaves the images and the groups as they were.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import cast

from s_mllmun_bench.building.groups import deal
from s_mllmun_bench.building.intake import Wanted, collect
from s_mllmun_bench.building.pictures import Album, Picture
from s_mllmun_bench.building.recipe import Part, Recipe, load_part
from s_mllmun_bench.contracts import ImageSource, Means, Progress, Writer, WrittenPerson
from s_mllmun_bench.data.layout import UNSEEN
from s_mllmun_bench.errors import BenchError

HEAVY = ("rouge_score.rouge_scorer", "pyarrow.parquet", "datasets", "matplotlib")
"""What audits and tables need and takes a second or two to import."""
CLIENT = ("s_mllmun_bench.llm.server",)
"""What a writer needs first that asks a server."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person as it will be stored."""

    id: str
    group: str
    written: WrittenPerson
    face: Picture
    ophthalmic: Picture


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a dataset stores."""

    people: Sequence[Person]
    """By id; the unseen ones last."""
    refusals: Sequence[str]

    def of(self, group: str) -> list[Person]:
        """Return the people of one group, by id."""
        return [person for person in self.people if person.group == group]


def make_people(recipe: Recipe, recipe_path: Path, means: Means) -> list[Person]:
    """Draw, write and deal everybody.

    Args:
        recipe: with its true numbers.
        recipe_path: where parts that are given by path are looked for.
        means: lent to the writer; its progress and notes are those of the images, too.

    Raises:
        BenchError: a part is missing, gives too little, or there are too few people.
    """
    groups = _groups(recipe)
    ids = list(groups)
    writer = cast(Writer, load_part(recipe.writer, recipe_path, "writer"))
    with _loading_ahead(CLIENT if hasattr(writer, "estimate") else ()):
        faces = _pictures(recipe.faces, "faces", recipe, recipe_path, means)
        eyes = _pictures(recipe.ophthalmic, "ophthalmic images", recipe, recipe_path, means)
    with _loading_ahead(HEAVY):
        written = _written(writer, recipe, ids, faces, eyes, means)
    people = []
    for place, (person, texts) in enumerate(zip(ids, written, strict=True)):
        shown = place if texts.pictures is None else texts.pictures
        people.append(Person(person, groups[person], texts, faces[shown], eyes[shown]))
    return people


def make_refusals(recipe: Recipe, recipe_path: Path, means: Means) -> list[str]:
    """Return the refusals; the arguments are those of `make_people`.

    Raises:
        BenchError: the writer is missing, or gives too few.
    """
    writer = cast(Writer, load_part(recipe.writer, recipe_path, "writer"))
    rng = generator(recipe.seed, "refusals")
    refusals = writer.refusals(recipe.refusals, rng, recipe.writer.settings, means)
    if len(refusals) != recipe.refusals:
        raise BenchError(
            f"the writer {recipe.writer.name} gave {len(refusals)} refusals, and {recipe.refusals} are wanted"
        )
    return refusals


def generator(seed: int, part: str) -> random.Random:
    """Return the random generator of one part of a build; parts do not disturb each other."""
    return random.Random(f"{seed} {part}")


def _groups(recipe: Recipe) -> dict[str, str]:
    """Return everybody's id with the group, the unseen people last."""
    known = [f"p{number:04}" for number in range(1, recipe.people + 1)]
    unseen = [f"u{number:04}" for number in range(1, recipe.unseen + 1)]
    return deal(known, generator(recipe.seed, "groups")) | dict.fromkeys(unseen, UNSEEN)


def _pictures(part: Part, what: str, recipe: Recipe, recipe_path: Path, means: Means) -> list[Picture]:
    source = cast(ImageSource, load_part(part, recipe_path, "source"))
    rng = generator(recipe.seed, what)
    wanted = Wanted.of(part, recipe, means.note)
    tick = _ticks(wanted.count + wanted.spare, what, means.progress)
    pictures = collect(source, wanted, rng, part.settings, recipe.images, tick)
    if len(pictures) < wanted.count + wanted.spare:
        # Spare ones may be short: what there is, is all.
        means.progress(len(pictures), len(pictures), what)
    return pictures


def _written(
    writer: Writer,
    recipe: Recipe,
    ids: Sequence[str],
    faces: Sequence[Picture],
    eyes: Sequence[Picture],
    means: Means,
) -> list[WrittenPerson]:
    rng = generator(recipe.seed, "texts")
    tick = _ticks(len(ids), "texts", means.progress)
    pairs = min(len(faces), len(eyes))
    shown = Album(faces[:pairs]), Album(eyes[:pairs])
    written = []
    for texts in islice(writer.people(ids, *shown, rng, recipe.writer.settings, means), len(ids)):
        written.append(texts)
        tick()
    got = [texts.profile.person for texts in written]
    if got != list(ids):
        raise BenchError(
            f"the writer {recipe.writer.name} must write {len(ids)} people in order; it wrote {len(got)}"
        )
    return written


@contextmanager
def _loading_ahead(modules: Sequence[str]) -> Iterator[None]:
    """Import one module after the other while files are read and replies are waited for."""
    over = threading.Event()

    def load() -> None:
        for module in modules:
            if not over.is_set():
                import_module(module)

    thread = threading.Thread(target=load, name="imports")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _ticks(total: int, what: str, progress: Progress) -> Callable[[], None]:
    """Return a function that reports one more each time it is called."""
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total, what)

    progress(0, total, what)
    return tick
