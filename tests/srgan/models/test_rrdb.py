"""ESRGAN's generator: its published count, and the same network written down plainly."""

import torch
from torch import Tensor
from torch.nn import functional

from srgan.models.rrdb import RrdbGenerator
from tests.srgan.models.conftest import count


def test_has_the_published_size() -> None:
    with torch.device("meta"):
        assert count(RrdbGenerator()) == 16_697_987


def plain(weights: dict[str, Tensor], low: Tensor, *, blocks: int) -> Tensor:
    """RRDBNet as its paper describes it, on weights by name."""

    def convolve(x: Tensor, name: str) -> Tensor:
        return functional.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    def lrelu(x: Tensor) -> Tensor:
        return functional.leaky_relu(x, 0.2)

    def dense(x: Tensor, name: str) -> Tensor:
        x1 = lrelu(convolve(x, f"{name}.0"))
        x2 = lrelu(convolve(torch.cat((x, x1), 1), f"{name}.1"))
        x3 = lrelu(convolve(torch.cat((x, x1, x2), 1), f"{name}.2"))
        x4 = lrelu(convolve(torch.cat((x, x1, x2, x3), 1), f"{name}.3"))
        return convolve(torch.cat((x, x1, x2, x3, x4), 1), f"{name}.4") * 0.2 + x

    first = x = convolve(low, "head")
    for number in range(blocks):
        inside = x
        for block in range(3):
            inside = dense(inside, f"blocks.{number}.body.{block}.convolutions")
        x = inside * 0.2 + x
    x = first + convolve(x, "fusion")
    for layer in ("tail.1", "tail.4"):
        x = lrelu(convolve(functional.interpolate(x, scale_factor=2, mode="nearest"), layer))
    return convolve(lrelu(convolve(x, "tail.6")), "tail.8")


def test_is_the_network_of_its_paper() -> None:
    torch.manual_seed(0)
    network = RrdbGenerator(blocks=2, features=8, growth=4).eval()
    low = torch.rand(2, 3, 7, 5)
    restored = network(low)
    assert restored.shape == (2, 3, 28, 20)
    torch.testing.assert_close(restored, plain(network.state_dict(), low, blocks=2))
