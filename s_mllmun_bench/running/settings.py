"""What a user asks of a run, and the checks of it that need no file.

They come first, so that a slip of the pen is told before a checkpoint is read.
"""

import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from s_mllmun_bench.errors import BenchError, unknown
from s_mllmun_bench.generating.backend import AdapterMode, BackendSettings
from s_mllmun_bench.generating.opening import REMOTE, resolved_backend
from s_mllmun_bench.judging.opening import JudgeServer
from s_mllmun_bench.records import RATIOS, Ratio, SetName

SETS: tuple[SetName, ...] = get_args(SetName)
ENGINES = ("local", "ray")
PLAIN = "none"
"""Stands for the plain model among adapters."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asks for."""

    data: str
    """A dataset folder or Hub id."""
    model: str | None = None
    """A checkpoint's folder, the id of a shipped one, or a Hub id; `None` for a server or a file."""
    adapters: tuple[str, ...] = ()
    """Adapter folders, or ``none`` for the plain model: a run for each. Empty: the plain model alone."""
    ks: tuple[float, ...] = ()
    """Masking strengths in place of a sculpted adapter's own: a run for each."""
    ratio: Ratio = 5
    """Per cent of the people to forget."""
    sets: tuple[SetName, ...] = ("forget", "retain")
    judge: str | None = "auto"
    """Judges by commas; `None`: the answers are to be judged later."""
    judge_server: JudgeServer = field(default_factory=JudgeServer)
    """Which LLM a judge asks that asks one."""
    limit: int | None = None
    """Only this many people of each set, spread evenly over it."""
    backend: BackendSettings = field(default_factory=BackendSettings)
    max_new_tokens: int = 64
    output: Path | None = None
    """The run folder, or of several runs the folder that holds them; `None` for one in ``runs/``."""
    fresh: bool = False
    """Begin anew; a run that is there is moved aside."""
    allow_no_effect: bool = False
    """Evaluate an adapter that changes nothing, too."""

    @property
    def backend_kind(self) -> str:
        """The backend's name without what stands after the colon."""
        return self.backend.name.partition(":")[0]

    @property
    def where(self) -> str:
        """What stands after the colon of the backend: a server and its model, or a file."""
        return self.backend.name.partition(":")[2]


def checked(settings: Settings) -> Settings:
    """Return the settings with the backend's name resolved.

    Raises:
        BenchError: something of them cannot be had; the text says what there is.
    """
    _check_questions(settings)
    _check_adapters(settings)
    resolved = replace(settings, backend=_resolved(settings.backend))
    _check_backend(resolved)
    return resolved


def _resolved(backend: BackendSettings) -> BackendSettings:
    return replace(backend, name=resolved_backend(backend.name))


def _check_questions(settings: Settings) -> None:
    if settings.ratio not in RATIOS:
        raise BenchError(f"no ratio {settings.ratio}; there are: {', '.join(map(str, RATIOS))}")
    for name in settings.sets:
        if name not in SETS:
            raise unknown("set", name, "the evaluation", SETS)
    if not settings.sets or _doubled(settings.sets):
        raise BenchError(f"give each set once, at least one of: {', '.join(SETS)}")
    if settings.max_new_tokens < 1:
        raise BenchError(f"an answer needs at least 1 new token, not {settings.max_new_tokens}")


def _check_adapters(settings: Settings) -> None:
    if again := _doubled(settings.adapters):
        raise BenchError(f"the adapter {again[0]} is given twice")
    if again := _doubled(settings.ks):
        raise BenchError(f"k = {again[0]:g} is given twice")
    for k in settings.ks:
        if math.isnan(k) or k < 0:
            raise BenchError(f"k must be 0 or more, not {k:g}")


def _check_backend(settings: Settings) -> None:
    backend = settings.backend
    if backend.batch_size is not None and backend.batch_size < 1:
        raise BenchError(f"the batch size must be at least 1 or auto, not {backend.batch_size}")
    if backend.max_model_len is not None and backend.max_model_len < 1:
        raise BenchError(f"a prompt needs at least 1 token, not {backend.max_model_len}")
    if backend.tensor_parallel < 1:
        raise BenchError(f"an engine needs at least 1 GPU, not {backend.tensor_parallel}")
    if backend.gpu_memory is not None and not 0 < backend.gpu_memory <= 1:
        raise BenchError(f"the share of GPU memory must be above 0 and at most 1, not {backend.gpu_memory:g}")
    if backend.adapter_mode not in get_args(AdapterMode):
        raise unknown("adapter mode", backend.adapter_mode, "vLLM's", get_args(AdapterMode))
    foreign = next(_not_taken(settings), None)
    if foreign is not None:
        raise BenchError(f"the backend {settings.backend_kind} takes no {foreign}")
    _check_engine(backend)
    if settings.backend_kind not in REMOTE and settings.model is None:
        raise BenchError(f"the backend {settings.backend_kind} needs a checkpoint; give one with --model")


def _check_engine(backend: BackendSettings) -> None:
    if backend.engine not in ENGINES:
        raise unknown("engine", backend.engine, "--engine", ENGINES)
    if backend.engine == "ray":
        if importlib.util.find_spec("ray") is None:
            raise BenchError(
                "--engine ray needs the package ray; install it with: pip install 's-mllmun-bench[ray]'"
            )
        if backend.replicas is not None and backend.replicas < 1:
            raise BenchError(f"--replicas must be at least 1, not {backend.replicas}")
        if (backend.ray_address or "").startswith("ray://"):
            raise BenchError(
                "--ray-address takes HOST:PORT or auto, and no ray:// client; run the command on a machine "
                "of the cluster"
            )
        if backend.replica_timeout is not None and not backend.replica_timeout > 0:
            raise BenchError(f"--replica-timeout must be more than 0 s, not {backend.replica_timeout:g}")
    elif backend.replicas is not None:
        raise BenchError("--replicas is for --engine ray")
    elif backend.ray_address is not None:
        raise BenchError("--ray-address is for --engine ray")
    elif backend.replica_timeout is not None:
        raise BenchError("--replica-timeout is for --engine ray")


def _not_taken(settings: Settings) -> Iterator[str]:
    """Yield what is given and would be ignored by the backend that is to answer."""
    backend = settings.backend
    if settings.backend_kind != "vllm":
        if backend.adapter_mode != "auto":
            yield "adapter mode"
        if backend.tensor_parallel != 1:
            yield "tensor parallelism"
        if backend.gpu_memory is not None:
            yield "share of GPU memory"
        if backend.engine_args:
            yield "engine arguments"
    if settings.backend_kind in REMOTE:
        if settings.model is not None:
            yield f"checkpoint; leave out {settings.model}"
        if any(adapter != PLAIN for adapter in settings.adapters):
            yield "adapter"
        if backend.engine == "ray":
            yield "engine on Ray: nothing is computed here"
        if backend.max_model_len is not None:
            yield "longest prompt"
        if backend.dtype != "auto":
            yield "dtype"


def _doubled(items: Sequence[object]) -> list[object]:
    """Return the items that stand in a sequence more than once."""
    return [item for place, item in enumerate(items) if item in items[:place]]
