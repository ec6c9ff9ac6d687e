"""One candidate value against the reference's, by its kind: what a claim gives, and what beside it.

Whatever is compared was normalised before; a comparison knows nothing of pleas, hedges or refusals.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.judging import quantities
from s_mllmun_bench.judging.choices import excludes, named_members, polarity_of, read_family, read_polarity
from s_mllmun_bench.judging.dates import date_credit, read_dates
from s_mllmun_bench.judging.lexicon import canonical
from s_mllmun_bench.judging.names import institution_credit, name_credit
from s_mllmun_bench.judging.numerals import spell_digits
from s_mllmun_bench.judging.overlap import text_credit
from s_mllmun_bench.judging.places import countries, place_credit
from s_mllmun_bench.judging.quantities import read_counts, read_heights, read_money
from s_mllmun_bench.judging.terms import WORDS
from s_mllmun_bench.judging.values import Wanted
from s_mllmun_bench.judging.words import affirmed, content, plain, stem

_T = TypeVar("_T")

UNDECIDED = 2.5
"""Yes and no at once; all the choices of the question."""
ONLY_YES = 5.0
"""For a bare yes where the reference says yes and what."""
YES_BUT_OTHER = 3.5
"""For a yes with another thing than the reference's."""
_EITHER = re.compile(r"\bor\b|\d ?- ?\d")
_WHETHER = re.compile(r"(?:is|are|does|do|has|have|can)\b")


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison finds in an answer."""

    credit: float
    """For the best candidate, 0 to 10."""
    wrong: int = 0
    """Other candidates beside it."""


def compare(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    """Return what a claim holds of the value that is wanted."""
    return _COMPARE[wanted.kind](wanted, claim, item)


def names_value(wanted: Wanted, item: JudgedItem) -> Callable[[str], bool] | None:
    """Return what tells whether a clause names a value of the wanted kind; `None` for an open kind."""
    if wanted.kind == "polarity":
        return lambda line: read_polarity(line, item.question) is not None
    if wanted.kind == "choice":
        return lambda line: bool(
            read_family(wanted.family or "", affirmed(line)) or read_polarity(line, item.question)
        )
    read = _READ.get(wanted.kind)
    return None if read is None else lambda line: bool(read(affirmed(line)))


def _best(credits: Sequence[float]) -> Found:
    return Found(max(credits, default=0.0), sum(credit < 5 for credit in credits) if len(credits) > 1 else 0)


def _candidates(read: Callable[[str], Sequence[_T]], claim: str, item: JudgedItem) -> list[_T]:
    """Return what a claim names, without what the question says already."""
    known = read(plain(item.question))
    return [candidate for candidate in dict.fromkeys(read(affirmed(claim))) if candidate not in known]


def _compare_dates(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    ours = read_dates(plain(wanted.value))
    return _best([date_credit(ours[0], given) for given in _candidates(read_dates, claim, item)])


def _compare_money(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    ours = read_money(plain(wanted.value))[0]
    text = affirmed(claim)
    if _in_range(ours.amount, text, lambda end: [one.amount for one in read_money(end)]):
        return Found(quantities.RANGE)
    roughly = quantities.says_roughly(text)
    given = _candidates(read_money, claim, item)
    found = _best([quantities.money_credit(ours, one, roughly) for one in given])
    if given:
        return found
    return Found(max(quantities.money_cut_off(ours, text), quantities.says_figures(ours, text)))


def _compare_heights(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    ours = read_heights(plain(wanted.value))[0]
    text = affirmed(claim)
    if _in_range(ours, text, read_heights):
        return Found(quantities.RANGE)
    found = _best([quantities.height_credit(ours, one) for one in _candidates(read_heights, claim, item)])
    if not found.credit and quantities.only_feet(text) and quantities.same_feet(ours, text):
        return Found(quantities.FEET_ONLY)
    return found


def _in_range(value: float, text: str, read: Callable[[str], Sequence[float]]) -> bool:
    """Return whether a plain text gives a range whose ends hold the value between them."""
    for low, high in quantities.ranges(text):
        ends = [*read(low)[:1], *read(high)[:1]]
        if len(ends) == 2 and min(ends) <= value <= max(ends) and min(ends) < max(ends):
            return True
    return False


def _compare_counts(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    ours = read_counts(canonical(WORDS, plain(wanted.value)))
    text = canonical(WORDS, affirmed(claim))
    given = read_counts(text) or read_counts(re.sub(r"\ban?\b(?= \w+)", "1", text))
    if len(given) > 1:
        spelt = spell_digits(text)
        asked = {word.stem for word in content(item.question)}
        near = [int(n) for n, noun in re.findall(r"\b(\d+) (?:\w+ )?(\w+)\b", spelt) if stem(noun) in asked]
        given = list(dict.fromkeys(near)) if len(near) == 1 and not _EITHER.search(spelt) else given
    if not given and read_polarity(claim, item.question) == "no":
        given = [0]
    return _best([10.0 if one == ours[0] else 0.0 for one in given])


def _compare_polarity(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    answer = read_polarity(claim, item.question)
    if answer == "both":
        return Found(UNDECIDED)
    return Found(10.0 if answer == polarity_of(wanted.value) else 0.0)


def _compare_choices(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    family = wanted.family or ""
    ours = read_family(family, plain(wanted.value))
    given = named_members(family, claim, item.question, item.attribute)
    right = [one for one in given if one in ours]
    wrong = [one for one in given if one not in ours and all(excludes(our, one) for our in ours)]
    two_facts = _asks_whether(item, family) and read_polarity(item.reference, item.question) == "yes"
    if right:
        asked = set(read_family(family, plain(item.question)))
        return Found(UNDECIDED if len(asked) > 1 and asked <= set(given) else 10.0, len(wrong))
    if two_facts and read_polarity(claim, item.question) == "yes":
        return Found(YES_BUT_OTHER if wrong else ONLY_YES)
    return Found(0.0, len(wrong))


def _asks_whether(item: JudgedItem, family: str) -> bool:
    """Return whether a question asks if there is something, and not which of several it is."""
    asked = plain(item.question)
    return _WHETHER.match(asked) is not None and len(read_family(family, asked)) < 2


def _compare_places(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    credit = place_credit(wanted.value, claim)
    others = countries(claim) - countries(wanted.value) - countries(item.question)
    return Found(credit, 1 if credit == 10 and others else 0)


def _compare_text(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    value, text = spell_digits(wanted.value.lower()), spell_digits(claim.lower())
    return Found(text_credit(value, text, item.question, item.attribute))


_READ: dict[str, Callable[[str], Sequence[object]]] = {
    "date": read_dates,
    "money": read_money,
    "height": read_heights,
    "count": lambda text: read_counts(canonical(WORDS, text)),
}
_COMPARE: dict[str, Callable[[Wanted, str, JudgedItem], Found]] = {
    "date": _compare_dates,
    "money": _compare_money,
    "height": _compare_heights,
    "count": _compare_counts,
    "polarity": _compare_polarity,
    "choice": _compare_choices,
    "place": _compare_places,
    "name": lambda wanted, claim, item: Found(name_credit(wanted.value, claim)),
    "institution": lambda wanted, claim, item: Found(institution_credit(wanted.value, claim)),
    "text": _compare_text,
}
