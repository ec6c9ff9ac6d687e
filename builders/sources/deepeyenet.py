"""DeepEyeNet: ophthalmic images with a clinician's description, from the user's own copy.

It comes on request, under terms that forbid redistribution; this repository holds none of it. The
published layout is ``DeepEyeNet_{train,valid,test}.json`` beside ``eyenet0420/{train,val,test}_set/``,
each JSON a list of ``{path: {"keywords": ..., "clinical-description": ...}}``. Copies vary: other file
names, one object instead of a list, other spellings of the keys, images moved.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from s_mllmun_bench.building.screening import candidate
from s_mllmun_bench.contracts import LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError

from .folder import image_files

LICENCE = "DeepEyeNet terms of use: research only, not to be redistributed"
DESCRIPTION = "clinical-description"
KNOWN = frozenset({DESCRIPTION, "keywords"})
"""Keys of an entry, in small letters, with hyphens."""


def images(count: int, rng: random.Random, settings: Mapping[str, Any]) -> Iterator[SourceImage | LeftOut]:
    """Yield the described images in a random order; see `contracts.ImageSource`.

    Args:
        count: is not looked at.
        rng: shuffles them.
        settings: ``folder``, the copy.

    Raises:
        BenchError: the folder is none, or its JSON files are missing, unreadable or of another form.
    """
    folder, described, owners = _read(settings)
    order = sorted(described)
    rng.shuffle(order)
    for path in order:
        found = owners.get(path)
        name = f"DeepEyeNet, {path}"
        if not described[path]:
            yield LeftOut(name, "it has no clinical description")
        elif found is None:
            yield LeftOut(name, "the file is missing")
        else:
            yield candidate(folder / found, {"description": described[path]}, name, LICENCE)


def count(settings: Mapping[str, Any]) -> int:
    """Return the number of described images that are there; see `contracts.CountingSource`."""
    _, described, owners = _read(settings)
    return sum(1 for path in owners if described[path])


def _read(settings: Mapping[str, Any]) -> tuple[Path, dict[str, str], dict[str, str]]:
    """Return the copy's folder, the description of each path, and the file of each path that has one."""
    if not settings.get("folder"):
        raise BenchError("the source deepeyenet needs your own copy of DeepEyeNet: give --ophthalmic DIR")
    folder = Path(settings["folder"]).expanduser()
    described = read_descriptions(folder)
    owners = _Files(folder).owners(described)
    if not owners:
        first = next(iter(described))
        raise BenchError(
            f"of the {len(described)} images named by the JSON files of {folder} none is there, as {first}"
        )
    return folder, described, owners


def read_descriptions(folder: Path) -> dict[str, str]:
    """Return the clinical description of each image, by its path as the JSON files name it.

    Raises:
        BenchError: there are no such files, or one cannot be read or has another form.
    """
    if not folder.is_dir():
        raise BenchError(f"{folder} is no folder; it must hold DeepEyeNet_train.json and its images")
    files = sorted(path for path in folder.rglob("*.json") if path.name.lower().startswith("deepeyenet"))
    if not files:
        raise BenchError(
            f"{folder} holds no DeepEyeNet_train.json, DeepEyeNet_valid.json or DeepEyeNet_test.json"
        )
    described: dict[str, str] = {}
    for file in files:
        for path, entry in _entries(file):
            described.setdefault(path, _description(entry, path, file))
    if not described:
        raise BenchError(f"{files[0]} describes no image")
    return described


class _Files:
    """The image files of a copy, found by their path or by as much of its end as was kept."""

    def __init__(self, folder: Path) -> None:
        self._by_end: dict[str, str | None] = {}
        for name in image_files(folder):
            parts = PurePosixPath(name).parts
            for start in range(len(parts)):
                end = "/".join(parts[start:])
                self._by_end[end] = None if end in self._by_end else name

    def find(self, path: str) -> str | None:
        """Return the one file that a path means; `None` if there is none, or more than one."""
        parts = PurePosixPath(path.replace("\\", "/")).parts
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((found for end in ends if (found := self._by_end.get(end))), None)

    def owners(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the file of each path that has one; of two that lead to a file, the path more like its own.

        A path whose own file is missing would otherwise be given another's of the same name.
        """
        found = {path: file for path in paths if (file := self.find(path))}
        most: dict[str, int] = {}
        for path, file in found.items():
            most[file] = max(most.get(file, 0), _common_end(path, file))
        return {path: file for path, file in found.items() if _common_end(path, file) == most[file]}


def _common_end(path: str, file: str) -> int:
    """Return how many parts two paths share at their ends."""
    pairs = zip(
        *(reversed(PurePosixPath(one.replace("\\", "/")).parts) for one in (path, file)), strict=False
    )
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _entries(file: Path) -> Iterator[tuple[str, Any]]:
    """Yield what a JSON file says of each path: a list of objects, or one object, of paths."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BenchError(f"{file} cannot be read as JSON: {' '.join(str(error).split())}") from error
    groups = content if isinstance(content, list) else [content]
    for group in groups:
        if not isinstance(group, dict):
            raise BenchError(f"{file} must hold objects of image paths, and holds {type(group).__name__}")
        yield from group.items()


def _description(entry: Any, path: str, file: Path) -> str:
    """Return an entry's clinical description on one line, without the full stop at its end.

    Raises:
        BenchError: the entry has no such key.
    """
    if not isinstance(entry, dict):
        raise BenchError(f"{file}: {path} must have an object with the key {DESCRIPTION!r}")
    found = {key.lower().replace("_", "-").replace(" ", "-"): value for key, value in entry.items()}
    if DESCRIPTION not in found:
        unknown = ", ".join(sorted(found.keys() - KNOWN)) or "none"
        raise BenchError(f"{file}: {path} has no key {DESCRIPTION!r}; its unknown keys are: {unknown}")
    return " ".join(str(found[DESCRIPTION] or "").split()).rstrip(". ")
