"""Which value an item asks for, and of which type: what decides how an answer is compared.

The type follows from the value's own shape, then from the attribute, then from the question. Where
no value is given, it is what the reference says beyond the question.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.judging.choices import family_of, polarity_of, read_polarity
from s_mllmun_bench.judging.dates import read_dates
from s_mllmun_bench.judging.quantities import read_counts, read_heights, read_money
from s_mllmun_bench.judging.words import STOP_WORDS, plain, stem, stems

Kind = Literal[
    "date", "money", "height", "polarity", "choice", "count", "place", "name", "institution", "text"
]

_BY_ATTRIBUTE: dict[str, Kind] = {
    "born": "place",
    "residence": "place",
    "name": "name",
    "education": "institution",
    "employment": "text",
    "fun_facts": "text",
    "ophthalmic_clinical_description": "text",
    "ophthalmic_image": "text",
}
_BY_QUESTION: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"\bwho(?:'s| is| are)\b|\b(?:full )?name (?:of|is|does)\b|\bcalled\b"), "name"),
    (
        re.compile(r"\b(?:universit\w+|alma mater|stud(?:y|ied)|graduate|educat\w+|degree|school|college)\b"),
        "institution",
    ),
    (re.compile(r"^where\b|\b(?:city|birthplace|town|place of|reside\w*|hometown)\b"), "place"),
)
_YES_NO_QUESTION = re.compile(
    r"^(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|should)\b(?!.*\bor\b)"
)
_MONEY_SHAPE = re.compile(r"[$€£¥]|\busd\b|\bdollars?\b|\beuros?\b|\d,\d{3}\b")
_PROPER = re.compile(
    r"[^\W\d_a-z][\w'\u2019.-]*(?: (?:(?:of|de|da|do|del|la|the|and) )?[^\W\d_a-z][\w'\u2019.-]*)*"
    r"(?:, [^\W\d_a-z][\w'\u2019.-]*(?: [^\W\d_a-z][\w'\u2019.-]*)*)*"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The value that an answer is compared with."""

    kind: Kind
    value: str
    family: str | None = None
    """Of a ``choice``: the closed set it is from."""


@lru_cache(maxsize=65_536)
def wanted(question: str, reference: str, attribute: str | None, value: str | None) -> Wanted:
    """Return what an item asks for; see the module for the order in which the type is decided."""
    given = value.strip(" .") if value else ""
    if given:
        return _typed(given, attribute, question)
    return _found(question, reference, attribute)


def wanted_of(item: JudgedItem) -> Wanted:
    """Return what a judged item asks for."""
    return wanted(item.question, item.reference, item.attribute, item.value)


def _typed(value: str, attribute: str | None, question: str) -> Wanted:
    """Return a given value with its type."""
    bare = plain(value)
    if polarity_of(value):
        return Wanted("polarity", value)
    if family := family_of(value, attribute):
        return Wanted("choice", value, family)
    if kind := _BY_ATTRIBUTE.get(attribute or ""):
        return Wanted(kind, value)
    if _MONEY_SHAPE.search(bare) and read_money(bare):
        return Wanted("money", value)
    if read_heights(bare):
        return Wanted("height", value)
    if any(day[1] for reading in read_dates(bare) for day in reading):
        return Wanted("date", value)
    if len(bare.split()) == 1 and read_counts(bare):
        return Wanted("count", value)
    return Wanted(_kind_by_question(value, question), value)


def _kind_by_question(value: str, question: str) -> Kind:
    if value[:1].islower():
        return "text"
    return next((kind for form, kind in _BY_QUESTION if form.search(plain(question))), "text")


def _found(question: str, reference: str, attribute: str | None) -> Wanted:
    """Return the value that a reference gives beyond its question, with its type."""
    asked = plain(question)
    if _YES_NO_QUESTION.search(asked) and (said := read_polarity(reference, question)) in ("yes", "no"):
        return Wanted("polarity", str(said))
    told = _beyond(question, reference)
    typed = _typed(told, attribute, question)
    if typed.kind in ("place", "name", "institution"):
        return Wanted(typed.kind, _proper(told, question) or told)
    if typed.kind == "text" and (choice := _choice_in(told, attribute)):
        return choice
    return typed


def _beyond(question: str, reference: str) -> str:
    """Return the reference without the words at its ends that are grammar or the question's own."""
    asked = stems(question)
    parts = reference.strip(" .!").split()

    def empty(part: str) -> bool:
        bare = plain(part).strip(".,;:!?'\"")
        if not bare or any(letter.isdigit() for letter in bare):
            return not bare
        return bare in STOP_WORDS or stem(bare) in asked

    kept = [i for i, part in enumerate(parts) if not empty(part)]
    return " ".join(parts[kept[0] : kept[-1] + 1]) if kept else reference.strip(" .")


def _proper(told: str, question: str) -> str | None:
    """Return the last proper name in a text that the question does not give away."""
    asked = stems(question)
    names = [found.group().strip(" .") for found in _PROPER.finditer(told)]
    return next((name for name in reversed(names) if not stems(name) <= asked), None)


def _choice_in(told: str, attribute: str | None) -> Wanted | None:
    """Return the one closed choice among a short text's words, if there is one ("brown hair")."""
    parts = told.split()
    if len(parts) > 3:
        return None
    found = [(part, family) for part in parts if (family := family_of(part, attribute))]
    return Wanted("choice", found[0][0].strip(".,"), found[0][1]) if len(found) == 1 else None
