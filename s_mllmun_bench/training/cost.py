"""What an unlearning run cost, and how much of the model its adapter reaches.

A method that forgets well by changing everything, or at ten times the price, is another finding than
one that does it cheaply; so the cost stands beside every adapter (``cost.json``).
"""

import resource
import sys
from pathlib import Path
from typing import Literal

import torch

from s_mllmun_bench.checkpoints.adapters import Adapter, bind, load_adapter
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.pruned import PrunedAdapter
from s_mllmun_bench.records import Record

from . import processes
from .task import UnlearningTask

COST = "cost.json"


class Cost(Record):
    """What ``cost.json`` holds."""

    seconds: float
    """From the start to the finished adapter, loading included."""
    processes: int = 1
    """How many shared the work, each for ``seconds``."""
    answer_tokens: int
    """Answer tokens that were put before the model, over all steps and terms: to be learnt, or to be watched
    by a method that trains nothing (``parameters_trained`` is 0 then)."""
    padding_share: float
    """Share of all tokens in batches that were padding, 0 to 1."""
    peak_memory_mib: int
    """Of the process with the highest peak."""
    memory_of: Literal["gpu", "process"]
    """The peak of what torch allocated on the GPU, or of the whole process's resident memory."""
    parameters_trained: int
    """Over all trainings; 0 for a method that trains nothing."""
    parameters_touched: int
    """Entries of the weights that the adapter may change."""
    parameters: int
    """Of the whole model."""
    continued: bool
    """Whether an earlier sitting that was broken off left a part to go on from, which is not counted here."""


def measured(task: UnlearningTask, seconds: float, touched: tuple[int, int], continued: bool) -> Cost:
    """Return what a task has cost; all processes call it, and get the same.

    Args:
        task: after the method has run.
        seconds: of this sitting.
        touched: parameters touched, and of the whole model.
        continued: see `Cost`.
    """
    gpu = torch.cuda.is_available()
    peak = torch.cuda.max_memory_allocated() if gpu else _peak_resident()
    own = task.tally
    counted = [own.tokens, own.padding, own.answer_tokens]
    # Without a training every process has looked at the same batches.
    tokens, padding, answered = processes.summed(counted) if task.trainings else counted
    return Cost(
        seconds=round(seconds, 1),
        processes=processes.count(),
        answer_tokens=round(answered),
        padding_share=round(padding / max(1, tokens), 4),
        peak_memory_mib=round(processes.largest(peak) / 2**20),
        memory_of="gpu" if gpu else "process",
        parameters_trained=sum(training.parameters for training in task.trainings.values()),
        parameters_touched=touched[0],
        parameters=touched[1],
        continued=continued,
    )


def touched_by(folder: Path, model: Path) -> tuple[int, int]:
    """Return how many parameters an adapter may change, and how many there are.

    Args:
        folder: the adapter's.
        model: the checkpoint's folder.

    Raises:
        BenchError: the folder holds no adapter, or one that is not for this model.
    """
    whole = skeleton(model)
    naming = Naming(whole)
    adapter = load_adapter(folder)
    bound = bind(adapter, naming)
    entries = sum(_reached(adapter, bound.own[name], naming.shapes[name]) for name in bound.names)
    return entries, sum(parameter.numel() for parameter in whole.parameters())


def _reached(adapter: Adapter, name: str, shape: torch.Size) -> int:
    """Return how many entries of a weight an adapter may change."""
    if isinstance(adapter, PrunedAdapter):
        return shape[0] * len(adapter.neurons[name])
    return shape.numel()


def _peak_resident() -> int:
    """Return the largest resident memory of this process so far, bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
