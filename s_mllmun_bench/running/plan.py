"""What a run is asked to do, checked as a whole before anything is written.

Everything a user can get wrong (model, adapter, dataset, sets, judge, backend, folder) is looked at
here, so that bad input leaves nothing half written.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from s_mllmun_bench import judging
from s_mllmun_bench.checkpoints.loading import checkpoint_digest, file_digest, resolve_model
from s_mllmun_bench.data.questions import Question, dataset_digest, load_questions
from s_mllmun_bench.errors import BenchError, unknown
from s_mllmun_bench.generating.backend import Decoding, grouped
from s_mllmun_bench.generating.opening import require_backend
from s_mllmun_bench.generating.prompts import prompt_digest, resolved_dtype
from s_mllmun_bench.records import RATIOS, Ratio, SetName
from s_mllmun_bench.running.run import AdapterIdentity, Identity

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter

SETS: tuple[SetName, ...] = get_args(SetName)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asks for."""

    model: str
    """A checkpoint's folder, or the id of a shipped one."""
    data: str
    """A dataset folder or Hub id."""
    adapters: tuple[str, ...] = ()
    """Adapter folders, applied one after the other."""
    ratio: Ratio = 5
    """Per cent of the people to forget."""
    sets: tuple[SetName, ...] = ("forget", "retain")
    backend: str = "transformers"
    judge: str = "offline"
    limit: int | None = None
    """Only the first this many people of each set."""
    batch_size: int | None = None
    """`None` leaves it to the backend."""
    max_new_tokens: int = 64
    dtype: str = "auto"
    k: float | None = None
    """In place of the masking strength that a sculpted adapter was saved with."""
    output: Path | None = None
    """The run folder; `None` for one named after model, adapter and ratio in ``runs/``."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the set it is asked for."""

    set: SetName
    question: Question


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can begin."""

    settings: Settings
    model: Path
    adapters: "tuple[Adapter, ...]"
    asked: tuple[AskedQuestion, ...]
    """Set by set, person by person."""
    identity: Identity
    folder: Path

    def in_order(self) -> list[Question]:
        """Return the questions in the order in which they are sent."""
        return grouped(one.question for one in self.asked)

    def probes(self, count: int = 6) -> list[Question]:
        """Return questions that tell whether an adapter does anything: of the forget set, spread evenly.

        If the forget set is not asked about, they are of the first set that is.
        """
        chosen = "forget" if "forget" in self.settings.sets else self.settings.sets[0]
        first = [one.question for one in self.asked if one.set == chosen]
        step = max(1, len(first) // count)
        return first[::step][:count]


def make_plan(settings: Settings) -> Plan:
    """Check all that is asked for, and return what to do.

    Raises:
        BenchError: something of it cannot be had; the text says what.
    """
    decoding = _checked(settings)
    require_backend(settings.backend)
    model = resolve_model(settings.model)
    adapters = tuple(_adapters(settings))
    identity = Identity(
        data=dataset_digest(settings.data),
        model=checkpoint_digest(model),
        adapters=tuple(_adapter_identity(adapter) for adapter in adapters),
        ratio=settings.ratio,
        sets=settings.sets,
        limit=settings.limit,
        decoding=decoding,
        prompt=prompt_digest(model),
        backend=settings.backend,
        dtype=resolved_dtype(settings.dtype, model),
        judges=judge_digests(settings.judge),
    )
    folder = settings.output or default_folder(settings)
    return Plan(settings, model, adapters, tuple(_questions(settings)), identity, folder)


def judge_digests(judge: str) -> dict[str, str]:
    """Return the digest of each judge, its rules included, by its id.

    Args:
        judge: judges of ``judges/``, by commas; ``offline`` stands for the offline ones of both metrics.

    Raises:
        BenchError: there is no such judge.
    """
    from s_mllmun_bench.judging.run import expand_judges, judge_path, load_judge

    digests: dict[str, str] = {}
    metrics: dict[str, str] = {}
    for name in expand_judges(judge.split(",")):
        metric = load_judge(name).METRIC
        if metric in metrics:
            raise BenchError(f"{metrics[metric]} and {name} are both judges of {metric}; give one")
        metrics[metric] = name
        digests[name] = _judge_digest(judge_path(name))
    return digests


def _judge_digest(judge: Path) -> str:
    """Return the digest of a judge's file and of the engine's rules that judges are made of."""
    rules = sorted(Path(str(judging.__file__)).parent.glob("*.py"))
    lines = [f"{path.name} {file_digest(path)}\n" for path in (judge, *rules)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def default_folder(settings: Settings) -> Path:
    """Return ``runs/<model>_<adapter or base>_<ratio>``."""
    names = [Path(settings.model).name, *(Path(adapter).name for adapter in settings.adapters)]
    if not settings.adapters:
        names.append("base")
    return Path("runs") / "_".join([*names, f"{settings.ratio:02}"])


def _checked(settings: Settings) -> Decoding:
    """Return the decoding, after looking at all that needs no file."""
    if settings.ratio not in RATIOS:
        raise BenchError(f"no ratio {settings.ratio}; there are: {', '.join(map(str, RATIOS))}")
    for name in settings.sets:
        if name not in SETS:
            raise unknown("set", name, "the evaluation", SETS)
    if not settings.sets or len(set(settings.sets)) < len(settings.sets):
        raise BenchError(f"give each set once, at least one of: {', '.join(SETS)}")
    if settings.batch_size is not None and settings.batch_size < 1:
        raise BenchError(f"the batch size must be at least 1 or auto, not {settings.batch_size}")
    if settings.max_new_tokens < 1:
        raise BenchError(f"an answer needs at least 1 new token, not {settings.max_new_tokens}")
    return Decoding(max_new_tokens=settings.max_new_tokens)


def _adapters(settings: Settings) -> "Iterator[Adapter]":
    if not settings.adapters:
        if settings.k is not None:
            raise BenchError("k belongs to a sculpted adapter, and no adapter is given")
        return
    from s_mllmun_bench.checkpoints.adapters import load_adapter

    for folder in settings.adapters:
        yield load_adapter(Path(folder), settings.k)


def _adapter_identity(adapter: "Adapter") -> AdapterIdentity:
    from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter

    k = adapter.settings.k if isinstance(adapter, SculptedAdapter) else None
    return AdapterIdentity(kind=adapter.kind, digest=adapter.digest, k=k)


def _questions(settings: Settings) -> Iterator[AskedQuestion]:
    config = f"eval_{settings.ratio:02}"
    for name in settings.sets:
        for question in load_questions(settings.data, config, name, settings.limit):
            yield AskedQuestion(name, question)
