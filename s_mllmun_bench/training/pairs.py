"""Pairs of a forget row and a retain row: the items of methods whose loss has a term for each set.

Every step sees both sets. Elsewhere a whole epoch of ascent is followed by a whole epoch of descent,
which is another method than the one joint loss that the equations state.
"""

import random
from collections.abc import Sequence

from torch import Tensor

from s_mllmun_bench.errors import BenchError

from .packing import Packer
from .rows import Row

RowPair = tuple[Row, Row]
"""A forget row and a retain row."""


def paired(forget: Sequence[Row], retain: Sequence[Row], rng: random.Random) -> list[RowPair]:
    """Give every forget row a retain row of its own modality, in random order; retain rows may repeat.

    Raises:
        BenchError: a modality of the forget rows has no retain row.
    """
    if forget and not retain:
        raise BenchError("the retain set is empty; does `sees` in submission.yaml name retain_few_shot?")
    pairs = []
    for shown in (True, False):
        wanted = [row for row in forget if (row.picture is not None) == shown]
        others = [row for row in retain if (row.picture is not None) == shown]
        if wanted and not others:
            what = "with an image" if shown else "without an image"
            raise BenchError(f"the retain set has no question {what}, and the forget set has {len(wanted)}")
        rng.shuffle(others)
        pairs += [(row, others[index % len(others)]) for index, row in enumerate(wanted)]
    return pairs


def collate_pairs(packer: Packer, items: Sequence[RowPair]) -> dict[str, dict[str, Tensor]]:
    """Return a batch of each set, under ``forget`` and ``retain``."""
    forget, retain = zip(*items, strict=True)
    return {"forget": packer.collate(forget), "retain": packer.collate(retain)}
