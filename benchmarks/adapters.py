"""What it costs to ask the same questions under several adapters in one start of an engine.

LoRAs on every linear layer of the language model, so weak that the answers stay as long as the plain model's.
For each the engine takes the adapter, checks on probe questions that it changes something, and answers.
``plain``: the plain model answers the same questions as often, without any of that. Loading and starting are
not counted.

    python benchmarks/adapters.py -o adapters.json
    python benchmarks/adapters.py --backend vllm -o adapters.json
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from command import parser, tell

from s_mllmun_bench.building import build
from s_mllmun_bench.checkpoints.adapters import Adapter, load_adapter
from s_mllmun_bench.checkpoints.loading import resolve_model
from s_mllmun_bench.data.questions import Question, load_questions
from s_mllmun_bench.generating.backend import Backend, BackendSettings, Decoding, grouped, windows
from s_mllmun_bench.generating.transformers_backend import TransformersBackend

MODEL = "mini_qwen2_5_vl_200"
TESTS = Path(__file__).resolve().parent.parent / "tests"
"""Where LoRAs are written without a training."""
COUNTS = (1, 4, 16)
PEOPLE, PROBES = 4, 6
WEAK = 0.01
"""Alpha of the LoRAs."""


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--backend", choices=("transformers", "vllm"), default="transformers")
    options = known.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.backend)
    tell(figures, options.output)


def measure(folder: Path, kind: str) -> dict[str, object]:
    """Return the seconds and questions per second for every number of adapters, and the largest's ratio."""
    build("mini", folder / "s-mllmun-bench", limit=20)
    questions = grouped(load_questions(folder / "s-mllmun-bench", "eval_05", "retain", PEOPLE))
    adapters = written(folder)
    backend = opened(kind, adapters)
    asked(backend, None, questions)
    rows = []
    for count in COUNTS:
        started = time.perf_counter()
        switching = sum(asked(backend, adapter, questions) for adapter in adapters[:count])
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(count):
            asked(backend, None, questions)
        plain = time.perf_counter() - started
        sys.stderr.write(f"{count} adapters: {seconds:.1f} s, plain {plain:.1f} s\n")
        rows.append(
            {
                "adapters": count,
                "questions": count * len(questions),
                "seconds": round(seconds, 2),
                "seconds of switching": round(switching, 2),
                "questions/s": round(count * len(questions) / seconds, 1),
                "ratio to plain": round(seconds / plain, 3),
            }
        )
    backend.close()
    return {
        "backend": kind,
        "ratio": rows[-1]["ratio to plain"],
        "switching_seconds": round(float(rows[-1]["seconds of switching"]) / COUNTS[-1], 3),
        "growth": rows,
    }


def written(folder: Path) -> list[Adapter]:
    """Write as many LoRAs as are needed at most."""
    sys.path.insert(0, str(TESTS))
    from tiny import write_lora

    model = resolve_model(MODEL)
    return [
        load_adapter(write_lora(model, folder / f"lora_{seed}", seed, lora_alpha=WEAK))
        for seed in range(COUNTS[-1])
    ]


def opened(kind: str, adapters: Sequence[Adapter]) -> Backend:
    """Return the loaded engine."""
    if kind == "vllm":
        from s_mllmun_bench.generating.vllm_backend import VllmBackend

        return VllmBackend(resolve_model(MODEL), BackendSettings(), adapters, Decoding())
    return TransformersBackend(resolve_model(MODEL), BackendSettings(), Decoding())


def asked(backend: Backend, adapter: Adapter | None, questions: Sequence[Question]) -> float:
    """Take an adapter and ask everything; return the seconds of taking it."""
    started = time.perf_counter()
    backend.use(adapter, questions[:PROBES] if adapter else ())
    switched = time.perf_counter() - started
    for window in windows(questions, backend.window):
        list(backend.generate(window))
    return switched


if __name__ == "__main__":
    main()
