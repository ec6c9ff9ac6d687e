"""What a path on a command line can be that it should not be: gone, empty, of another kind, half there.

Every way starts from a copy of something good and harms one thing, so that the error is about that.
"""

import hashlib
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from broken import redigest

GARBAGE = random.Random(0).randbytes(4096)
Way = Callable[[Path, Path], None]
"""Takes a good file or folder, which is left as it is, and a free path, and makes the bad one there."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a path is expected to be."""

    folder: bool
    files: tuple[str, ...] = ()
    """Of a folder: the files that it is nothing without."""
    dataset: bool = False
    """Whether its README holds a digest of its files."""


def ways(kind: Kind) -> dict[str, Way]:
    """Return every way in which a path of this kind can be bad, by what it is called."""
    found: dict[str, Way] = {"missing": _missing, "a link to nothing": _dangling}
    if kind.folder:
        found |= {"an empty folder": _empty_folder, "a file": _garbage_file}
    else:
        found |= {"an empty file": _empty_file, "a folder": _empty_folder, "garbage": _garbage_file}
        found |= {"unreadable": _unreadable} if os.geteuid() else {}
        found["cut in half"] = _half_file
    for name in kind.files:
        for way, harm in _HARMS.items():
            found[f"{way} {name}"] = _with(name, harm)
            if kind.dataset and name.endswith(".parquet"):
                found[f"{way} {name}, digest right"] = _with(name, harm, redigest)
    return found


def _missing(good: Path, bad: Path) -> None:
    pass


def _dangling(good: Path, bad: Path) -> None:
    bad.symlink_to(bad.with_name("nothing here"))


def _empty_folder(good: Path, bad: Path) -> None:
    bad.mkdir()


def _empty_file(good: Path, bad: Path) -> None:
    bad.touch()


def _garbage_file(good: Path, bad: Path) -> None:
    bad.write_bytes(GARBAGE)


def _half_file(good: Path, bad: Path) -> None:
    shutil.copyfile(good, bad)
    _cut(bad)


def _unreadable(good: Path, bad: Path) -> None:
    shutil.copyfile(good, bad)
    bad.chmod(0)


def _cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def _become_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


_HARMS: dict[str, Callable[[Path], object]] = {
    "no": Path.unlink,
    "an empty": lambda file: file.write_bytes(b""),
    "garbage for": lambda file: file.write_bytes(GARBAGE),
    "half of": _cut,
    "a folder for": _become_folder,
}


def _with(name: str, harm: Callable[[Path], object], after: Callable[[Path], object] = id) -> Way:
    def way(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        harm(bad / name)
        after(bad)

    return way


def taken(kind: Kind) -> dict[str, Callable[[Path], Path]]:
    """Return every way in which a place for output can be no such place, by what it is called.

    Each takes a path that is free, and returns the path to write to.
    """
    found = {"below a file": _below_a_file, "a link to nothing": _link_without_a_parent}
    return found | ({"a file": _a_file} if kind.folder else {"a folder": _a_folder})


def _below_a_file(place: Path) -> Path:
    file = place.with_name("file")
    file.write_bytes(GARBAGE)
    return file / place.name


def _link_without_a_parent(place: Path) -> Path:
    place.symlink_to(place.with_name("gone") / "nothing here")
    return place


def _a_file(place: Path) -> Path:
    place.write_bytes(GARBAGE)
    return place


def _a_folder(place: Path) -> Path:
    place.mkdir()
    return place


def all_there(*places: Path) -> dict[str, object]:
    """Return all that lies below some places: each path with its kind, and what a file holds.

    What Python keeps of a module that it has read does not count.
    """
    found: dict[str, object] = {}
    for place in places:
        for path in (place, *place.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            if path.is_symlink():
                found[str(path)] = path.readlink()
            elif path.is_file():
                state = path.stat()
                found[str(path)] = _digest(
                    path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
                )
            else:
                found[str(path)] = None
    return found


@cache
def _digest(path: Path, *state: int) -> bytes:
    """Return a file's digest; one that is in the state in which it was read is not read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
