"""The discriminator of patches: its shape, what a logit sees, and its bounded slope."""

import pytest
import torch
from torch import nn

from srgan.models.patch_discriminator import PatchDiscriminator


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


def test_every_convolution_has_a_spectral_norm_of_one() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(crop=16, features=8)
    for _ in range(300):  # power iterations
        discriminator(torch.rand(1, 3, 16, 16))
    discriminator.eval()
    for module in discriminator.modules():
        if isinstance(module, nn.Conv2d):
            singular = torch.linalg.svdvals(module.weight.detach().flatten(1))
            assert float(singular[0]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("crop", [8, 20])
def test_refuses_crops_that_it_cannot_halve(crop: int) -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        PatchDiscriminator(crop=crop)
