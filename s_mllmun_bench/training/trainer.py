"""The one trainer: Hugging Face's `Trainer` with our batches and our losses.

Everything that learns goes through `train`: fine-tuning, every unlearning method and the mini
models' pretraining. A loss or gradient that is not finite stops the run; a model that has gone astray
is never saved as if it were a result. Started by `accelerate launch`, several processes share every batch
and take the same steps as one (`processes`).
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from accelerate.data_loader import BatchSamplerShard
from torch import Tensor
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import SaveStrategy

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError

from . import processes
from .objective import Objective, checked
from .packing import Tally
from .settings import Computing, TrainSettings

_STATE = "trainer_state.json"


@dataclass(frozen=True, slots=True)
class Training:
    """What a training run did."""

    losses: list[float]
    """The objective after each optimizer step, the mean over its answer tokens, in nats per token."""
    gathered: dict[str, Tensor] | None = None
    """On the main process, where FSDP or DeepSpeed left each process a part: the model's weights, whole, on
    the CPU. `None`: the model has them itself."""

    @property
    def final_loss(self) -> float:
        """The mean over the last 50 steps, nats per token."""
        last = self.losses[-50:]
        return round(sum(last) / len(last), 4)


def train(
    model: Any,
    items: Sequence[Any] | Iterable[Any],
    collate: Callable[[list[Any]], Any],
    objective: Objective,
    settings: TrainSettings,
    *,
    seed: int,
    progress: Progress,
    what: str,
    steps: int | None = None,
    computing: Computing | None = None,
    checkpoints: Path | None = None,
    tally: Tally | None = None,
) -> Training:
    """Train ``model`` in place.

    Args:
        model: every parameter with ``requires_grad`` is trained.
        items: what one epoch consists of; a sequence is shuffled by seed, an iterable is taken as it comes
            and needs ``steps``.
        collate: turns ``settings.batch_size`` items into a batch.
        objective: the loss to minimise.
        settings: learning rate and so on.
        seed: of the order of items, dropout and everything else that is random.
        progress: called after every step.
        what: the name of this training in ``progress`` and in errors.
        steps: optimizer steps instead of ``settings.epochs``.
        computing: what changes memory and time alone.
        checkpoints: a folder of this training's own. A checkpoint is left there at every tenth of the way,
            and a training that was broken off continues from the last one, to the same end; ``items`` must
            be a sequence and ``collate`` may not remember anything.
        tally: what ``collate`` counts in.

    Raises:
        BenchError: the loss or the gradient became infinite or not a number, or the processes cannot share
            the batches.
    """
    if isinstance(items, Sequence):
        processes.require_shares(settings.batch_size, what)
    else:
        processes.require_one(what)
    watch = _Watch(progress, what)
    if computing is not None and computing.gradient_checkpointing:
        # Without it the checkpointed layers have no input that needs a gradient, and a LoRA learns nothing.
        model.enable_input_require_grads()
    last = None if checkpoints is None else last_whole(checkpoints)
    with TemporaryDirectory(prefix="bench-training-") if checkpoints is None else nullcontext() as scratch:
        arguments = _arguments(Path(scratch or checkpoints or ""), settings, seed, steps, _save_steps(last))
        arguments.gradient_checkpointing = computing is not None and computing.gradient_checkpointing
        arguments.save_strategy = SaveStrategy.NO if checkpoints is None else SaveStrategy.STEPS
        data = items if isinstance(items, Sequence) else _Stream(items)
        trainer = _Trainer(
            checked(objective, what),
            model=model,
            args=arguments,
            train_dataset=data,
            data_collator=_sharing(collate, tally or Tally()),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(watch)
        model.train()
        trainer.train(resume_from_checkpoint=last)
        gathered = trainer.gathered()
    model.eval()
    return Training(watch.losses, gathered)


def last_whole(checkpoints: Path) -> str | None:
    """Return the last checkpoint in a training's folder that was written to its end, or `None`.

    Its state, which is written after all the rest, can be read.
    """
    found = sorted(checkpoints.glob("checkpoint-*"), key=lambda path: -int(path.name.partition("-")[2]))
    for folder in found:
        try:
            json.loads((folder / _STATE).read_bytes())
        except (OSError, ValueError):
            continue
        return str(folder)
    return None


def _sharing(collate: Callable[[list[Any]], Any], tally: Tally) -> Callable[[list[Any]], Any]:
    """Return what collates this process's share of a batch."""

    def shared(items: list[Any]) -> Any:
        own = list(processes.share(items))
        # All processes take every step, so one without items computes something that counts nothing.
        if own:
            return collate(own)
        with tally.unchanged():
            return processes.stand_in(collate(items[:1]))

    return shared


class _Trainer(Trainer):
    def __init__(self, objective: Objective, **arguments: Any) -> None:
        self._objective = objective
        super().__init__(**arguments)
        self.add_callback(_Resting(self, arguments["model"]))
        self.shown = True
        """Whether an image is shown in this step, to whichever process."""
        # The objective is a mean of its micro-batch, so accumulated gradients are always averaged.
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        loss = self._objective(model, inputs)
        return (loss, None) if return_outputs else loss

    def get_train_dataloader(self) -> Any:
        """Return the batches whole, to every process alike: `_sharing` takes a process's share of each."""
        loader = super().get_train_dataloader()
        sharded = loader.batch_sampler
        if isinstance(sharded, BatchSamplerShard):
            sharded.num_processes, sharded.process_index = 1, 0
        return loader

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], None]:
        """Return the micro-batches of one step, each with its weight in the step's mean."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        self.shown = processes.weigh(batches)
        return batches, None

    def gathered(self) -> dict[str, Tensor] | None:
        """Return the whole weights where processes hold parts of them; see `Training`."""
        if not (self.is_fsdp_enabled or self.is_deepspeed_enabled):
            return None
        return dict(self.accelerator.get_state_dict(self.model_wrapped))


class _Stream(torch.utils.data.IterableDataset[Any]):
    def __init__(self, items: Iterable[Any]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)


class _Resting(TrainerCallback):
    """Lets the vision tower rest in a step of text alone, as it does in one process, where nothing ran it.

    Its gradients are 0 then, not missing, and its momentum would move it.
    """

    def __init__(self, trainer: _Trainer, model: Any) -> None:
        self._trainer, self._model = trainer, model

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._trainer.shown:
            return
        weights = self._model.named_parameters()
        resting = [weight for name, weight in weights if not re.search(r"language_model\.|lm_head", name)]
        torch.nn.ParameterList(resting).zero_grad(set_to_none=True)


class _Watch(TrainerCallback):
    """Collects the losses, tells the progress and stops at a loss or gradient that is no number."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress, self._what = progress, what
        self.losses: list[float] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take over the losses of a training that continues, and say where it does."""
        self.losses = [float(entry["loss"]) for entry in state.log_history if "loss" in entry]
        done, total = state.global_step, state.max_steps
        if 0 < done < total:
            self._progress(done, total, f"{self._what}, continuing at step {done + 1} of {total}")

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs is None or "loss" not in logs:
            return
        loss = float(logs["loss"])
        for name, value in (("loss", loss), ("gradient's norm", float(logs.get("grad_norm", 0.0)))):
            if not math.isfinite(value):
                raise BenchError(
                    f"{self._what}: the {name} is {value} at step {state.global_step}; nothing was saved "
                    "(a smaller learning rate usually helps)"
                )
        self.losses.append(loss)
        self._progress(state.global_step, state.max_steps, f"{self._what}, loss {loss:.3f}")


def _save_steps(last: str | None) -> float:
    """Return when a checkpoint is left: as a share of the way, or as it is kept in the one to go on from.

    There it is in steps, and Hugging Face warns of what is not the same.
    """
    return 0.1 if last is None else float(json.loads((Path(last) / _STATE).read_bytes())["save_steps"])


def _arguments(
    scratch: Path, settings: TrainSettings, seed: int, steps: int | None, save_steps: float
) -> TrainingArguments:
    cpu = not torch.cuda.is_available()
    arguments = TrainingArguments(
        output_dir=str(scratch),
        use_cpu=cpu,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        num_train_epochs=settings.epochs,
        max_steps=steps or -1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        adam_beta2=settings.beta2,
        max_grad_norm=settings.max_gradient_norm,
        bf16=settings.precision == "bf16" and (cpu or torch.cuda.is_bf16_supported()),
        gradient_checkpointing_kwargs={"use_reentrant": False},
        optim="adamw_torch_fused",
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        save_steps=save_steps,
        save_total_limit=1,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=[],
        dataloader_pin_memory=not cpu,
        # A loss may run the model twice before it goes back, which looking for unused weights cannot stand.
        ddp_find_unused_parameters=False,
        # A batch is whole as it is: its tensors' first axes differ and must not be cut to one length, and a
        # last one that is small stays small.
        accelerator_config={"dispatch_batches": False, "split_batches": False, "even_batches": False},
        seed=seed,
        data_seed=seed,
    )
    # One process trains on one device: splitting a packed batch along its first axes would tear it.
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
    return arguments
