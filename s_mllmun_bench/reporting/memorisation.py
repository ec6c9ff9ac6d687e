"""The memorisation gate of one run, by attribute: what a fine-tuned model knows before it forgets anything.

What it never knew it cannot forget, and an attribute that nobody learnt makes every method look good on it.
So a share under `scoring.gate.ENOUGH` is marked.
"""

from collections.abc import Iterator, Sequence

from s_mllmun_bench.records import SetName, Task
from s_mllmun_bench.reporting.paper_tables import DASH
from s_mllmun_bench.scoring.gate import ENOUGH
from s_mllmun_bench.scoring.records import KNOWN_FROM, AttributeFigure, Scores

_COLUMNS: tuple[tuple[SetName, Task], ...] = (
    ("forget", "image_memory"),
    ("forget", "text_memory"),
    ("retain", "image_memory"),
    ("retain", "text_memory"),
)


def memorisation_lines(scores: Scores) -> Iterator[str]:
    """Yield a table of the share known of each attribute by set and task; nothing if no facts were judged."""
    found = {
        (one.set, one.task, one.attribute): one
        for one in scores.attributes
        if (one.set, one.task) in _COLUMNS
    }
    if scores.fact_judge is None or not found:
        return
    yield f"memorisation gate: share with a Fact Score of {KNOWN_FROM:g} or more; * under {ENOUGH:.0%}"
    heads = "".join(f"{name + ' ' + task.partition('_')[0]:>15}" for name, task in _COLUMNS)
    yield f"  {'attribute':30}{heads}"
    for attribute in sorted({attribute for _, _, attribute in found}):
        yield _line(attribute, [[found.get((*column, attribute))] for column in _COLUMNS])
    by_column = [[one for key, one in found.items() if key[:2] == column] for column in _COLUMNS]
    yield _line("all", by_column)


def _line(name: str, columns: Sequence[Sequence[AttributeFigure | None]]) -> str:
    return f"  {name.replace('_', ' '):30}" + "".join(f"{_share(column):>15}" for column in columns)


def _share(figures: Sequence[AttributeFigure | None]) -> str:
    """Return the share known of some figures together, such as ``93 %`` or ``61 %*``."""
    there = [one for one in figures if one is not None]
    n = sum(one.n for one in there)
    if not n:
        return f"{DASH}  "
    share = sum(one.known for one in there) / n
    return f"{share:.0%}".replace("%", " %") + ("*" if share < ENOUGH else " ")
