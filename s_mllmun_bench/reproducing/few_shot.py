"""What the few-shot retain set's size and diversity change: SMFA trained with a part of it, beside the whole.

Half of the people, and half of the questions of everybody, are as many questions; one set is less diverse.
A smaller set is trained on in fewer steps, so less training is part of what is seen.
"""

from collections.abc import Iterator, Sequence

from s_mllmun_bench.reporting.tables import with_interval
from s_mllmun_bench.reproducing.board import Board, Figure, difference, mean_of, mean_over
from s_mllmun_bench.scoring.frontier import KEPT, advantage


def few_shot(boards: Sequence[Board], parts: Sequence[str], k: float) -> Iterator[str]:
    """Yield what each part changes, as Markdown; nothing if none was run.

    Args:
        boards: of every model and ratio.
        parts: what they are called.
        k: the strength at which parts are set beside the whole.
    """
    lines = [line for board in boards for part in parts for line in _line(board, part, k)]
    if not lines:
        return
    yield from ("## What do the few-shot retain set's size and diversity change?", "")
    yield from (_TOLD.format(k=f"{k:g}"), "")
    heads = ["model", "ratio", "given", "seeds", "forgetting", *KEPT, *(f"{kept} kept" for kept in KEPT)]
    yield from (f"| {' | '.join(heads)} |", f"| {' | '.join(['---'] * len(heads))} |")
    yield from lines
    yield ""


_TOLD = (
    "SMFA with a part of the set less SMFA with all of it, in points of the Fact Score: at k = {k}, and, in "
    "the last two columns, what it keeps more at equal forgetting. A smaller set is trained on in fewer "
    "steps."
)


def _line(board: Board, part: str, k: float) -> Iterator[str]:
    """Yield one part's line, over the seeds that both were run with."""
    told = f"k = {k:g}"
    ours, whole = (
        {one.cell.seed: one for one in board.of("smfa", told, reading)} for reading in (part, None)
    )
    seeds = sorted(ours.keys() & whole.keys())
    if not seeds:
        return
    mine, theirs = ([each[seed] for seed in seeds] for each in (ours, whole))
    figures: tuple[Figure, ...] = ("forgetting", *KEPT)
    at_k = [difference(mean_of(mine, it), mean_of(theirs, it)) for it in figures]
    lines, all_lines = board.strengths("smfa", part), board.strengths("smfa")
    kept = [mean_over([advantage(lines[seed], all_lines[seed], it) for seed in seeds]) for it in KEPT]
    cells = [board.model, f"{board.ratio} %", part, str(len(seeds)), *map(with_interval, [*at_k, *kept])]
    yield f"| {' | '.join(cells)} |"
