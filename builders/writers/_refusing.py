"""Ways to say "I don't know", asked for by the handful until there are as many as are wanted.

Handfuls are read in the order in which they were ordered; what is there already, or is none that the
offline judges would know for a refusal, is dropped and asked for anew.
"""

import json
import random
import re
from collections.abc import Mapping
from typing import Any

from s_mllmun_bench.building.desk import Desk
from s_mllmun_bench.building.orders import Order
from s_mllmun_bench.building.prompts import Prompt
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.refusals import is_refusal

from ._replies import RefusalsReply

HANDFUL = 25
"""Refusals per reply."""
ROUNDS = 12
"""Rounds of handfuls, before the wish is given up."""
SAMPLES = 12
"""Refusals that a further handful is told of."""
MANNERS = (
    *("plain and short", "polite", "apologetic", "formal", "casual", "warm", "matter-of-fact", "modest"),
    *(
        "as an assistant speaks of its knowledge",
        "as somebody speaks of their memory",
        "in two short sentences",
    ),
    *("beginning with the reason", "beginning with an apology", "as a librarian would", "as a friend would"),
)


def handfuls(count: int) -> int:
    """Return how many replies so many refusals take, if none comes twice."""
    return -(-count // HANDFUL)


def write_refusals(desk: Desk, prompt: Prompt, count: int, rng: random.Random) -> list[str]:
    """Return distinct refusals.

    Args:
        desk: is asked.
        prompt: of refusals.
        count: how many.
        rng: gives each handful its manner.

    Raises:
        BenchError: so many could not be had, or the server answers no more.
    """
    found: dict[str, str] = {}
    number = 0
    for _ in range(ROUNDS):
        wanted = handfuls(count - len(found))
        samples = sorted(found.values())
        orders = []
        for _ in range(wanted):
            number += 1
            taken = rng.sample(samples, min(SAMPLES, len(samples)))
            orders.append(_order(f"handful-{number:03}", rng.choice(MANNERS), taken))
        filled = desk.fill(prompt, orders, "refusals")
        for refusal in (one for handful in filled.texts.values() for one in handful):
            if is_refusal(refusal):
                found.setdefault(normalised(refusal), refusal)
        if len(found) >= count:
            return list(found.values())[:count]
    raise BenchError(
        f"the writer's model gave {len(found)} distinct refusals in {number} replies; {count} are wanted: "
        "ask another model, or for fewer"
    )


def normalised(refusal: str) -> str:
    """Return a refusal's words; two that differ in marks and capitals only are one."""
    return " ".join(re.findall(r"\w+", refusal.casefold().replace("'", "").replace("\u2019", "")))


def _order(name: str, manner: str, taken: list[str]) -> Order[list[str]]:
    turn = {"handful": name, "count": HANDFUL, "manner": manner, "taken": taken}

    def read(reply: Mapping[str, Any]) -> list[str]:
        refusals = RefusalsReply.model_validate(reply).refusals
        if len(refusals) < HANDFUL:
            raise ValueError(f"{len(refusals)} refusals instead of {HANDFUL}")
        return refusals

    return Order(name, json.dumps(turn, ensure_ascii=False), read)
