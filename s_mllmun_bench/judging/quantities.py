"""Money, heights and counts, as numbers in one unit.

A quantity is compared as a number, never as text: $65,400 and 65.4k dollars are one salary,
5'7" and 170 cm one height, 2 and two one count.
"""

import re
from dataclasses import dataclass

_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_NUMBERS = {word: str(i) for i, word in enumerate(_WORDS)} | {"single": "1", "pair": "2", "none": "0"}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b")
_MONEY = re.compile(
    r"(?P<before>us\$|[$€£¥]|\busd|\beur|\bgbp)?\s*\b(?P<number>\d{1,3}(?:[,. ]\d{3})+(?![\d])|\d+(?:\.\d+)?)"
    r"\s*(?P<scale>k\b|thousand\b|million\b|m\b)?\s*(?P<after>dollars?|usd\b|us\$|[$€£¥]|euros?|eur\b|pounds?|gbp\b)?"
)
_SCALES = {"k": 1e3, "thousand": 1e3, "million": 1e6, "m": 1e6}
_FEET = re.compile(
    r"\b(?P<feet>[3-8])\s*(?:'|-?\s*(?:ft\b|feet\b|foot\b)\.?)\s*(?:and\s*)?-?\s*"
    r"(?:(?P<inches>\d{1,2}(?:\.\d+)?)(?!\d)\s*(?:\"|''|-?\s*in(?:ch(?:es)?)?\b)?)?"
)
_CENTIMETRES = re.compile(r"\b(\d{2,3}(?:\.\d+)?)\s*-?(?:cm\b|centimet(?:er|re)s?\b)")
_METRES = re.compile(r"\b([12])[.,](\d{1,2})\s*-?(?:m\b|met(?:er|re)s?\b)|\b([12])\s*m\s*(\d{2})\b")
_INCHES = re.compile(r"\b([4-9]\d)\s*-?(?:inch(?:es)?\b|in\b)")
_COUNT = re.compile(r"(?<![\d.,/$'-])\d{1,4}(?![\d.,/%'-]*\d)")
INCH = 2.54
"""Centimetres in an inch."""


@dataclass(frozen=True, slots=True)
class Money:
    """One sum of money as it is written."""

    amount: float
    """Units of the currency."""
    currency: str | None
    """``$``, ``€``, ``£`` or ``¥``; `None` if none is named."""
    rounded: bool
    """Given in thousands or millions, as in 65k."""


def spell_digits(text: str) -> str:
    """Return a plain text with its number words, zero to twenty, as digits."""
    return _NUMBER_WORD.sub(lambda found: _NUMBERS[found.group()], text)


def read_money(text: str) -> list[Money]:
    """Return every sum of money of a plain text.

    Sums with a currency or a scale exclude bare numbers; among bare ones a year counts only if it
    is alone, and a number under 1,000 never does.
    """
    sums = [_money(found) for found in _MONEY.finditer(text)]
    marked = [one for one in sums if one.currency or one.rounded]
    if marked:
        return list(dict.fromkeys(marked))
    bare = [one for one in sums if one.amount >= 1000]
    return list(dict.fromkeys([one for one in bare if not 1900 <= one.amount <= 2100] or bare))


def _money(found: re.Match[str]) -> Money:
    number, scale = found["number"], found["scale"]
    thousands = re.fullmatch(r"\d{1,3}([,. ]\d{3})+", number) and not scale
    amount = float(re.sub(r"[,. ]", "", number) if thousands else number.replace(",", "").replace(" ", ""))
    mark = found["before"] or found["after"]
    return Money(round(amount * _SCALES.get(scale or "", 1.0), 2), _currency(mark), bool(scale))


def _currency(mark: str | None) -> str | None:
    if mark is None:
        return None
    return {"e": "€", "€": "€", "g": "£", "p": "£", "£": "£", "¥": "¥"}.get(mark[0], "$")


def money_credit(wanted: Money, given: Money) -> float:
    """Return the credit for a sum of money: 10, 5 in another currency or rounded to its thousands, or 0."""
    other = wanted.currency and given.currency and wanted.currency != given.currency
    if abs(wanted.amount - given.amount) < 0.5:
        return 5.0 if other else 10.0
    near = given.rounded and given.amount % 1000 == 0 and abs(wanted.amount - given.amount) <= 500
    return 5.0 if near and not other else 0.0


def read_heights(text: str) -> list[float]:
    """Return every body height of a plain text, in centimetres."""
    text = spell_digits(text)
    heights = [INCH * (12 * int(f["feet"]) + float(f["inches"] or 0)) for f in _FEET.finditer(text)]
    text = _FEET.sub(" ", text)
    heights += [float(f.group(1)) for f in _CENTIMETRES.finditer(text)]
    for found in _METRES.finditer(text):
        whole, part = (found[1], found[2]) if found[1] else (found[3], found[4])
        heights.append(100.0 * int(whole) + 10.0 * int(part) / (10 if len(part) == 2 else 1))
    heights += [INCH * int(f.group(1)) for f in _INCHES.finditer(text)]
    return heights


def height_credit(wanted: float, given: float) -> float:
    """Return 10 for a height within 1 cm, else 0."""
    return 10.0 if abs(wanted - given) <= 1.0 else 0.0


def read_counts(text: str) -> list[int]:
    """Return every whole number of a plain text, digits or words; dates and prices are none."""
    return list(dict.fromkeys(int(found.group()) for found in _COUNT.finditer(spell_digits(text))))
