"""The paper's claims, each with the rule by which the runs decide it, in the words of the document.

A verdict is "holds", "holds in part", "does not hold here" or, where a run is missing, "not run"; it is
never written by hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from s_mllmun_bench.reproducing.board import Board
from s_mllmun_bench.reproducing.evidence import (
    LEAST_ROUGE,
    METHODS,
    MUCH,
    SHORT,
    Look,
    Verdict,
    balances,
    collapses,
    damages,
    halves_forget_less,
    keeps_more,
    knows_them,
    overgeneralises,
    rises,
)
from s_mllmun_bench.scoring.gate import ENOUGH


@dataclass(frozen=True, slots=True)
class Finding:
    """What the runs say of one claim."""

    claim: str
    rule: str
    """When it holds, and when in part."""
    verdict: Verdict
    shown: str
    """The figures, with intervals."""


def findings(board: Board) -> list[Finding]:
    """Return what a board says of every claim."""
    return [_found(board, *one) for one in _CLAIMS]


def _found(board: Board, claim: str, rule: str, needed: Sequence[str], look: Look) -> Finding:
    lacking = [name for name in needed if not board.of(name)]
    if lacking:
        return Finding(claim, rule, "not run", f"no finished run of {', '.join(lacking)}")
    unchosen = [name for name in needed if name in METHODS and not board.chosen(name)]
    if unchosen:
        return Finding(claim, rule, "not run", f"no setting was chosen for {', '.join(unchosen)}")
    if any(not one.is_whole for name in needed for one in board.of(name)):
        return Finding(claim, rule, "not run", "figures are missing, and nothing stands in for them")
    return Finding(claim, rule, *look(board))


def _claims() -> Iterator[tuple[str, str, tuple[str, ...], Look]]:
    yield (
        "The fine-tuned model knows the people",
        f"ROUGE-L of every task of both sets is {LEAST_ROUGE} or more, and {100 * ENOUGH:.0f} % of the "
        "forget set's memory is known; in part: one of the two",
        ("original",),
        knows_them,
    )
    for method in ("ga_difference", "kl_minimization"):
        yield (
            f"{SHORT[method]} collapses",
            "half of the forget set's memory answers are no language as it was chosen; in part: at another "
            "of its settings",
            (method, "original"),
            collapses(method),
        )
    yield (
        "IDK tuning over-generalises",
        f"as chosen, the retain set's memory loses more than {MUCH:g} of 10 beyond chance; in part: it loses "
        "beyond chance",
        ("idk_tuning", "original"),
        overgeneralises,
    )
    yield (
        "MANU damages or under-forgets",
        f"at every setting it loses more than {MUCH:g} of 10 on the retain set's memory or the forget set's "
        "understanding beyond chance, or forgets less than half; in part: as chosen",
        ("manu", "original"),
        damages,
    )
    for method, name in (
        ("idk_tuning", "IDK tuning"),
        ("mfa_scaled", "scaling the unmasked update"),
        ("mfa_random_mask", "masking as much at random"),
    ):
        yield (
            f"At equal forgetting SMFA keeps more than {name}",
            "over the range that both reach, each curve beginning at the original, it keeps more of the "
            "retain set's memory, beyond chance and with every seed, and not less of the forget set's "
            "understanding; in part: more of one of them and not less of the other",
            ("smfa", method, "original"),
            keeps_more(method),
        )
    for method in ("idk_tuning", "ga_difference", "kl_minimization", "manu"):
        yield (
            f"Forgetting as much as {SHORT[method]} as chosen, SMFA keeps more",
            "as above, where that method stands",
            ("smfa", method, "original"),
            keeps_more(method, as_chosen=True),
        )
    yield (
        "Half a mask forgets too little",
        "either criterion alone forgets less than SMFA at the same k, beyond chance; in part: one of them",
        ("smfa", "original"),
        halves_forget_less,
    )
    yield (
        "Forgetting rises with k",
        "from the smallest k to the largest it rises, and falls between no two, beyond chance; in part: it "
        "rises on the whole",
        ("smfa",),
        rises,
    )
    yield (
        "SMFA has the best balance of all methods",
        "as chosen, its Overall Memory lies above that of the best other method beyond chance; in part: "
        "above, within chance",
        METHODS,
        balances,
    )


_CLAIMS = tuple(_claims())
