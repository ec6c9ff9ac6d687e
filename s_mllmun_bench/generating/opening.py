"""Backends by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError, unknown
from s_mllmun_bench.generating.backend import Backend, Decoding

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter

BACKENDS = ("transformers", "vllm")


def open_backend(
    name: str,
    model: Path,
    adapters: "Sequence[Adapter]" = (),
    decoding: Decoding | None = None,
    batch_size: int | None = None,
    dtype: str = "auto",
    probes: Sequence[Question] = (),
) -> Backend:
    """Load a checkpoint into a backend.

    Args:
        name: one of `BACKENDS`.
        model: the checkpoint's folder.
        adapters: are applied one after the other.
        decoding: `None` for the defaults.
        batch_size: the most questions at once; `None` leaves it to the backend.
        dtype: of the computation; "auto" is float32 on a CPU, else the checkpoint's own.
        probes: questions to measure the adapters' effect with, where the backend does it by questions.

    Raises:
        BenchError: there is no such backend, or the checkpoint or an adapter cannot be used.
    """
    require_backend(name)
    if name == "vllm":
        from s_mllmun_bench.generating.vllm_backend import VllmBackend

        return VllmBackend(model, adapters, decoding, batch_size, dtype)
    from s_mllmun_bench.generating.transformers_backend import TransformersBackend

    return TransformersBackend(model, adapters, decoding, batch_size, dtype, probes)


def require_backend(name: str) -> None:
    """Check that there is a backend of this name, and that what it needs is installed.

    Raises:
        BenchError: otherwise.
    """
    import importlib.util

    if name not in BACKENDS:
        raise unknown("backend", name, "s_mllmun_bench/generating/", BACKENDS)
    if importlib.util.find_spec(name) is None:
        raise BenchError(f"the backend {name} needs the package {name}, which is not installed")
