"""How fast a sculpted update is formed from its LoRAs, against a plain multiplication of the same size.

The matrices are those of one layer of the paper's 7B models (0.93 GB of update in float32), the LoRAs have
rank 16. The update is formed in row blocks on all processors, as everywhere: two products of factors, the
mask of Eq. 6-9, the masked update. ``passed_on``: each block is dropped when it is there (a merge adds it to
the weight); ``stored``: all are written into a whole matrix, as the multiplication does. ``products``: the
two products of factors alone, which no sculpting can do without. The multiplication is torch's own, float32,
all threads, into memory that is there already. All take turns.

    python benchmarks/sculpting.py -o sculpting.json
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import torch
from command import parser, tell

from s_mllmun_bench.checkpoints.adapters import load_adapter
from s_mllmun_bench.checkpoints.lora import Factors, keys
from s_mllmun_bench.checkpoints.rows import row_blocks, scratch, workers
from s_mllmun_bench.checkpoints.sculpted import ANCHOR, SculptedAdapter, SculptedSettings

HIDDEN, INTERMEDIATE, KEYS = 3584, 18944, 512
SHAPES = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.k_proj": (KEYS, HIDDEN),
    "self_attn.v_proj": (KEYS, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (INTERMEDIATE, HIDDEN),
    "mlp.up_proj": (INTERMEDIATE, HIDDEN),
    "mlp.down_proj": (HIDDEN, INTERMEDIATE),
}
"""(out, in) of Qwen2-7B's and Qwen2.5-7B's linear layers."""
RANK = 16
ENTRIES = sum(out * into for out, into in SHAPES.values())
CPU = torch.device("cpu")


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--rounds", type=int, default=5)
    options = known.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.rounds)
    tell(figures, options.output)


def measure(folder: Path, rounds: int) -> dict[str, object]:
    """Return all figures; speeds are medians over the rounds."""
    write_adapter(folder)
    started = time.perf_counter()
    adapter = load_adapter(folder)
    loading = time.perf_counter() - started
    if not isinstance(adapter, SculptedAdapter):
        raise SystemExit("that is no sculpted adapter")
    before = _resident("VmRSS")
    sculpt_all(adapter, None)
    memory = _resident("VmHWM") - before
    first, second, out = (torch.rand(max(a * b for a, b in SHAPES.values())) for _ in range(3))
    ways: dict[str, Callable[[], None]] = {
        "products": partial(multiply_factors, adapter),
        "passed_on": partial(sculpt_all, adapter, None),
        "stored": partial(sculpt_all, adapter, out),
        "multiply": partial(multiply_all, first, second, out),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            speeds[name].append(4 * ENTRIES / 1e9 / (time.perf_counter() - started))
            sys.stderr.write(f"{name}: {speeds[name][-1]:.2f} GB/s\n")
    middle = {name: median(each) for name, each in speeds.items()}
    return {
        "update_gb": round(4 * ENTRIES / 1e9, 2),
        "loading_and_norms_seconds": round(loading, 3),
        "gb_per_second": {name: round(speed, 2) for name, speed in middle.items()},
        "ratio": round(middle["passed_on"] / middle["multiply"], 3),
        "ratio_to_products": round(middle["passed_on"] / middle["products"], 3),
        "ratio_stored": round(middle["stored"] / middle["multiply"], 3),
        "memory_mib": round(memory, 1),
        "masked_share": round(adapter.masked_share(), 4),
        "all_rounds": {name: [round(one, 2) for one in each] for name, each in speeds.items()},
    }


def sculpt_all(adapter: SculptedAdapter, out: torch.Tensor | None) -> None:
    """Form every matrix's sculpted update, and store it where told."""
    with workers() as pool:
        for name in sorted(adapter.names):
            shape = adapter.anchor.factors[name].shape
            whole_OI = None if out is None else out[: shape[0] * shape[1]].view(shape)
            list(pool.map(partial(_block, adapter, name, whole_OI), row_blocks(shape)))


def _block(adapter: SculptedAdapter, name: str, whole_OI: torch.Tensor | None, rows: slice) -> None:
    update_OI = adapter.update(name, CPU, rows)
    if whole_OI is not None:
        whole_OI[rows] = update_OI


def multiply_factors(adapter: SculptedAdapter) -> None:
    """Form the dense updates of both LoRAs, block by block, and nothing more."""
    with workers() as pool:
        for name in sorted(adapter.names):
            both = [one.factors[name] for one in (adapter.forget[0], adapter.anchor)]
            list(pool.map(partial(_products, both), row_blocks(both[0].shape)))


def _products(both: list[Factors], rows: slice) -> None:
    for factors in both:
        shape = (rows.stop - rows.start, factors.shape[1])
        factors.update(CPU, rows, scratch("anchor", shape, torch.float32, CPU))


def multiply_all(first: torch.Tensor, second: torch.Tensor, out: torch.Tensor) -> None:
    """Multiply matrices of the same sizes, entry by entry."""
    for rows, columns in SHAPES.values():
        count = rows * columns
        torch.mul(first[:count], second[:count], out=out[:count])


def write_adapter(folder: Path) -> None:
    """Write a sculpted adapter with random factors, k = 1."""
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    for part in ("forget", ANCHOR):
        factors = {}
        for module, (out, into) in SHAPES.items():
            a_RI, b_OR = (
                torch.randn(size, generator=generator) * 0.02 for size in ((RANK, into), (out, RANK))
            )
            factors |= keys(f"model.language_model.layers.0.{module}.weight", a_RI, b_OR)
        (folder / part).mkdir()
        save_file(factors, folder / part / "adapter_model.safetensors")
        config = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK}
        (folder / part / "adapter_config.json").write_text(json.dumps(config))
    SculptedSettings(k=1.0).save(folder)


def _resident(field: str) -> float:
    """Return this process's resident memory, or its peak, MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(rf"{field}:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
