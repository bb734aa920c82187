"""The Haar transform: PyWavelets' numbers at even and odd sizes, its inverse, and the undecimated form."""

import numpy as np
import pytest
import pywt
import torch

from srgan.models.haar import join, split, split_everywhere


@pytest.mark.parametrize("size", [(8, 6), (7, 6), (8, 5), (5, 9), (1, 1), (1, 4)])
def test_bands_are_those_of_pywavelets(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 3, *size, dtype=torch.float64)
    low, high = split(images)
    expected_low, expected_high = pywt.dwt2(images.numpy(), "haar", mode="symmetric")
    np.testing.assert_allclose(low, expected_low, atol=1e-12)
    np.testing.assert_allclose(high, np.concatenate(expected_high, axis=1), atol=1e-12)
    np.testing.assert_allclose(join(low, high)[..., : size[0], : size[1]], images, atol=1e-12)


def test_the_inverse_is_that_of_pywavelets() -> None:
    torch.manual_seed(0)
    low, high = torch.rand(2, 3, 5, 4, dtype=torch.float64), torch.rand(2, 9, 5, 4, dtype=torch.float64)
    expected = pywt.idwt2((low.numpy(), tuple(np.split(high.numpy(), 3, axis=1))), "haar")
    np.testing.assert_allclose(join(low, high), expected, atol=1e-12)


def test_the_undecimated_bands_are_those_of_pywavelets_away_from_the_border() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 3, 8, 6, dtype=torch.float64)
    found = split_everywhere(images)
    ((low, high),) = pywt.swt2(images.numpy(), "haar", level=1)
    np.testing.assert_allclose(found[..., :-1, :-1], np.concatenate([low, *high], axis=1)[..., :-1, :-1], atol=1e-12)
    assert split_everywhere(images[..., :7, :5]).shape == (2, 12, 7, 5)
    decimated = torch.cat(split(images), dim=1)
    torch.testing.assert_close(found[..., ::2, ::2], decimated)
