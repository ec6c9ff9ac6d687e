"""What runs inside a vLLM worker: its weights changed, and what it holds told.

vLLM adds the methods of `BenchWorker` to its own worker class, in every process that holds a part of the
model. So they are given paths and read the tensors themselves; only names and digests travel. This
module imports neither vLLM nor torch until a method runs.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    import torch

    from s_mllmun_bench.checkpoints.adapters import Adapter

EXTENSION = "s_mllmun_bench.generating.vllm_worker.BenchWorker"
"""As vLLM takes it, by name."""

Strengths = tuple[float, float | None]
"""A sculpted adapter's k, and the k of its text-only part; `None`: the same."""
AdapterPath = tuple[str, Strengths | None, str]
"""An adapter's folder, its strengths if it is a sculpted one, and the digest that it must have."""


class BenchWorker:
    """Methods for `LLM.collective_rpc`; the rest of the class is vLLM's worker."""

    model_runner: Any
    reload_weights: Callable[..., None]

    def bench_load(self, model: str, adapters: Sequence[AdapterPath], trust_remote_code: bool) -> None:
        """Load a whole checkpoint anew, with the adapters applied in the dtype of the computation.

        The first tensor is read before vLLM lets go of its weights: whatever does not fit is found then.

        Raises:
            BenchError: an adapter fits no more, or is no longer what it was.
        """
        from s_mllmun_bench.checkpoints.merging import adapted_weights

        dtype = self.model_runner.model_config.dtype
        loaded = [read_unchanged(*adapter) for adapter in adapters]
        weights = adapted_weights(Path(model), loaded, dtype, trust_remote_code)
        first = next(weights)
        self.reload_weights(weights_iterator=itertools.chain([first], weights))

    def bench_weights(self) -> dict[str, str]:
        """Return the SHA-256 of every weight in this worker, by vLLM's name for it."""
        model = self.model_runner.get_model()
        return {name: _digest(weight) for name, weight in (*model.named_parameters(), *_packed(model))}

    def bench_lora_matrices(self, number: int) -> list[str]:
        """Return for each matrix that a LoRA changes where it is in this worker.

        Args:
            number: of the LoRA; it is loaded.
        """
        manager = self.model_runner.get_model().lora_manager
        lora = manager.get_adapter(number)
        found = {name: lora.get_lora(name) for name in manager.modules}
        return [
            f"{name}.{place}"
            for name, weights in found.items()
            if weights is not None
            for place, factor in enumerate(_as_list(weights.lora_a))
            if factor is not None
        ]


def read_unchanged(folder: str, strengths: Strengths | None, digest: str) -> "Adapter":
    """Return an adapter that was read before.

    Args:
        folder: the adapter's.
        strengths: those that a sculpted one had then, which need not be its own.
        digest: that it had then.

    Raises:
        BenchError: it is no longer what it was.
    """
    from s_mllmun_bench.checkpoints.adapters import load_adapter
    from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter

    adapter = load_adapter(Path(folder))
    if strengths is not None and isinstance(adapter, SculptedAdapter):
        adapter = adapter.at(*strengths)
    if adapter.digest != digest:
        raise BenchError(f"{folder} has changed since it was first read; give the command again")
    return adapter


def _packed(model: Any) -> "Iterator[tuple[str, torch.Tensor]]":
    """Yield the weights that vLLM's CPU kernels took out of their layers to store them their own way.

    They can only be multiplied with, so each is read as its product with the identity.
    """
    import torch

    for name, layer in model.named_modules():
        multiply = getattr(layer, "cpu_linear", None)
        if multiply is not None and layer.weight.numel() == 0:
            identity = torch.eye(layer.input_size_per_partition, dtype=layer.weight.dtype)
            yield f"{name}.weight", multiply(identity, layer.weight, None)


def _digest(weight: "torch.Tensor") -> str:
    import torch

    stored = weight.detach().contiguous().cpu().reshape(-1).view(torch.uint8)
    return hashlib.sha256(stored.numpy().data).hexdigest()


def _as_list(factors: Any) -> list[Any]:
    """Return the factors of a layer that holds several matrices in one, or of one that does not."""
    return list(factors) if isinstance(factors, (list, tuple)) else [factors]
