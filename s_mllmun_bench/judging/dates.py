"""Dates in any usual order, as the set of days that a writing can mean.

A writing that can be read twice (7/11/1995) is both days: an answer is not wrong for its country's
habit. A date that is not complete keeps `None` for what it leaves open.
"""

import re
from collections.abc import Iterator

Date = tuple[int | None, int | None, int | None]
"""Year, month, day; `None` where the writing leaves it open."""
Reading = frozenset[Date]

_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTHS = {name: i for i, name in enumerate(_NAMES, 1)} | {name[:3]: i for i, name in enumerate(_NAMES, 1)}
_MONTHS["sept"] = 9
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
_YEAR = r"(?P<year>(?:1[89]|20)\d\d)(?!\d)"
_WRITINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_YEAR}\s*[-/.]\s*(?P<number>\d{{1,2}})\s*[-/.]\s*{_DAY}",
        r"\b(?P<first>\d{1,2})\s*[-/.]\s*(?P<second>\d{1,2})\s*[-/.]\s*(?P<year>\d{4}|\d\d)\b",
        rf"\b{_YEAR}[ ,-]+{_MONTH}[ -]+{_DAY}",
        rf"\b{_DAY}(?:\s+day)?(?:\s+of)?[ -]+{_MONTH}(?:\s+of)?(?:[ ,-]+(?:in\s+)?{_YEAR})?",
        rf"\b{_MONTH}(?:\s+the)?[ -]+{_DAY}(?:[ ,-]+(?:in\s+)?{_YEAR})?",
        rf"\b{_MONTH}(?:\s+of)?[ ,-]+{_YEAR}",
        rf"\b{_YEAR}",
    )
)


def read_dates(text: str) -> list[Reading]:
    """Return every date of a plain text, each as the set of days it can mean, in no order.

    Args:
        text: plain text (see `words.plain`).
    """
    readings = []
    for writing in _WRITINGS:
        for found in writing.finditer(text):
            days = frozenset(day for day in _days(found.groupdict()) if _possible(day))
            if days:
                readings.append(days)
        text = writing.sub(" ", text)
    return readings


def date_credit(wanted: Reading, given: Reading) -> float:
    """Return the credit for one date, 0 to 10: all of it, or the share that it names and gets right.

    Year and month alone, or day and month alone, are worth 6; a year alone 3; a wrong part 0. A
    reference that is not complete itself asks for no more than it says.
    """
    return max(_agreement(ours, theirs) for ours in wanted for theirs in given)


def _agreement(wanted: Date, given: Date) -> float:
    both = [(ours, theirs) for ours, theirs in zip(wanted, given, strict=True) if None not in (ours, theirs)]
    if any(ours != theirs for ours, theirs in both):
        return 0.0
    asked = sum(ours is not None for ours in wanted)
    return 10.0 if len(both) == asked else (0.0, 3.0, 6.0)[len(both)]


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
