"""Sculpting against Eq. 6-10 of the paper, worked out by hand on 3x3 matrices."""

import math

import pytest
import torch
from torch import Tensor

from s_mllmun_bench.checkpoints.sculpting import conflict_mask, masked_share, sculpt, sculpt_in_place

# Both squares sum to 144, so both norms are 12 and rho = 12 / 12 = 1:
#   forget: 1 + 16 + 64 + 25 + 4 + 0 + 9 + 9 + 16 = 144
#   anchor: 4 +  4 + 36 + 64 + 9 + 1 + 25 + 0 + 1 = 144
FORGET = torch.tensor([[1.0, -4.0, 8.0], [5.0, 2.0, 0.0], [-3.0, 3.0, -4.0]])
ANCHOR = torch.tensor([[-2.0, 2.0, -6.0], [-8.0, 3.0, 1.0], [-5.0, 0.0, 1.0]])
# Signs are opposed (C = 1) at (0,0), (0,1), (0,2), (1,0), (2,2). Not at (2,0), where both are negative,
# nor at (1,2) and (2,1), where one of the two is 0.


def kept(*rows: str) -> Tensor:
    """Return FORGET with only the entries marked x."""
    marks = torch.tensor([[mark == "x" for mark in row] for row in rows])
    return torch.where(marks, FORGET, 0.0)


def test_k_0_masks_every_directional_conflict() -> None:
    # 0 < |forget| wherever forget is not 0, so M = C.
    assert torch.equal(sculpt(FORGET, ANCHOR, 0.0), kept("...", ".xx", "xx."))
    assert masked_share(FORGET, ANCHOR, 0.0) == 5 / 9


def test_k_1_masks_the_conflicts_in_which_the_forgetting_update_is_larger() -> None:
    # |forget| against 1 * |anchor| at the conflicts: 1 < 2 keep, 4 > 2 mask, 8 > 6 mask, 5 < 8 keep,
    # 4 > 1 mask.
    assert torch.equal(sculpt(FORGET, ANCHOR, 1.0), kept("x..", "xxx", "xx."))


def test_a_large_k_masks_only_where_the_anchor_is_far_smaller() -> None:
    # k = 3.5: 4 < 7 keep, 8 < 21 keep, 4 > 3.5 mask. k = 4: 4 < 4 is false, so nothing is masked.
    assert torch.equal(sculpt(FORGET, ANCHOR, 3.5), kept("xxx", "xxx", "xx."))
    assert torch.equal(sculpt(FORGET, ANCHOR, 4.0), FORGET)


def test_an_infinite_k_leaves_the_update_unsculpted() -> None:
    assert torch.equal(sculpt(FORGET, ANCHOR, math.inf), FORGET)
    assert torch.equal(sculpt(FORGET, ANCHOR, math.inf, direction=False), FORGET)


def test_rho_makes_up_for_the_norms_of_the_two_updates() -> None:
    # A hundredth of the anchor has norm .12, so rho = 100 and k * rho * |anchor| is what it was.
    assert torch.equal(sculpt(FORGET, ANCHOR / 100, 1.0), kept("x..", "xxx", "xx."))
    # Epsilon = 12 halves rho to 12 / 24: at the conflicts 1 > 1 is false, 4 > 1, 8 > 3, 5 > 4, 4 > .5.
    assert torch.equal(sculpt(FORGET, ANCHOR, 1.0, epsilon=12.0), kept("x..", ".xx", "xx."))


def test_an_anchor_of_zeros_conflicts_with_nothing() -> None:
    zero = torch.zeros(3, 3)

    assert torch.equal(sculpt(FORGET, zero, 0.0), FORGET)
    # By magnitude alone 0 < |forget| holds wherever forget is not 0.
    assert torch.equal(sculpt(FORGET, zero, 1.0, direction=False), torch.zeros(3, 3))


def test_direction_alone_masks_all_conflicts_whatever_k() -> None:
    for k in (0.0, 4.0, math.inf):
        assert torch.equal(sculpt(FORGET, ANCHOR, k, magnitude=False), kept("...", ".xx", "xx."))


def test_magnitude_alone_masks_whatever_the_signs() -> None:
    # |anchor| < |forget| at (0,1) 2 < 4, (0,2) 6 < 8, (2,1) 0 < 3, (2,2) 1 < 4.
    assert torch.equal(sculpt(FORGET, ANCHOR, 1.0, direction=False), kept("x..", "xxx", "x.."))


def test_without_both_criteria_nothing_is_masked() -> None:
    assert torch.equal(sculpt(FORGET, ANCHOR, 0.0, direction=False, magnitude=False), FORGET)


def test_tiny_updates_conflict_although_their_product_is_0_in_float32() -> None:
    # 1e-30 * 1e-30 = 1e-60, below the smallest float32.
    assert masked_share(FORGET * 1e-30, ANCHOR * 1e-30, 0.0, epsilon=1e-40) == 5 / 9


def test_half_precision_updates_are_sculpted_in_float32() -> None:
    sculpted = sculpt(FORGET.bfloat16(), ANCHOR.bfloat16(), 1.0)

    assert sculpted.dtype == torch.float32
    assert torch.equal(sculpted, kept("x..", "xxx", "xx."))


@pytest.mark.parametrize("k", [0.0, 0.5, 1.0, 2.0, 8.0])
def test_the_masked_share_of_independent_gaussians_is_arctan_of_1_over_k_by_pi(k: float) -> None:
    # Opposed signs: 1/2. |f| > k |a| of two standard normals: the ratio is Cauchy, 1 - 2/pi arctan(k)
    # = 2/pi arctan(1/k). The product is arctan(1/k) / pi. The norms differ, which rho takes out.
    generator = torch.Generator().manual_seed(0)
    forget, anchor = (torch.randn(1000, 1000, generator=generator) * scale for scale in (3.0, 0.01))

    law = math.atan2(1.0, k) / math.pi
    # The standard deviation of a share of 1e6 entries is at most .0005.
    assert masked_share(forget, anchor, k) == pytest.approx(law, abs=0.002)


@pytest.mark.parametrize(
    ("k", "epsilon", "text"),
    [(-1.0, 1e-8, "k must be 0 or more, got -1"), (math.nan, 1e-8, "got nan"), (1.0, 0.0, "epsilon must be")],
)
def test_a_negative_k_or_an_epsilon_of_0_is_an_error(k: float, epsilon: float, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sculpt(FORGET, ANCHOR, k, epsilon=epsilon)


def test_updates_of_different_shapes_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"shapes differ: \(3, 3\) and \(2, 3\)"):
        sculpt(FORGET, ANCHOR[:2], 1.0)


SIZES = [0.0, 1e-30, 1e-20, 1e-8, 0.1, 1.0, 1.0 + 2**-23, 3.0, 1e10]
SIGNED = torch.tensor([sign * size for size in SIZES for sign in (1.0, -1.0)])
EVERY_PAIR = SIGNED[:, None].expand(-1, len(SIGNED)), SIGNED[None, :].expand(len(SIGNED), -1)
"""Every size and sign of a forgetting entry, 0 and -0 among them, against every one of the anchor's."""


def at_the_limit(strength: float) -> tuple[Tensor, Tensor]:
    """Return entries for which k rho |a| is |f| as float32 rounds it, or the number before or after."""
    anchor = torch.randn(999, 99, generator=torch.Generator().manual_seed(1))
    limit = -strength * anchor
    further, nearer = torch.nextafter(limit, 2 * limit), torch.nextafter(limit, torch.zeros(()))
    return torch.where((torch.arange(999) % 3 == 0)[:, None], limit, further).where(
        (torch.arange(999) % 3 < 2)[:, None], nearer
    ), anchor


@pytest.mark.parametrize("k", [0.0, 1e-3, 0.5, 1.0, 1.7, 10.0, math.inf])
@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0, 7.0])
def test_the_fast_way_masks_entry_for_entry_what_the_equations_say(k: float, rho: float) -> None:
    limit = at_the_limit(k * rho) if math.isfinite(k) else EVERY_PAIR
    for forget, anchor in (EVERY_PAIR, limit, (FORGET * 1e-30, ANCHOR * 1e-30)):
        expected = forget.masked_fill(conflict_mask(forget, anchor, k, rho=rho), 0.0)
        assert torch.equal(sculpt_in_place(forget.clone(), anchor, k, rho), expected)
