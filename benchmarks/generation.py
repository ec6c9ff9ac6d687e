"""How many questions per second each way of asking answers, as ratios from one run.

``one_at_a_time``: `model.generate` on one question after the other, as the existing scripts do.
``transformers``, ``vllm``: this project's backends. ``vllm_by_image``: the vLLM engine in the dataset's
order, the questions on one image at a time. ``bare_engine``: the same engine given the same prompts at
once, with the images already decoded. Ways take turns; loading and starting are not counted. Then both
backends with more questions, up to all of both sets.

    python benchmarks/generation.py -o generation.json
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from command import parser, tell
from loading import PEOPLE, built

from s_mllmun_bench.checkpoints.loading import load_model, load_processor, resolve_model
from s_mllmun_bench.data.questions import Question, load_questions
from s_mllmun_bench.generating.backend import Backend, BackendSettings, Decoding, grouped, windows
from s_mllmun_bench.generating.transformers_backend import TransformersBackend
from s_mllmun_bench.generating.vllm_backend import VllmBackend

SINGLE = 100
"""Questions that are asked one at a time; more would only take longer."""
DECODING = Decoding()


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--model", default="mini_qwen2_5_vl_200", help="a checkpoint")
    known.add_argument("--data", type=Path, help="a dataset of 1,000 people; else the mini one is built")
    known.add_argument("--people", type=int, default=60, help="how many of the retain set, 25 questions each")
    known.add_argument("--rounds", type=int, default=3)
    options = known.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or built(Path(folder) / "s-mllmun-bench")
        questions = load_questions(data, "eval_05", "retain", options.people)
        works = [asked(data, people) for people in (*PEOPLE, None)]
        figures = measure(resolve_model(options.model), questions, options.rounds, works)
    tell(figures | {"model": options.model}, options.output)


def asked(data: Path, people: int | None) -> list[Question]:
    """Return the questions of both sets on so many people of each at most."""
    return [one for name in ("forget", "retain") for one in load_questions(data, "eval_05", name, people)]


def measure(
    model: Path, questions: Sequence[Question], rounds: int, works: Sequence[Sequence[Question]]
) -> dict[str, object]:
    """Return the questions per second of every way, medians over the rounds, and their ratios.

    Args:
        model: the checkpoint's folder.
        questions: those that every way answers.
        rounds: how often.
        works: questions for the growth, each list longer than the one before.
    """
    settings = BackendSettings()
    engine, batched = (
        VllmBackend(model, settings, (), DECODING),
        TransformersBackend(model, settings, DECODING),
    )
    ways: dict[str, Callable[[], int]] = {
        "one_at_a_time": one_at_a_time(model, questions[:SINGLE]),
        "transformers": through(batched, questions),
        "vllm_by_image": by_image(engine, questions),
        "vllm": through(engine, questions),
        "bare_engine": bare(engine, questions),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, ask in ways.items():
            engine._engine.reset_caches()
            started = time.perf_counter()
            answered = ask()
            speeds[name].append(answered / (time.perf_counter() - started))
            sys.stderr.write(f"{name}: {speeds[name][-1]:.1f} questions/s\n")
    growth = [_row(work, {"transformers": batched, "vllm": engine}) for work in works]
    engine.close()
    middle = {name: median(each) for name, each in speeds.items()}
    return {
        "questions": len(questions),
        "questions_per_second": {name: round(speed, 1) for name, speed in middle.items()},
        "ratios": {
            "vllm / bare_engine": round(middle["vllm"] / middle["bare_engine"], 3),
            "vllm / vllm_by_image": round(middle["vllm"] / middle["vllm_by_image"], 3),
            "best backend / one_at_a_time": round(
                max(middle["vllm"], middle["transformers"]) / middle["one_at_a_time"], 1
            ),
        },
        "all_rounds": {name: [round(one, 1) for one in each] for name, each in speeds.items()},
        "growth": growth,
    }


def _row(questions: Sequence[Question], backends: Mapping[str, Backend]) -> dict[str, object]:
    row: dict[str, object] = {"questions": len(questions)}
    for name, backend in backends.items():
        started = time.perf_counter()
        through(backend, questions)()
        seconds = time.perf_counter() - started
        sys.stderr.write(f"{name}, {len(questions)} questions: {seconds:.1f} s\n")
        row |= {f"{name}, s": round(seconds, 2), f"{name}, questions/s": round(len(questions) / seconds, 1)}
    return row


def through(backend: Backend, questions: Sequence[Question]) -> Callable[[], int]:
    """Return what asks everything as `bench generate` does."""
    order = grouped(questions)
    return lambda: sum(len(list(backend.generate(window))) for window in windows(order, backend.window))


def one_at_a_time(path: Path, questions: Sequence[Question]) -> Callable[[], int]:
    """Return what asks each question alone, image processing included."""
    model: Any = load_model(path, "float32")
    processor: Any = load_processor(path)

    def ask() -> int:
        for question in questions:
            content = [{"type": "text", "text": question.question}]
            if question.image:
                content.insert(0, {"type": "image"})
            text = processor.apply_chat_template(
                [{"role": "user", "content": content}], add_generation_prompt=True
            )
            images = {"images": [question.image.open()]} if question.image else {}
            inputs = processor(text=[text], return_tensors="pt", **images).to(model.device)
            output = model.generate(**inputs, max_new_tokens=DECODING.max_new_tokens, do_sample=False)
            processor.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return len(questions)

    return ask


def by_image(backend: VllmBackend, questions: Sequence[Question]) -> Callable[[], int]:
    """Return what gives the engine the questions of one image after those of another."""
    groups = [
        [backend._prompt(question) for question in group]
        for _, group in itertools.groupby(questions, lambda one: one.image.digest if one.image else "")
    ]
    return lambda: sum(_asked_at_once(backend, group) for group in groups)


def bare(backend: VllmBackend, questions: Sequence[Question]) -> Callable[[], int]:
    """Return what gives the engine all prompts at once, in the backend's order."""
    prompts = [backend._prompt(question) for question in grouped(questions)]
    return lambda: _asked_at_once(backend, prompts)


def _asked_at_once(backend: VllmBackend, prompts: Sequence[Any]) -> int:
    from vllm import SamplingParams

    sampling = SamplingParams(
        temperature=0.0, max_tokens=DECODING.max_new_tokens, stop_token_ids=backend._ends
    )
    return len(backend._engine.llm.generate(list(prompts), sampling, use_tqdm=False))


if __name__ == "__main__":
    main()
