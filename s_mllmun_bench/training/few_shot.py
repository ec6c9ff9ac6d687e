"""How much of the few-shot retain set a method is given: all of it, unless a study asks for less.

Size and diversity are two things: half of the people, or half of the questions of everybody.
"""

import math
import random
from collections.abc import Sequence
from itertools import groupby

from pydantic import Field

from s_mllmun_bench.data import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record


class FewShot(Record):
    """A part of the few-shot retain set."""

    people: int | None = Field(default=None, gt=0)
    """How many; of one seed, more people are those of fewer and others. `None`: all."""
    questions: float = Field(default=1.0, gt=0, le=1)
    """Share of each person's questions with the face, and of those by name, rounded up."""


def part_of(retain: Sequence[Question], part: FewShot, seed: int) -> list[Question]:
    """Return a part of the few-shot retain set, in its order.

    Args:
        retain: the few-shot retain set.
        part: of it.
        seed: decides which people and questions.

    Raises:
        BenchError: there are fewer people.
    """
    people = sorted({question.person for question in retain})
    if part.people is not None and part.people > len(people):
        raise BenchError(f"few_shot.people: the few-shot retain set has {len(people)}, not {part.people}")
    random.Random(f"few-shot people {seed}").shuffle(people)
    chosen, kept = set(people[: part.people]), set[str]()

    def place(question: Question) -> tuple[str, bool]:
        return question.person, question.image is not None

    for _, group in groupby(sorted(retain, key=lambda one: (*place(one), one.id)), key=place):
        members = list(group)
        rng = random.Random(f"few-shot questions {seed} {members[0].id}")
        kept.update(one.id for one in rng.sample(members, math.ceil(part.questions * len(members))))
    return [one for one in retain if one.person in chosen and one.id in kept]
