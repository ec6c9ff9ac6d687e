"""The GPUs that a plan can be made for: what their data sheets promise, dense, without sparsity."""

from dataclasses import dataclass

from s_mllmun_bench.errors import unknown


@dataclass(frozen=True, slots=True)
class Gpu:
    """One kind of GPU."""

    teraflops: float
    """bf16, 10^12 operations per second."""
    bandwidth: float
    """Of its memory, 10^12 bytes per second."""
    memory: float
    """10^9 bytes."""


GPUS = {
    "a100-40gb": Gpu(312, 1.555, 40),
    "a100-80gb": Gpu(312, 2.039, 80),
    "h100-80gb": Gpu(989, 3.35, 80),
    "h200-141gb": Gpu(989, 4.8, 141),
    "l40s-48gb": Gpu(362, 0.864, 48),
    "rtx4090-24gb": Gpu(165, 1.008, 24),
}


def gpu_of(name: str) -> Gpu:
    """Return a kind of GPU by its name.

    Raises:
        BenchError: it is not in the table; the text names those that are.
    """
    if name not in GPUS:
        raise unknown("GPU", name, "the table of bench plan", GPUS)
    return GPUS[name]
