"""DRCN: one convolution however many recursions and the result of each."""

import torch
from torch import nn

from srgan.models.drcn import Drcn
from srgan.models.layers import enlarge, luminance
from tests.srgan.models.conftest import count


def wild(recursions: int, features: int) -> Drcn:
    """With recursions that change what they are given, as trained ones do."""
    torch.manual_seed(0)
    drcn = Drcn(recursions=recursions, features=features)
    nn.init.kaiming_normal_(drcn.network.recursion.weight)
    nn.init.uniform_(drcn.network.weights)
    return drcn.double().eval()


def test_parameters_by_hand() -> None:
    """Kim et al. 2016, sections 3.1 and 4: 3x3 everywhere, 256 channels."""
    with torch.device("meta"):
        drcn = Drcn()
    edges = (9 * 256 + 256) + (9 * 256 + 1)
    inside = 3 * (9 * 256 * 256 + 256)  # the second of the embedding, the recursion, the first of the reconstruction
    assert count(drcn) == edges + inside + 16 == 1_775_121


def test_recursions_cost_no_parameters_but_their_weight_in_the_sum() -> None:
    assert count(Drcn(recursions=9, features=8)) == count(Drcn(recursions=2, features=8)) + 7


def test_every_recursion_gives_a_picture_and_their_weighted_sum_is_the_result() -> None:
    drcn = wild(recursions=3, features=4)
    low = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    restored, *attempts = drcn(low, every=True)
    assert [attempt.shape for attempt in attempts] == [(2, 3, 20, 24)] * 3
    torch.testing.assert_close(restored, drcn(low))
    parts = [weight * luminance(attempt) for weight, attempt in zip(drcn.network.weights, attempts, strict=True)]
    torch.testing.assert_close(luminance(restored), torch.stack(parts).sum(dim=0))
    assert not torch.allclose(attempts[0], attempts[1])


def test_a_recursion_is_the_same_convolution_again() -> None:
    network = wild(recursions=3, features=4).network
    x = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    state = network.embedding(x)
    for attempt in network.attempts(x):
        state = torch.relu(network.recursion(state))
        torch.testing.assert_close(attempt, x + network.reconstruction(state))


def test_at_first_recursions_pass_on_what_they_are_given() -> None:
    torch.manual_seed(0)
    _, *attempts = Drcn(recursions=4, features=8)(torch.rand(1, 3, 4, 4), every=True)
    for attempt in attempts[1:]:
        torch.testing.assert_close(attempt, attempts[0])


def test_without_a_correction_it_is_bicubic() -> None:
    drcn = Drcn(recursions=4, features=8)
    nn.init.zeros_(drcn.network.reconstruction[-1].weight)  # type: ignore[arg-type]
    low = torch.rand(1, 3, 4, 5)
    torch.testing.assert_close(drcn(low), enlarge(low, 4))
