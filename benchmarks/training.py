"""How many answer tokens per second the trainer learns, against a plain Hugging Face Trainer.

Both train the same LoRA on the same rows in the same order, float32. ``plain``: every question is a
sequence of its own with its own image, padded to the longest of its batch, and the model computes its own
loss. ``ours``: the questions on one image share its tokens. The two take turns; the first step of each
training is not counted. Their losses must be equal, step by step, or the figures mean nothing and the
command fails. The images are those of the mini benchmark (16 visual tokens) and the same at 504 pixels (324).

Then the peak memory of GA difference and KL minimization, each in a process of its own, at 504 pixels.

    python benchmarks/training.py -o training.json
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import torch
from command import parser, tell
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils.logging import disable_progress_bar

from s_mllmun_bench import training
from s_mllmun_bench.building import build
from s_mllmun_bench.checkpoints import load_model, load_processor, resolve_model
from s_mllmun_bench.data import load_questions
from s_mllmun_bench.training import LoraSettings, Packer, Row, TrainSettings, rows_of, train
from s_mllmun_bench.training.layout import IGNORE
from s_mllmun_bench.training.lora import with_lora

MODEL = "mini_qwen2_5_vl_200"
MINI, LARGE = 112, 504
"""Edges of the images in pixels: 16 and 324 visual tokens."""
SETTINGS = TrainSettings(learning_rate=1e-4, epochs=1, batch_size=2, warmup=0.0, precision="fp32")
EPOCHS = {MINI: 4, LARGE: 1}
LORA = LoraSettings(rank=16, alpha=16, dropout=0.0)
PEOPLE = 40
"""Of the dataset; 15 % of them, two rows each, are trained on."""
CLOSE = 1e-4
"""The largest difference of two losses that are equal, nats per token."""
OBJECTIVES = ("gradient_difference", "kl_minimization")


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--rounds", type=int, default=3, help="trainings of each kind at mini images")
    known.add_argument("--data", help="a dataset; one of 40 people is built if not given")
    known.add_argument("--peak", choices=OBJECTIVES, help="be one training with that loss, print its peak")
    options = known.parse_args()
    disable_progress_bar()
    if options.peak:
        sys.stdout.write(json.dumps(peak_of(options.peak, options.data)) + "\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or _built(Path(folder) / "s-mllmun-bench")
        figures = measure(data, options.rounds)
        tell(figures, options.output)
    if not all(figures[size]["losses_equal"] for size in ("mini_images", "large_images")):
        sys.exit("the losses of both trainers differ")


def measure(data: str, rounds: int) -> dict[str, Any]:
    """Return all figures; tokens per second are medians over the rounds."""
    rows = rows_of(load_questions(data, "unlearn_15", "forget"))
    return {
        "mini_images": _compared(rows, MINI, rounds),
        "large_images": _compared(rows[:6], LARGE, 1),
        "peak_memory": _peaks(data),
    }


def _compared(rows: Sequence[Row], edge: int, rounds: int) -> dict[str, object]:
    ways = {"ours": ours, "plain": plain}
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    losses: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, learn in ways.items():
            losses[name], speed = learn(rows, edge)
            speeds[name].append(speed)
            sys.stderr.write(f"{edge} pixels, {name}: {speed:.0f} answer tokens/s\n")
    differences = [abs(one - other) for one, other in zip(losses["ours"], losses["plain"], strict=True)]
    middle = {name: median(each) for name, each in speeds.items()}
    return {
        "rows": len(rows),
        "questions": sum(len(row.pairs) for row in rows),
        "steps": len(losses["ours"]),
        "answer_tokens_per_second": {name: round(speed) for name, speed in middle.items()},
        "ratio": round(middle["ours"] / middle["plain"], 2),
        "losses": [round(loss, 4) for loss in losses["ours"]],
        "largest_difference_of_losses": max(differences),
        "losses_equal": max(differences) <= CLOSE,
        "all_rounds": {name: [round(one) for one in each] for name, each in speeds.items()},
    }


def ours(rows: Sequence[Row], edge: int) -> tuple[list[float], float]:
    """Return the losses of our trainer's steps, and its answer tokens per second."""
    model, processor = _opened(edge)
    packer = Packer(model, processor)
    clock = _Clock(packer.collate)
    result = train(
        with_lora(model, LORA),
        rows,
        clock.collate,
        training.cross_entropy,
        SETTINGS.model_copy(update={"epochs": EPOCHS[edge]}),
        seed=0,
        progress=lambda done, total, what: clock.tick(),
        what="ours",
    )
    return result.losses, clock.speed()


def plain(rows: Sequence[Row], edge: int) -> tuple[list[float], float]:
    """Return the losses of a plain trainer's steps, and its answer tokens per second."""
    model, processor = _opened(edge)
    clock = _Clock(lambda items: padded(processor, items))
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            use_cpu=True,
            per_device_train_batch_size=SETTINGS.batch_size,
            num_train_epochs=EPOCHS[edge],
            learning_rate=SETTINGS.learning_rate,
            optim="adamw_torch_fused",
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            seed=0,
            data_seed=0,
        )
        trainer = Trainer(
            with_lora(model, LORA), arguments, data_collator=clock.collate, train_dataset=list(rows)
        )
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(clock)
        trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry], clock.speed()


def padded(processor: Any, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
    """Return the rows' questions as sequences of their own, padded to the longest."""
    texts, images, answers = [], [], []
    end = processor.tokenizer.eos_token
    for row in rows:
        for pair in row.pairs:
            content = [{"type": "text", "text": pair.question}]
            if row.picture is not None:
                content.insert(0, {"type": "image"})
                images.append(row.picture.open())
            turns = [{"role": "user", "content": content}]
            prompt = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            texts.append(prompt + pair.answer + end)
            answers.append(len(processor.tokenizer(pair.answer + end, add_special_tokens=False).input_ids))
    shown = {"images": images} if images else {}
    batch = dict(processor(text=texts, padding=True, return_tensors="pt", **shown))
    labels = torch.full_like(batch["input_ids"], IGNORE)
    for index, length in enumerate(answers):
        labels[index, -length:] = batch["input_ids"][index, -length:]
    return batch | {"labels": labels}


class _Clock(TrainerCallback):
    """When each step of a training ended, and how many answer tokens each had."""

    def __init__(self, collate: Callable[[list[Row]], dict[str, torch.Tensor]]) -> None:
        self._collate = collate
        self._tokens: list[int] = []
        self._ends: list[float] = []

    def collate(self, rows: list[Row]) -> dict[str, torch.Tensor]:
        """Make a batch and count its answer tokens."""
        batch = self._collate(rows)
        self._tokens.append(int((batch["labels"] != IGNORE).sum()))
        return batch

    def tick(self) -> None:
        """Take the time: a step has ended."""
        self._ends.append(time.perf_counter())

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.tick()

    def speed(self) -> float:
        """Return the answer tokens per second from the end of the first step on."""
        return sum(self._tokens[1:]) / (self._ends[-1] - self._ends[0])


def peak_of(objective: str, data: str) -> dict[str, float]:
    """Train a few steps and return the resident memory before and at its peak, MiB."""
    forget, retain = (rows_of(load_questions(data, "unlearn_15", name)) for name in ("forget", "retain"))
    pairs = training.paired(forget, retain, Random(0))[:4]
    model, processor = _opened(LARGE)
    packer = Packer(model, processor)
    before = _resident("VmRSS")
    train(
        with_lora(model, LORA),
        pairs,
        lambda items: training.collate_pairs(packer, items),
        getattr(training, objective),
        SETTINGS,
        seed=0,
        progress=lambda done, total, what: None,
        what=objective,
    )
    return {"before_mib": before, "peak_mib": _resident("VmHWM")}


def _peaks(data: str) -> dict[str, object]:
    found = {}
    for objective in OBJECTIVES:
        command = [sys.executable, __file__, "--peak", objective, "--data", data]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[objective] = json.loads(done.stdout.splitlines()[-1])
    ga, kl = (found[objective] for objective in OBJECTIVES)
    above = [one["peak_mib"] - one["before_mib"] for one in (kl, ga)]
    return {
        **found,
        "ratio": round(kl["peak_mib"] / ga["peak_mib"], 3),
        "ratio_above_the_loaded_model": round(above[0] / above[1], 3),
    }


def _resident(field: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(rf"{field}:\s+(\d+)", status)
    return round(int(found[1]) / 1024, 1) if found else 0.0


def _opened(edge: int) -> tuple[Any, Any]:
    """Return the model, always with the same LoRA to come, and a processor for images of that size."""
    path = resolve_model(MODEL)
    model: Any = load_model(path, "float32", "cpu")
    processor: Any = load_processor(path)
    processor.image_processor.size = {"shortest_edge": edge**2, "longest_edge": edge**2}
    torch.manual_seed(0)
    return model, processor


def _built(folder: Path) -> str:
    build("mini", folder, limit=PEOPLE)
    return str(folder)


if __name__ == "__main__":
    main()
