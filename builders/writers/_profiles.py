"""Profiles that fit faces: each is plausible by itself, and together no two are alike.

Profiles are asked for all at once and entered in the order of their people, so whose name was first does
not depend on whose reply was. Who comes second is asked again with what is taken.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from s_mllmun_bench.building.audits.values import ALWAYS_SHARED, MOST_SHARED, SHARED, implausible
from s_mllmun_bench.building.desk import Desk
from s_mllmun_bench.building.orders import Order
from s_mllmun_bench.building.prompts import Prompt
from s_mllmun_bench.records import Profile

from . import _wording as wording
from ._replies import AGE_MARGIN, LEAST_AGE, ProfileReply

ROUNDS = 6
"""How often a profile may come second, before its pictures are given up."""
LETTERS = "ABCDEFGHIJKLMNOPRSTUVWYZ"


@dataclass(frozen=True, slots=True)
class Seat:
    """One person who is to be written, and the pictures to write to."""

    person: str
    """Id, such as ``p0042``."""
    pictures: int
    """Place of the face and the ophthalmic image."""
    face: bytes
    """The image file."""
    description: str
    """The clinical description of the ophthalmic image."""
    ideas: Mapping[str, str]
    """Where the model is to start from, so that a thousand people are not all its favourites."""


@dataclass(slots=True)
class Register:
    """What is taken: names altogether, parts of names, cities, employers and schools up to a share."""

    most: int
    """People who may share a value."""
    names: set[str] = field(default_factory=set)
    shared: dict[str, Counter[str]] = field(default_factory=lambda: {what: Counter() for what in SHARED})

    @classmethod
    def of(cls, people: int) -> "Register":
        """Return an empty one for so many people; the share is the one that the audit allows."""
        return cls(max(ALWAYS_SHARED, int(MOST_SHARED * people)))

    def taken(self, profile: Profile) -> list[str]:
        """Return the values of a profile that it may not have."""
        taken = [profile.name] if profile.name.casefold() in self.names else []
        values = {what: of(profile) for what, of in SHARED.items()}
        return taken + [
            value for what, value in values.items() if self.shared[what][value.casefold()] >= self.most
        ]

    def enter(self, profile: Profile) -> None:
        """Take a profile's values."""
        self.names.add(profile.name.casefold())
        for what, of in SHARED.items():
            self.shared[what][of(profile).casefold()] += 1


def draw_ideas(rng: random.Random) -> dict[str, str]:
    """Return where to start from; a person's ideas take the same draws whatever becomes of the person."""
    born, home = rng.sample(wording.pool("cities"), 2)
    return {
        "initials": f"{rng.choice(LETTERS)}. {rng.choice(LETTERS)}.",
        "born in": born.partition(", ")[2],
        "lives in": home.partition(", ")[2] if rng.random() < 0.5 else born.partition(", ")[2],
        "profession": rng.choice(wording.pool("employments")),
        "birthday": f"{rng.randint(1, 28)} {rng.choice(wording.MONTHS)}",
        "stature": rng.choice(("short", "average", "tall")),
        "income": rng.choice(("low", "modest", "average", "good", "high")),
        "likes": f"{rng.choice(wording.pool('hobbies'))}, {rng.choice(wording.pool('foods'))}, or the like",
    }


def write_profiles(
    desk: Desk, prompt: Prompt, seats: Sequence[Seat], register: Register, today: date, lost: dict[str, str]
) -> Iterator[list[tuple[Seat, Profile]]]:
    """Yield round by round those whose profiles are settled; while the others are asked again, work goes on.

    Args:
        desk: is asked.
        prompt: of profiles.
        seats: in the order in which they are entered.
        register: of all people so far; the new ones are entered.
        today: the day on which ages are counted.
        lost: takes the people whose profiles could not be had, with the reason.

    Raises:
        BenchError: the server answers no more.
    """
    avoid: dict[str, list[str]] = {seat.person: [] for seat in seats}
    waiting = list(seats)
    for _ in range(ROUNDS):
        if not waiting:
            break
        filled = desk.fill(prompt, [_order(seat, avoid[seat.person], today) for seat in waiting], "profiles")
        lost |= filled.lost
        settled, again = [], []
        for seat in waiting:
            profile = filled.texts.get(seat.person)
            if profile is None:
                continue
            if taken := register.taken(profile):
                avoid[seat.person] += taken
                again.append(seat)
            else:
                register.enter(profile)
                settled.append((seat, profile))
        yield settled
        waiting = again
    lost |= {seat.person: f"others have {', '.join(avoid[seat.person])}" for seat in waiting}


def _order(seat: Seat, avoid: Sequence[str], today: date) -> Order[Profile]:
    turn = {"today": today.isoformat(), "ideas": dict(seat.ideas), "taken": sorted(set(avoid))}

    def read(reply: Mapping[str, Any]) -> Profile:
        return read_profile(ProfileReply.model_validate(reply), seat, today)

    return Order(seat.person, json.dumps(turn, ensure_ascii=False), read, seat.face)


def read_profile(reply: ProfileReply, seat: Seat, today: date) -> Profile:
    """Return the profile that a reply states.

    Raises:
        ValueError: it is not plausible.
    """
    age = reply.age(today)
    least = LEAST_AGE[reply.degree]
    if abs(age - reply.apparent_age) > AGE_MARGIN:
        raise ValueError(f"an age of {age} does not fit a face of {reply.apparent_age}")
    if age < least:
        raise ValueError(f"an age of {age} is too young for the degree {reply.degree!r}, which takes {least}")
    if reply.birthplace.casefold() == reply.residence.casefold():
        raise ValueError("the places of birth and residence are the same")
    feet, inches = divmod(reply.height_inches, 12)
    profile = Profile(
        person=seat.person,
        name=reply.name,
        born=reply.birthplace,
        gender=reply.gender,
        date_of_birth=reply.date_of_birth,
        employment=f"{reply.profession} at {reply.employer}",
        height=f"{feet}'{inches}\"",
        education=reply.school,
        annual_salary=f"${reply.annual_salary_dollars:,}",
        residence=reply.residence,
        fun_facts=f"enjoys {reply.hobby} and loves {reply.food}",
        ophthalmic_clinical_description=seat.description,
    )
    if (wrong := next(implausible(profile), None)) and wrong[0] != "ophthalmic_clinical_description":
        raise ValueError(f"{wrong[0]} {wrong[1]!r} is not plausible")
    return profile
