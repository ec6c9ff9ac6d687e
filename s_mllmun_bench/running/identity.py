"""What decides a run's figures, as digests: the same command has the same identity, and another not.

Versions and the command line are written down but are no part of it, and nor are the batch size and
the way an engine gets an adapter: they change how fast an answer comes, not which question is asked.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from s_mllmun_bench.checkpoints.loading import checkpoint_digest, file_digest
from s_mllmun_bench.data.questions import dataset_digest
from s_mllmun_bench.errors import BenchError, shortened
from s_mllmun_bench.generating.backend import Decoding
from s_mllmun_bench.generating.prompts import prompt_digest, resolved_dtype
from s_mllmun_bench.judging.opening import JudgeServer, open_judges
from s_mllmun_bench.records import Ratio, Record, SetName
from s_mllmun_bench.running.settings import Settings

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter


_SAID_OF_AN_LLM = {
    "model": "--judge-model",
    "url": "--judge-base-url",
    "concurrency": "--judge-concurrency",
    "cache": "--judge-cache",
}
"""The fields of `JudgeServer` that are typed, by their options."""


class AdapterIdentity(Record):
    """Which adapter was applied, and how strongly."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    kind: str
    digest: str
    k: float | None
    """Of a sculpted adapter, the masking strength it was applied with."""


class Identity(Record):
    """Everything that decides a run's figures; digests are SHA-256, hexadecimal."""

    data: str
    model: str
    """The checkpoint's digest; of a server ``URL#model``; of a file of predictions its digest."""
    adapter: AdapterIdentity | None
    """`None` for the plain model."""
    ratio: Ratio
    sets: tuple[SetName, ...]
    limit: int | None
    """Most people per set, spread evenly over it; `None` for all."""
    decoding: Decoding | None
    """`None` for a file of predictions, of which nobody knows."""
    prompt: str | None
    """Digest of chat template, tokenizer and image processing; `None` where a server has them."""
    backend: str
    dtype: str | None
    """Of the computation; `None` where a server computes."""
    max_model_len: int | None
    """As given: a longer prompt is a failure."""
    engine_args: tuple[str, ...]
    """As given, sorted: quantisation may be among them."""
    judges: dict[str, str]
    """The digest of each judge whose scores are the run's own, by what opens it, such as
    ``fact_score@qwen-plus``; empty where the answers are to be judged later."""


def shared_identity(settings: Settings, model: Path | None) -> Identity:
    """Return what the runs of one command have in common: their identity without an adapter.

    Args:
        settings: as `settings.checked` returns them.
        model: the checkpoint's folder; `None` for a server or a file.

    Raises:
        BenchError: the dataset, a judge or the file of predictions cannot be had.
    """
    decoding = Decoding(max_new_tokens=settings.max_new_tokens)
    return Identity(
        data=dataset_digest(settings.data),
        model=_source(settings) if model is None else checkpoint_digest(model),
        adapter=None,
        ratio=settings.ratio,
        sets=settings.sets,
        limit=settings.limit,
        decoding=None if settings.backend_kind == "predictions" else decoding,
        prompt=None if model is None else prompt_digest(model),
        backend=settings.backend_kind,
        dtype=None if model is None else resolved_dtype(settings.backend.dtype, model),
        max_model_len=settings.backend.max_model_len,
        engine_args=tuple(sorted(settings.backend.engine_args)),
        judges={} if settings.judge is None else judge_digests(settings.judge, settings.judge_server),
    )


def adapter_identity(adapter: "Adapter") -> AdapterIdentity:
    """Return what of an adapter belongs into a run's identity."""
    from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter

    k = adapter.settings.k if isinstance(adapter, SculptedAdapter) else None
    return AdapterIdentity(kind=adapter.kind, digest=adapter.digest, k=k)


def judge_digests(judge: str, server: JudgeServer | None = None) -> dict[str, str]:
    """Return the digest of each judge, its rules or rubric included, by what opens it again.

    Args:
        judge: judges of ``judges/``, by commas; ``offline``, ``llm`` and ``auto`` stand for one of each
            metric.
        server: which LLM is asked; `None` for that of the environment.

    Raises:
        BenchError: there is no such judge, or two of one metric, or the server is for none of them.
    """
    digests: dict[str, str] = {}
    metrics: dict[str, str] = {}
    for one in open_judges(judge.split(","), server):
        if one.metric in metrics:
            raise BenchError(
                f"{metrics[one.metric]} and {one.name} are both judges of {one.metric}; give one"
            )
        metrics[one.metric] = one.name
        digests[one.reference] = one.digest
    require_use(server or JudgeServer(), list(digests))
    return digests


def require_use(server: JudgeServer, judges: Sequence[str]) -> None:
    """Check that nothing is said of an LLM that no judge would ask: it would be silently left out.

    Args:
        server: as given.
        judges: what opens them, with the model that each asks.

    Raises:
        BenchError: something is.
    """
    plain, asked = JudgeServer(), [one.partition("@")[2] for one in judges if "@" in one]
    given = [name for name in _SAID_OF_AN_LLM if getattr(server, name) != getattr(plain, name)]
    if given and not asked:
        raise BenchError(
            f"{_SAID_OF_AN_LLM[given[0]]} is for judges that ask an LLM, and {' and '.join(judges)} ask "
            "none; leave it out, or name others with --judge"
        )
    if server.model is not None and server.model not in asked:
        raise BenchError(
            f"--judge-model {server.model} would be asked by none of {', '.join(judges)}, which name their "
            "own; leave it out, or give --judge llm with it"
        )


def first_difference(one: Identity, other: Identity) -> str | None:
    """Return the first field in which two identities differ with both values, or `None`.

    Judges differ only where both have some: answers that nobody has judged fit every judge.
    """
    mine, theirs = one.model_dump(mode="json"), other.model_dump(mode="json")
    for field, value in mine.items():
        unjudged = field == "judges" and not (value and theirs[field])
        if value != theirs[field] and not unjudged:
            return f"its {field} is {_short(value)}, not {_short(theirs[field])}"
    return None


def _source(settings: Settings) -> str:
    """Return what stands in for a checkpoint's digest where there is no checkpoint."""
    if settings.backend_kind == "openai":
        from s_mllmun_bench.generating.openai_backend import split_target

        return "#".join(split_target(settings.where))
    file = Path(settings.where)
    if not file.is_file():
        raise BenchError(f"no file of predictions at {file}")
    return file_digest(file)


def _short(value: Any) -> str:
    text = repr(value)
    return shortened(text, 100)
