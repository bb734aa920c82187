"""The San Diego group's networks: counts by hand, sizes, and how far the generators see."""

import pytest
import torch
from torch import nn

from srgan.models.ucsd import UcsdDiscriminator, UcsdGenerator, UcsdSrcnn


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


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


def test_srcnn_sees_matlab_s_bicubic() -> None:
    """The first convolution's input: the cubic of Keys with a = -0.5."""
    srcnn = UcsdSrcnn()
    seen: list[torch.Tensor] = []
    srcnn.convolutions.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    low = torch.rand(1, 3, 9, 9)
    low[:] = low[:, :, :1]  # the same in every row
    assert srcnn(low).shape == (1, 3, 36, 36)

    def keys(distance: float) -> float:
        x = abs(distance)
        return 1.5 * x**3 - 2.5 * x**2 + 1 if x <= 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2

    place = (17 + 0.5) / 4 - 0.5
    expected = sum(low[0, :, 0, at] * keys(place - at) for at in range(2, 6))
    torch.testing.assert_close(seen[0][0, :, 16, 17], expected)


def test_srcnn_tiled_with_its_halo_equals_the_whole() -> None:
    torch.manual_seed(0)
    srcnn = UcsdSrcnn().double().eval()
    (stage,) = srcnn.stages
    low = torch.rand(1, 3, 30, 12, dtype=torch.float64)
    part = srcnn(low[:, :, 10 - stage.halo : 15 + stage.halo])[:, :, 4 * stage.halo : -4 * stage.halo]
    torch.testing.assert_close(part, srcnn(low)[:, :, 40:60])


def test_generator_tiled_with_its_halos_equals_the_whole() -> None:
    torch.manual_seed(0)
    generator = UcsdGenerator(blocks=2, features=4).double().eval()
    trunk, tail = generator.stages
    low = torch.rand(1, 3, 30, 12, dtype=torch.float64)
    features = generator.trunk(low)
    part = generator.trunk(low[:, :, 10 - trunk.halo : 15 + trunk.halo])[:, :, trunk.halo : -trunk.halo]
    torch.testing.assert_close(part, features[:, :, 10:15])
    part = generator.tail(features[:, :, 10 - tail.halo : 15 + tail.halo])[:, :, 4 * tail.halo : -4 * tail.halo]
    torch.testing.assert_close(part, generator.tail(features)[:, :, 40:60])
