"""Recipes: as published, each can be built and trained, and no setting that makes no sense is accepted."""

import re
from functools import cache

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import UsageError
from srgan.models.features.classifiers import VggFeatures
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.training.recipes import RECIPES, find_recipe
from srgan.training.recipes.overrides import override
from srgan.training.recipes.recipe import Recipe
from srgan.training.state import make_state
from srgan.training.update import update


@cache
def random_vgg(layer: ContentLayer) -> VGG19:
    """An untrained network, which no update changes."""
    return VGG19(layer=layer)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_builds_and_takes_two_updates(fabric: Fabric, name: str) -> None:
    recipe = RECIPES[name]
    # The networks are the recipe's own, except for the largest; only the crops are few and small.
    if recipe.network.generator in ("edsr", "rrdb"):
        recipe = recipe.change(blocks=2, features=32)
    side = (64 if recipe.loss.discriminator == "ucsd" else 32) + recipe.crops.jitter
    small = recipe.change(discriminator_alone=0, batch=2, crop=side)
    layer = recipe.loss.content_layer
    vgg = None if layer is None else random_vgg(ContentLayer.parse(layer))
    features = VggFeatures(random_vgg(ContentLayer(2, 2)), name="vgg19") if recipe.loss.needs_features else None
    state = make_state(small, fabric=fabric, updates=2, vgg=vgg, features=features)
    before = [parameter.clone() for parameter in state.generator.module.parameters()]
    torch.manual_seed(0)
    batch = torch.rand(2, 3, side // 4, side // 4), torch.rand(2, 3, side, side)
    for _ in range(2):
        measured = update(state, batch)
    assert all(bool(torch.isfinite(value)) for value in measured.values())
    changed = [
        not torch.equal(one, other) for one, other in zip(before, state.generator.module.parameters(), strict=True)
    ]
    if recipe.network.refinement:  # what begins at 0 passes no gradient on in the first update
        assert sum(changed) > 0.9 * len(changed)
    else:
        assert all(changed)
    assert ("discriminator" in measured) == recipe.loss.is_adversarial


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_flat_settings_give_the_recipe_back(recipe: Recipe) -> None:
    assert Recipe.from_flat(recipe.flat()) == recipe
    assert list(recipe.flat()) == list(RECIPES["srresnet-mse"].flat())
    with pytest.raises(TypeError):
        recipe.change(nonsense=1)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_summaries_name_no_time(recipe: Recipe) -> None:
    """How long a training took stands on the model's card; of another machine or number of updates nothing is known."""
    assert not re.search(r"hour|minute", recipe.summary)


def test_published_settings() -> None:
    """Ledig et al. 2017, section 3.2."""
    srresnet, srgan = RECIPES["srresnet-mse"], RECIPES["srgan-vgg54"]
    for recipe in (srresnet, srgan):
        assert (recipe.crops.batch, recipe.crops.crop, recipe.network.scale, recipe.schedule.beta1) == (16, 96, 4, 0.9)
        assert recipe.network.arguments == {
            **{"blocks": 16, "features": 64, "scale": 4, "normalisation": True, "skips": True}
        }
    assert srresnet.schedule.updates == 10**6
    assert {
        srresnet.schedule.learning_rate * srresnet.schedule.factor(update, 10**6) for update in (0, 10, 999_999)
    } == {1e-4}
    assert srgan.schedule.updates == 2 * 10**5
    rates = [
        srgan.schedule.learning_rate * srgan.schedule.factor(update, 200_000)
        for update in (0, 99_999, 100_000, 199_999)
    ]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5])
    assert srgan.initial == "srresnet-mse"
    assert (srgan.loss.adversarial, srgan.loss.feature_scale) == (1e-3, 1 / 12.75)
    assert RECIPES["srresnet-vgg22"].loss.total_variation == 2e-8
    variants = {
        name: RECIPES[name].loss.content for name in ("srgan-mse", "srgan-vgg22", "srgan-vgg54", "srresnet-vgg22")
    }
    assert variants == {"srgan-mse": "mse", "srgan-vgg22": "vgg22", "srgan-vgg54": "vgg54", "srresnet-vgg22": "vgg22"}


def test_settings_of_the_seed_projects() -> None:
    """The documents that the recipes name: Loridan's, Cheung's and the San Diego group's."""
    pre, gan = RECIPES["loridan-pre"], RECIPES["loridan-gan"]
    assert (pre.schedule.updates, pre.logging.validate_every, pre.crops.batch) == (20_000, 1_000, 16)
    assert (gan.schedule.updates, gan.logging.log_every, gan.initial) == (5_000, 50, "loridan-pre")
    cheung = RECIPES["cheung"]
    assert (cheung.crops.crop, cheung.schedule.epochs) == (128, 40)
    assert (cheung.loss.content, cheung.loss.adversarial) == ("vgg34", 1e-3)
    assert cheung.planned_updates(167) == 40 * 167  # its progress bars: 167 steps an epoch
    ucsd = RECIPES["ucsd-srgan"]
    assert (ucsd.crops.crop, ucsd.crops.batch, ucsd.schedule.learning_rate, ucsd.schedule.epochs) == (384, 8, 1e-5, 50)
    assert ucsd.schedule.factor(25 * 100 - 1, 50 * 100) == 1
    assert ucsd.schedule.factor(25 * 100, 50 * 100) == 0.5
    assert RECIPES["ucsd-srcnn"].schedule.epochs == RECIPES["ucsd-srresnet"].schedule.epochs == 200


def test_baselines_are_trained_on_luminance() -> None:
    """Dong et al. 2014 and 2016, Shi et al. 2016, Kim et al. 2016."""
    for name in ("srcnn", "srcnn-915", "espcn", "drcn"):
        assert (RECIPES[name].loss.content, RECIPES[name].loss.discriminator) == ("luma", "none")
    assert (RECIPES["srcnn"].network.middle, RECIPES["srcnn-915"].network.middle) == (5, 1)
    drcn = RECIPES["drcn"]
    assert drcn.network.arguments == {"recursions": 16, "features": 256}
    assert (drcn.crops.batch, drcn.loss.supervision) == (64, 1.0)


def test_settings_of_the_methods_after_srgan() -> None:
    """Lim et al. 2017, section 4.2; Wang et al. 2018, sections 3 and 4.1."""
    baseline, edsr = RECIPES["edsr-baseline"], RECIPES["edsr"]
    assert baseline.network.arguments == {"blocks": 16, "features": 64, "residual_scaling": 1.0}
    assert edsr.network.arguments == {"blocks": 32, "features": 256, "residual_scaling": 0.1}
    for recipe in (baseline, edsr):
        assert (recipe.loss.content, recipe.crops.crop, recipe.crops.batch) == ("l1", 4 * 48, 16)
        assert [recipe.schedule.factor(update, 300_000) for update in (0, 199_999, 200_002)] == [1, 1, 0.5]
    first, second = RECIPES["rrdb-psnr"], RECIPES["esrgan"]
    assert first.network == second.network
    assert first.network.arguments == {"blocks": 23, "features": 64, "growth": 32}
    assert (first.crops.crop, first.crops.batch, first.schedule.learning_rate) == (128, 16, 2e-4)
    halved = [first.schedule.factor(update, 10**6) for update in (199_999, 200_000, 400_000, 600_000, 800_000)]
    assert halved == [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16]
    halved = [second.schedule.factor(update, 400_000) for update in (49_999, 50_000, 100_000, 200_000, 300_000)]
    assert halved == [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16]
    assert (second.initial, second.loss.content, second.loss.before_activation) == ("rrdb-psnr", "vgg54", True)
    assert (second.loss.relativistic, second.loss.adversarial, second.schedule.learning_rate) == (True, 5e-3, 1e-4)
    assert 2 * second.loss.pixel_l1 == 1e-2  # absolute errors here are of images in [-1, 1], twice those in [0, 1]


def test_every_variant_has_a_quick_form() -> None:
    for name in ("srresnet-mse", "srresnet-vgg22", "srgan-mse", "srgan-vgg22", "srgan-vgg54"):
        quick, full = RECIPES[f"{name}-quick"], RECIPES[name]
        assert (quick.loss.content, quick.loss.total_variation) == (full.loss.content, full.loss.total_variation)
        assert quick.loss.is_adversarial == full.loss.is_adversarial
        assert bool(quick.initial) == (full.initial != "")


def test_schedule_rises_drops_and_falls() -> None:
    recipe = override(RECIPES["srresnet-mse"], ["warmup=4", "decay=0.25", "drop_at=0.5", "drop_factor=0.5"])
    rates = [recipe.schedule.factor(update, 16) for update in range(16)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1, 1]
    assert rates[8] == rates[12] == 0.5
    assert rates[13:] == [0.375, 0.25, 0.125]


def test_overrides_take_the_types_of_the_settings() -> None:
    recipe = override(
        find_recipe("srgan-vgg22"),
        ["updates=5e3", "batch=8", "clip=0.5", "skips=no", "generator=ucsd-generator", "content=vgg34", "decay = 0.5"],
    )
    expected = {"updates": 5000, "batch": 8, "clip": 0.5, "skips": False, "generator": "ucsd-generator", "decay": 0.5}
    assert recipe == find_recipe("srgan-vgg22").change(content="vgg34", **expected)
    assert override(recipe, ["degradation=everyday", "clip=none"]) == recipe.change(degradation="everyday", clip=None)
    assert override(recipe, ["epochs=3"]) == recipe.change(updates=None, epochs=3)
    assert override(RECIPES["cheung"], ["updates=100"]).schedule.epochs is None


@pytest.mark.parametrize(
    "assignment",
    [
        *("updates", "epoch=3", "name=x", "updates=many", "updates=1.5", "updates=none", "updates=0", "updates=1e999"),
        *("learning_rate=nan", "learning_rate=2", "learning_rate=-1", "clip=nan", "ema=1.5", "skips=perhaps"),
        *("discriminator=big", "content=vgg9", "content=vgg23", "content=luma", "crop=90", "crop=8", "scale=3"),
        *("batch=-1", "batch=many", "middle=2", "recursions=0", "supervision=0.5", "refinement=3", "jitter=90"),
        *("adversarial=-1", "warmup=-1", "log_every=0", "seed=-1", "seed=9223372036854775807"),
        *("growth=0", "residual_scaling=0", "residual_scaling=2", "pixel_l1=-1", "feature_distance=l2"),
        *("more_drops=0.5,many", "more_drops=0.5,2", "more_drops=-1", "relativistic=some"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(assignment: str) -> None:
    with pytest.raises(UsageError) as raised:
        override(find_recipe("srgan-vgg22"), [assignment])
    assert "\n" not in str(raised.value)
    assert assignment.partition("=")[0].removesuffix("s") in str(raised.value)


@pytest.mark.parametrize(
    ("name", "assignment"), [("srgan-cpu", "jitter=80"), ("wavelet-gan", "features=33"), ("wavelet-gan", "crop=80")]
)
def test_networks_refuse_crops_and_channels_that_they_are_not_made_for(name: str, assignment: str) -> None:
    with pytest.raises(UsageError):
        override(find_recipe(name), [assignment])


def test_an_unknown_recipe_lists_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"choose one of srresnet-mse, .*ucsd-srgan"):
        find_recipe("srgan")


def test_an_unknown_mix_of_degradations_is_refused() -> None:
    with pytest.raises(UsageError):
        override(find_recipe("srgan-vgg22"), ["degradation=mesenger"])
