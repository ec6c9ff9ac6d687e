"""What a training minimises, and the one line that says why something else cannot be minimised."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from s_mllmun_bench.errors import BenchError

Objective = Callable[[Any, Any], Tensor]
"""``objective(model, batch) -> loss``, a scalar; ``batch`` is what the collate function made. Built from
`losses`, it is the mean over a step's answer tokens however the step is shared; one that takes a mean of
its own counts every process's and micro-batch's mean alike."""


def checked(objective: Objective, what: str) -> Objective:
    """Return an objective whose loss can be minimised, or else raises.

    Args:
        objective: the loss to minimise.
        what: the name of the training, for the error.

    Raises:
        BenchError: when it is called: it returned no scalar tensor, or one that no weight changes.
    """

    def safe(model: Any, batch: Any) -> Tensor:
        loss: Any = objective(model, batch)
        if isinstance(loss, Tensor) and loss.dim() == 0 and loss.requires_grad:
            return loss
        raise BenchError(
            f"{what}: the objective must return a scalar tensor that depends on the trained weights, "
            f"got {_described(loss)}"
        )

    return safe


def _described(loss: Any) -> str:
    if not isinstance(loss, Tensor):
        return "None" if loss is None else f"a {type(loss).__name__}"
    return f"one of shape {tuple(loss.shape)}" if loss.dim() else "one that depends on none of them"
