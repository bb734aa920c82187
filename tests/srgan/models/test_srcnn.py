"""SRCNN: weights by hand and what its network sees."""

import pytest
import torch

from srgan.models.layers import enlarge, luminance
from srgan.models.srcnn import Srcnn


@pytest.mark.parametrize(("middle", "weights"), [(1, 8_032), (3, 24_416), (5, 57_184)])
def test_weights_are_those_of_the_paper(middle: int, weights: int) -> None:
    """Dong et al. 2016, sections 4.1 and 4.3.2, which leave biases out."""
    parameters = dict(Srcnn(middle=middle).named_parameters())
    assert sum(value.numel() for name, value in parameters.items() if name.endswith("weight")) == weights
    assert sum(value.numel() for name, value in parameters.items() if name.endswith("bias")) == 64 + 32 + 1


def test_other_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="1, 3 or 5, not 4"):
        Srcnn(middle=4)


def test_its_network_works_on_the_luminance_of_the_bicubic_picture() -> None:
    srcnn = Srcnn()
    seen: list[torch.Tensor] = []
    srcnn.network.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    low = torch.rand(2, 3, 6, 7)
    restored = srcnn(low)
    assert restored.shape == (2, 3, 24, 28)
    torch.testing.assert_close(seen[0], luminance(enlarge(low, 4)))
    torch.testing.assert_close(luminance(restored), srcnn.network(seen[0]))
