"""What a backend is, and the order in which it is asked.

Questions on one image follow each other, so that the image is read once, and they are sent in
windows that depend on nothing but the full list of questions. A run that was stopped asks a broken
window again as a whole: the model sees the same batches as in an undisturbed run and says the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from pydantic import Field

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.records import Record

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter

FinishReason = Literal["stop", "length"]
Item = TypeVar("Item")
Result = TypeVar("Result")

UNREADABLE = (OSError, ValueError, SyntaxError)
"""What Pillow and the processors raise for an image that they cannot read."""


class Decoding(Record):
    """How answers are decoded; nothing of it is left to a checkpoint's own defaults."""

    strategy: Literal["greedy"] = "greedy"
    max_new_tokens: int = Field(default=64, ge=1)


AdapterMode = Literal["auto", "runtime", "in-engine", "merge"]
"""How an engine gets an adapter: as a LoRA beside the weights, as changed weights loaded into the running
engine, or merged into a temporary checkpoint. ``auto``: the first of them that serves all adapters."""


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """Which backend is to answer, and with what; none of it is asked of a server or a file but ``name``."""

    name: str = "auto"
    """``vllm``, ``transformers``, ``openai:URL#model``, ``predictions:FILE``; ``auto`` is vllm where it is
    installed, else transformers."""
    batch_size: int | None = None
    """The most questions at once; `None` leaves it to the backend."""
    dtype: str = "auto"
    """Of the computation; "auto" is float32 on a CPU, else the checkpoint's own."""
    adapter_mode: AdapterMode = "auto"
    trust_remote_code: bool = False
    """Whether code that comes with the checkpoint may be run."""
    max_model_len: int | None = None
    """The most tokens of prompt and answer; `None`: what the checkpoint says."""
    tensor_parallel: int = 1
    """GPUs per engine."""
    gpu_memory: float | None = None
    """Share of each GPU's memory that vLLM may take, 0 to 1; `None`: vLLM's default."""
    engine_args: tuple[str, ...] = ()
    """More for vLLM, each ``KEY=VALUE`` with a JSON value or a plain text."""
    engine: Literal["local", "ray"] = "local"
    """``local``: one engine in this process; ``ray``: replicas of it, in processes of Ray's."""
    replicas: int | None = None
    """How many engines on Ray; `None`: as many as there are GPUs for, or one on a CPU."""
    ray_address: str | None = None
    """Of a running Ray; `None`: a Ray of its own, on this machine."""
    replica_timeout: float | None = None
    """Silence of a replica that is never too long, seconds; `None`: what `deadlines` says."""


class AdapterEffect(Record):
    """What an adapter changes, as measured before the run."""

    measure: Literal["log_probabilities", "weights"]
    """``log_probabilities``: of the reference answers to probe questions, by backends that have held the
    model with and without the adapter; ``weights``: of a merged checkpoint's tensors."""
    keys: int = Field(ge=0)
    """How many weights the adapter names; each was found exactly once, or there would be no run."""
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
    """One loaded model, which takes one adapter after the other."""

    name: str
    """``vllm``, ``transformers``, ``openai`` or ``predictions``."""
    window: int
    """How many questions to send at once."""
    independent: bool
    """Whether an answer does not depend on what is asked with it: a server's, or one read from a file."""

    @property
    def mode(self) -> AdapterMode | None:
        """How an engine gets its adapters; `None` where there is one way only."""
        ...

    def use(self, adapter: "Adapter | None", probes: Sequence[Question] = ()) -> AdapterEffect | None:
        """Answer with this adapter from now on; before the first call, with the plain model.

        Args:
            adapter: one of those that the backend was opened for; `None` for the plain model again.
            probes: questions to measure the adapter's effect with.

        Returns:
            What the adapter changes; `None` for the plain model, or without probes.

        Raises:
            BenchError: the adapter cannot be used with this model, or with this backend.
        """
        ...

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
