"""Recipes: as published, each can be built and trained, and nothing senseless can be set."""

from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import UsageError
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.training.recipes import RECIPES, find
from srgan.training.recipes.overrides import override
from srgan.training.update import Training


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_builds_and_takes_two_updates(fabric: Fabric, name: str) -> None:
    recipe = RECIPES[name]
    # The networks are the recipe's own; only the crops are few and small.
    small = replace(
        recipe, discriminator_alone=0, batch=2, crop={"ucsd": 64}.get(recipe.discriminator, 32) + recipe.jitter
    )
    vgg = None
    if recipe.content_layer is not None:
        vgg = VGG19(layer=ContentLayer.parse(recipe.content_layer))
    training = Training(small, fabric=fabric, updates=2, vgg=vgg)
    before = [parameter.clone() for parameter in training.generator.module.parameters()]
    torch.manual_seed(0)
    low, high = torch.rand(2, 3, small.crop // 4, small.crop // 4), torch.rand(2, 3, small.crop, small.crop)
    for number in range(2):
        found = training.update(low, high, number=number)
    assert all(bool(torch.isfinite(value)) for value in found.values())
    after = list(training.generator.module.parameters())
    assert all(not torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert ("discriminator" in found) == recipe.is_adversarial


def test_published_settings() -> None:
    """Ledig et al. 2017, section 3.2."""
    srresnet, srgan = RECIPES["srresnet-mse"], RECIPES["srgan-vgg54"]
    for recipe in (srresnet, srgan):
        assert (recipe.batch, recipe.crop, recipe.scale, recipe.beta1) == (16, 96, 4, 0.9)
        assert (recipe.blocks, recipe.features, recipe.normalisation, recipe.skips) == (16, 64, True, True)
    assert srresnet.updates == 10**6
    assert {srresnet.learning_rate * srresnet.schedule(update, 10**6) for update in (0, 10, 999_999)} == {1e-4}
    assert srgan.updates == 2 * 10**5
    rates = [srgan.learning_rate * srgan.schedule(update, 200_000) for update in (0, 99_999, 100_000, 199_999)]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5])
    assert srgan.initial == "srresnet-mse"
    assert (srgan.adversarial, srgan.feature_scale) == (1e-3, 1 / 12.75)
    assert RECIPES["srresnet-vgg22"].total_variation == 2e-8
    variants = {name: RECIPES[name].content for name in ("srgan-mse", "srgan-vgg22", "srgan-vgg54", "srresnet-vgg22")}
    assert variants == {"srgan-mse": "mse", "srgan-vgg22": "vgg22", "srgan-vgg54": "vgg54", "srresnet-vgg22": "vgg22"}


def test_settings_of_the_seed_projects() -> None:
    """The documents that the recipes name: Loridan's, Cheung's and the San Diego group's."""
    pre, gan = RECIPES["loridan-pre"], RECIPES["loridan-gan"]
    assert (pre.updates, pre.validate_every, pre.batch) == (20_000, 1_000, 16)
    assert (gan.updates, gan.log_every, gan.initial) == (5_000, 50, "loridan-pre")
    cheung = RECIPES["cheung"]
    assert (cheung.crop, cheung.epochs, cheung.content, cheung.adversarial) == (128, 40, "vgg34", 1e-3)
    assert cheung.planned_updates(167) == 40 * 167  # its progress bars: 167 steps an epoch
    ucsd = RECIPES["ucsd-srgan"]
    assert (ucsd.crop, ucsd.batch, ucsd.learning_rate, ucsd.epochs) == (384, 8, 1e-5, 50)
    assert ucsd.schedule(25 * 100 - 1, 50 * 100) == 1
    assert ucsd.schedule(25 * 100, 50 * 100) == 0.5
    assert RECIPES["ucsd-srcnn"].epochs == RECIPES["ucsd-srresnet"].epochs == 200


def test_baselines_are_trained_on_luminance() -> None:
    """Dong et al. 2014 and 2016, Shi et al. 2016, Kim et al. 2016."""
    for name in ("srcnn", "srcnn-915", "espcn", "drcn"):
        assert (RECIPES[name].content, RECIPES[name].discriminator) == ("luma", "none")
    assert (RECIPES["srcnn"].middle, RECIPES["srcnn-915"].middle) == (5, 1)
    drcn = RECIPES["drcn"]
    assert (drcn.recursions, drcn.features, drcn.batch, drcn.supervision) == (16, 256, 64, 1.0)


def test_every_variant_has_a_quick_form() -> None:
    for name in ("srresnet-mse", "srresnet-vgg22", "srgan-mse", "srgan-vgg22", "srgan-vgg54"):
        quick, full = RECIPES[f"{name}-quick"], RECIPES[name]
        assert (quick.content, quick.total_variation) == (full.content, full.total_variation)
        assert quick.is_adversarial == full.is_adversarial
        assert bool(quick.initial) == (full.initial != "")


def test_schedule_rises_drops_and_falls() -> None:
    recipe = override(RECIPES["srresnet-mse"], ["warmup=4", "decay=0.25", "drop_at=0.5", "drop_factor=0.5"])
    rates = [recipe.schedule(update, 16) for update in range(16)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1, 1]
    assert rates[8] == rates[12] == 0.5
    assert rates[13:] == [0.375, 0.25, 0.125]


def test_overrides_take_the_types_of_the_fields() -> None:
    recipe = override(
        find("srgan-vgg22"),
        ["updates=5e3", "batch=8", "clip=0.5", "skips=no", "generator=ucsd-generator", "content=vgg34", "decay = 0.5"],
    )
    assert find("srgan-vgg22").degradation == "clean"
    assert override(recipe, ["degradation=everyday"]).degradation == "everyday"
    assert (recipe.updates, recipe.batch, recipe.clip, recipe.skips) == (5000, 8, 0.5, False)
    assert (recipe.generator, recipe.content, recipe.decay) == ("ucsd-generator", "vgg34", 0.5)
    assert override(recipe, ["clip=none"]).clip is None
    assert override(recipe, ["epochs=3"]).updates is None
    assert override(RECIPES["cheung"], ["updates=100"]).epochs is None


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("updates", "write field=value"),
        ("epoch=3", r"there is no field epoch: the fields are generator, .*validate_every"),
        ("name=x", "there is no field name"),
        ("updates=many", "updates cannot be many: it is a whole number"),
        ("updates=1.5", "updates cannot be 1.5"),
        ("updates=none", "either updates or epochs"),
        ("updates=0", "updates is 0, but must be 1 or more"),
        ("learning_rate=nan", "learning_rate cannot be nan"),
        ("learning_rate=2", "between 0 and 1"),
        ("ema=1.5", "between 0 and 1"),
        ("skips=perhaps", "write true or false"),
        ("discriminator=big", "choose one of none, srgan, patch, cheung, ucsd"),
        ("content=vgg9", "must be mse, l1 or a layer of VGG19"),
        ("content=vgg23", "must be mse, l1 or a layer of VGG19"),
        ("crop=90", "multiple of"),
        ("scale=3", "must be 4"),
        ("batch=-1", "must be 1 or more"),
        ("content=luma", "content is luma, which leaves the colours of srgan-generator free"),
        ("middle=2", "middle is 2, but must be 1, 3 or 5"),
        ("recursions=0", "must be 1 or more"),
        ("supervision=0.5", "only drcn has recursions"),
        ("degradation=mesenger", "choose one of clean, photo, messenger, hard, everyday"),
    ],
)
def test_senseless_settings_are_refused_in_one_line(assignment: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        override(find("srgan-vgg22"), [assignment])
    assert "\n" not in str(raised.value)


def test_deep_features_need_pixels() -> None:
    with pytest.raises(UsageError, match="crop less jitter is 16, but deep features need 32"):
        override(find("srgan-cpu"), ["jitter=80"])


def test_an_unknown_recipe_lists_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"choose one of srresnet-mse, .*ucsd-srgan"):
        find("srgan")
