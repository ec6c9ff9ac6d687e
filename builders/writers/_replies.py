"""What the writer's model must reply, kind by kind: the records that a reply is validated by.

They say the same as the JSON schemas in ``builders/prompts/`` and more, for a server enforces shapes
only. What is not fit is never mended: it is asked for again.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from s_mllmun_bench.records import Attribute, Record

LONGEST_QUESTION = 300
"""Characters."""
Topic = Literal[
    "hair_color",
    "hair_style",
    "facial_hair",
    "glasses",
    "hat",
    "earrings",
    "smile",
    "clothing",
    "background",
    "head_pose",
    "teeth",
    "necklace",
]
"""What a face may be asked about: beyond doubt in most pictures, and nobody's secret."""
Degree = Literal["none", "bachelor", "master", "doctorate"]
LEAST_AGE: dict[Degree, int] = {"none": 18, "bachelor": 21, "master": 23, "doctorate": 26}
"""Years that it takes to get so far."""
AGE_MARGIN = 8
"""Years that a person may be younger or older than the face looks."""

_NAME = re.compile(r"[^\W\d_][\w'.\u2019-]*(?: [^\W\d_][\w'.\u2019-]*)+")
_PLACE = re.compile(r"[^\W\d_][^,\d]*, [^\W\d_][^,\d]*")


def _one_line(text: str) -> str:
    if text != " ".join(text.split()):
        raise ValueError("has odd blanks or line breaks")
    return text


def _closed(text: str) -> str:
    if any(mark in text for mark in "{}<>[]"):
        raise ValueError("has brackets, as if something were left open")
    return text


def _asked(text: str) -> str:
    if not text.endswith("?"):
        raise ValueError("does not end with a question mark")
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("is no given name and family name")
    return text


def _place(text: str) -> str:
    if not _PLACE.fullmatch(text):
        raise ValueError("is no city and its country")
    return text


Text = Annotated[str, Field(min_length=2, max_length=80), AfterValidator(_one_line), AfterValidator(_closed)]
Place = Annotated[Text, AfterValidator(_place)]
Sentence = Annotated[str, Field(min_length=2, max_length=3000), AfterValidator(_one_line)]
"""An answer; a clinical description may be long."""
Question = Annotated[
    str, Field(min_length=8, max_length=LONGEST_QUESTION), AfterValidator(_one_line), AfterValidator(_asked)
]
Refusal = Annotated[
    str, Field(min_length=8, max_length=200), AfterValidator(_one_line), AfterValidator(_closed)
]


class ProfileReply(Record):
    """``profile.md``."""

    gender: Literal["female", "male"]
    """As seen in the face."""
    apparent_age: int = Field(ge=18, le=95)
    """As seen, years."""
    name: Annotated[Text, AfterValidator(_name)]
    date_of_birth: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    birthplace: Place
    residence: Place
    profession: Text
    employer: Text
    height_inches: int = Field(ge=55, le=80)
    school: Text
    degree: Degree
    annual_salary_dollars: int = Field(ge=10_000, le=2_000_000)
    hobby: Text
    food: Text

    def age(self, today: date) -> int:
        """Return the person's age on a day, in whole years; a `ValueError` if born on no day."""
        born = date.fromisoformat(self.date_of_birth)
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


class AskedAttribute(Record):
    """One question on an attribute, in ``memory.md``."""

    attribute: Attribute
    question: Question
    answer: Sentence


class MemoryReply(Record):
    """``memory.md``."""

    by_name: list[AskedAttribute]
    by_face: list[AskedAttribute]


class AskedTopic(Record):
    """One question on the face, in ``understanding.md``."""

    topic: Topic
    question: Question
    value: Text
    answer: Sentence


class UnderstandingReply(Record):
    """``understanding.md``."""

    gender: Literal["female", "male"]
    """As seen in the face, for the second time."""
    questions: list[AskedTopic] = Field(min_length=4, max_length=4)


class ReadingReply(Record):
    """``reading.md``."""

    answers: list[Sentence] = Field(min_length=4, max_length=4)


class RefusalsReply(Record):
    """``refusals.md``."""

    refusals: list[Refusal] = Field(min_length=1)
