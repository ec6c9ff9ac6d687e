"""What a build takes of an image source: what can be used, each picture once, until there are enough.

Pictures are compared as they will be stored, as the audit compares them: two that it would take for one
never come in together, so no build fails for them after its texts were paid for.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from s_mllmun_bench.building.likeness import Marks
from s_mllmun_bench.building.pictures import Picture, stored_picture
from s_mllmun_bench.building.recipe import ImageFormat, Part, Recipe
from s_mllmun_bench.contracts import ImageSource, LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError

SHOWN = 3
"""Images that are left out by name; a folder of a hundred thousand may hold thousands that cannot be used."""
AHEAD = 2
"""Images that are encoded while the source reads the next one; few, for each may be large."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a source."""

    name: str
    """Of the source and where it looks, for errors."""
    count: int
    """Images that are needed."""
    spare: int
    """Images beyond these, if there are as many."""
    share: str
    """How the count is made up, such as ``40 + 4 unseen``."""
    note: Callable[[str], None]
    """Takes one line on each of the first few images that are left out, and one on how many more."""

    @classmethod
    def of(cls, part: Part, recipe: Recipe, note: Callable[[str], None] = lambda line: None) -> Self:
        """Return what a recipe asks of one of its sources."""
        where = part.settings.get("folder") or part.settings.get("dataset")
        name = f"{part.name} ({where})" if where else part.name
        share = f"{recipe.people} + {recipe.unseen} unseen"
        return cls(name, recipe.people + recipe.unseen, recipe.spare, share, note)

    def too_few(self, found: str) -> BenchError:
        """Return the error of a source that has fewer than are needed; ``found`` says what it has."""
        return BenchError(f"the source {self.name} {found}, and {self.count} are needed ({self.share})")


def collect(
    source: ImageSource,
    wanted: Wanted,
    rng: random.Random,
    settings: Mapping[str, Any],
    stored: ImageFormat,
    tick: Callable[[], None],
) -> list[Picture]:
    """Return a source's images, encoded, without those that cannot be used or were there before.

    Args:
        source: the module.
        wanted: how many, and what to call them.
        rng: handed to the source.
        settings: the recipe's settings of the source.
        stored: how to encode them.
        tick: called after each image.

    Raises:
        BenchError: the source has fewer than are needed; spare ones may be missing.
    """
    most = wanted.count + wanted.spare
    pictures: list[Picture] = []
    seen = _Seen()
    left_out = 0
    for made in _stored(source.images(most, rng, settings), stored):
        found = made if isinstance(made, LeftOut) else seen.enter(made)
        if isinstance(found, LeftOut):
            left_out += 1
            if left_out <= SHOWN:
                wanted.note(f"left out {found.source}: {found.reason}")
            continue
        pictures.append(found)
        tick()
        if len(pictures) == most:
            break
    if left_out > SHOWN:
        wanted.note(f"left out {left_out - SHOWN} more of the source {wanted.name}")
    if len(pictures) < wanted.count:
        besides = f" besides the {left_out} that cannot be used" if left_out else ""
        raise wanted.too_few(f"gave {len(pictures)} images{besides}")
    return pictures


def _stored(images: Iterable[SourceImage | LeftOut], stored: ImageFormat) -> Iterator[Picture | LeftOut]:
    """Yield a source's images encoded, in their order; a few are at work while the next one is read."""

    def made(given: SourceImage | LeftOut) -> Picture | LeftOut:
        return given if isinstance(given, LeftOut) else stored_picture(given, stored)

    under_way: deque[Future[Picture | LeftOut]] = deque()
    with ThreadPoolExecutor() as pool:
        for given in images:
            under_way.append(pool.submit(made, given))
            if len(under_way) > AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


class _Seen:
    """The pictures of one source so far."""

    def __init__(self) -> None:
        self._by_digest: dict[str, str] = {}
        self._marks = Marks()

    def enter(self, picture: Picture) -> Picture | LeftOut:
        """Return a picture that is new, or why it is not."""
        if picture.digest in self._by_digest:
            return LeftOut(picture.source, f"it is the same as {self._by_digest[picture.digest]}")
        near = self._marks.enter(picture.seen())
        if near is not None:
            return LeftOut(picture.source, f"it looks the same as {[*self._by_digest.values()][near]}")
        self._by_digest[picture.digest] = picture.source
        return picture
