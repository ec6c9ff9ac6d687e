"""What the runs show of each claim: a verdict by a rule on figures, and those figures with their intervals.

The rules stand in words in `claims.py`, beside the claims; a verdict falls whichever way the runs say.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from s_mllmun_bench.records import TASKS, SetName
from s_mllmun_bench.reporting.tables import refusal_share, with_interval
from s_mllmun_bench.reproducing.board import Board, Result, difference, mean_of, mean_over
from s_mllmun_bench.scoring.aggregate import estimate
from s_mllmun_bench.scoring.frontier import KEPT
from s_mllmun_bench.scoring.gate import ENOUGH
from s_mllmun_bench.scoring.intervals import Drawn, combine
from s_mllmun_bench.scoring.records import Estimate, Scores

Verdict = Literal["holds", "holds in part", "does not hold here", "not run"]

LEAST_ROUGE = 0.6
COLLAPSED = 0.5
"""Share of a set's memory answers that are no language, from which a model has collapsed."""
MUCH = 1.0
"""Points of the Fact Score (0 to 10) from which a loss is called damage."""


Told = tuple[Verdict, str]
Look = Callable[[Board], Told]


def knows_them(board: Board) -> Told:
    """Return how well the fine-tuned model knows the people."""
    scores = board.of("original")[0].run.scores
    sets: tuple[SetName, ...] = ("forget", "retain")
    rouge = [scores.figure(name, task, "rouge_l") for name in sets for task in TASKS]
    least = min(rouge, key=lambda one: -1.0 if one.mean is None else one.mean)
    known = _known(scores)
    enough = (least.mean or 0) >= LEAST_ROUGE, known >= ENOUGH
    where = f"{least.set} set's {least.task.replace('_', ' ')}"
    shown = f"lowest ROUGE-L {with_interval(least)} ({where}); {known:.0%} of the forget set's memory known"
    return _verdict(all(enough), any(enough)), shown.replace("%", " %")


def _known(scores: Scores) -> float:
    """Return the share of the forget set's memory questions that the model answers right."""
    rows = [
        one
        for one in scores.attributes
        if one.set == "forget" and one.task in ("image_memory", "text_memory")
    ]
    n = sum(one.n for one in rows)
    return sum(one.known for one in rows) / n if n else 0.0


def collapses(method: str) -> Look:
    """Return what looks whether a method's answers are still language."""

    def look(board: Board) -> Told:
        shares = [(one, _degenerate(one.run.scores)) for one in board.of(method)]
        chosen = [share for one, share in shares if one in board.chosen(method)]
        worst, most = max(shares, key=lambda pair: pair[1])
        shown = (
            f"{_percent(sum(chosen) / len(chosen))} of the forget set's memory answers are no language as "
            f"chosen ({board.chosen(method)[0].cell.strength}); at most {_percent(most)} "
            f"({worst.cell.strength}), where the retain set's memory is "
            f"{with_interval(worst.run.scores.retain_memory)} "
            f"(original {with_interval(board.of('original')[0].run.scores.retain_memory)})"
        )
        return _verdict(min(chosen) >= COLLAPSED, most >= COLLAPSED), shown

    return look


def _degenerate(scores: Scores) -> float:
    """Return the share of the forget set's memory answers that are no language, or nothing."""
    rows = [one for one in scores.classes if one.set == "forget" and one.task != "image_understanding"]
    n = sum(one.n for one in rows if one.answer_class == "empty")
    bad = sum(one.count for one in rows if one.answer_class in ("degenerate", "empty"))
    return bad / n if n else 0.0


def overgeneralises(board: Board) -> Told:
    """Return what IDK tuning costs the people who stay."""
    each = {one.cell.strength: one for one in board.of("idk_tuning")}
    losses = {told: _loss(board, board.of("idk_tuning", told), "retention") for told in each}
    chosen = board.chosen("idk_tuning")
    mine = losses[chosen[0].cell.strength]
    shares = [share for one in chosen if (share := refusal_share(one.run.scores, "retain")) is not None]
    shown = (
        f"as chosen ({chosen[0].cell.strength}) the retain set's memory loses {with_interval(mine)}, "
        f"{_percent(sum(shares) / len(shares)) if shares else 'nobody knows what share'} of it is refused; "
        + "; ".join(f"{told}: {with_interval(loss)}" for told, loss in losses.items())
    )
    return _verdict((mine.low or 0) >= MUCH, (mine.low or 0) > 0), shown


def damages(board: Board) -> Told:
    """Return what MANU forgets and what it costs."""
    told = {one.cell.strength: None for one in board.of("manu")}
    fails, lines = {}, []
    start = board.of("original")
    known = 10 - (mean_of(start, "forgetting").mean or 0)
    for strength in told:
        runs = board.of("manu", strength)
        gone = difference(mean_of(runs, "forgetting"), mean_of(start, "forgetting"))
        lost = _loss(board, runs, "retention")
        seen = _loss(board, runs, "understanding")
        damaged = max(lost.low or 0, seen.low or 0) >= MUCH
        fails[strength] = damaged or (gone.high or 0) < known / 2
        lines.append(
            f"{strength}: forgets {with_interval(gone)} of {known:.2f}, the retain set's memory loses "
            f"{with_interval(lost)}, understanding of the forget set's faces and eyes {with_interval(seen)}"
        )
    chosen = board.chosen("manu")[0].cell.strength
    return _verdict(all(fails.values()), fails[chosen]), f"chosen: {chosen}; " + "; ".join(lines)


def keeps_more(method: str, as_chosen: bool = False) -> Look:
    """Return what looks at SMFA beside a method at equal forgetting.

    Args:
        method: another one.
        as_chosen: look where that method stands as it was chosen; else along the whole of both curves.
    """

    def look(board: Board) -> Told:
        if not as_chosen and all(len(line) < 3 for line in board.strengths(method).values()):
            return "not run", "one strength besides the original, and that is no curve"
        each = {
            kept: board.leads(method, kept) if as_chosen else board.advantages(method, kept) for kept in KEPT
        }
        found = {kept: mean_over(each[kept]) for kept in KEPT}
        if any(one.low is None for one in found.values()):
            return "not run", "there is no forgetting that both reach"
        shown = "; ".join(f"{kept} {_signed(one)}{by_seed(each[kept])}" for kept, one in found.items())
        above = {kept: (one.low or 0) > 0 and _agree(each[kept]) for kept, one in found.items()}
        below = {kept: (one.high or 0) < 0 for kept, one in found.items()}
        partly = any(above.values()) and not any(below.values())
        return _verdict(above["retention"] and not below["understanding"], partly), shown

    return look


def _agree(each: Sequence[Drawn]) -> bool:
    """Whether no seed says the contrary."""
    return all(one.mean is not None and one.mean > 0 for one in each)


def by_seed(each: Sequence[Drawn]) -> str:
    """Return a figure's span over seeds; nothing if there is but one."""
    means = [one.mean for one in each if one.mean is not None]
    return f" (by seed {min(means):.2f} to {max(means):.2f})" if len(means) > 1 else ""


def halves_forget_less(board: Board) -> Told:
    """Return what each criterion of the mask alone forgets, beside both."""
    smfa = board.chosen("smfa")
    told, less, lines = smfa[0].cell.strength, [], []
    for half in ("direction", "magnitude"):
        runs = board.of(half, told if half == "magnitude" else None)
        if not runs or not all(one.is_whole for one in runs):
            return "not run", f"no finished run of {half} beside SMFA at {told} with all its figures"
        if {one.cell.seed for one in runs} != {one.cell.seed for one in smfa}:
            return "not run", f"{half} was run with other seeds than SMFA"
        gap = difference(mean_of(runs, "forgetting"), mean_of(smfa, "forgetting"))
        less.append((gap.high or 0) < 0)
        lines.append(f"{half} only forgets {_signed(gap)} against SMFA at {told}")
    whole = with_interval(estimate(mean_of(smfa, "forgetting")))
    start = with_interval(estimate(mean_of(board.of("original"), "forgetting")))
    lines.append(f"forgetting of SMFA itself {whole}, before unlearning {start}")
    return _verdict(all(less), any(less)), "; ".join(lines)


def rises(board: Board) -> Told:
    """Return forgetting by k."""
    ks = sorted({one.cell.k for one in board.of("smfa") if one.cell.k is not None})
    if len(ks) < 2:
        return "not run", "one strength only"
    drawn = [mean_of(board.of("smfa", f"k = {k:g}"), "forgetting") for k in ks]
    whole = difference(drawn[-1], drawn[0])
    steps = [difference(after, before) for before, after in pairwise(drawn)]
    falls = [one for one in steps if (one.high or 0) < 0]
    line = ", ".join(f"{one.mean:.2f}" for one in drawn if one.mean is not None)
    shown = (
        f"k = {', '.join(f'{k:g}' for k in ks)}: forgetting {line}; from the smallest to the largest "
        f"{_signed(whole)}; steps that fall beyond chance: {len(falls)}"
    )
    higher = (whole.low or 0) > 0
    return _verdict(higher and not falls, higher), shown


def balances(board: Board) -> Told:
    """Return every method's Overall Memory as it was chosen."""
    values = {
        method: estimate_of
        for method in METHODS
        if board.chosen(method) and (estimate_of := _overall(board.chosen(method))) is not None
    }
    best = max((m for m in values if m != "smfa"), key=lambda m: values[m])
    gap = difference(_sum(board, "smfa"), _sum(board, best))
    shown = ", ".join(f"{SHORT[m]} {value:.2f}" for m, value in values.items())
    shown = f"Overall Memory as chosen: {shown}; SMFA less the best other ({SHORT[best]}) {_signed(gap)}"
    return _verdict((gap.low or 0) > 0, (gap.mean or 0) > 0), shown


def _overall(results: Sequence[Result]) -> float | None:
    means = [one.run.scores.overall_memory.mean for one in results]
    known = [mean for mean in means if mean is not None]
    return sum(known) / len(known) if len(known) == len(means) else None


def _sum(board: Board, method: str) -> Drawn:
    """Return a method's Overall Memory, and 10."""
    runs = board.chosen(method)
    return combine([(1.0, mean_of(runs, "forgetting")), (1.0, mean_of(runs, "retention"))])


def _loss(board: Board, runs: Sequence[Result], figure: Literal["retention", "understanding"]) -> Estimate:
    """Return what some runs lost of a figure against the original, 0 to 10."""
    return difference(mean_of(board.of("original"), figure), mean_of(runs, figure))


def _verdict(whole: bool, partly: bool) -> Verdict:
    if whole:
        return "holds"
    return "holds in part" if partly else "does not hold here"


def _signed(one: Estimate) -> str:
    text = with_interval(one)
    return f"+{text}" if (one.mean or 0) > 0 else text


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


SHORT = {
    "smfa": "SMFA",
    "idk_tuning": "IDK tuning",
    "ga_difference": "GA difference",
    "kl_minimization": "KL minimization",
    "manu": "MANU",
}
METHODS = tuple(SHORT)
