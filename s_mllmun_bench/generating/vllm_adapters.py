"""The three ways in which a vLLM engine gets an adapter.

``runtime``: vLLM's own LoRA beside the weights; every key of the adapter must be found in a module of the
engine, because vLLM ignores those it does not know. ``in-engine``: the changed weights are loaded into the
running engine; when the plain ones come back, their digests must be those from before. ``merge``: a
temporary checkpoint and a new engine.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from s_mllmun_bench.checkpoints.adapters import Adapter
from s_mllmun_bench.checkpoints.lora import LoraAdapter
from s_mllmun_bench.checkpoints.merging import merge
from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect
from s_mllmun_bench.generating.vllm_engine import Engine
from s_mllmun_bench.generating.vllm_modes import RANKS
from s_mllmun_bench.generating.vllm_worker import AdapterPath, read_unchanged


class RuntimeLora:
    """LoRAs beside the plain weights, one at a time."""

    def __init__(self, engine: Engine, adapters: Sequence[Adapter]) -> None:
        """Start the engine with room for the largest of the adapters."""
        self._engine = engine
        loras = [one for one in adapters if isinstance(one, LoraAdapter)]
        self._numbers = {one.digest: number for number, one in enumerate(loras, start=1)}
        self.request: Any = None
        """The `vllm.LoRARequest` of the adapter in use."""
        rank = next(rank for rank in RANKS if rank >= max(map(_rank, loras)))
        engine.start(enable_lora=True, max_loras=1, max_cpu_loras=len(self._numbers), max_lora_rank=rank)

    def put(self, former: Adapter | None, adapter: Adapter | None) -> None:
        """Load an adapter, and count where its matrices are.

        Raises:
            BenchError: not every key of it reached a module of the engine, or it is no longer what it was.
        """
        from vllm.lora.request import LoRARequest

        if adapter is None or not adapter.names:
            self.request = None
            return
        folder, strengths, digest = adapter_path(adapter)
        read_unchanged(folder, strengths, digest)
        self.request = LoRARequest(digest, self._numbers[digest], folder)
        self._engine.llm.llm_engine.add_lora(self.request)
        workers = self._engine.in_workers("bench_lora_matrices", self.request.lora_int_id)
        found = len(set().union(*workers))
        if found != len(adapter.names):
            raise BenchError(
                f"{adapter.source}: {found} of {len(adapter.names)} keys reached vLLM's modules; "
                "load it with --adapter-mode in-engine"
            )

    def close(self) -> None:
        """Nothing is left."""


class InEngine:
    """Weights changed in the running engine."""

    request = None

    def __init__(self, engine: Engine, model: Path, trust_remote_code: bool) -> None:
        """Start the engine with the plain weights."""
        self._engine = engine
        self._model = model
        self._trusting = trust_remote_code
        self._plain: list[dict[str, str]] | None = None
        engine.start()

    def put(self, former: Adapter | None, adapter: Adapter | None) -> None:
        """Load the checkpoint anew with this adapter, or as it is.

        Raises:
            BenchError: the adapter does not fit, or the plain weights did not come back.
        """
        if self._plain is None:
            self._plain = self._engine.in_workers("bench_weights")
        paths = [] if adapter is None else [adapter_path(adapter)]
        self._engine.in_workers("bench_load", str(self._model), paths, self._trusting)
        self._engine.reset_caches()
        if adapter is None:
            self._require_plain(self._plain)

    def close(self) -> None:
        """Nothing is left."""

    def _require_plain(self, before: Sequence[dict[str, str]]) -> None:
        for worker, now in zip(before, self._engine.in_workers("bench_weights"), strict=True):
            if others := sorted(name for name in worker | now if worker.get(name) != now.get(name)):
                raise BenchError(
                    f"vLLM did not get back its plain weights ({len(others)} differ, such as {others[0]}); "
                    "use --adapter-mode merge"
                )


class Merged:
    """A temporary checkpoint for each adapter, and an engine for each checkpoint."""

    request = None

    def __init__(self, engine: Engine, model: Path, trust_remote_code: bool) -> None:
        """Keep what is needed; the engine starts when it is first asked."""
        self._engine = engine
        self._model = model
        self._trusting = trust_remote_code
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def put(self, former: Adapter | None, adapter: Adapter | None) -> None:
        """Stop the engine, merge, and let it start with the merged checkpoint.

        Raises:
            BenchError: the adapter does not fit.
        """
        self._engine.serve(self._model)
        self.close()
        if adapter is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="bench_merged_")
            merged = Path(self._folder.name) / "model"
            merge(self._model, [adapter], merged, trust_remote_code=self._trusting)
            self._engine.serve(merged)

    def effect(self, adapter: Adapter) -> AdapterEffect:
        """Return how many tensors of the merged checkpoint, which the engine loads, are not the plain ones.

        The engine has never held the plain model, so there is nothing to compare its answers with.

        Raises:
            BenchError: a weight of the merged checkpoint is not finite.
        """
        tensors, others = _compared(self._model, self._engine.model)
        return AdapterEffect(measure="weights", keys=len(adapter.names), probes=tensors, changed=others)

    def close(self) -> None:
        """Remove the merged checkpoint."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _rank(adapter: LoraAdapter) -> int:
    return max(factors.a_RI.shape[0] for factors in adapter.factors.values())


def adapter_path(adapter: Adapter) -> AdapterPath:
    """Return what a worker reads an adapter by."""
    strengths = None
    if isinstance(adapter, SculptedAdapter):
        strengths = adapter.settings.k, adapter.settings.k_text
    return str(Path(adapter.source).resolve()), strengths, adapter.digest


def _compared(model: Path, merged: Path) -> tuple[int, int]:
    """Return how many tensors a merged checkpoint has, and how many of them are others than in the plain.

    Raises:
        BenchError: one of the others is not finite: its sum is too large for the dtype it is stored in.
    """
    from safetensors import safe_open

    tensors = changed = 0
    for shard in sorted(merged.glob("*.safetensors")):
        with safe_open(shard, framework="pt") as new, safe_open(model / shard.name, framework="pt") as old:
            for name in new.keys():  # noqa: SIM118 - not a mapping
                tensors += 1
                tensor = new.get_tensor(name)
                if bool((tensor == old.get_tensor(name)).all()):
                    continue
                changed += 1
                if not bool(tensor.isfinite().all()):
                    raise BenchError(
                        f"with the adapter {name} is too large for {tensor.dtype}, and not finite"
                    )
    return tensors, changed
