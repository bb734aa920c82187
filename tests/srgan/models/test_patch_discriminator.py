"""The discriminator of patches: its shape, its size, and what a logit sees."""

import pytest
import torch

from srgan.models.patch_discriminator import PatchDiscriminator
from tests.srgan.models.conftest import count


@pytest.mark.parametrize("crop", [16, 48, 96])
def test_a_logit_for_every_eight_pixels(crop: int) -> None:
    logits = PatchDiscriminator(crop=crop, features=4)(torch.rand(2, 3, crop, crop))
    assert logits.shape == (2, 1, crop // 8, crop // 8)


def test_a_logit_sees_56_pixels() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(crop=128, features=4).double().eval()
    image = torch.rand(1, 3, 128, 128, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(discriminator(image)[0, 0, 8, 8], image)
    rows = gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten()
    assert int(rows.max() - rows.min()) + 1 == 56


def test_parameters_by_hand() -> None:
    sizes = [(64, 64, 4), (64, 128, 4), (128, 256, 4), (256, 256, 3)]
    ends = 3 * 64 * 9 + 64 + 256 * 9 + 1
    middle = sum(inputs * outputs * kernel**2 + 2 * outputs for inputs, outputs, kernel in sizes)
    assert count(PatchDiscriminator()) == ends + middle


@pytest.mark.parametrize("crop", [8, 20])
def test_refuses_crops_that_it_cannot_halve(crop: int) -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        PatchDiscriminator(crop=crop)
