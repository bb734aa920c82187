"""A fidelity means the network between two models, and says in one line when it cannot be meant."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srgan.errors import ModelError, UsageError
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find
from srgan.weights.interpolation import AnyModel, Interpolated, fidelity_digits, find_network

Pair = tuple[Path, Path]


@pytest.fixture
def shipped(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the pair, which is all that came with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", pair[0].parent)
    return pair[0].parent


def test_without_fidelity_it_is_one_model(tiny_model: Path) -> None:
    assert find_network(tiny_model) == find(tiny_model)


def test_with_one_it_lies_between_the_two(pair: Pair) -> None:
    network = find_network(pair[0], faithful=pair[1], fidelity=0.7)
    assert network == Interpolated(find(pair[0]), find(pair[1]), 0.7)
    assert network.scale == 4
    assert network.stages == find(pair[0]).stages
    assert network.name == "srgan to srresnet at fidelity 0.7"


def test_at_an_end_it_is_the_model_there(pair: Pair) -> None:
    for fidelity in (0, 0.0, -0.0):
        assert between(pair, fidelity) == find(pair[0])
    for fidelity in (1, 1.0):
        assert between(pair, fidelity) == find(pair[1])


def test_no_two_networks_share_a_label(pair: Pair) -> None:
    fidelities = (0.0, 5e-324, 0.3, 0.1 + 0.2, 0.7, 1 - 2**-53, 1.0)
    labels = [between(pair, fidelity).label for fidelity in fidelities]
    assert len(set(labels)) == len(fidelities)
    srgan, srresnet = (find(model) for model in pair)
    assert labels[4] == f"srgan {srgan.card.identity} to srresnet {srresnet.card.identity} at fidelity 0.7"
    assert (labels[0], labels[-1]) == (srgan.label, srresnet.label)


@pytest.mark.parametrize(
    ("fidelity", "digits"), [(0, "0"), (-0.0, "0"), (1.0, "1"), (0.5, "0.5"), (0.125, "0.125"), (1e-5, "0.00001")]
)
def test_a_fidelity_is_written_in_decimals(fidelity: float, digits: str) -> None:
    assert fidelity_digits(fidelity) == digits


def test_weights_between(pair: Pair) -> None:
    first, second = np.array([[0.0, 1.0, -3.0, 0.1], [1.0, 1.0, 5.0, 0.1]], np.float32)
    network = between(pair, 0.25)
    assert isinstance(network, Interpolated)
    assert np.array_equal(network.between(first, second), np.array([0.25, 1.0, -1.0, 0.1], np.float32))
    assert network.between(first, second).dtype == np.float32


@pytest.mark.parametrize("fidelity", [-0.1, 1.1, 1 + 2**-52, float("nan"), float("inf"), -5e-324])
def test_a_fidelity_that_cannot_be_meant(pair: Pair, fidelity: float) -> None:
    with pytest.raises(UsageError) as raised:
        between(pair, fidelity)
    assert raised.value.parameter == "fidelity"


@pytest.mark.parametrize(
    ("named", "parameter"),
    [
        ({"model": "srgan", "faithful": "srresnet"}, "faithful"),
        ({"model": "srgan", "fidelity": 0.5}, "fidelity"),
        ({"model": "srgan", "faithful": "srgan", "fidelity": 0.5}, "faithful"),
    ],
)
@pytest.mark.usefixtures("shipped")
def test_a_pair_that_is_none(named: dict[str, Any], parameter: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_network(**named)
    assert raised.value.parameter == parameter


def test_networks_of_two_shapes_are_refused_whatever_the_fidelity(pair: Pair) -> None:
    for fidelity in (0.0, 0.5, 1.0):
        with pytest.raises(ModelError):
            find_network(pair[0], faithful="srresnet", fidelity=fidelity)


def between(pair: Pair, fidelity: float) -> AnyModel:
    """The network between the two at this fidelity."""
    return find_network(pair[0], faithful=pair[1], fidelity=fidelity)


@pytest.mark.parametrize(("photo_real", "faithful"), [("srgan", "srresnet"), ("srgan-photo", "srresnet-photo")])
def test_shipped_pairs_have_networks_between_them(photo_real: str, faithful: str) -> None:
    low = np.random.default_rng(0).integers(60, 190, (12, 14, 3), dtype=np.uint8)
    results = [
        Upscaler(photo_real, faithful=faithful, fidelity=fidelity, precision="fp32").upscale(low).astype(float)
        for fidelity in (0.0, 0.5, 1.0)
    ]
    far = np.abs(results[0] - results[2]).mean()
    assert 0 < np.abs(results[1] - results[0]).mean() < far
    assert 0 < np.abs(results[1] - results[2]).mean() < far
