"""Losses on answer tokens, and on nothing else.

Prompt, question and image tokens are never learnt: a loss that covers them teaches, or unlearns,
the question. A batch that is a share of a step is divided by what `processes.weigh` says, so that the
mean is over all answer tokens of the step, however it was shared.

Axis suffixes: B sequences, L tokens, N answer tokens, V vocabulary, A answers.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .layout import IGNORE
from .processes import ANSWER_TOKENS, BLANK


def answer_logits(model: Any, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """Run the model and return its predictions of the answer tokens.

    Args:
        model: the model, wrapped or not.
        batch: as `Packer.collate` returns it.

    Returns:
        Logits (N, V), float32, and the tokens they should predict (N).
    """
    told = ("labels", ANSWER_TOKENS, BLANK)
    inputs = {key: value for key, value in batch.items() if key not in told}
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


def answer_log_likelihoods(model: Any, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """Return how likely each answer of a batch is as a whole, for losses that compare answers.

    A mean of them that a loss takes counts every process's and micro-batch's mean alike.

    Args:
        model: the model, wrapped or not; `cross_entropy` has the mean over tokens instead.
        batch: as `Packer.collate` returns it.

    Returns:
        Sums of the log-probabilities of each answer's tokens, its end included (A), float32, nats, and the
        numbers of those tokens (A). The answers stand in the batch's order, which need not be the rows';
        the same batch always gives the same.
    """
    logits_NV, targets_N = answer_logits(model, batch)
    logps_N = -functional.cross_entropy(logits_NV, targets_N, reduction="none")
    tokens_A = _answer_lengths(batch["labels"])
    return torch.stack([answer.sum() for answer in logps_N.split(tokens_A.tolist())]), tokens_A


def _answer_lengths(labels_BL: Tensor) -> Tensor:
    """Return the tokens of each answer (A): an answer is a run of labels, for a question precedes each."""
    learnt_BL = labels_BL[:, 1:] != IGNORE
    begins_BL = learnt_BL & (labels_BL[:, :-1] == IGNORE)
    return begins_BL[learnt_BL].cumsum(0).bincount()[1:]


def cross_entropy(model: Any, batch: Mapping[str, Any]) -> Tensor:
    """Return `answer_cross_entropy` of a model on a batch; the L of the paper's Eq. 4 and 12 to 14."""
    logits_NV, targets_N = answer_logits(model, batch)
    return answer_cross_entropy(logits_NV, targets_N) * _weight(batch, len(targets_N))


def _weight(batch: Mapping[str, Any], tokens: int) -> float:
    """Return what the mean over a batch's own tokens is multiplied by; 1 where it is a whole step."""
    return tokens / float(batch.get(ANSWER_TOKENS, tokens))


def divergence(original_NV: Tensor, current_NV: Tensor) -> Tensor:
    """Return KL(original || current), the mean over tokens, in nats per token.

    It is the whole divergence: without the original's entropy it would be a cross-entropy, which is not
    0 where nothing has changed.

    Args:
        original_NV: the original model's logits, shape (N, V), N >= 1; no gradient flows to them.
        current_NV: the current model's logits of the same tokens; same shape.
    """
    original_NV, current_NV = original_NV.detach().log_softmax(-1), current_NV.log_softmax(-1)
    return functional.kl_div(current_NV, original_NV, reduction="batchmean", log_target=True)


def divergence_from_original(model: Any, batch: Mapping[str, Any]) -> Tensor:
    """Return `divergence` of a model from itself without its adapter, on a batch's answer tokens.

    The second term of the paper's Eq. 13, with the mean over answer tokens in place of the mean over
    items, so that both terms count in nats per token. The original is the same weights with the
    adapter off: no second copy is held.

    Args:
        model: a PEFT model, wrapped for several devices or not.
        batch: as `Packer.collate` returns it.
    """
    peft_model = getattr(model, "module", model)
    with torch.no_grad(), peft_model.disable_adapter():
        original_NV, _ = answer_logits(peft_model, batch)
    current_NV, _ = answer_logits(model, batch)
    return divergence(original_NV, current_NV) * _weight(batch, len(current_NV))


def gradient_difference(model: Any, batch: Mapping[str, Mapping[str, Any]]) -> Tensor:
    """Return ``-L(forget) + L(retain)``, the paper's Eq. 12: one joint loss, never one after the other.

    Args:
        model: the model, wrapped or not.
        batch: a batch of each set, under ``forget`` and ``retain``.
    """
    return cross_entropy(model, batch["retain"]) - cross_entropy(model, batch["forget"])


def kl_minimization(model: Any, batch: Mapping[str, Mapping[str, Any]]) -> Tensor:
    """Return ``-L(forget) + KL(original || current)`` on the retain set, the paper's Eq. 13.

    Args:
        model: a PEFT model, wrapped for several devices or not.
        batch: a batch of each set, under ``forget`` and ``retain``.
    """
    return divergence_from_original(model, batch["retain"]) - cross_entropy(model, batch["forget"])


def joint_cross_entropy(model: Any, batch: Mapping[str, Mapping[str, Any]]) -> Tensor:
    """Return ``L(forget) + L(retain)``, the paper's Eq. 14 where the forget set's answers are refusals.

    Args:
        model: the model, wrapped or not.
        batch: a batch of each set, under ``forget`` and ``retain``.
    """
    return cross_entropy(model, batch["forget"]) + cross_entropy(model, batch["retain"])
