"""Two runs' figures side by side on a terminal, and what unlearning cost, in words.

A difference is marked only if its interval leaves out 0, and beside it stands what could have been seen
at all: with few people a method that costs a point looks like one that costs nothing.
"""

from collections.abc import Iterator, Sequence

from rich.table import Table

from s_mllmun_bench.reporting.paper_tables import DASH
from s_mllmun_bench.reporting.tables import with_interval
from s_mllmun_bench.reporting.terminal import new_table
from s_mllmun_bench.scoring.damage import Damage
from s_mllmun_bench.scoring.gate import ENOUGH, Gate
from s_mllmun_bench.scoring.paired import Change

LEGEND = (
    "difference: B less A, paired by person, with its 95 % interval; *: beyond chance",
    "detectable: the smallest true difference that 4 of 5 such comparisons would find",
)
"""What stands below the table."""


def change_table(changes: Sequence[Change]) -> Table:
    """Return the figures that both runs have, at most 100 characters wide."""
    table = new_table()
    for head in ("figure", "A", "B", "difference", "", "detectable", "n"):
        table.add_column(head, justify="left" if head in ("figure", "") else "right", no_wrap=True)
    for one in changes:
        if one.first is not None:
            table.add_row(
                one.figure.replace("rouge_l", "ROUGE-L").replace("_", " "),
                _number(one.first),
                _number(one.second),
                with_interval(one.difference),
                "*" if one.beyond_chance else "",
                _number(one.detectable),
                "" if one.n is None else str(one.n),
            )
    return table


def damage_lines(damage: Damage) -> Iterator[str]:
    """Yield what was lost on the faces of the forget set."""
    yield f"On the {len(damage.faces)} faces to be forgotten (Fact Score, each face alike):"
    yield f"  memory lost         {with_interval(damage.memory_lost)}"
    yield f"  understanding lost  {with_interval(damage.understanding_lost)}"
    yield f"  selectivity         {with_interval(damage.selectivity)} (memory lost less understanding lost)"


def gate_lines(gate: Gate) -> Iterator[str]:
    """Yield how much of the forget set was known, and what is left of that."""
    for one in gate.tasks:
        share = DASH if one.share is None else f"{one.share:.0%}"
        missing = f"; {one.missing} without a score" if one.missing else ""
        task = one.task.replace("_", " ")
        yield f"A knew {share} of the forget set's {task} ({one.known} of {one.scored}{missing})"
    yield f"forget memory over what A knew: {with_interval(gate.forget_memory)}"
    if gate.is_low:
        share = "nothing" if gate.memory_share is None else f"{gate.memory_share:.0%}"
        yield (
            f"WARNING: of the memory to be forgotten A knew {share}, less than {ENOUGH:.0%}: "
            "what was never known cannot be forgotten"
        )


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}"
