"""Single updates: what luminance networks are judged by, and the recursions of DRCN (Kim et al. 2016)."""

from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric
from torch.nn import functional

from srgan.models.drcn import Drcn
from srgan.models.features.classifiers import SqueezeNet, distance
from srgan.models.luminance import luminance
from srgan.models.ucsd import enlarge
from srgan.training.losses import GridError, GridTexture, TextureSpectrum
from srgan.training.recipes import RECIPES
from srgan.training.update import Training, content_loss
from tests.helpers.small import ADVERSARIAL

SMALL = replace(RECIPES["drcn"], recursions=3, features=8, batch=2, crop=32, warmup=0)


def crops() -> tuple[torch.Tensor, torch.Tensor]:
    """Two pictures of waves, made small as bicubic enlargement would have them."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    waves = [0.5 + 0.3 * torch.sin(torch.stack([x / a, y / b, (x + y) / 2])) for a, b in ((2.0, 3.0), (4.0, 1.5))]
    high = torch.stack(waves)
    return functional.avg_pool2d(high, 4), high


@pytest.mark.parametrize(("number", "alpha"), [(0, 1.0), (3, 0.625), (7, 0.125)])
def test_the_share_of_the_recursions_falls_to_zero(fabric: Fabric, number: int, alpha: float) -> None:
    training = Training(SMALL, fabric=fabric, updates=8)
    network = training.generator.module
    assert isinstance(network, Drcn)
    torch.manual_seed(0)
    torch.nn.init.kaiming_normal_(network.network.recursion.weight)
    low, high = crops()
    with torch.no_grad():
        errors = [
            4 * functional.mse_loss(luminance(each), luminance(high))
            for each in training.generator.called(low, every=True)
        ]
    found = training.update(low, high, number=number)
    torch.testing.assert_close(found["content"], errors[0])
    expected = alpha * sum(errors[1:], torch.zeros(())) / 3 + (1 - alpha) * errors[0]
    torch.testing.assert_close(found["generator"], expected)


def test_without_supervision_only_the_sum_counts(fabric: Fabric) -> None:
    training = Training(replace(SMALL, supervision=0.0), fabric=fabric, updates=8)
    found = training.update(*crops(), number=0)
    assert found["generator"] == found["content"]


def test_a_perception_loss_is_weighed_and_added(fabric: Fabric) -> None:
    torch.manual_seed(0)
    recipe = replace(SMALL, generator="srgan-generator", blocks=1, content="mse", supervision=0.0, perception=0.25)
    network = SqueezeNet()
    training = Training(recipe, fabric=fabric, updates=8, features=network)
    low, high = crops()
    with torch.no_grad():
        restored = training.generator.module(low)
        expected = distance(network(restored), network(high)).mean()
    found = training.update(low, high, number=0)
    torch.testing.assert_close(found["perception"], expected, rtol=2e-3, atol=0.0)  # a processor may have bfloat16
    torch.testing.assert_close(found["generator"], found["content"] + 0.25 * found["perception"])


def test_losses_against_grids_and_grain_are_weighed_and_added(fabric: Fabric) -> None:
    torch.manual_seed(0)
    recipe = replace(SMALL, supervision=0.0, grid=2.0, grid_texture=3.0, spectrum=4.0)
    training = Training(recipe, fabric=fabric, updates=8)
    low, high = crops()
    with torch.no_grad():
        restored = training.generator.called(low)
    found = training.update(low, high, number=0)
    torch.testing.assert_close(found["grid"], GridError()(restored, high))
    torch.testing.assert_close(found["grid_texture"], GridTexture()(restored, high))
    torch.testing.assert_close(found["spectrum"], TextureSpectrum()(restored, high))
    expected = found["content"] + 2 * found["grid"] + 3 * found["grid_texture"] + 4 * found["spectrum"]
    torch.testing.assert_close(found["generator"], expected)


def test_feature_losses_and_the_opponent_see_a_window_that_moves(
    fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(ADVERSARIAL, content="mse", pixel=1.0, crop=32, jitter=16)
    training = Training(recipe, fabric=fabric, updates=8)
    low, high = crops()
    seen: list[torch.Tensor] = []

    def watched(restored: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        seen.append(wanted)
        return functional.mse_loss(restored, wanted)

    monkeypatch.setattr(training, "content", watched)
    for number in (0, 1, 2, 0):
        found = training.update(low, high, number=number)
    assert {tuple(each.shape) for each in seen} == {(2, 3, 16, 16)}
    places = [
        {(y, x) for y in range(17) for x in range(17) if torch.equal(high[..., y : y + 16, x : x + 16], each)}
        for each in seen
    ]
    assert all(len(place) == 1 for place in places)
    assert places[0] == places[3]
    assert len({place for each in places for place in each}) == 3
    assert found["pixel"] != found["content"]  # pixels are compared in the whole crop


def test_a_loss_of_luminance_sees_no_colours() -> None:
    loss = content_loss(RECIPES["srcnn"], None)
    _, high = crops()
    shifted = high + torch.tensor([1 / 65.481, -1 / 128.553, 0.0])[:, None, None]
    assert float(loss(shifted, high)) == pytest.approx(0.0, abs=1e-12)
    assert float(loss(high + 0.1, high)) == pytest.approx(4 * (0.1 * 219 / 255) ** 2, rel=1e-4)


@pytest.mark.parametrize("name", ["srcnn", "srcnn-915", "espcn", "drcn"])
def test_baselines_learn_one_batch_better_than_bicubic(fabric: Fabric, name: str) -> None:
    small = {"recursions": 3, "features": 16} if name == "drcn" else {}
    recipe = replace(RECIPES[name], batch=2, crop=32, warmup=10, learning_rate=3e-3, **small)  # type: ignore[arg-type]
    training = Training(recipe, fabric=fabric, updates=150)
    low, high = crops()
    bicubic = training.content(enlarge(low, 4), high)
    for number in range(150):
        found = training.update(low, high, number=number)
    assert found["content"] < 0.5 * bicubic
