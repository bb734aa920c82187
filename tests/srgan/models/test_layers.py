"""Sub-pixel convolution: it starts without a checkerboard, and convolving before the shuffle changes nothing."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from srgan.models.layers import convolve_shuffled, icnr_


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 3, 5, 9])
def test_convolving_before_the_shuffle_is_convolving_after_it(factor: int, kernel: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(5, 3, kernel, padding=kernel // 2).double()
    unshuffled = torch.randn(2, 5 * factor**2, 7, 6, dtype=torch.float64, requires_grad=True)
    plain = convolution(functional.pixel_shuffle(unshuffled, factor))
    fast = convolve_shuffled(unshuffled, convolution, factor=factor)
    torch.testing.assert_close(fast, plain)
    assert convolution.bias is not None
    wanted = (unshuffled, convolution.weight, convolution.bias)
    weighting = torch.randn_like(plain)
    for one, other in zip(
        torch.autograd.grad((fast * weighting).sum(), wanted),
        torch.autograd.grad((plain * weighting).sum(), wanted),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_icnr_starts_as_nearest_neighbour_upsampling() -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(4, 12, 3, padding=1)
    icnr_(convolution, factor=2)
    shuffled = functional.pixel_shuffle(convolution(torch.randn(1, 4, 8, 8)), 2)
    repeated = shuffled[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(shuffled, repeated)
    assert shuffled.std() > 0.1
