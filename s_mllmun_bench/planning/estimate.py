"""Hours, memory and money of each step, by arithmetic that is stated beside the figures.

Computed: operations over a share of the GPU's peak, bytes over its bandwidth. Measured: operations over the
speed that one's own training showed. Neither is a promise; both are right to about a factor of two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from s_mllmun_bench.records import RATIOS, Record

from .hardware import Gpu
from .shapes import Shape

QUESTION_TOKENS, ANSWER_TOKENS = 26, 24
"""Of a question with its part of the chat template, and of an answer."""
JUDGE_TOKENS = (1060, 40)
"""Of a judge's prompt and of its reply."""
QUESTIONS, METRICS = 25, 2
"""Evaluation questions for each person, and judges for each answer."""
CONCURRENT, LATENCY = 64, 2.0
"""Requests to a judge at once, and the seconds of each."""
BATCHED = 128
"""Answers that an engine decodes at once, for one reading of the weights."""
PREPARING = 0.1
"""Seconds in which an engine prepares a picture, on one core."""
KEPT, CHECKPOINTED = 50, 2
"""Bytes of activations for each token, layer and unit of the hidden size: all kept, and computed again."""
WORKSPACE = 2e9
"""Bytes on a GPU beside weights, optimizer and activations."""
SWEEP = 8
"""Values of k of the paper's figure 4."""

Rows = Sequence[tuple[int, bool]]
"""What one person gives to a training: by row, how many questions, and whether with a picture."""
FINETUNED: Rows = ((11, True), (10, False), (1, True))
UNLEARNT: Rows = ((11, True), (10, False))


@dataclass(frozen=True, slots=True)
class Setting:
    """What is planned for."""

    shape: Shape
    gpu: Gpu
    gpus: int
    people: int = 1000
    edge: int = 1024
    """Of a picture, pixels."""
    utilisation: float = 0.4
    """Share of the GPU's peak that is reached."""
    operations: float | None = None
    """Measured: operations per second of one GPU in training; `None`: by the GPU's peak."""
    questions_per_second: float | None = None
    """Measured: of one GPU."""
    prices: tuple[float, float] | None = None
    """Of the judge: US dollars per million tokens read and written."""
    checkpointing: bool = True
    """Whether activations are computed again in the backward pass."""


class Step(Record):
    """One step of a reproduction."""

    name: str
    hours: float
    """Of doing it once."""
    gpus: int
    """How many it uses at once; 0 for one that waits for a server."""
    memory_gb: float | None
    """Most on a GPU, 10^9 bytes; `None`: what is left is taken for a cache, or no GPU is used."""
    dollars: float | None
    """`None` where the judge's price is not given; 0 where nothing is paid."""
    times: int
    """How often the whole reproduction of one model does it."""
    basis: Literal["measured", "computed"]


def forward(setting: Setting, rows: Rows) -> tuple[float, float]:
    """Return the operations of one pass over a person's rows: the language model's, the vision tower's.

    A token passes every weight with a multiplication and an addition, and attends to its whole row: the mask
    that keeps questions apart saves no work.
    """
    shape = setting.shape
    language = seen = 0.0
    for pairs, shown in rows:
        tokens, patches = shape.image(setting.edge) if shown else (0, 0)
        length = tokens + pairs * (QUESTION_TOKENS + ANSWER_TOKENS)
        language += length * (2 * shape.language + 4 * shape.layers * shape.attention * length)
        seen += 2 * patches * shape.vision
    return language, seen


def learning(setting: Setting, rows: Rows, whole: bool = False) -> float:
    """Return the operations of learning a person's rows once.

    Forward and, as the frozen weights of a LoRA's model need no gradient, as much backward (twice as much if
    the ``whole`` language model is trained); once more forward with gradient checkpointing. The vision tower
    is frozen and only looks.
    """
    language, seen = forward(setting, rows)
    return (2 + whole + setting.checkpointing) * language + seen


def unlearning(setting: Setting, method: str, settings: Mapping[str, Any], ratio: int) -> float:
    """Return the operations of an unlearning method.

    Args:
        setting: what is planned for.
        method: its name in ``submissions/``.
        settings: its own. Every part with ``epochs`` is a training on the forget and the few-shot retain set,
            an ``anchor`` on the latter alone; a method without any looks at both sets once.
        ratio: per cent of the people to forget.
    """
    people = setting.people * ratio / 100
    once = sum(forward(setting, UNLEARNT))
    trained = {name: part["epochs"] for name, part in settings.items() if is_training(part)}
    if not trained:
        return 2 * people * once
    passes = sum(epochs * (1 if name == "anchor" else 2) for name, epochs in trained.items())
    watched = trained.get("training", 0) * people * once if method == "kl_minimization" else 0.0
    return float(passes * people * learning(setting, UNLEARNT) + watched)


def memory(setting: Setting, weight_bytes: int, rows: Rows, batch: int, trained: int) -> float:
    """Return the most bytes on a GPU that trains alone.

    Args:
        setting: what is planned for.
        weight_bytes: of one frozen weight: 2 for unlearning, 4 for fine-tuning, which is merged.
        rows: of one item of a batch.
        batch: items of a batch.
        trained: parameters; weight, gradient and two moments of each are float32.
    """
    shape, pair = setting.shape, QUESTION_TOKENS + ANSWER_TOKENS
    tokens = batch * sum((shape.image(setting.edge)[0] if shown else 0) + n * pair for n, shown in rows)
    each = (CHECKPOINTED if setting.checkpointing else KEPT) * shape.layers * shape.hidden
    return shape.parameters * weight_bytes + 16 * trained + tokens * each + WORKSPACE


def answering(setting: Setting) -> float:
    """Return the seconds of answering a run's questions on one GPU."""
    shape, asked = setting.shape, QUESTIONS * setting.people
    if setting.questions_per_second is not None:
        return asked / setting.questions_per_second
    pictures = 2 * setting.people
    tokens, patches = shape.image(setting.edge)
    read = (pictures * tokens + asked * QUESTION_TOKENS) * 2 * shape.language
    read += pictures * patches * 2 * shape.vision
    written = asked * ANSWER_TOKENS / BATCHED * 2 * shape.parameters / (setting.gpu.bandwidth * 1e12)
    return pictures * PREPARING + read / _peak(setting) + written


def steps(
    setting: Setting, methods: Mapping[str, Mapping[str, Any]], finetuning: Mapping[str, Any]
) -> list[Step]:
    """Return every step of a model's reproduction, in order.

    Args:
        setting: what is planned for.
        methods: the settings of each method, by its name.
        finetuning: `training.finetuning.FinetuneSettings` as a mapping.
    """
    training, lora = finetuning["training"], finetuning["lora"]
    epochs, batch = float(training["epochs"]), int(training["batch_size"])
    learnt = setting.people * epochs * learning(setting, FINETUNED, whole=lora is None)
    trained = setting.shape.language if lora is None else int(lora["rank"]) * setting.shape.widths
    most = memory(setting, 4, FINETUNED, batch, trained)
    found = [_trained(setting, "fine-tuning", learnt, batch, most)]
    for name, settings in methods.items():
        size, held = _largest(setting, settings)
        for ratio in RATIOS:
            work = unlearning(setting, name, settings, ratio)
            found.append(_trained(setting, f"{name} at {ratio} %", work, size, held))
    found.append(_trained(setting, "retrain at 5 %", 0.95 * learnt, batch, most))
    runs = len(RATIOS) * (len(methods) + 1) + SWEEP + 1
    return [*found, *_evaluated(setting, runs)]


def total(planned: Sequence[Step], gpus: int) -> tuple[float, float | None]:
    """Return the hours and US dollars of everything; steps that leave GPUs free share them with others."""
    hours = sum(one.hours * one.times * (one.gpus / gpus if one.gpus else 1) for one in planned)
    paid = [one.dollars for one in planned if one.dollars is not None]
    known = len(paid) == len(planned)
    return hours, sum(one.dollars * one.times for one in planned if one.dollars) if known else None


def _trained(setting: Setting, name: str, work: float, batch: int, held: float) -> Step:
    used = min(setting.gpus, batch)
    seconds = work / (setting.operations or _peak(setting)) / used
    return Step(
        name=name,
        hours=seconds / 3600,
        gpus=used,
        memory_gb=held / 1e9,
        dollars=0.0,
        times=1,
        basis="computed" if setting.operations is None else "measured",
    )


def _evaluated(setting: Setting, runs: int) -> Iterator[Step]:
    answers = QUESTIONS * setting.people
    yield Step(
        name="answering a run",
        hours=answering(setting) / setting.gpus / 3600,
        gpus=setting.gpus,
        memory_gb=None,
        dollars=0.0,
        times=runs,
        basis="computed" if setting.questions_per_second is None else "measured",
    )
    calls = METRICS * answers
    prices = setting.prices
    yield Step(
        name="judging a run by an LLM",
        hours=calls * LATENCY / CONCURRENT / 3600,
        gpus=0,
        memory_gb=None,
        dollars=None
        if prices is None
        else calls * sum(a * b for a, b in zip(JUDGE_TOKENS, prices, strict=True)) / 1e6,
        times=runs,
        basis="computed",
    )


def _peak(setting: Setting) -> float:
    return setting.utilisation * setting.gpu.teraflops * 1e12


def is_training(part: Any) -> bool:
    """Return whether a part of a method's settings is those of a training."""
    return isinstance(part, Mapping) and "epochs" in part


def _largest(setting: Setting, settings: Mapping[str, Any]) -> tuple[int, float]:
    """Return the largest batch of a method's trainings, 1 where there is none, and the bytes it takes."""
    batch = max((int(part["batch_size"]) for part in settings.values() if is_training(part)), default=1)
    rank = int(settings.get("lora", {}).get("rank", 0))
    # An item of the one loss of both sets is a row of each.
    rows = batch * (2 if "training" in settings else 1)
    return batch, memory(setting, 2, UNLEARNT[:1], rows, rank * setting.shape.widths)
