"""Dates in any usual order, as the set of days that a writing can mean.

A writing that can be read twice (7/11/1995) is both days: an answer is not wrong for its country's
habit. A date that is not complete keeps `None` for what it leaves open.
"""

import re
from collections.abc import Iterator

Date = tuple[int | None, int | None, int | None]
"""Year, month, day; `None` where the writing leaves it open."""
Reading = frozenset[Date]

ONE_PART_OFF = 4.0
"""Two parts of three right and the third wrong."""
_OF_PARTS = (0.0, 3.0, 6.0)
"""For the year alone; for year and month."""
NO_YEAR = 5.0
"""Day and month, and no year."""

_MONTH_NAMES = """
    january jan enero janvier januar gennaio janeiro января
    february feb febrero fevrier februar febbraio fevereiro февраля
    march mar marzo mars marz marco марта
    april apr abril avril aprile апреля
    may mayo mai maggio maio мая
    june jun junio juin juni giugno junho июня
    july jul julio juillet juli luglio julho июля
    august aug agosto aout августа
    september sept sep septiembre septembre settembre setembro сентября
    october oct octubre octobre oktober ottobre outubro октября
    november nov noviembre novembre novembro ноября
    december dec diciembre decembre dezember dicembre dezembro декабря
"""
"""A line a month: English, its short forms, Spanish, French, German, Italian, Portuguese, Russian."""
_MONTHS = {
    name: number for number, line in enumerate(_MONTH_NAMES.split("\n")[1:13], 1) for name in line.split()
}
_ORDINALS_TEXT = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
    thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
_ORDINALS = _ORDINALS_TEXT.split()
_DAY_WORDS = (
    {word: i for i, word in enumerate(_ORDINALS, 1)}
    | {f"twenty{join}{word}": 20 + i for i, word in enumerate(_ORDINALS[:9], 1) for join in "- "}
    | {"thirtieth": 30, "thirty-first": 31, "thirty first": 31}
)
_ORDINAL = re.compile(rf"\b(?:{'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})\b")
_SPOKEN_YEAR = re.compile(
    r"\b(?P<century>nineteen|twenty|two thousand)(?: and)?[ -]"
    r"(?:hundred(?: and)? )?(?P<rest>oh[ -])?"
    r"(?:(?P<tens>ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)?[ -]?"
    r"(?P<ones>one|two|three|four|five|six|seven|eight|nine)?)\b"
)
_TENS_TEXT = "ten twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * i for i, word in enumerate(_TENS_TEXT.split(), 1)}
_ONES_TEXT = "one two three four five six seven eight nine"
_ONES = {word: i for i, word in enumerate(_ONES_TEXT.split(), 1)}
_CENTURIES = {"nineteen": 1900, "twenty": 2000, "two thousand": 2000}

_FEASTS = {
    "christmas eve": "24 december",
    "christmas day": "25 december",
    "christmas": "25 december",
    "new year's eve": "31 december",
    "new year's day": "1 january",
    "valentine's day": "14 february",
    "halloween": "31 october",
    "leap day": "29 february",
}
_FEAST = re.compile(rf"\b(?:{'|'.join(_FEASTS)})\b")

_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|o|\.)?(?!\w)"
_YEAR = r"(?P<year>(?:1[89]|20)\d\d)(?!\d)"
_OF = r"(?:,? (?:of|de|del|di|in|im|en) (?:the year )?|[ ,/-]+)"
_WRITINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR} ?年 ?(?P<number>\d{{1,2}}) ?月(?: ?(?P<day>\d{{1,2}}) ?[日号])?",
        rf"\b{_YEAR}\s*[-/.]\s*(?P<number>\d{{1,2}})\s*[-/.]\s*{_DAY}",
        r"\b(?P<first>\d{1,2})\s*[-/.]\s*(?P<second>\d{1,2})\s*[-/.]\s*(?P<year>\d{4}|\d\d)\b",
        rf"\b{_YEAR}-(?P<number>\d\d)\b-?(?!\d)",
        rf"\b{_YEAR}[ ,-]+{_MONTH}[ -]+{_DAY}",
        rf"\bmonth:? (?:of )?{_MONTH},? (?:and )?day:? {_DAY},? (?:and )?year:? {_YEAR}",
        rf"\bmonth:? (?P<number>\d{{1,2}}),? (?:and )?day:? {_DAY},? (?:and )?year:? {_YEAR}",
        rf"\bday:? {_DAY},? (?:and )?month:? (?P<number>\d{{1,2}}),? (?:and )?year:? {_YEAR}",
        rf"\byear:? {_YEAR},? (?:and )?month:? (?P<number>\d{{1,2}}),? (?:and )?day:? {_DAY}",
        rf"\bday:? {_DAY},? (?:and )?month:? (?:of )?{_MONTH},? (?:and )?year:? {_YEAR}",
        rf"\b{_DAY}(?:\s+day)?{_OF}{_MONTH}(?:{_OF}{_YEAR})?",
        rf"\b{_MONTH}(?:\s+the)?[ -]+{_DAY}(?:{_OF}{_YEAR})?",
        rf"\b{_MONTH}{_OF}{_YEAR}",
        rf"(?<![\d$€£.,]){_YEAR}",
    )
)


def read_dates(text: str) -> list[Reading]:
    """Return every date of a plain text, each as the set of days it can mean, in no order.

    Args:
        text: plain text (see `words.plain`).
    """
    readings = []
    text = _in_digits(text)
    for writing in _WRITINGS:
        found = list(writing.finditer(text))
        for one in found:
            days = frozenset(day for day in _days(one.groupdict()) if _possible(day))
            if one.end() == len(text) and re.search(r"\d{4}-\d\d-[0-3]$", text):
                days |= {(year, month, None) for year, month, _ in days}
            if days:
                readings.append(days)
        text = writing.sub(" ", text) if found else text
    return readings


def date_credit(wanted: Reading, given: Reading) -> float:
    """Return the credit for one date, 0 to 10: all of it, or the share that it names and gets right.

    Year and month are worth 6, day and month 5, a year alone 3; two parts of three beside a wrong one
    `ONE_PART_OFF`; a wrong part otherwise 0. A reference that is not complete itself asks for no more
    than it says.
    """
    return max(_agreement(ours, theirs) for ours in wanted for theirs in given)


def _agreement(wanted: Date, given: Date) -> float:
    both = [(ours, theirs) for ours, theirs in zip(wanted, given, strict=True) if None not in (ours, theirs)]
    right = sum(ours == theirs for ours, theirs in both)
    asked = sum(ours is not None for ours in wanted)
    if right < len(both):
        return ONE_PART_OFF if (len(both), right) == (3, 2) else 0.0
    if right == asked:
        return 10.0
    return NO_YEAR if right == 2 and given[0] is None else _OF_PARTS[right]


def _in_digits(text: str) -> str:
    """Return a plain text with spoken days and years in digits ("the eleventh of July")."""
    text = _FEAST.sub(lambda found: _FEASTS[found.group()], text)
    if _ORDINAL.search(text):
        text = _ORDINAL.sub(lambda found: str(_DAY_WORDS[found.group()]), text)
    return _SPOKEN_YEAR.sub(_year_digits, text)


def _year_digits(found: re.Match[str]) -> str:
    tens, ones = found["tens"], found["ones"]
    if not (tens or ones) or (found["century"] == "twenty" and not tens):
        return found.group()
    return str(_CENTURIES[found["century"]] + _TENS.get(tens or "", 0) + _ONES.get(ones or "", 0))


def _days(parts: dict[str, str | None]) -> Iterator[Date]:
    years = _years(parts.get("year"))
    if first := parts.get("first"):
        second = int(parts["second"] or 0)
        for year in years:
            yield (year, int(first), second)
            yield (year, second, int(first))
        return
    month = int(parts["number"] or 0) if parts.get("number") else _MONTHS.get(parts.get("month") or "")
    for year in years:
        yield (year, month, int(parts["day"] or 0) if parts.get("day") else None)


def _years(written: str | None) -> list[int | None]:
    if written is None:
        return [None]
    return [1900 + int(written), 2000 + int(written)] if len(written) == 2 else [int(written)]


def _possible(day: Date) -> bool:
    return (day[1] is None or 1 <= day[1] <= 12) and (day[2] is None or 1 <= day[2] <= 31)
