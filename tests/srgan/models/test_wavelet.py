"""The networks of wavelet bands: what the generator predicts, and what the discriminator can see."""

import numpy as np
import pytest
import pywt
import torch
from torch.nn import functional

from srgan.models.wavelet import WaveletDiscriminator, WaveletGenerator


@pytest.fixture
def generator() -> WaveletGenerator:
    torch.manual_seed(0)
    return WaveletGenerator(blocks=1, features=8).eval()


def test_without_high_bands_pixels_are_repeated(generator: WaveletGenerator) -> None:
    for last in (generator.coarse, generator.fine[-1]):
        torch.nn.init.zeros_(last.weight)  # type: ignore[arg-type]
    low = torch.rand(2, 3, 7, 5)
    torch.testing.assert_close(generator(low), functional.interpolate(low, scale_factor=4, mode="nearest"))


def test_the_bands_of_the_result_are_what_the_network_predicts(generator: WaveletGenerator) -> None:
    """PyWavelets takes the result apart into what the last convolutions put out, at odd sizes too."""
    outputs: list[torch.Tensor] = []
    for last in (generator.coarse, generator.fine):
        last.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    low = torch.rand(1, 3, 5, 7)
    with torch.inference_mode():
        restored = generator(low).numpy()
    assert restored.shape == (1, 3, 20, 28)
    coarse, fine = (output.numpy() for output in outputs)
    lowest, second, first = pywt.wavedec2(restored, "haar", level=2)
    np.testing.assert_allclose(np.concatenate(first, axis=1), fine, atol=1e-5)
    np.testing.assert_allclose(np.concatenate(second, axis=1), coarse[:, 3:], atol=1e-5)
    np.testing.assert_allclose(lowest, 4.0 * low.numpy() + coarse[:, :3], atol=1e-5)


def test_an_odd_number_of_features_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        WaveletGenerator(features=7)


def test_the_discriminator_sees_the_finest_details_and_nothing_else() -> None:
    torch.manual_seed(0)
    network = WaveletDiscriminator(crop=64, features=8).eval()
    images = torch.rand(2, 3, 64, 64)
    logits = network(images)
    assert logits.shape == (2, 1, 4, 4)
    coarse = torch.rand(2, 3, 32, 32).repeat_interleave(2, -1).repeat_interleave(2, -2)
    torch.testing.assert_close(network(images + coarse), logits, rtol=1e-3, atol=1e-4)
    assert (network(images + 0.1 * torch.randn(2, 3, 64, 64)) - logits).abs().max() > 0.01
