"""Single updates: every term is weighed and added, windows move, recursions of DRCN are supervised, baselines learn."""

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional

from srgan.models.drcn import Drcn
from srgan.models.feature_discriminator import FeatureDiscriminator
from srgan.models.features.classifiers import SqueezeNet, VggFeatures, distance
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.models.layers import enlarge, luminance
from srgan.training.adversarial_losses import (
    discriminator_loss,
    relative_logits,
    relativistic_adversarial_loss,
)
from srgan.training.batches import Batch
from srgan.training.loss_terms import Step, Term
from srgan.training.losses import consistency_error, feature_error, luminance_error, squared_error, total_variation
from srgan.training.recipes import RECIPES
from srgan.training.state import State, make_state
from srgan.training.texture_losses import grid_error, grid_texture_error, spectrum_error
from srgan.training.update import update
from tests.helpers.small import ADVERSARIAL, SMALL

RECURSIVE = RECIPES["drcn"].change(recursions=3, features=8, batch=2, crop=32, warmup=0)


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Two images of waves, and small ones as bicubic enlargement would have them."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    waves = [0.5 + 0.3 * torch.sin(torch.stack([x / a, y / b, (x + y) / 2])) for a, b in ((2.0, 3.0), (4.0, 1.5))]
    high = torch.stack(waves)
    return functional.avg_pool2d(high, 4), high


def restore(state: State, low: Tensor) -> Tensor:
    """What the generator makes of images before the next update, in training mode; its statistics stay."""
    buffers = {name: value.clone() for name, value in state.generator.module.named_buffers()}
    with torch.no_grad():
        restored: Tensor = state.generator.wrapped(low)
    for name, value in state.generator.module.named_buffers():
        value.copy_(buffers[name])
    return restored


@pytest.mark.parametrize(("number", "alpha"), [(0, 1.0), (3, 0.625), (7, 0.125)])
def test_the_share_of_the_recursions_falls_to_zero(fabric: Fabric, batch: Batch, number: int, alpha: float) -> None:
    state = make_state(RECURSIVE, fabric=fabric, updates=8)
    network = state.generator.module
    assert isinstance(network, Drcn)
    torch.manual_seed(0)
    torch.nn.init.kaiming_normal_(network.network.recursion.weight)
    low, high = batch
    with torch.no_grad():
        errors = [
            4 * functional.mse_loss(luminance(each), luminance(high))
            for each in state.generator.wrapped(low, every=True)
        ]
    state.done = number
    measured = update(state, batch)
    assert list(measured) == ["content", "generator", "generator_gradient"]
    torch.testing.assert_close(measured["content"], errors[0])
    expected = alpha * sum(errors[1:], torch.zeros(())) / 3 + (1 - alpha) * errors[0]
    torch.testing.assert_close(measured["generator"], expected)


def test_without_supervision_only_the_sum_counts(fabric: Fabric, batch: Batch) -> None:
    measured = update(make_state(RECURSIVE.change(supervision=0.0), fabric=fabric, updates=8), batch)
    assert measured["generator"] == measured["content"]


def test_terms_on_images_are_weighed_and_added(fabric: Fabric, batch: Batch) -> None:
    weights = {"pixel": 0.5, "pixel_l1": 0.25, "consistency": 1.5, "grid": 2.0, "grid_texture": 3.0, "spectrum": 4.0}
    recipe = SMALL.change(content="l1", total_variation=1e-3, **weights)
    state = make_state(recipe, fabric=fabric, updates=8)
    low, high = batch
    restored = restore(state, low)
    measured = update(state, batch)
    losses = {
        "content": (1.0, 2 * functional.l1_loss(restored, high)),
        "pixel": (0.5, squared_error(restored, high)),
        "pixel_l1": (0.25, 2 * functional.l1_loss(restored, high)),
        "consistency": (1.5, consistency_error(restored, high)),
        "grid": (2.0, grid_error(restored, high)),
        "grid_texture": (3.0, grid_texture_error(restored, high)),
        "spectrum": (4.0, spectrum_error(restored, high)),
        "total_variation": (1e-3, total_variation(restored)),
    }
    assert list(measured) == [*losses, "generator", "generator_gradient"]
    for name, (_, value) in losses.items():
        torch.testing.assert_close(measured[name], value)
    expected = torch.stack([weight * value for weight, value in losses.values()]).sum()
    torch.testing.assert_close(measured["generator"], expected)


def test_terms_on_features_are_weighed_and_added(fabric: Fabric, batch: Batch) -> None:
    torch.manual_seed(0)
    network = SqueezeNet()
    state = make_state(SMALL.change(perception=0.25, feature_error=0.5), fabric=fabric, updates=8, features=network)
    low, high = batch
    with torch.no_grad():
        ours, theirs = network(restore(state, low)), network(high)
    measured = update(state, batch)
    torch.testing.assert_close(measured["perception"], distance(ours, theirs).mean(), rtol=2e-3, atol=1e-6)
    torch.testing.assert_close(measured["feature_error"], feature_error(ours, theirs), rtol=2e-3, atol=1e-6)
    expected = measured["content"] + 0.25 * measured["perception"] + 0.5 * measured["feature_error"]
    torch.testing.assert_close(measured["generator"], expected)


def test_a_discriminator_of_features_is_trained_alone_at_first(fabric: Fabric, batch: Batch) -> None:
    torch.manual_seed(0)
    seen = VggFeatures(VGG19(layer=ContentLayer(2, 2)), name="vgg19 to conv2_2")
    recipe = SMALL.change(discriminator="features", discriminator_features=4, discriminator_alone=2)
    state = make_state(recipe, fabric=fabric, updates=8, features=seen)
    assert state.discriminator is not None
    assert isinstance(state.discriminator.module, FeatureDiscriminator)
    for learns in (False, False, True):
        before = {name: next(each.module.parameters()).clone() for name, each in state.networks.items()}
        measured = update(state, batch)
        changed = {
            name: not torch.equal(next(state.networks[name].module.parameters()), before[name]) for name in before
        }
        assert changed == {"generator": learns, "discriminator": True}
        assert bool(measured["generator_gradient"]) == learns


def test_a_relativistic_discriminator_compares_the_two_batches(fabric: Fabric, batch: Batch) -> None:
    state = make_state(ADVERSARIAL.change(relativistic=True), fabric=fabric, updates=8)
    assert state.discriminator is not None
    low, high = batch
    pictures = high, restore(state, low)

    def judge() -> list[Tensor]:
        assert state.discriminator is not None
        with torch.no_grad():
            return [state.discriminator.wrapped(each) for each in pictures]

    before = relative_logits(*judge())
    measured = update(state, batch)
    torch.testing.assert_close(measured["discriminator"], discriminator_loss(*before))
    torch.testing.assert_close(measured["real"], torch.sigmoid(before[0]).mean())
    torch.testing.assert_close(measured["restored"], torch.sigmoid(before[1]).mean())
    torch.testing.assert_close(measured["adversarial"], relativistic_adversarial_loss(*judge()))


def test_the_sum_over_the_batch_is_so_many_times_the_mean(fabric: Fabric, batch: Batch) -> None:
    mean, whole = (
        update(make_state(ADVERSARIAL.change(adversarial_reduction=each), fabric=fabric, updates=8), batch)
        for each in ("mean", "sum")
    )
    torch.testing.assert_close(whole["adversarial"], 2 * mean["adversarial"])


def test_windows_move_and_are_the_same_in_the_same_update(fabric: Fabric, batch: Batch) -> None:
    state = make_state(ADVERSARIAL.change(crop=32, jitter=16), fabric=fabric, updates=8)
    seen: dict[str, list[Tensor]] = {"window": [], "crop": []}

    def watch(step: Step, kind: str) -> Tensor:
        seen[kind].append(step.high)
        return squared_error(step.restored, step.high)

    state.terms = (
        Term("content", 1.0, lambda step: watch(step, "window"), "window"),
        Term("pixel", 1.0, lambda step: watch(step, "crop"), "crop"),
    )
    for number in (0, 1, 2, 0):
        state.done = number
        update(state, batch)
    high = batch[1]
    assert all(torch.equal(each, high) for each in seen["crop"])
    places = [
        [(y, x) for y in range(17) for x in range(17) if torch.equal(high[..., y : y + 16, x : x + 16], each)]
        for each in seen["window"]
    ]
    assert all(len(place) == 1 for place in places)
    assert places[0] == places[3]
    assert len({place for each in places for place in each}) == 3


@pytest.mark.parametrize("name", ["srcnn", "srcnn-915", "espcn", "drcn"])
def test_baselines_learn_one_batch_better_than_bicubic(fabric: Fabric, batch: Batch, name: str) -> None:
    small = {"recursions": 3, "features": 16} if name == "drcn" else {}
    recipe = RECIPES[name].change(batch=2, crop=32, warmup=10, learning_rate=3e-3, **small)
    state = make_state(recipe, fabric=fabric, updates=150)
    bicubic = luminance_error(enlarge(batch[0], 4), batch[1])
    for _ in range(150):
        measured = update(state, batch)
    assert measured["content"] < 0.5 * bicubic


def test_two_blocks_overfit_one_batch(fabric: Fabric, batch: Batch) -> None:
    recipe = SMALL.change(features=32, updates=300, learning_rate=2e-3, decay=0.8, normalisation=False)
    state = make_state(recipe, fabric=fabric, updates=300)
    for _ in range(300):
        measured = update(state, batch)
    assert 10 * torch.log10(4 / measured["content"]) > 40
