"""Faces from a dataset of the Hugging Face Hub, streamed: no more of it is fetched than is needed.

Of loose files those that are taken, of tables one row group after the other. They are taken in the
dataset's own order, for shuffling a stream would fetch most of it.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from s_mllmun_bench.building.screening import candidate
from s_mllmun_bench.contracts import LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError


def images(count: int, rng: random.Random, settings: Mapping[str, Any]) -> Iterator[SourceImage | LeftOut]:
    """Yield the dataset's images as they come; see `contracts.ImageSource`.

    Args:
        count: is not looked at.
        rng: is not used.
        settings: ``dataset``, such as ``owner/name``; and where it needs them ``revision``, ``split``
            (``train``), ``column`` (the first that holds images) and ``licence``.

    Raises:
        BenchError: the dataset cannot be had, or has no such split or column.
    """
    name = str(settings.get("dataset", ""))
    rows, column = _opened(name, settings)
    licence = str(settings.get("licence") or _licence(name, settings.get("revision")))
    for number, row in enumerate(_rows(rows, name), 1):
        where = f"{name}, image {number}"
        data = _bytes(row[column])
        yield candidate(data, {}, where, licence) if data else LeftOut(where, "it is empty")


def _opened(name: str, settings: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the stream with its images as files, and the column that holds them."""
    from datasets import Image, load_dataset

    split = settings.get("split", "train")
    try:
        rows = load_dataset(name, split=split, revision=settings.get("revision"), streaming=True)
        rows = rows if rows.features else rows._resolve_features()
        # Not a cast of the column: a stream of loose files fetches and decodes many ahead, whatever the cast.
        # And one row group at a time: a whole file is read ahead, by threads that may outlive the program.
        rows = rows.decode(False).reshard()
    except (OSError, ValueError) as error:
        raise BenchError(f"the dataset {name} of the Hub, split {split}: {_one_line(error)}") from error
    known = [key for key, kind in rows.features.items() if isinstance(kind, Image)]
    column = settings.get("column") or next(iter(known), None)
    if column not in known:
        raise BenchError(
            f"the dataset {name} has no column of images {column or ''}; it has {list(rows.features)}"
        )
    return rows, str(column)


def _rows(rows: Any, name: str) -> Iterator[Mapping[str, Any]]:
    try:
        yield from rows
    except (OSError, ValueError) as error:
        raise BenchError(f"the dataset {name} of the Hub breaks off: {_one_line(error)}") from error


def _bytes(image: Mapping[str, Any] | None) -> bytes:
    """Return an image file; a stream of loose files names where each lies."""
    if image is None:
        return b""
    if image.get("bytes") is not None:
        return bytes(image["bytes"])
    from datasets.utils.file_utils import xopen

    with xopen(image["path"], "rb") as file:
        return bytes(file.read())


def _licence(name: str, revision: str | None) -> str:
    """Return the licence that the dataset's card states."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        card = HfApi().dataset_info(name, revision=revision).card_data
    except (HfHubHTTPError, OSError):
        card = None
    return str((card or {}).get("license") or "not stated by its dataset")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
