"""A plan from what a user names: a model, people, GPUs, and what was measured of them already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from s_mllmun_bench import contents
from s_mllmun_bench.data import dataset_digest, load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record
from s_mllmun_bench.training.finetuning import FinetuneSettings
from s_mllmun_bench.training.methods import read_method
from s_mllmun_bench.training.pretraining import read_card, recipe_of
from s_mllmun_bench.training.settings import parse
from s_mllmun_bench.training.unlearning import read_record

from .estimate import (
    ANSWER_TOKENS,
    CONCURRENT,
    JUDGE_TOKENS,
    LATENCY,
    PREPARING,
    QUESTION_TOKENS,
    Setting,
    Step,
    is_training,
    steps,
    total,
    unlearning,
)

SAME = 0.1
"""Share by which the sizes of what was measured and what is planned may differ to be the same model."""


class Plan(Record):
    """Every step, and what the figures rest on."""

    steps: list[Step]
    hours: float
    """Of the whole reproduction of one model, on all GPUs."""
    dollars: float | None
    """Of judging it; `None` where the judge's price is not given."""
    method: list[str]
    """How the figures came about."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The data and the adapters that a machine's speed is read from."""

    data: str
    adapters: Sequence[Path]


def sizes_of(data: str) -> tuple[int, int]:
    """Return how many people a dataset has, and the edge of its pictures in pixels.

    Raises:
        BenchError: there is no such dataset.
    """
    questions = load_questions(data, "finetune", "train")
    shown = next((one.image for one in questions if one.image is not None), None)
    if shown is None:
        raise BenchError(f"{data} has no pictures; give --people and --edge instead")
    return len({one.person for one in questions}), max(shown.open().size)


def measured_speed(setting: Setting, measured: Measured) -> float:
    """Return the operations per second of one process that trained: of the slowest of some adapters.

    Args:
        setting: the model, and people and pictures of the dataset of the measurement.
        measured: adapter folders of `bench unlearn`, of one model.

    Raises:
        BenchError: a folder has no record, was continued, is of another dataset or model, or its settings do
            not say what was trained.
    """
    return min(_speed(setting, folder, measured.data) for folder in measured.adapters)


def make_plan(setting: Setting, model: Path | None = None) -> Plan:
    """Return the plan of a whole reproduction of one model: every ranked method and control, every ratio.

    Args:
        setting: what is planned for.
        model: its checkpoint folder, whose recipe may have settings of its own; `None`, or one that is not
            there: the general ones count.

    Raises:
        BenchError: the checkpoint's recipe is gone or wrong.
    """
    card = None if model is None else read_card(model)
    recipe = recipe_of(card)
    methods: dict[str, Mapping[str, Any]] = {}
    for name in contents.names("submissions", "/submission.py"):
        described = read_method(contents.folder("submissions") / name)
        if described.kind != "reference" and name != "template":
            methods[name] = described.settings if model is None else described.settings_of(model)
    finetuning = parse(FinetuneSettings, recipe.finetuning if recipe else {}, "finetune settings")
    planned = steps(setting, methods, finetuning.model_dump())
    hours, dollars = total(planned, setting.gpus)
    method = _method(setting)
    if card is not None and recipe is not None:
        method.append(f"settings: those for {card.recipe}, without the pretraining world that it replays")
    return Plan(steps=planned, hours=hours, dollars=dollars, method=method)


def _speed(setting: Setting, folder: Path, data: str) -> float:
    record = read_record(folder)
    if record.cost.continued:
        raise BenchError(f"{folder} was made in two sittings, of which only the second was timed")
    if record.data != dataset_digest(data):
        raise BenchError(f"{folder} was not trained on {data}; their digests differ")
    planned, found = setting.shape.parameters, record.cost.parameters
    if abs(planned - found) > SAME * found:
        raise BenchError(f"{folder} is of a model of {found:,} parameters, and this one has {planned:,}")
    if not record.losses:
        raise BenchError(f"{folder}: {record.method} trains nothing; give an adapter that was trained")
    if not any(map(is_training, record.settings.values())):
        raise BenchError(f"{folder}: what {record.method} trains is not known; give another method's adapter")
    how = replace(setting, checkpointing=record.computing.gradient_checkpointing)
    work = unlearning(how, record.method, record.settings, record.ratio)
    return work / record.cost.seconds / record.cost.processes


def _method(setting: Setting) -> list[str]:
    tokens, patches = setting.shape.image(setting.edge)
    peak = setting.gpu.teraflops
    speed = (
        f"{100 * setting.utilisation:.0f} % of {peak:.0f} TFLOP/s"
        if setting.operations is None
        else f"{setting.operations / 1e12:.3g} TFLOP/s, measured"
    )
    answered = (
        f"{PREPARING} s a picture, then the same share of the peak, then the weights read at "
        f"{setting.gpu.bandwidth} TB/s"
        if setting.questions_per_second is None
        else f"{setting.questions_per_second:g} questions/s of one GPU, measured"
    )
    return [
        f"{setting.people} people; a picture of {setting.edge} pixels is {tokens} tokens ({patches} "
        f"patches), a question {QUESTION_TOKENS}, an answer {ANSWER_TOKENS}",
        f"training: operations of {setting.shape.language / 1e9:.3g} billion parameters at {speed}, gradient "
        f"checkpointing {'on' if setting.checkpointing else 'off'}; a training shares each batch over as "
        "many GPUs as it has items",
        f"answering: {answered}",
        f"judging: two calls an answer, {JUDGE_TOKENS[0]} tokens read and {JUDGE_TOKENS[1]} written, "
        f"{CONCURRENT} at once, {LATENCY:g} s each; nothing is cached",
        "memory: weights, LoRA with its optimizer, activations and 2 GB, the whole batch on one GPU",
    ]
