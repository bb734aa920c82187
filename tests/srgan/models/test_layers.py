"""Shared layers: sub-pixel convolution, MATLAB's bicubic and luminance, how errors pull, how far enlarging reaches."""

from collections.abc import Callable
from math import ceil

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.metrics.luma import bt601_luma
from srgan.models.drcn import Drcn
from srgan.models.espcn import Espcn
from srgan.models.layers import (
    PReLU,
    convolve_shuffled,
    enlarge,
    icnr_,
    luminance,
    radius_through_enlargement,
    with_luminance,
)
from srgan.models.srcnn import Srcnn


@pytest.mark.parametrize("slopes", [1, 5])
@pytest.mark.parametrize("kind", [torch.float64, torch.float32, torch.bfloat16])
def test_prelu_has_the_gradients_of_torch(kind: torch.dtype, slopes: int) -> None:
    torch.manual_seed(0)
    image = torch.randn(2, 5, 7, 6, dtype=kind).requires_grad_()
    image.data[0, 0, 0, :2] = torch.tensor([0.0, -0.0])
    weighting = torch.randn_like(image)
    results = []
    for layer in (PReLU(slopes), nn.PReLU(slopes)):
        layer = layer.double() if kind is torch.float64 else layer  # as when bfloat16 is mixed with float32
        layer.weight.data = torch.rand(slopes, generator=torch.Generator().manual_seed(1)).to(layer.weight.dtype)
        with torch.autocast("cpu", torch.bfloat16, enabled=kind is torch.bfloat16):
            bent = layer(image)
        results.append((bent, *torch.autograd.grad((bent * weighting).sum(), (image, layer.weight))))
    ours, torchs = results
    assert torch.equal(ours[0], torchs[0])
    assert torch.equal(ours[1], torchs[1])
    torch.testing.assert_close(ours[2], torchs[2], rtol=1e-2 if kind is torch.bfloat16 else 1e-6, atol=1e-6)


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


def test_enlargement_is_matlab_s_bicubic() -> None:
    low = torch.rand(1, 3, 9, 9)
    low[:] = low[:, :, :1]  # the same in every row

    def keys(distance: float) -> float:
        x = abs(distance)
        return 1.5 * x**3 - 2.5 * x**2 + 1 if x <= 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2

    place = (17 + 0.5) / 4 - 0.5
    expected = sum(low[0, :, 0, at] * keys(place - at) for at in range(2, 6))
    torch.testing.assert_close(enlarge(low, 4)[0, :, 16, 17], expected)


# Of MATLAB's documentation: R, G and B in [0, 1] to Y, Cb and Cr in [0, 255].
MATRIX = torch.tensor(
    [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]], dtype=torch.float64
)
OFFSET = torch.tensor([16.0, 128.0, 128.0], dtype=torch.float64)[:, None, None]


def to_ycbcr(picture: Tensor) -> Tensor:
    return (torch.einsum("yc,bchw->byhw", MATRIX, picture) + OFFSET) / 255


def to_rgb(ycbcr: Tensor) -> Tensor:
    return torch.einsum("cy,byhw->bchw", torch.linalg.inv(MATRIX), 255 * ycbcr - OFFSET)


def test_luminance_is_the_luma_of_the_metrics_before_rounding() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    found = 255 * luminance(torch.from_numpy(pixels).permute(2, 0, 1)[None].double() / 255)
    assert np.abs(found[0, 0].numpy() - bt601_luma(pixels)).max() <= 0.5 + 1e-9


def test_a_network_on_luminance_is_the_literature_s_way_there_and_back() -> None:
    low = torch.rand(2, 3, 6, 7, dtype=torch.float64)
    wanted = torch.rand(2, 1, 24, 28, dtype=torch.float64)
    blue_and_red = enlarge(to_ycbcr(low)[:, 1:], 4)
    expected = to_rgb(torch.cat([wanted, blue_and_red], dim=1))
    torch.testing.assert_close(with_luminance(enlarge(low, 4), wanted), expected, rtol=0, atol=1e-5)


def gradients(picture: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Of the mean squared errors of R, G and B and of luminance alone, with respect to the luminance given to it."""
    wanted = luminance(picture).requires_grad_()
    restored = with_luminance(picture, wanted)
    (of_rgb,) = torch.autograd.grad(functional.mse_loss(restored, high), wanted, retain_graph=True)
    (of_luminance,) = torch.autograd.grad(functional.mse_loss(luminance(restored), luminance(high)), wanted)
    return of_rgb, of_luminance


def test_errors_of_rgb_and_of_luminance_pull_alike_only_while_colours_are_right() -> None:
    """Why these networks are trained on luminance: a bicubic enlargement's colours are not right."""
    picture, high = torch.rand(2, 2, 3, 8, 8, dtype=torch.float64)
    of_rgb, of_luminance = gradients(picture, with_luminance(picture, luminance(high)))
    torch.testing.assert_close(of_rgb, (255 / 219) ** 2 * of_luminance)
    of_rgb, of_luminance = gradients(picture, high)
    cosine = functional.cosine_similarity(of_rgb.flatten(), of_luminance.flatten(), dim=0)
    assert cosine < 0.95
    # With errors of R, G and B, it is their mean that the luminance is drawn to.
    error = (picture - high).mean(dim=1, keepdim=True)
    torch.testing.assert_close(of_rgb, of_rgb.sum() / error.sum() * error)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_radius_through_an_enlargement_is_that_of_gradients(scale: int) -> None:
    for reach in range(12):
        seen = torch.zeros(25, dtype=torch.bool)
        for phase in range(scale):
            low = torch.rand(1, 1, 25, 25, dtype=torch.float64, requires_grad=True)
            place = 12 * scale + phase
            column = enlarge(low, scale)[0, 0, place - reach : place + reach + 1, place]
            (gradient,) = torch.autograd.grad(column.square().sum(), low)
            seen |= gradient[0, 0].abs().amax(dim=1) > 1e-12
        rows = torch.nonzero(seen)[:, 0]
        halo = ceil(radius_through_enlargement(reach, scale))
        assert (int(rows.min()), int(rows.max())) == (12 - halo, 12 + halo)


@pytest.mark.parametrize("make", [Srcnn, Espcn, lambda: Drcn(recursions=2, features=4)])
def test_networks_on_luminance_work_in_mixed_precision(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    network = make()
    low = torch.rand(1, 3, 6, 6).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        restored = network(low)
    assert restored.dtype == torch.float32  # what it has from the picture was not rounded
    torch.testing.assert_close(restored, network(low.float()), rtol=0, atol=0.1)
