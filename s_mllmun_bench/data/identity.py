"""What a dataset folder says of itself in its README's YAML, and the digest that proves it.

The digest covers every file under ``data/`` and nothing else, so the README can hold it. It also
stands in each config's description: `datasets` keys its cache by the configs, not by the files, and
would otherwise serve the old rows of a folder that was built again.
"""

import hashlib
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from s_mllmun_bench.data.layout import DATA, README
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

MARKER = "s_mllmun_bench"
"""The key of the README's YAML that marks a folder as ours and holds its `DatasetIdentity`."""


class Withheld(Record):
    """Images that a published dataset leaves out, for their owner gives them away on request only."""

    images: int
    """How many; all of them ophthalmic."""
    digest: str
    """Of the same dataset with them."""
    format: Literal["png", "jpeg"]
    longest_side: int
    """Pixels; how they were stored, so that the owner's files can be made the same again."""


class DatasetIdentity(Record):
    """Which dataset a folder holds; all of it but the digest says how to make it again."""

    format: Literal[1] = 1
    """Of the folder's layout."""
    recipe: str
    version: str
    """The recipe's version, such as ``1.0.0``."""
    seed: int
    people: int
    unseen: int
    refusals: int
    digest: str
    """SHA-256 over the files under ``data/``, hexadecimal; see `files_digest`."""
    withheld: Withheld | None = None
    """`None`: every image is there."""


def front_matter(text: str) -> dict[str, Any]:
    """Return the YAML block at the top of a card; empty where there is none or it cannot be read."""
    head, marker, _ = text.removeprefix("---\n").partition("\n---\n")
    if not marker or not text.startswith("---\n"):
        return {}
    try:
        content = yaml.safe_load(head)
    except yaml.YAMLError:
        return {}
    return content if isinstance(content, dict) else {}


def parse_identity(card: str, where: str) -> DatasetIdentity:
    """Return the identity in a dataset card's text.

    Args:
        card: the whole README.
        where: what to call it in an error.

    Raises:
        BenchError: the card is not one of ours.
    """
    marked = front_matter(card).get(MARKER)
    if marked is None:
        raise BenchError(f"{where} is not a dataset of this benchmark: its {README} lacks the key {MARKER!r}")
    try:
        return DatasetIdentity.model_validate(marked)
    except ValidationError as error:
        raise BenchError(f"{where} has a {README} whose key {MARKER!r} cannot be read") from error


def read_identity(folder: Path) -> DatasetIdentity:
    """Return what a dataset folder says of itself; the files are not looked at.

    Raises:
        BenchError: the folder is not a dataset of this benchmark.
    """
    readme = folder / README
    if not readme.is_file():
        raise BenchError(
            f"{folder} is not a dataset folder: it has no {README}; make one with: bench build mini"
        )
    return parse_identity(readme.read_text(encoding="utf-8", errors="replace"), str(folder))


def files_digest(folder: Path) -> str:
    """Return the digest of a folder's tables.

    SHA-256 over one line ``<path> <sha256 of the file>`` per file under ``data/``, sorted by path.
    """
    total = hashlib.sha256()
    files = {p.relative_to(folder).as_posix(): p for p in (folder / DATA).rglob("*") if p.is_file()}
    for name in sorted(files):
        with files[name].open("rb") as file:
            total.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def verified_identity(folder: Path) -> DatasetIdentity:
    """Return what a dataset folder says of itself, after comparing its files with it.

    Raises:
        BenchError: it is no dataset folder, or its files are not those that its README was written for.
    """
    identity = read_identity(folder)
    found = files_digest(folder)
    if found != identity.digest:
        raise BenchError(
            f"{folder} was changed after it was built: its {README} says digest {identity.digest}, "
            f"its files have {found}; build it again or restore the files"
        )
    return identity
