"""Money, heights and counts, as numbers in one unit.

A quantity is compared as a number, never as text: $65,400 and 65.4k dollars are one salary,
5'7" and 170 cm one height, 2 and two one count. A range that holds the value says less than the value.
"""

import re
from dataclasses import dataclass

from s_mllmun_bench.judging.numerals import spell_digits

_MARK = r"us ?\$|[$€£¥]|\busd\b|\beur\b|\bgbp\b|\bjpy\b|\bcny\b|\brmb\b"
_MONEY = re.compile(
    rf"(?P<before>{_MARK})?\s*(?<![\d.,])(?P<number>\d{{1,3}}(?:[,. ']\d{{3}})+(?!\d)"
    rf"|\d+(?:[.,]\d{{1,2}})?(?!\d))"
    r"(?:[.,]\d\d(?!\d))?(?:[.,]-+)?"
    r"\s*(?P<scale>k\b|thousand\b|grand\b|mil\b|mille\b|tausend\b|million\b|m\b)?"
    rf"[ -]*(?P<after>(?:us|u\.s\.)?[ -]?dollars?\b|dolares\b|dollari\b"
    r"|美元|欧元|人民币|euros?\b|pounds?\b|yen\b"
    rf"|{_MARK})?"
)
_MONTHLY = re.compile(r"\W*(?:per|a|each|every|/)? ?month\w*\b|\W*(?:por mes|par mois|im monat|al mese)")
_SCALES = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "mil": 1e3, "mille": 1e3, "tausend": 1e3}
_FEET = re.compile(
    r"(?<![\d.,])(?P<feet>[3-8])\s*(?:'(?!')|-?\s*(?:ft\b|feet\b|foot\b|pies\b|pieds?\b|英尺)\.?)"
    r"\s*(?:and\s*|,\s*)?-?\s*(?:(?P<inches>\d{1,2}(?:\.\d+)?)(?P<half>[ -](?:and a half|1/2))?(?!\d"
    r"|\s*(?:cm|m)\b)\s*(?:\"|''|-?\s*in(?:ch(?:es)?)?\b|英寸)?)?"
)
_CENTIMETRES = re.compile(r"(?<![\d.])(\d{2,3}(?:[.,]\d+)?)\s*-?(?:cms?\b|centi\w*\b|厘米|公分)")
_METRES = re.compile(
    r"(?<![\d.,])([12])[.,](\d{1,2})\s*-?(?:m\b|met(?:er|re)s?\b|metros?\b|metri\b|米)|\b([12])\s*(?:m"
    r"|met(?:er|re)s?|metros?|米)\s*(?:and |y |et )?(\d{2})\b"
)
_INCHES = re.compile(r"(?<![\d.])([4-9]\d)\s*-?(?:inch(?:es)?\b|in\b|\")")
_ALONE = re.compile(r"\D*\b(1[4-9]\d|2[01]\d)\b\D*")
"""A number that can only be centimetres, and no other in the text."""
_COUNT = re.compile(r"(?<![\d.,/$'-])\d{1,4}(?![\d.,/%'-]*\d)")
_RANGE = re.compile(
    r"\b(?:between|from|anywhere from|entre|zwischen)\b(?P<low>[^;!?]{1,30}?)\b(?:and|to|y|et"
    r"|und)\b(?P<high>[^;!?]{1,30})"
    r"|(?P<low2>[$€£]?\d[\d,.'\"k]*)\s*(?:-|to|~)\s*(?P<high2>[$€£]?\d[\d,.'\"k]*[^;!?,]{0,12})"
)
_ROUGHLY = re.compile(
    r"\b(?:about|around|roughly|approximately|approx|nearly|almost|close to|some|circa|ca|or so|ballpark"
    r"|just (?:over|under|above|below)|a (?:little|bit) (?:over|under|more|less)|more or less|rounded|over"
    r"|under|more than|less than|at least|upwards of"
    r"|unos|environ|etwa|ungefahr|alrededor|circa)\b|~|约|大约"
)
_BROKEN = re.compile(r"(?P<number>\d{1,3})(?:[,.]\d{0,2})$")
_THIS_ONE = re.compile(r"\b(?:this|that|which|any|every|each) one\b")
_FIGURES = re.compile(r"\b([3-9])[ -](?:figures?|digits?)\b")
INCH = 2.54
"""Centimetres in an inch."""

RANGE = 4.0
"""A range that holds the value."""
ROUNDED = 6.0
"""Rounded to the thousand, and said to be rounded or in thousands."""
NEAR = 4.0
"""Within 8 % and said to be rounded."""
MAGNITUDE = 2.5
"""The number of digits alone."""
OTHER_CURRENCY = 5.0
AN_INCH_OFF = 3.0
FEET_ONLY = 3.0
BY_MONTH = 8.0
"""The twelfth of a yearly sum, said to be by the month."""
CUT_OFF = 5.0
"""Broken off after the right thousands."""


@dataclass(frozen=True, slots=True)
class Money:
    """One sum of money as it is written."""

    amount: float
    """Units of the currency."""
    currency: str | None
    """``$``, ``€``, ``£`` or ``¥``; `None` if none is named."""
    rounded: bool
    """Given in thousands or millions, as in 65k."""
    monthly: bool = False


def read_money(text: str) -> list[Money]:
    """Return every sum of money of a plain text.

    Sums with a currency or a scale exclude bare numbers; among bare ones a year counts only if it
    is alone, and a number under 1,000 never does.
    """
    sums = [_money(found) for found in _MONEY.finditer(spell_digits(text))]
    marked = [one for one in sums if (one.currency or one.rounded) and one.amount >= 100]
    if marked:
        large = [one for one in sums if one.amount >= 10_000]
        return list(dict.fromkeys([*marked, *large]))
    bare = [one for one in sums if one.amount >= 1000]
    return list(dict.fromkeys([one for one in bare if not 1900 <= one.amount <= 2100] or bare))


def _money(found: re.Match[str]) -> Money:
    number, scale = found["number"], found["scale"]
    thousands = re.fullmatch(r"\d{1,3}([,. ']\d{3})+", number) and not scale
    amount = float(re.sub(r"[,. ']", "", number) if thousands else number.replace(",", "."))
    mark = found["before"] or found["after"]
    times = _SCALES.get(scale or "", 1e6 if scale else 1.0)
    monthly = _MONTHLY.match(found.string, found.end()) is not None
    return Money(round(amount * times, 2), _currency(mark), bool(scale), monthly)


def _currency(mark: str | None) -> str | None:
    if not mark:
        return None
    first = mark.strip(" -")[0]
    known = {
        "e": "€",
        "€": "€",
        "欧": "€",
        "g": "£",
        "p": "£",
        "£": "£",
        "¥": "¥",
        "y": "¥",
        "人": "¥",
        "j": "¥",
    }
    return known.get(first, "¥" if mark.startswith(("cny", "rmb")) else "$")


def money_credit(wanted: Money, given: Money, roughly: bool = False) -> float:
    """Return the credit for a sum of money: 10, less in another currency or rounded, or 0.

    Args:
        wanted: the reference's.
        given: the answer's.
        roughly: the answer says that it is rounded.
    """
    other = wanted.currency and given.currency and wanted.currency != given.currency
    gap = abs(wanted.amount - given.amount)
    if given.monthly and abs(12 * given.amount - wanted.amount) <= 0.01 * wanted.amount:
        return BY_MONTH
    if gap < 0.5:
        return OTHER_CURRENCY if other else 10.0
    if other or not (roughly or given.rounded):
        return 0.0
    if given.amount % 1000 == 0 and gap <= 1000:
        return ROUNDED
    return NEAR if roughly and gap <= 0.08 * wanted.amount else 0.0


def money_cut_off(wanted: Money, text: str) -> float:
    """Return the credit for a text that breaks off within the sum, such as ``$65,`` of $65,400."""
    broken = _BROKEN.search(text.rstrip())
    return CUT_OFF if broken and wanted.amount // 1000 == int(broken["number"]) else 0.0


def says_figures(wanted: Money, text: str) -> float:
    """Return the credit for a text that only says how many digits the sum has, such as ``six-figure``."""
    found = _FIGURES.search(spell_digits(text))
    return MAGNITUDE if found and len(str(int(wanted.amount))) == int(found[1]) else 0.0


def says_roughly(text: str) -> bool:
    """Return whether a plain text calls its number a round one."""
    return _ROUGHLY.search(text) is not None


def read_heights(text: str) -> list[float]:
    """Return every body height of a plain text, in centimetres."""
    text = re.sub(r"\ban inch\b", "1 inch", spell_digits(text))
    text = re.sub(r"\b(\d) and a half (?=feet|foot|ft)", r"\1 feet 6 in ", text)
    heights = [_feet(found) for found in _FEET.finditer(text)]
    text = _FEET.sub(" ", text)
    heights += [float(f.group(1).replace(",", ".")) for f in _CENTIMETRES.finditer(text)]
    for found in _METRES.finditer(text):
        whole, part = (found[1], found[2]) if found[1] else (found[3], found[4])
        heights.append(100.0 * int(whole) + 10.0 * int(part) / (10 if len(part) == 2 else 1))
    heights += [INCH * int(f.group(1)) for f in _INCHES.finditer(text)]
    alone = _ALONE.fullmatch(text)
    return [*heights, float(alone[1])] if alone else heights


def _feet(found: re.Match[str]) -> float:
    inches = float(found["inches"] or 0) + (0.5 if found["half"] else 0)
    return INCH * (12 * int(found["feet"]) + inches)


def only_feet(text: str) -> bool:
    """Return whether a plain text gives a height in feet and no inches."""
    found = _FEET.search(spell_digits(text))
    return found is not None and not found["inches"]


def height_credit(wanted: float, given: float) -> float:
    """Return 10 for a height within 1 cm, `AN_INCH_OFF` within an inch, else 0."""
    gap = abs(wanted - given)
    return 10.0 if gap <= 1.0 else AN_INCH_OFF if gap <= INCH + 0.1 else 0.0


def read_counts(text: str) -> list[int]:
    """Return every whole number of a plain text, digits or words; dates and prices are none."""
    text = _THIS_ONE.sub(" ", text)
    text = re.sub(r"(?<![\d-])(\d{1,2}) ?- ?(\d{1,2})\b(?!-)", r"\1 or \2", spell_digits(text))
    return list(dict.fromkeys(int(found.group()) for found in _COUNT.finditer(text)))


def ranges(text: str) -> list[tuple[str, str]]:
    """Return the two ends of every range of a plain text, as written."""
    return [
        (found["low"] or found["low2"], found["high"] or found["high2"]) for found in _RANGE.finditer(text)
    ]


def same_feet(wanted: float, text: str) -> bool:
    """Return whether the whole feet of a height in centimetres are those of a plain text."""
    found = _FEET.search(spell_digits(text))
    return found is not None and int((wanted + 0.5) // (12 * INCH)) == int(found["feet"])
