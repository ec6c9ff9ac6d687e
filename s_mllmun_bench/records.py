"""The records that cross a room's border or lie on disk, declared once and strictly.

Missing is never zero: a field that may be missing is `None`, with the reason in `failure`. On the
forget set a 0 reads as "forgotten", so nothing here has a numeric default.
"""

from difflib import get_close_matches
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Attribute = Literal[
    "name",
    "born",
    "gender",
    "date_of_birth",
    "employment",
    "height",
    "education",
    "annual_salary",
    "residence",
    "fun_facts",
    "ophthalmic_clinical_description",
]
Task = Literal["image_understanding", "image_memory", "text_memory"]
ImageKind = Literal["face", "ophthalmic"]
SetName = Literal["forget", "retain", "unseen"]
Ratio = Literal[5, 10, 15]
Metric = Literal["rouge_l", "fact", "meaningful"]

ATTRIBUTES: tuple[Attribute, ...] = get_args(Attribute)
TASKS: tuple[Task, ...] = get_args(Task)
RATIOS: tuple[Ratio, ...] = get_args(Ratio)
METRICS: tuple[Metric, ...] = get_args(Metric)
GROUPS = ("a", "b", "c", "d", "e", "f", "g")
"""The seven groups of people: a, b, c and d, e, f hold 5 % each, g the other 70 %."""
FORGET_GROUPS: dict[int, tuple[str, ...]] = {5: ("a",), 10: ("a", "b"), 15: ("a", "b", "c")}
"""Groups to forget at each ratio (per cent of all people)."""
FEW_SHOT_GROUPS: dict[int, tuple[str, ...]] = {5: ("d",), 10: ("d", "e"), 15: ("d", "e", "f")}
"""Groups of the few-shot retain set at each ratio; as many people as are to be forgotten."""
_LONGEST_SHOWN = 60
"""Characters of a wrong value that an error repeats."""


class Record(BaseModel):
    """A strict, immutable record: an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def first_fault(error: ValidationError, record: type[BaseModel] | None = None, within: str = "") -> str:
    """Return what is wrong first with a record, such as ``rank: input should be greater than 0, got -1``.

    An unknown field comes before all else: where one is misspelt, another is missing.

    Args:
        error: of the record.
        record: knows the fields of which one may be meant; `None`: those that are missing.
        within: the field of a file that holds the record, such as ``writer.settings``.
    """
    faults = error.errors(include_url=False)
    first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    where = ".".join(str(part) for part in ((within,) if within else ()) + first["loc"])
    if first["type"] == "extra_forbidden":
        *place, name = first["loc"]
        # Missing ones first: of two that are equally like it, the one that is not there is meant.
        known = [
            str(one["loc"][-1]) for one in faults if one["type"] == "missing" and one["loc"][:-1] == (*place,)
        ]
        known += record.model_fields if record is not None and not place else ()
        meant = get_close_matches(str(name), known, n=1)
        return f"unknown field {where!r}" + (f"; did you mean {meant[0]}?" if meant else "")
    message = first["msg"][:1].lower() + first["msg"][1:]
    given = repr(first["input"])
    shown = first["type"] not in ("missing", "json_invalid") and len(given) <= _LONGEST_SHOWN
    return f"{where + ': ' if where else ''}{message}{f', got {given}' if shown else ''}"


def storable(text: str) -> str:
    """Return a text as UTF-8 can hold it: half of a surrogate pair, which JSON can spell, becomes ``?``."""
    return text.encode("utf-8", "replace").decode()


class Profile(Record):
    """One fictitious person, as written; every value is the text that questions ask for."""

    person: str
    """Id, such as ``p0042``; unseen people are ``u0042``."""
    name: str
    born: str
    """Birthplace, such as ``Lviv, Ukraine``."""
    gender: str
    date_of_birth: str
    """ISO 8601 date, such as ``1995-07-11``."""
    employment: str
    height: str
    """Feet and inches, such as ``5'7"``."""
    education: str
    annual_salary: str
    """US dollars with thousands marks, such as ``$65,400``."""
    residence: str
    fun_facts: str
    ophthalmic_clinical_description: str


class QuestionRow(Record):
    """One question as it is stored in its person's row."""

    id: str
    """Unique over the whole dataset."""
    task: Task
    attribute: str
    """A private attribute; for image understanding the topic, such as ``hair_color``."""
    image: ImageKind | None
    """Which of the person's two images is shown; `None` for text memory."""
    question: str
    answer: str
    """The ground truth that ROUGE-L and the judges compare with."""
    value: str | None
    """The value asked for, such as ``Lviv, Ukraine`` or ``yes``; `None` where the writer gave none."""


class Answer(Record):
    """One line of ``answers.jsonl``: a question as it was asked, and what the model said."""

    question_id: str
    set: SetName
    person: str
    task: Task
    attribute: str
    image: ImageKind | None
    question: str
    reference: str
    value: str | None
    answer: str | None
    """`None` if none could be had (see ``failure``); an empty string is an answer."""
    failure: str | None
    finish_reason: Literal["stop", "length"] | None
    tokens: int | None
    """Number of generated tokens."""


class Verdict(Record):
    """One line of ``verdicts.jsonl``: what one judge said of one answer."""

    question_id: str
    judge: str
    metric: Metric
    score: float | None = Field(ge=0, le=10)
    """0 to 10; `None` if the judge gave no valid score (see ``failure``). Never 0 instead."""
    reason: str | None
    failure: str | None
    """Why there is no score: its kind, a colon and what happened, such as ``truncated: the reply was cut off
    after 400 tokens``; `None` with a score."""
    reply: str | None = None
    """Key of the LLM's reply in ``replies.jsonl``; `None` for a judge without an LLM."""
    left_out: int | None = None
    """Characters that the judge was not shown; `None` if it was shown all."""
