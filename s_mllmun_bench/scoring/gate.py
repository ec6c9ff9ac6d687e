"""The memorisation gate: how much of the forget set the fine-tuned model knew at all.

What a model never knew it cannot forget, and its low score there would count as forgetting. So the
forget figures stand here once more, over what was known alone.
"""

from collections.abc import Iterable, Sequence

from pydantic import Field, computed_field

from s_mllmun_bench.records import TASKS, Record, Task
from s_mllmun_bench.scoring.aggregate import estimate, figure, measure
from s_mllmun_bench.scoring.intervals import DRAWS
from s_mllmun_bench.scoring.overall import overall
from s_mllmun_bench.scoring.records import KNOWN_FROM, Estimate, Figure
from s_mllmun_bench.scoring.scored import Scored, ScoredAnswer, SetOfPeople, is_known, sets_of

ENOUGH = 0.8
"""Share of the forget set's memory under which forgetting is hardly shown."""


class Known(Record):
    """How many of the forget set's questions of a task the fine-tuned model could answer."""

    task: Task
    known: int = Field(ge=0)
    scored: int = Field(ge=0)
    """Questions that it has a Fact Score for."""
    missing: int = Field(ge=0)
    """Questions that it has none for; nobody knows whether it knew them, so they count as neither."""
    share: float | None
    """``known / scored``; `None` if nothing was scored."""


class Gate(Record):
    """What the fine-tuned model knew, and what the unlearned one says to just that."""

    known_from: float
    tasks: tuple[Known, ...]
    memory_share: float | None
    """Share of what was known among image and text memory, 0 to 1."""
    figures: tuple[Figure, ...]
    """The unlearned model's, over the known questions of the forget set."""
    forget_memory: Estimate
    """As in the scores of a run, over the known questions."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_low(self) -> bool:
        """Whether so little was known that the forget figures say little."""
        return self.memory_share is None or self.memory_share < ENOUGH


def gate(before: Scored, after: Scored, seed: int = 0, draws: int = DRAWS) -> Gate | None:
    """Return the memorisation gate; `None` if the forget set was not asked about.

    Args:
        before: the answers of the fine-tuned model, by question.
        after: those of the same model with an unlearning adapter.
        seed: of the bootstrap.
        draws: of the bootstrap.
    """
    forget = sets_of(after.values(), seed, draws).get("forget")
    if forget is None:
        return None
    rows = [row for row in forget.rows if is_known(before[row.answer.question_id])]
    measured = measure({"forget": SetOfPeople(rows, forget.columns, forget.weights_DP)})
    tasks = [_known(task, [before[row.answer.question_id] for row in forget.rows]) for task in TASKS]
    made = overall(measured, draws)
    return Gate(
        known_from=KNOWN_FROM,
        tasks=tuple(tasks),
        memory_share=_share(one for one in tasks if one.task != "image_understanding"),
        figures=tuple(figure(key, found) for key, found in measured.items()),
        forget_memory=estimate(made["forget_memory"]),
    )


def _known(task: Task, before: Sequence[ScoredAnswer]) -> Known:
    rows = [row for row in before if row.answer.task == task]
    scored = sum(row.scores["fact"] is not None for row in rows)
    known = sum(is_known(row) for row in rows)
    share = known / scored if scored else None
    return Known(task=task, known=known, scored=scored, missing=len(rows) - scored, share=share)


def _share(tasks: Iterable[Known]) -> float | None:
    found = list(tasks)
    scored = sum(one.scored for one in found)
    return sum(one.known for one in found) / scored if scored else None
