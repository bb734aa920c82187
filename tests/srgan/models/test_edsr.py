"""EDSR: its published counts, and the same network written down plainly."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from srgan.models.edsr import Edsr
from tests.srgan.models.conftest import count


def test_baseline_and_full_network_have_the_published_sizes() -> None:
    assert count(Edsr()) == 1_517_571  # 1.5 M in Lim et al. 2017, table 1, and 43 M
    with torch.device("meta"):
        assert count(Edsr(blocks=32, features=256, residual_scaling=0.1)) == 43_089_923


def plain(weights: dict[str, Tensor], low: Tensor, *, blocks: int, scaling: float) -> Tensor:
    """EDSR as its paper describes it, on weights by name."""

    def convolve(x: Tensor, name: str) -> Tensor:
        return functional.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    mean = torch.tensor([0.4488, 0.4371, 0.4040])[None, :, None, None]
    first = x = convolve(low - mean, "head")
    for number in range(blocks):
        inside = functional.relu(convolve(x, f"blocks.{number}.convolution1"))
        x = x + scaling * convolve(inside, f"blocks.{number}.convolution2")
    x = first + convolve(x, "fusion")
    for step in ("upsampling.0", "upsampling.2"):
        x = functional.pixel_shuffle(convolve(x, step), 2)
    return convolve(x, "output") + mean


@pytest.mark.parametrize("scaling", [1.0, 0.1])
def test_is_the_network_of_its_paper(scaling: float) -> None:
    torch.manual_seed(0)
    network = Edsr(blocks=3, features=8, residual_scaling=scaling).eval()
    low = torch.rand(2, 3, 7, 5)
    restored = network(low)
    assert restored.shape == (2, 3, 28, 20)
    torch.testing.assert_close(restored, plain(network.state_dict(), low, blocks=3, scaling=scaling))


def test_blocks_begin_as_a_tenth_of_their_input_whatever_the_scaling() -> None:
    torch.manual_seed(0)
    whole = Edsr(blocks=1, features=8)
    torch.manual_seed(0)
    scaled = Edsr(blocks=1, features=8, residual_scaling=0.1)
    low = torch.rand(1, 3, 6, 6)
    torch.testing.assert_close(whole(low), scaled(low))
