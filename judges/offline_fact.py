"""Offline Fact Score: does the answer state the reference's fact? 0 (no) to 10 (all of it).

The value asked for is compared after normalisation by its type: dates in any usual order, money,
heights, counts, colours and other closed choices, yes and no, places, names, institutions, and free
text by content words. No key, no network, deterministic. The answer may say more; a hedge or a
second candidate makes it partial at most, a negated value is not stated, a refusal is 0.

Known weaknesses:
- Synonyms outside the small lists ("physician" for "doctor") and exonyms ("Wien") count as wrong.
- An answer in another language is right only where its value is written alike.
- A second candidate of an open kind is seen only beside "or", "either" or a slash; in a list of
  diagnoses, every wrong one is overlooked as long as the right one is there.
- Negation is read clause by clause; irony, and a denial in a later sentence, are not seen.
- Free text counts words, not who did what to whom.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.judging.choices import named_members, polarity_of, read_family, read_polarity
from s_mllmun_bench.judging.dates import date_credit, read_dates
from s_mllmun_bench.judging.overlap import institution_credit, name_credit, place_credit, text_credit
from s_mllmun_bench.judging.quantities import (
    height_credit,
    money_credit,
    read_counts,
    read_heights,
    read_money,
    spell_digits,
)
from s_mllmun_bench.judging.refusals import without_refusals
from s_mllmun_bench.judging.values import Wanted, wanted_of
from s_mllmun_bench.judging.words import affirmed, plain

METRIC = "fact"

_T = TypeVar("_T")

HEDGED = 6.0
"""Most that a hedged answer gets ("I think", "perhaps")."""
AFTER_REFUSAL = 4.0
"""Most that an answer gets which refuses and then names the value after all."""
SEVERAL = (10.0, 4.0, 2.0, 1.0)
"""Most that an answer gets which names 0, 1, 2, 3 or more wrong candidates beside the right one."""
ONLY_YES = 4.0
"""For a bare yes where the reference says yes and what."""

_HEDGE = re.compile(
    r"\b(?:i (?:think|believe|guess|suppose|suspect|assume)|maybe|perhaps|possibly|probably|presumably"
    r"|might be|may be|could be|not (?:entirely |quite |completely )?(?:sure|certain)|my (?:best )?guess"
    r"|if i recall|unsure)\b"
)
_ALTERNATIVE = re.compile(r"\b(?:either|or|alternatively)\b|(?<=[a-z]) ?/ ?(?=[a-z])")


def judge(items: Sequence[JudgedItem]) -> list[Judgement]:
    """Return the Fact judgement of each item, in order."""
    return [_judge_one(item) for item in items]


def _judge_one(item: JudgedItem) -> Judgement:
    if not item.answer.strip():
        return Judgement(0.0, "empty answer")
    rest = without_refusals(item.answer)
    if rest == "":
        return Judgement(0.0, "refusal")
    wanted = wanted_of(item)
    credit = _COMPARE[wanted.kind](wanted, rest or item.answer, item)
    most, why = _most(wanted, item, refuses=rest is not None)
    score = round(min(credit, most), 1)
    return Judgement(score, f"{wanted.kind} {wanted.value!r}: {why if score < credit else _outcome(score)}")


def _outcome(score: float) -> str:
    return "stated" if score >= 9.95 else "not stated" if score == 0 else "stated in part"


def _most(wanted: Wanted, item: JudgedItem, refuses: bool) -> tuple[float, str]:
    """Return the most that an answer of this form can get, and why."""
    if refuses:
        return AFTER_REFUSAL, "refuses beside the answer"
    bare = plain(item.answer)
    known = plain(item.reference) + " " + plain(wanted.value)
    open_kind = wanted.kind in ("place", "name", "institution", "text")
    if open_kind and _ALTERNATIVE.search(affirmed(item.answer)) and not _ALTERNATIVE.search(known):
        return SEVERAL[1], "several candidates"
    if _HEDGE.search(bare) and not _HEDGE.search(known):
        return HEDGED, "hedged"
    return 10.0, ""


def _capped(credits: Sequence[float]) -> float:
    """Return the best credit among candidates, less the more wrong ones stand beside it."""
    right = max(credits, default=0.0)
    wrong = sum(credit == 0 for credit in credits)
    return min(right, SEVERAL[min(wrong, len(SEVERAL) - 1)])


def _candidates(read: Callable[[str], Sequence[_T]], answer: str, item: JudgedItem) -> list[_T]:
    """Return what an answer claims, without what the question says already."""
    known = read(plain(item.question))
    return [candidate for candidate in dict.fromkeys(read(affirmed(answer))) if candidate not in known]


def _compare_dates(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    ours = read_dates(plain(wanted.value))
    return _capped([date_credit(ours[0], given) for given in _candidates(read_dates, answer, item)])


def _compare_money(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    ours = read_money(plain(wanted.value))
    return _capped([money_credit(ours[0], given) for given in _candidates(read_money, answer, item)])


def _compare_heights(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    ours = read_heights(plain(wanted.value))
    given = _candidates(read_heights, answer, item)
    return _capped([height_credit(ours[0], one) for one in given])


def _compare_counts(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    ours = read_counts(plain(wanted.value))
    claim = re.sub(r"\ban?\b(?= \w+)", "1", affirmed(answer))
    given = read_counts(affirmed(answer)) or read_counts(claim)
    return _capped([10.0 if one == ours[0] else 0.0 for one in given])


def _compare_polarity(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    said = read_polarity(answer, item.question)
    if said == "both":
        return SEVERAL[2]
    return 10.0 if said == polarity_of(wanted.value) else 0.0


def _compare_choices(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    family = wanted.family or ""
    ours = read_family(family, plain(wanted.value))
    given = named_members(family, answer, item.question, item.attribute)
    if (
        not given
        and ours
        and read_polarity(item.reference, item.question) == "yes"
        and _begins_yes(item.reference)
    ):
        return ONLY_YES if read_polarity(answer, item.question) == "yes" and _begins_yes(answer) else 0.0
    return _capped([10.0 if one in ours else 0.0 for one in given])


def _begins_yes(text: str) -> bool:
    return plain(text).startswith("yes")


def _compare_text(wanted: Wanted, answer: str, item: JudgedItem) -> float:
    return text_credit(spell_digits(wanted.value.lower()), spell_digits(answer.lower()), item.question)


_COMPARE: dict[str, Callable[[Wanted, str, JudgedItem], float]] = {
    "date": _compare_dates,
    "money": _compare_money,
    "height": _compare_heights,
    "count": _compare_counts,
    "polarity": _compare_polarity,
    "choice": _compare_choices,
    "place": lambda wanted, answer, item: place_credit(wanted.value, answer),
    "name": lambda wanted, answer, item: name_credit(wanted.value, answer),
    "institution": lambda wanted, answer, item: institution_credit(wanted.value, answer),
    "text": _compare_text,
}
