"""People dealt by seed into the seven groups that all splits are made of.

Forget sets and few-shot retain sets are unions of groups of equal size, so they are nested, disjoint
and of the same size whatever the seed.
"""

import random

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import GROUPS

SMALL_GROUP_PER_CENT = 5
"""Share of each of the groups ``a`` to ``f``; the last group holds everybody else."""


def group_sizes(people: int) -> dict[str, int]:
    """Return how many people each group holds.

    The small groups are 5 % of the people, rounded to the nearest whole person, and equal.

    Raises:
        BenchError: 5 % of the people are less than half a person.
    """
    small = (people * SMALL_GROUP_PER_CENT + 50) // 100
    if small < 1:
        fewest = 50 // SMALL_GROUP_PER_CENT
        raise BenchError(
            f"{people} people are too few for groups of {SMALL_GROUP_PER_CENT} %; take at least {fewest}"
        )
    return dict.fromkeys(GROUPS[:-1], small) | {GROUPS[-1]: people - small * (len(GROUPS) - 1)}


def deal(ids: list[str], rng: random.Random) -> dict[str, str]:
    """Return each person's group; which person gets which says nothing of the id.

    Args:
        ids: the people, in any order.
        rng: consumed; the same state deals the same groups.

    Raises:
        BenchError: too few people.
    """
    sizes = group_sizes(len(ids))
    shuffled = sorted(ids)
    rng.shuffle(shuffled)
    dealt = iter(shuffled)
    group_of = {next(dealt): group for group, size in sizes.items() for _ in range(size)}
    return {person: group_of[person] for person in ids}
