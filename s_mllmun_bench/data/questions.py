"""The dataset as a flat list of questions, from a folder or the Hub.

Rows are read through `datasets`, as everybody else reads them, after a folder's files were compared
with its README: a figure must not come from data that somebody edited by hand.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s_mllmun_bench.data.identity import parse_identity, verified_identity
from s_mllmun_bench.data.images import StoredImage, rows_with_images
from s_mllmun_bench.data.layout import README, require_split
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import ImageKind, QuestionRow, Task

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Question", "StoredImage", "dataset_digest", "load_questions", "load_refusals"]

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its image; the questions of one person share it."""

    id: str
    person: str
    task: Task
    attribute: str
    image_kind: ImageKind | None
    image: StoredImage | None
    question: str
    answer: str
    """The ground truth."""
    value: str | None
    """The value asked for; `None` where the writer gave none."""


def load_questions(data: str | Path, config: str, split: str, limit: int | None = None) -> list[Question]:
    """Return the questions of one split, person by person, in the order stored.

    Args:
        data: a dataset folder, or ``owner/name`` on the Hub (read without a digest check).
        config: such as ``eval_05``.
        split: such as ``forget``.
        limit: only this many people, >= 1, spread evenly over the split: the few-shot people, whom every
            method is given, stand together at its beginning. `None` for all.

    Raises:
        BenchError: there is no such dataset, config or split, or the folder's files were changed.
    """
    require_split(config, split)
    if limit is not None and limit < 1:
        raise BenchError(f"the limit counts people and must be at least 1, not {limit}")
    rows = _rows(data, config, split)
    count = len(rows) if limit is None else min(limit, len(rows))
    wanted = {place * len(rows) // count for place in range(count)}
    return [question for row in rows_with_images(rows, wanted) for question in _flat(row)]


def load_refusals(data: str | Path) -> list[str]:
    """Return the distinct ways to say "I don't know", in the order stored.

    Raises:
        BenchError: there is no such dataset, or the folder's files were changed.
    """
    return list(_rows(data, "refusals", "train")["refusal"])


def dataset_digest(data: str | Path) -> str:
    """Return the dataset's content digest: of a folder its files', of a Hub dataset the one it declares.

    Raises:
        BenchError: there is no such dataset, or the folder's files were changed.
    """
    folder = _folder(data)
    if folder is not None:
        return verified_identity(folder).digest
    from huggingface_hub import hf_hub_download

    with _one_line(_no_dataset(data)):
        card = hf_hub_download(str(data), README, repo_type="dataset")
    return parse_identity(Path(card).read_text(encoding="utf-8"), str(data)).digest


def _folder(data: str | Path) -> Path | None:
    """Return the dataset's folder, or `None` if ``data`` is a Hub id."""
    path = Path(data).expanduser()
    if path.is_dir():
        return path
    if isinstance(data, str) and _HUB_ID.fullmatch(data) and not path.exists():
        return None
    raise BenchError(f"no dataset folder at {data}; make one with: bench build mini -o {data}")


def _rows(data: str | Path, config: str, split: str) -> "Dataset":
    folder = _folder(data)
    if folder is not None:
        verified_identity(folder)
    from datasets import load_dataset

    unreadable = f"the tables of {folder} cannot be read" if folder is not None else _no_dataset(data)
    with _without_progress_bars(), _one_line(unreadable):
        return load_dataset(str(folder or data), config, split=split, keep_in_memory=False)


def _flat(row: Mapping[str, Any]) -> Iterator[Question]:
    for stored in row["questions"]:
        asked = QuestionRow.model_validate(stored)
        if asked.image and row[asked.image] is None:
            raise BenchError(
                f"question {asked.id} shows an {asked.image} image that this copy of the dataset lacks; fill "
                "them in from your own copy with: bench attach-ophthalmic"
            )
        yield Question(
            id=asked.id,
            person=row["person"],
            task=asked.task,
            attribute=asked.attribute,
            image_kind=asked.image,
            image=row[asked.image] if asked.image else None,
            question=asked.question,
            answer=asked.answer,
            value=asked.value,
        )


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Keep `datasets` quiet: reading takes a moment, and the caller shows its own progress."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    shown = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            enable_progress_bars()


def _no_dataset(data: str | Path) -> str:
    return f"no dataset folder at {data}, and the Hub gives no dataset of that id"


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Turn whatever keeps a dataset from being read into one line."""
    from datasets.exceptions import DatasetsError

    try:
        yield
    except (OSError, ValueError, DatasetsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BenchError(f"{what}: {reason}") from error
