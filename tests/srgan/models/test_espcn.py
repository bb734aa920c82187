"""ESPCN: weights by hand and its first results."""

import torch

from srgan.models.espcn import Espcn
from srgan.models.layers import luminance
from tests.srgan.models.conftest import count


def test_parameters_by_hand() -> None:
    """Shi et al. 2016, section 3.2: (f1, n1) = (5, 64), (f2, n2) = (3, 32), f3 = 3, and r^2 = 16 channels last."""
    weights = 25 * 64 + 9 * 64 * 32 + 9 * 32 * 16
    assert weights == 24_640
    assert count(Espcn()) == weights + 64 + 32 + 16


def test_its_network_works_on_luminance_at_low_resolution() -> None:
    espcn = Espcn()
    low = torch.rand(2, 3, 6, 7)
    restored = espcn(low)
    assert restored.shape == (2, 3, 24, 28)
    torch.testing.assert_close(luminance(restored), espcn.network(luminance(low)))


def test_it_starts_without_a_checkerboard() -> None:
    restored = luminance(Espcn()(torch.rand(1, 3, 5, 5)))
    corners = restored[:, :, ::4, ::4].repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
    torch.testing.assert_close(restored, corners, rtol=0, atol=1e-5)
