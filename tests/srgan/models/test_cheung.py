"""Cheung's networks: the counts that Keras printed, and its padding."""

import pytest
import torch
from torch import nn

from srgan.models.cheung import CheungDiscriminator, CheungGenerator
from tests.srgan.models.conftest import count


def count_as_keras_does(network: nn.Module) -> int:
    """Parameters and moving statistics, without torch's counter of batches."""
    buffers = sum(buffer.numel() for name, buffer in network.named_buffers() if "num_batches" not in name)
    return buffers + count(network)


def test_counts_are_those_that_keras_printed() -> None:
    with torch.device("meta"):
        generator, discriminator = CheungGenerator(), CheungDiscriminator()
    assert count_as_keras_does(generator) == 2_044_291
    assert count(generator) == 2_040_067  # its "trainable params"
    assert count_as_keras_does(discriminator) == 38_249_281


def test_momentum_is_keras() -> None:
    with torch.device("meta"):
        networks = CheungGenerator(), CheungDiscriminator()
    for network, momentum in zip(networks, (0.5, 1 - 0.8), strict=True):
        layers = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        assert [layer.momentum for layer in layers] == pytest.approx([momentum] * len(layers))
        assert {layer.eps for layer in layers} == {1e-3}


def test_upsampling_repeats_pixels_before_the_activation() -> None:
    torch.manual_seed(0)
    generator = CheungGenerator(blocks=1, features=4).eval()
    for module in generator.modules():
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight)
    low = torch.rand(2, 3, 6, 5)
    x = generator.trunk(low)
    for step in generator.upsampling:
        convolution, activation = step.get_submodule("convolution"), step.get_submodule("activation")
        x = activation(convolution(x).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3))
    restored = generator(low)
    assert restored.shape == (2, 3, 24, 20)
    torch.testing.assert_close(restored, generator.output(x))


def test_strides_pad_as_keras_same_does() -> None:
    """Keras' first row of a stride of 2 stands on rows 0, 1, 2; only the last reaches beyond the picture."""
    discriminator = CheungDiscriminator(crop=16, features=2)
    layers = list(discriminator.convolutions)
    (place,) = [at for at, module in enumerate(layers) if isinstance(module, nn.ZeroPad2d)][:1]
    pad, convolution = layers[place], layers[place + 1]
    assert isinstance(convolution, nn.Conv2d)
    x = torch.rand(1, 2, 16, 16)
    y = convolution(pad(x))
    assert y.shape == (1, 2, 8, 8)
    assert convolution.bias is not None
    first = (convolution.weight * x[:, :, :3, :3]).sum(dim=(1, 2, 3)) + convolution.bias
    torch.testing.assert_close(y[0, :, 0, 0], first)


@pytest.mark.parametrize("crop", [16, 32])
def test_discriminator_gives_one_logit_a_picture(crop: int) -> None:
    assert CheungDiscriminator(crop=crop, features=4)(torch.rand(2, 3, crop, crop)).shape == (2, 1)
    with pytest.raises(ValueError, match="multiple of 16"):
        CheungDiscriminator(crop=crop + 1)
    with pytest.raises(ValueError, match=f"crops of {crop} pixels"):
        CheungDiscriminator(crop=crop, features=4)(torch.rand(2, 3, 48, 48))
