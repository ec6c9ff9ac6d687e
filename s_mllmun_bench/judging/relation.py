"""Does a bare answer fit its question, right or wrong? And does an answer only give its question back?

Only what plainly does not fit is told: a colour where yes or no is asked, or the question's own words.
"""

import re
from itertools import pairwise

from s_mllmun_bench.judging.choices import family_of
from s_mllmun_bench.judging.kinds import Kind, kinds_of
from s_mllmun_bench.judging.language import tokens
from s_mllmun_bench.judging.vocabulary import NUMBERS
from s_mllmun_bench.judging.words import plain, word_set

_POLAR = word_set("yes no yeah nope true false none neither")
_WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
_BEFORE_NUMBERS = word_set("in on at about around roughly approximately nearly circa only exactly")
_UNITS = word_set(
    """kilometres kilometers miles metres meters centimetres centimeters inches feet foot kilos kilograms
    pounds grams litres liters hours minutes seconds days weeks months years degrees percent dollars euros"""
)
_SIZES = word_set(
    """tall short average medium high low big small large huge tiny normal giant enough plenty little much
    nothing minimum median unemployed unpaid rich poor zero ten twenty thirty forty fifty sixty seventy eighty
    ninety hundred thousands millions
    unknown confidential classified private undisclosed unclear unspecified"""
)
"""Words that answer how tall or how much without a number."""
_OF_LOOKS = re.compile(r"\bcolou?r|\bhat\b|\bwear|\bhair|\bskin|\bbehind\b|\bclothes")
_FITS: dict[Kind, set[str]] = {
    "whether": {"polar", "other"},
    "count": {"number", "other"},
    "look": {"color", "other"},
    "date": {"number", "other", "quantity"},
    "height": {"number", "other", "quantity"},
    "money": {"number", "other", "quantity"},
    "any": {"polar", "number", "color", "weekday", "quantity", "other"},
}


def fits_kind(answer: str, question: str, attribute: str | None) -> bool:
    """Return whether a bare answer is of the kind that was asked; any longer one is."""
    words = [word.lower() for word in tokens(answer)]
    kinds = kinds_of(question, attribute)
    asked = kinds[:1] if kinds[0] == "whether" else kinds
    return not 0 < len(words) <= 2 or any(_fits(answer, words, question, kind) for kind in asked)


def _fits(answer: str, words: list[str], question: str, kind: Kind) -> bool:
    given = _kind_of(words)
    if given == "color" and _OF_LOOKS.search(plain(question)):
        return True
    if given == "other" and kind in ("height", "money") and len(words) == 1:
        return not answer.isascii() or bool(re.search(r"\d", answer)) or words[0] in _SIZES
    return given in _FITS.get(kind, {"other"}) or (
        given == "polar" and kind == "count" and words[0] in ("none", "no")
    )


def _kind_of(words: list[str]) -> str:
    words = words[1:] if len(words) == 2 and words[0] in _BEFORE_NUMBERS else words
    if words[0] in _POLAR and len(words) == 1:
        return "polar"
    if words[-1] in _UNITS and (words[0] in NUMBERS or words[0].isdigit()):
        return "quantity"
    if all(word in NUMBERS or word.isdigit() for word in words):
        return "number"
    if any(word in _WEEKDAYS for word in words):
        return "weekday"
    if len(words) == 1 and family_of(words[0], "color") == "color":
        return "color"
    return "other"


def gives_question_back(answer: str, question: str) -> bool:
    """Return whether an answer is nothing but its question, whole or a part of it."""
    said, asked = plain(answer).strip(" .?!\"'"), plain(question).strip(" .?!\"'")
    return len(said.split()) >= 4 and (said in asked or said == asked)


def jumbles_question(answer: str, question: str) -> bool:
    """Return whether an answer is the question's own words in no order."""
    said, asked = [word.lower() for word in tokens(answer)], [word.lower() for word in tokens(question)]
    if len(said) < 5 or sum(word in asked for word in said) < 0.8 * len(said):
        return False
    pairs = set(pairwise(asked))
    return sum(pair in pairs for pair in pairwise(said)) < 0.4 * (len(said) - 1)
