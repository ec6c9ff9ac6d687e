"""How fast the backends answer 1,000, 5,000 and 25,000 questions, as `bench generate` asks them.

The mini dataset and a mini checkpoint: all questions of both sets, and fewer of fewer people. Windows, order
and settings are those of `bench generate`; loading and starting are not counted.

    python benchmarks/answering.py -o answering.json
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from command import parser, tell
from generation import DECODING, through
from loading import PEOPLE, built

from s_mllmun_bench.checkpoints.loading import resolve_model
from s_mllmun_bench.data.questions import Question, load_questions
from s_mllmun_bench.generating.backend import Backend, BackendSettings
from s_mllmun_bench.generating.transformers_backend import TransformersBackend
from s_mllmun_bench.generating.vllm_backend import VllmBackend

MODEL = "mini_qwen2_5_vl_200"
BACKENDS = ("transformers", "vllm")
WARMING = 50
"""Questions before the first that count."""


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--data", type=Path, help="a dataset; else the mini one is built")
    options = known.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or built(Path(folder) / "s-mllmun-bench")
        figures = measure([asked(data, people) for people in (*PEOPLE, None)])
    tell(figures, options.output)


def measure(works: Sequence[Sequence[Question]]) -> dict[str, object]:
    """Return the seconds of every backend for each number of questions."""
    seconds = {name: timed(name, works) for name in BACKENDS}
    speeds = {
        name: [len(work) / taken for work, taken in zip(works, each, strict=True)]
        for name, each in seconds.items()
    }
    return {
        "ratios": {name: round(each[-1] / each[0], 3) for name, each in speeds.items()},
        "questions_per_second": {name: round(each[-1], 1) for name, each in speeds.items()},
        "growth": [
            {
                "questions": len(work),
                **{f"{name}, s": round(seconds[name][place], 2) for name in BACKENDS},
                **{f"{name}, questions/s": round(speeds[name][place], 1) for name in BACKENDS},
            }
            for place, work in enumerate(works)
        ],
    }


def asked(data: Path, people: int | None) -> list[Question]:
    """Return the questions of both sets on so many people of each at most."""
    return [one for name in ("forget", "retain") for one in load_questions(data, "eval_05", name, people)]


def timed(name: str, works: Sequence[Sequence[Question]]) -> list[float]:
    """Return how long a backend takes for each list of questions, seconds."""
    backend = opened(name)
    through(backend, works[0][:WARMING])()
    seconds = []
    for work in works:
        started = time.perf_counter()
        through(backend, work)()
        seconds.append(time.perf_counter() - started)
        sys.stderr.write(f"{name}, {len(work)} questions: {seconds[-1]:.1f} s\n")
    backend.close()
    return seconds


def opened(name: str) -> Backend:
    """Return the loaded engine."""
    model, settings = resolve_model(MODEL), BackendSettings()
    if name == "vllm":
        return VllmBackend(model, settings, (), DECODING)
    return TransformersBackend(model, settings, DECODING)


if __name__ == "__main__":
    main()
