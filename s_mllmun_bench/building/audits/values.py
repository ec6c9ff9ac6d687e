"""Audits of the attributes: plausible one by one, and varied over all people.

A language model that writes a thousand people has favourites. A city that every tenth person was born
in is a guess that scores, and what can be guessed cannot be forgotten.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from s_mllmun_bench.building.audits.finding import Finding
from s_mllmun_bench.building.people import World
from s_mllmun_bench.records import ATTRIBUTES, Profile

BIRTH_YEARS = (1920, 2010)
HEIGHTS = (48, 90)
"""Inches."""
SALARIES = (1_000, 10_000_000)
"""US dollars a year."""
LONGEST = 2_000
"""Characters of a value; a clinical description is the longest."""
GENDERS = ("female", "male", "non-binary")
MOST_SHARED = 0.05
"""Share of all people that may have a name's part, a city, an employer or a school in common."""
ALWAYS_SHARED = 5
"""So many people may, however few there are in all."""

_PLACEHOLDER = re.compile(
    r"\b(?:unknown|n/?a|none|null|tbd|todo|not (?:available|specified|provided))\b|[{}<>\[\]]|\.{3}|…", re.I
)
_PLACE = re.compile(r"[^\W\d_][^,\d]*(?:, ?[^\W\d_][^,\d]*)+")
_HEIGHT = re.compile(r"([3-8])'(\d|1[01])\"")
_SALARY = re.compile(r"\$(\d{1,3}(?:,\d{3})*)")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def values_are_plausible(world: World) -> Finding:
    """Every attribute is a value of its kind: a day that exists, a person's height, a city in a country."""
    problems = [
        f"{person.id} has no plausible {attribute}: {value!r}"
        for person in world.people
        for attribute, value in implausible(person.written.profile)
    ]
    return Finding(len(world.people) * len(ATTRIBUTES), problems)


def values_are_varied(world: World) -> Finding:
    """No part of a name, city, employer or school is shared by more than a small part of all people."""
    most = max(ALWAYS_SHARED, int(MOST_SHARED * len(world.people)))
    problems, highest = [], (0, "nothing")
    for what, of in SHARED.items():
        counts = Counter(of(person.written.profile).casefold() for person in world.people)
        problems += [
            f"the {what} {value!r} is that of {count} people of {len(world.people)}; at most {most} may share"
            for value, count in counts.most_common()
            if count > most
        ]
        highest = max(highest, *((count, f"{what} {value!r}") for value, count in counts.items()))
    note = f"most frequent: {highest[1]}, {highest[0]} of {len(world.people)} people; at most {most} may"
    return Finding(len(world.people), problems, note)


def implausible(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a profile that hold no value of their kind, with what they hold."""
    for attribute in ATTRIBUTES:
        value = getattr(profile, attribute)
        if not _is_text(value) or not _PLAUSIBLE.get(attribute, _is_said)(value):
            yield attribute, value


def employer(employment: str) -> str:
    """Return who employs somebody, such as ``Acme`` of ``engineer at Acme``; the job if nobody is named."""
    return re.split(r"\b(?:at|for|with)\b", employment)[-1].strip()


def _is_text(value: str) -> bool:
    return value == value.strip() and "\n" not in value and 0 < len(value) <= LONGEST


def _has_letters(value: str) -> bool:
    return _LETTERS.search(value) is not None


def _is_said(value: str) -> bool:
    return _has_letters(value) and _PLACEHOLDER.search(value) is None


def _is_name(value: str) -> bool:
    return len(value.split()) > 1 and not any(letter.isdigit() for letter in value) and _is_said(value)


def _is_place(value: str) -> bool:
    return _PLACE.fullmatch(value) is not None and _is_said(value)


def _is_birthday(value: str) -> bool:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == 10 and BIRTH_YEARS[0] <= day.year <= BIRTH_YEARS[1]


def _is_height(value: str) -> bool:
    found = _HEIGHT.fullmatch(value)
    return found is not None and HEIGHTS[0] <= 12 * int(found[1]) + int(found[2]) <= HEIGHTS[1]


def _is_salary(value: str) -> bool:
    found = _SALARY.fullmatch(value)
    return found is not None and SALARIES[0] <= int(found[1].replace(",", "")) <= SALARIES[1]


_PLAUSIBLE: Mapping[str, Callable[[str], bool]] = {
    "name": _is_name,
    "born": _is_place,
    "residence": _is_place,
    "gender": lambda value: value.casefold() in GENDERS,
    "date_of_birth": _is_birthday,
    "height": _is_height,
    "annual_salary": _is_salary,
    "ophthalmic_clinical_description": _has_letters,
}
"""What an attribute must look like; the others are any text with letters and no placeholder, which in a
clinical description is a word like any other ("of unknown etiology")."""

SHARED: Mapping[str, Callable[[Profile], str]] = {
    "given name": lambda profile: profile.name.split()[0],
    "family name": lambda profile: profile.name.split()[-1],
    "city of birth": lambda profile: profile.born.split(",")[0],
    "city of residence": lambda profile: profile.residence.split(",")[0],
    "employer": lambda profile: employer(profile.employment),
    "school": lambda profile: profile.education,
}
"""What must vary, and how it is read from a profile."""
