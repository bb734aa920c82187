"""The discriminator of features: its shape, its size, and what a logit sees."""

import torch

from srgan.models.feature_discriminator import FeatureDiscriminator
from tests.srgan.models.conftest import count


def test_one_logit_a_depth_for_every_second_place_of_the_largest_features() -> None:
    features = [torch.rand(2, channels, side, side + 4) for channels, side in ((4, 24), (8, 12), (16, 6))]
    assert FeatureDiscriminator([4, 8, 16], features=4)(features).shape == (2, 3, 12, 14)


def test_parameters_by_hand() -> None:
    inputs = (64, 128, 256)
    inner = 64 * 64 * 16 + 64 + 64 * 64 * 9 + 64 + 64 + 1
    assert count(FeatureDiscriminator(inputs)) == sum(64 * n + 64 + inner for n in inputs)


def test_a_logit_sees_eight_places_of_its_own_depth() -> None:
    torch.manual_seed(0)
    discriminator = FeatureDiscriminator([4, 6], features=8).double()
    features = [torch.rand(1, n, side, side, dtype=torch.float64, requires_grad=True) for n, side in ((4, 32), (6, 16))]
    logits = discriminator(features)
    seen, other = torch.autograd.grad(logits[0, 0, 8, 8], features, retain_graph=True, allow_unused=True)
    rows = seen[0].abs().sum(dim=(0, 2)).nonzero().flatten()
    assert (int(rows.min()), int(rows.max())) == (13, 20)
    assert other is None or not other.any()
    # Each logit of the coarser depth stands for the places of the finer one that it covers.
    assert torch.equal(logits[0, 1, ::2, ::2], logits[0, 1, 1::2, 1::2])
