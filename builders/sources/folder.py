"""Faces, or any other images, from a folder of one's own: every image file in it and below.

Files are shuffled by the seed and read one by one, so a build of a thousand people opens no more of a
folder of a hundred thousand than it needs.
"""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from s_mllmun_bench.building.screening import SUFFIXES, candidate
from s_mllmun_bench.contracts import LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError

LICENCE = "not stated; from a folder of the builder's own"


def images(count: int, rng: random.Random, settings: Mapping[str, Any]) -> Iterator[SourceImage | LeftOut]:
    """Yield all images of the folder; see `contracts.ImageSource`.

    Args:
        count: is not looked at.
        rng: shuffles the files, whose order is otherwise that of their paths.
        settings: ``folder``, and ``licence``, the note that each image gets.

    Raises:
        BenchError: there is no such folder, or no image file in it.
    """
    folder = _folder(settings)
    files = image_files(folder)
    rng.shuffle(files)
    for name in files:
        yield candidate(folder / name, {}, name, str(settings.get("licence", LICENCE)))


def count(settings: Mapping[str, Any]) -> int:
    """Return the number of the folder's image files; see `contracts.CountingSource`."""
    return len(image_files(_folder(settings)))


def image_files(folder: Path) -> list[str]:
    """Return the paths of a folder's image files, relative to it, sorted.

    Raises:
        BenchError: it is no folder, or holds no image file.
    """
    if not folder.is_dir():
        raise BenchError(f"{folder} is no folder of images")
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not files:
        raise BenchError(f"{folder} holds no images; they end in {', '.join(sorted(SUFFIXES))}")
    return files


def _folder(settings: Mapping[str, Any]) -> Path:
    if not settings.get("folder"):
        raise BenchError("the source folder needs a folder of images: give --faces DIR")
    return Path(settings["folder"]).expanduser()
