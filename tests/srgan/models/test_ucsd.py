"""The San Diego group's networks: counts by hand, and sizes."""

import pytest
import torch
from torch import nn

from srgan.models.ucsd import UcsdDiscriminator, UcsdGenerator, UcsdSrcnn
from tests.srgan.models.conftest import count


def test_parameters_by_hand() -> None:
    with torch.device("meta"):
        srcnn, generator, discriminator = UcsdSrcnn(), UcsdGenerator(), UcsdDiscriminator()
    assert count(srcnn) == 81 * 3 * 64 + 64 + 64 * 32 + 32 + 32 * 16 + 16 + 25 * 16 * 3 + 3

    head = 9 * 3 * 64 + 64 + 64
    block = 2 * (9 * 64 * 64 + 2 * 64) + 64
    fusion = 9 * 64 * 64 + 2 * 64
    step = 9 * 64 * 256 + 256 + 64
    output = 9 * 64 * 3 + 3
    assert count(generator) == head + 16 * block + fusion + 2 * step + output

    first = 16 * 3 * 64 + 64
    halving = sum(16 * width * 2 * width + 2 * 2 * width for width in (64, 128, 256, 512, 1024))
    narrowing = 2048 * 1024 + 2 * 1024 + 1024 * 512 + 2 * 512
    residual = 512 * 128 + 2 * 128 + 9 * 128 * 128 + 2 * 128 + 9 * 128 * 512 + 2 * 512
    assert count(discriminator) == first + halving + narrowing + residual + 18_432 + 1
    assert discriminator.dense.in_features == 18_432


def test_discriminator_s_sizes_are_the_table_s() -> None:
    with torch.device("meta"):
        discriminator = UcsdDiscriminator()
        sides, x = [], torch.rand(1, 3, 384, 384)
        for layer in discriminator.convolutions:
            if isinstance(x := layer(x), torch.Tensor) and not isinstance(layer, nn.LeakyReLU):
                sides.append((x.shape[1], x.shape[2]))
        assert sides == [
            *((64, 192), (128, 96), (256, 48), (512, 24), (1024, 12), (2048, 6)),
            *((1024, 6), (512, 6)),
        ]
        assert discriminator.residual(x).shape == (1, 512, 6, 6)


@pytest.mark.parametrize("crop", [64, 128])
def test_discriminator_gives_one_logit_a_picture(crop: int) -> None:
    assert UcsdDiscriminator(crop=crop, features=2)(torch.rand(2, 3, crop, crop)).shape == (2, 1)
    with pytest.raises(ValueError, match="multiple of 64"):
        UcsdDiscriminator(crop=crop + 16)
    with pytest.raises(ValueError, match=f"crops of {crop} pixels"):
        UcsdDiscriminator(crop=crop, features=2)(torch.rand(2, 3, 192, 192))


def test_generator_starts_in_the_range_of_pictures() -> None:
    torch.manual_seed(0)
    restored = UcsdGenerator(blocks=2).train()(torch.rand(4, 3, 12, 10))
    assert restored.shape == (4, 3, 48, 40)
    assert 0.2 < restored.mean() < 0.8
