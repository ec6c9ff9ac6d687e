"""Trainings of a tiny checkpoint, as one process runs them or as several do that `accelerate launch` started.

accelerate launch --multi_gpu --num_processes 2 tests/several.py CHECKPOINT DATA OUTPUT
accelerate launch --config_file docs/accelerate/fsdp_qwen2_5_vl_7b.yaml tests/several.py ...

The second divides the model's layers between the processes (FSDP), which accelerate does on GPUs alone
unless it is told that processors are GPUs.
"""

import os
import sys
from pathlib import Path

from s_mllmun_bench.training.finetuning import finetune
from s_mllmun_bench.training.unlearning import unlearn

TRAINING = ["training.precision=fp32", "training.learning_rate=5e-3", "lora.dropout=0", "lora.rank=4"]
PAIRED = [*TRAINING, "training.batch_size=2", "training.epochs=7"]
"""Of 6 pairs of rows, 2 at a time: 21 steps."""
ODD = [*TRAINING, "training.batch_size=5", "training.epochs=1"]
"""Of 6 pairs of rows, 5 at a time: the second step has a single pair to share."""
VISION = [*PAIRED, "lora.vision=true"]
"""Each of two rows may be text alone, and so may both."""
PEOPLE = [*TRAINING, "training.batch_size=19", "training.epochs=1"]
"""Of 20 people, 19 at a time: the second step has a single person to share."""


def silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


def main(checkpoint: str, data: str, output: Path) -> None:
    """Run the trainings that have a loss of their own, the one that trains nothing, and fine-tuning."""
    for method in ("ga_difference", "kl_minimization"):
        unlearn(method, checkpoint, data, 15, output / method, silent, assignments=PAIRED)
    unlearn("ga_difference", checkpoint, data, 15, output / "vision", silent, assignments=VISION)
    unlearn("ga_difference", checkpoint, data, 15, output / "odd", silent, assignments=ODD)
    unlearn("manu", checkpoint, data, 5, output / "manu", silent)
    finetune(checkpoint, data, output / "finetuned", silent, assignments=PEOPLE)


def divide_on_processors() -> None:
    """Let accelerate take processors for GPUs when it decides whether it is to divide the model."""
    from accelerate.state import AcceleratorState, PartialState
    from accelerate.utils import DistributedType

    begin = AcceleratorState.__init__

    def beginning(self, *args, **kwargs):
        if not AcceleratorState._shared_state:
            PartialState(cpu=True)
            PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
        begin(self, *args, **kwargs)
        assert self.is_fsdp2

    AcceleratorState.__init__ = beginning


if __name__ == "__main__":
    if os.environ.get("ACCELERATE_USE_FSDP") == "true":
        divide_on_processors()
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
