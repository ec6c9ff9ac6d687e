"""What a backend is, and the order in which it is asked.

Questions on one image follow each other, so that the image is read once, and they are sent in
windows that depend on nothing but the full list of questions. A run that was stopped asks a broken
window again as a whole: the model sees the same batches as in an undisturbed run and says the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from pydantic import Field

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.records import Record

FinishReason = Literal["stop", "length"]
Item = TypeVar("Item")
Result = TypeVar("Result")

UNREADABLE = (OSError, ValueError, SyntaxError)
"""What Pillow and the processors raise for an image that they cannot read."""


class Decoding(Record):
    """How answers are decoded; nothing of it is left to a checkpoint's own defaults."""

    strategy: Literal["greedy"] = "greedy"
    max_new_tokens: int = Field(default=64, ge=1)


class AdapterEffect(Record):
    """What an adapter changes, as measured before the run."""

    measure: Literal["log_probabilities", "weights"]
    """``log_probabilities``: of the reference answers to probe questions, by backends that hold the
    model with and without the adapter; ``weights``: of the merged checkpoint's tensors."""
    probes: int = Field(ge=1)
    """Number of probe questions, or of the checkpoint's tensors."""
    changed: int = Field(ge=0)
    """How many of them differ with and without the adapter."""
    largest: float | None = Field(default=None, ge=0)
    """The largest absolute change of a probe's log-probability, in nats."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One question's answer, or why there is none."""

    question_id: str
    text: str | None
    """Without surrounding white space; an empty string is an answer."""
    failure: str | None = None
    finish_reason: FinishReason | None = None
    tokens: int | None = None
    """Number of generated tokens without the one that ends the answer."""


class Backend(Protocol):
    """One loaded model, with its adapter if it has one."""

    name: str
    dtype: str
    """Of the computation, such as ``float32``."""
    window: int
    """How many questions to send at once."""
    effect: AdapterEffect | None
    """`None` without an adapter, or where no probes were given."""

    def generate(self, questions: Sequence[Question]) -> Iterator[Generated]:
        """Yield one `Generated` per question, as they finish; a bad question is a failure, not an error."""
        ...

    def log_probabilities(self, questions: Sequence[Question]) -> list[float]:
        """Return for each question the sum of its reference answer's token log-probabilities, in nats."""
        ...

    def close(self) -> None:
        """Free the model and what was written for it."""
        ...


def grouped(questions: Iterable[Question]) -> list[Question]:
    """Return the questions with those of one image next to each other, the group of the longest first.

    A group's length is that of its longest question's text; equal ones keep their order.
    """
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.image.digest if question.image else "", []).append(question)
    by_length = sorted(groups.values(), key=lambda group: -max(len(one.question) for one in group))
    return [question for group in by_length for question in group]


def windows(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield consecutive parts of ``size`` items; the last may be shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def in_halves(
    items: Sequence[Item],
    work: Callable[[Sequence[Item]], Result],
    errors: type[Exception] | tuple[type[Exception], ...],
) -> Iterator[tuple[Sequence[Item], Result | Exception]]:
    """Yield what ``work`` makes of all items; where it fails, of halves, down to single items.

    So one item that cannot be worked on costs a few repetitions and not its neighbours.

    Args:
        items: at least one.
        work: takes some items at once.
        errors: those that an item may cause; others are raised.
    """
    try:
        result = work(items)
    except errors as error:
        if len(items) == 1:
            yield items, error
            return
    else:
        yield items, result
        return
    middle = len(items) // 2
    yield from in_halves(items[:middle], work, errors)
    yield from in_halves(items[middle:], work, errors)


def first_line(error: Exception) -> str:
    """Return an error as the one line that is recorded as a question's failure."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
