"""Training rows: one image, or none, and all the questions that are trained on with it.

Questions on one image share its tokens, so they travel together; each is still answered as if it
had been asked alone (`packing` sees to that).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from PIL import Image

from s_mllmun_bench.data import Question


class Picture(Protocol):
    """Anything that can be opened as an image, such as a `StoredImage`."""

    def open(self) -> Image.Image:
        """Return the picture, RGB."""
        ...


@dataclass(frozen=True, slots=True)
class Pair:
    """One question and the answer to learn."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Row:
    """One picture, or none, with its questions."""

    picture: Picture | None
    pairs: tuple[Pair, ...]


def rows_of(
    questions: Sequence[Question], answer: Callable[[Question], str] = lambda question: question.answer
) -> list[Row]:
    """Group questions by person and image into rows, sorted by both.

    Args:
        questions: in any order; the questions of one person and image come into one row.
        answer: gives each question the answer to learn; the true one unless told otherwise.
    """

    def place(question: Question) -> tuple[str, str]:
        return question.person, question.image_kind or ""

    rows = []
    for _, group in groupby(sorted(questions, key=place), key=place):
        members = list(group)
        pairs = tuple(Pair(question.question, answer(question)) for question in members)
        rows.append(Row(members[0].image, pairs))
    return rows
