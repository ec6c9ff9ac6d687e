"""Sculpting: the forgetting update without the entries that fight the retaining anchor.

Source: the paper, Eq. 6-10. Everything is float32, entry by entry and one weight matrix at a time, and
the two criteria can be switched off one by one for the paper's ablation (its table 2).
"""

import math

import torch
from torch import Tensor

from s_mllmun_bench.checkpoints.rows import scratch

EPSILON = 1e-8
"""Default of the epsilon in Eq. 8, which the paper leaves open."""
_LIFT = 2.0**60
"""A power of 2 rounds nothing; with it the product of two entries of 1e-30 is not 0 in float32."""
_BEFORE_0 = -1e-45
"""Becomes the largest negative float32."""


def sculpt(
    forget_IO: Tensor,
    anchor_IO: Tensor,
    k: float,
    *,
    epsilon: float = EPSILON,
    direction: bool = True,
    magnitude: bool = True,
    rho: float | None = None,
) -> Tensor:
    """Return the forgetting update with the masked entries set to 0 (Eq. 10).

    Args:
        forget_IO: forgetting update of one weight matrix; shape (in, out), or (out, in) as torch keeps
            the weights of linear layers: every step is entrywise.
        anchor_IO: the retaining anchor's update of the same matrix; same shape.
        k: masking strength, no unit, >= 0. Larger k masks less and forgets more; 0 masks every
            directional conflict, infinity none.
        epsilon: of Eq. 8, > 0.
        direction: apply the criterion of directional conflict (Eq. 6).
        magnitude: apply the criterion of relative magnitude (Eq. 7); without it ``k`` plays no role.
            Without both criteria nothing is masked.
        rho: the whole matrix's `norm_ratio`, where the updates are only a part of it; `None`: they are
            whole.

    Returns:
        The sculpted update, float32; same shape.

    Raises:
        ValueError: the shapes differ, ``k`` is negative or ``epsilon`` is not positive.
    """
    mask_IO = conflict_mask(
        forget_IO, anchor_IO, k, epsilon=epsilon, direction=direction, magnitude=magnitude, rho=rho
    )
    return forget_IO.float().masked_fill(mask_IO, 0.0)


def masked_share(
    forget_IO: Tensor,
    anchor_IO: Tensor,
    k: float,
    *,
    epsilon: float = EPSILON,
    direction: bool = True,
    magnitude: bool = True,
) -> float:
    """Return the share of a matrix's entries that `sculpt` sets to 0, 0 to 1.

    For independent zero-mean Gaussian updates it is ``arctan(1 / k) / pi``. Arguments and errors are
    those of `sculpt`.
    """
    mask_IO = conflict_mask(
        forget_IO, anchor_IO, k, epsilon=epsilon, direction=direction, magnitude=magnitude
    )
    return int(mask_IO.sum()) / mask_IO.numel()


def conflict_mask(
    forget_IO: Tensor,
    anchor_IO: Tensor,
    k: float,
    *,
    epsilon: float = EPSILON,
    direction: bool = True,
    magnitude: bool = True,
    rho: float | None = None,
) -> Tensor:
    """Return the mask M of Eq. 9: true where both criteria say "harmful and dominant".

    A criterion that is switched off agrees to everything. Arguments and errors are those of `sculpt`.

    Returns:
        Booleans; the updates' shape.
    """
    if forget_IO.shape != anchor_IO.shape:
        raise ValueError(f"shapes differ: {tuple(forget_IO.shape)} and {tuple(anchor_IO.shape)}")
    if not k >= 0:
        raise ValueError(f"k must be 0 or more, got {k}")
    if not epsilon > 0:
        raise ValueError(f"epsilon must be more than 0, got {epsilon}")
    forget_IO, anchor_IO = forget_IO.float(), anchor_IO.float()
    mask_IO = torch.full_like(forget_IO, direction or magnitude, dtype=torch.bool)
    if direction:
        mask_IO &= _opposed(forget_IO, anchor_IO)
    if magnitude and rho is None:
        forget_norm, anchor_norm = (float(torch.linalg.norm(update)) for update in (forget_IO, anchor_IO))
        rho = norm_ratio(forget_norm, anchor_norm, epsilon)
    if magnitude and rho is not None:
        mask_IO &= _dominant(forget_IO, anchor_IO, k, rho)
    return mask_IO


def sculpt_in_place(forget_IO: Tensor, anchor_IO: Tensor, k: float, rho: float) -> Tensor:
    """Do what `sculpt` does by both criteria, entry for entry the same, many times as fast.

    Only operations from floats to floats are used, which run at the cache's speed; those on booleans are ten
    times slower. An entry is masked where ``(f + k rho a) a < 0``: if a > 0, that is f < -k rho |a|, and if
    a < 0, f > k rho |a|, which is both criteria at once. Both factors keep their sign when they are rounded;
    `_LIFT` keeps the product from vanishing.

    Args:
        forget_IO: some rows of the forgetting update, float32; is overwritten.
        anchor_IO: the same rows of the anchor's update, float32.
        k: as in `sculpt`.
        rho: the whole matrix's `norm_ratio`.

    Returns:
        ``forget_IO``, sculpted.
    """
    if math.isinf(k):
        return forget_IO
    side_IO = scratch("side", anchor_IO.shape, torch.float32, anchor_IO.device)
    torch.mul(anchor_IO, k * rho * _LIFT, out=side_IO)
    torch.add(side_IO, forget_IO, alpha=_LIFT, out=side_IO).mul_(anchor_IO)
    # The forgetting update where the product is above the number before 0, and 0 elsewhere.
    torch.ops.aten.threshold_backward.grad_input(
        forget_IO, side_IO, threshold=_BEFORE_0, grad_input=forget_IO
    )
    return forget_IO


def shuffled(mask_IO: Tensor, generator: torch.Generator) -> Tensor:
    """Return a mask with as many true entries, at random places: the control that sculpting must beat.

    Args:
        mask_IO: booleans, any shape.
        generator: on the CPU, so that the places do not depend on the device.
    """
    order = torch.randperm(mask_IO.numel(), generator=generator).to(mask_IO.device)
    return mask_IO.flatten()[order].view_as(mask_IO)


def _opposed(forget_IO: Tensor, anchor_IO: Tensor) -> Tensor:
    """Return C of Eq. 6: the updates' signs differ.

    Signs are multiplied, not entries: the product of two entries below 1e-23 is 0 in float32.
    """
    return forget_IO.sign() * anchor_IO.sign() < 0


def norm_ratio(forget_norm: float, anchor_norm: float, epsilon: float = EPSILON) -> float:
    """Return rho of Eq. 8, from the Frobenius norms of a matrix's two updates."""
    return forget_norm / (anchor_norm + epsilon)


def _dominant(forget_IO: Tensor, anchor_IO: Tensor, k: float, rho: float) -> Tensor:
    """Return R of Eq. 7: the forgetting entry exceeds k times the anchor's, scaled to its norm."""
    if math.isinf(k):
        return torch.zeros_like(forget_IO, dtype=torch.bool)
    return k * rho * anchor_IO.abs() < forget_IO.abs()
