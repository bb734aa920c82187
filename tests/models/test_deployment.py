"""Deployment: the folded network and its ONNX graph are the generator in evaluation mode."""

import numpy as np
import onnxruntime
import pytest
import torch

from srgan.models.deployment import deploy, to_onnx
from srgan.models.srgan import Generator


def settled(*, normalisation: bool, skips: bool = True, scale: int = 4) -> Generator:
    """A generator whose statistics, slopes and biases are those of a trained one: not their initial values."""
    torch.manual_seed(0)
    generator = Generator(blocks=2, features=8, scale=scale, normalisation=normalisation, skips=skips)
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
        if isinstance(module, torch.nn.PReLU):
            torch.nn.init.uniform_(module.weight)
    return generator.eval()


@pytest.mark.parametrize("normalisation", [True, False])
@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_deployed_is_the_generator(scale: int, skips: bool, normalisation: bool) -> None:
    generator = settled(normalisation=normalisation, skips=skips, scale=scale)
    trunk, tail = deploy(generator)
    low = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        torch.testing.assert_close(tail(trunk(low)), generator(low), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for part in (trunk, tail) for module in part.modules())


@pytest.mark.parametrize("size", [(1, 1), (5, 11), (24, 20)])
def test_onnx_is_the_generator_at_any_size(size: tuple[int, int]) -> None:
    generator = settled(normalisation=True)
    graph = to_onnx(generator)
    low = torch.rand(1, 3, *size)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    (restored,) = session.run(["restored"], {"low": low.numpy()})
    with torch.inference_mode():
        expected = generator(low).numpy()
    assert np.abs(restored - expected).max() < 1e-4


def test_onnx_says_nothing_of_the_machine_that_made_it() -> None:
    graph = to_onnx(settled(normalisation=True))
    assert b"site-packages" not in graph.SerializeToString()
    assert {node.op_type for node in graph.graph.node} == {"Conv", "PRelu", "Add", "DepthToSpace"}
