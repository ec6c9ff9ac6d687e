"""Losses on answer tokens, and on nothing else.

Prompt, question and image tokens are never learnt: a loss that covers them teaches, or unlearns,
the question. Axis suffixes: B sequences, L tokens, N answer tokens, V vocabulary.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.nn import functional

from .packing import IGNORE


def answer_logits(model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Run the model and return its predictions of the answer tokens.

    Args:
        model: the model, wrapped or not.
        batch: as `Packer.collate` returns it.

    Returns:
        Logits (N, V), float32, and the tokens they should predict (N).
    """
    inputs = {key: value for key, value in batch.items() if key != "labels"}
    targets_BL = batch["labels"][:, 1:]
    learnt_BL = targets_BL != IGNORE
    kept_K = learnt_BL.any(dim=0).nonzero()[:, 0]
    logits_BKV = model(**inputs, use_cache=False, logits_to_keep=kept_K).logits
    learnt_BK = learnt_BL[:, kept_K]
    return logits_BKV[learnt_BK].float(), targets_BL[:, kept_K][learnt_BK]


def answer_cross_entropy(logits_NV: Tensor, targets_N: Tensor) -> Tensor:
    """Return the mean negative log-likelihood of the answer tokens, in nats per token.

    Args:
        logits_NV: predictions, shape (N, V), N >= 1.
        targets_N: the tokens they should predict, shape (N).
    """
    return functional.cross_entropy(logits_NV, targets_N)


def cross_entropy(model: Any, batch: Mapping[str, Tensor]) -> Tensor:
    """Return `answer_cross_entropy` of a model on a batch; the L of the paper's Eq. 4 and 12 to 14."""
    return answer_cross_entropy(*answer_logits(model, batch))
