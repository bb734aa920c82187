"""Inputs of a run, found where the user says: pictures, initial weights, and networks whose features losses compare."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, zeros_like

from srgan.data.cache import prepared
from srgan.data.shards import AnyPictures, ShardedPictures, is_sharded
from srgan.errors import ModelError, UsageError
from srgan.files import cache_root
from srgan.models.features.classifiers import FeatureNetwork
from srgan.models.features.feature_weights import fetch_vgg19, load_feature_network, load_vgg19
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.models.release.state_dict import trained_weights
from srgan.progress import Progress
from srgan.training.checkpoint import find_trained
from srgan.training.monitoring.validation import PixelPair, cut_middles
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import NetworkSettings
from srgan.training.run_folder import Run
from srgan.training.state import make_generator
from srgan.weights.catalogue import find

NONE, DOWNLOAD = "none", "download"
"""Words in the place of paths: begin at random; fetch VGG19."""
_NORMALISED = "vgg19-normalised-to-conv3_1.safetensors"
_ORIGINAL = "vgg19-to-conv3_4.safetensors"
_FEATURES = "resnet50v2-stages1-3.safetensors"
_TORCHVISION = "vgg19-dcbb9e9d.pth"
_MOST_PAIRS = 100  # for validation: Loridan's number, whose cost stays in bounds
_MOST_NAMED = 5  # pictures left out that are named


@dataclass(frozen=True)
class Inputs:
    """Photos and feature networks of a run, and the damage of its validation images."""

    training: AnyPictures
    validation: AnyPictures
    vgg: VGG19 | None = None
    """Network of the content loss, if it is on features."""
    features: FeatureNetwork | None = None
    """Network of other losses or the discriminator on features, if the recipe has such."""
    degradation: str = "clean"
    """Mix of degradations of low-resolution validation pictures."""

    def validation_pairs(self) -> list[PixelPair]:
        """Return the middles of validation pictures, always the same."""
        return cut_middles(self.validation, limit=_MOST_PAIRS, degradation=self.degradation)


def open_inputs(data: str, recipe: Recipe, vgg: Path | None, features: Path | None, *, progress: Progress) -> Inputs:
    """Prepare the pictures, or open them if they are prepared, and load the networks of the losses.

    Args:
        data: folder of pictures, prepared or not, or folder or URL of shards.
        recipe: the settings.
        vgg: weights of VGG19, from `find_vgg`.
        features: weights of the feature network, from `find_features`.
        progress: counts pictures, and gets a line for each group left out.

    Raises:
        DataError: if there are no pictures, or too few.
        ModelError: if weights are missing or damaged.
        UsageError: if the pictures are prepared for another scale.
    """
    vgg19 = load_vgg(recipe, vgg)
    before = bool(recipe.loss.feature_error)
    network = None if features is None else load_feature_network(features, before_activation=before)
    scale = recipe.network.scale
    if is_sharded(data):
        sharded = ShardedPictures(data, scale=scale, reduction=recipe.crops.reduced_decoding)
        return Inputs(*sharded.split(), vgg19, network, recipe.crops.degradation)
    if recipe.crops.reduced_decoding > 1:
        raise UsageError(
            f"reduced_decoding is {recipe.crops.reduced_decoding}, but only shards are decoded while a network trains: "
            "set 1, or write shards"
        )
    pictures, report = prepared(Path(data), scale=scale, progress=progress)
    if pictures.scale != scale:
        raise UsageError(
            f"data {data} is prepared for a scale of {pictures.scale}, but the recipe enlarges by {scale}: prepare it "
            "again",
            parameter="data",
        )
    if report is not None:
        reasons = list(report.left_out.values())
        for reason in reasons[:_MOST_NAMED]:
            progress.say(f"left out: {reason}")
        if len(reasons) > _MOST_NAMED:
            progress.say(f"left out: {len(reasons) - _MOST_NAMED:,} more that cannot be read")
        if report.too_small:
            progress.say(f"left out: {report.too_small:,} too small")
        for file, test in report.test_pictures.items():
            progress.say(f"left out: {file}, which shows {test} of a test set")
    if pictures.comparison is None:
        progress.say(f"{data} was never compared with pictures of test sets: prepare it again, lest they are learned")
    training, validation = pictures.split()
    return Inputs(training, validation, vgg19, network, recipe.crops.degradation)


def find_vgg(recipe: Recipe, given: str | None, *, progress: Progress | None = None) -> Path | None:
    """Return the path of the VGG19 weights that the recipe's content loss needs; None if it needs none.

    Args:
        recipe: names the layer.
        given: a path, or "download" to fetch torchvision's into the cache; None looks into the cache, and then
            beside the benchmark data folder that SRGAN_DATA names.
        progress: counts bytes of a download.

    Raises:
        ModelError: if there are none.
    """
    if recipe.loss.content_layer is None:
        return None
    if given == DOWNLOAD:
        return fetch_vgg19(cache_root(), progress=progress)
    if given is not None:
        return Path(given).absolute()
    layer, places = ContentLayer.parse(recipe.loss.content_layer), [cache_root() / _TORCHVISION]
    if layer in ContentLayer(3, 1).convolutions():
        places += _find_benchmark_weights(_NORMALISED)
    elif layer in ContentLayer(3, 4).convolutions():
        places += _find_benchmark_weights(_ORIGINAL)
    for place in places:
        if place.is_file():
            return place
    raise ModelError(
        f"{recipe.name} compares features of VGG19 ({recipe.loss.content_layer}), whose weights srgan may not ship: "
        "give their file as vgg, or the word download to fetch torchvision's (548 MiB)"
    )


def load_vgg(recipe: Recipe, path: Path | None) -> VGG19 | None:
    """Load VGG19 up to the layer that the recipe names, if it names one.

    Raises:
        ModelError: if the weights are missing, damaged, or end before it.
    """
    settings = recipe.loss
    if settings.content_layer is None or path is None:
        return None
    return load_vgg19(path, ContentLayer.parse(settings.content_layer), before_activation=settings.before_activation)


def find_features(recipe: Recipe, given: str | None) -> Path | None:
    """Return the path of the feature network that the recipe needs; None if it needs none.

    Args:
        recipe: the settings.
        given: a path; None looks beside the benchmark data folder that SRGAN_DATA names, for ResNet-50 v2 where there
            is a perception loss, else for VGG19.

    Raises:
        ModelError: if there is none.
    """
    if not recipe.loss.needs_features:
        return None
    if given is not None:
        return Path(given).absolute()
    for place in _find_benchmark_weights(_FEATURES if recipe.loss.perception else _ORIGINAL):
        if place.is_file():
            return place
    raise ModelError(
        f"{recipe.name} compares deep features, of a network that srgan may not ship: give the .safetensors of "
        "ResNet-50 v2, SqueezeNet 1.1 or VGG19 as features"
    )


def _find_benchmark_weights(name: str) -> list[Path]:
    """Return the place of a file of weights beside the benchmark data, if there is such a folder."""
    if "SRGAN_DATA" not in os.environ:
        return []
    return [Path(os.environ["SRGAN_DATA"]).absolute().parent / "weights" / name]


def read_initial_weights(
    recipe: Recipe, begun_from: str | None, *, say: Callable[[str], None] = lambda line: None
) -> dict[str, Tensor] | None:
    """Return the generator's initial weights; None for random ones.

    Args:
        recipe: of the run that begins.
        begun_from: the folder of a run, of which the better of raw and averaged weights is taken; the name or file of
            a model; or "none".
        say: gets a line for each damaged checkpoint.

    Raises:
        UsageError: if the recipe begins from another's result and none is given, or it has another network.
        TrainingError, ModelError: if it cannot be read.
    """
    if begun_from is None and recipe.initial:
        raise UsageError(
            f"begun_from is missing: {recipe.name} begins from a trained {recipe.initial}; name the folder of its run, "
            "a model, or none to begin at random",
            parameter="begun_from",
        )
    if begun_from is None or begun_from == NONE:
        return None
    if Path(begun_from).is_dir():
        run = Run(Path(begun_from))
        network = run.settings().recipe.network
        _check_network(recipe, begun_from, {"generator": network.generator, **network.arguments})
        return _fit(recipe, find_trained(run, say)[1])
    model = find(begun_from)
    _check_network(recipe, begun_from, {"generator": model.card.architecture, **model.card.arguments})
    return _fit(recipe, trained_weights(model))


def _check_network(recipe: Recipe, source: str, theirs: dict[str, object]) -> None:
    """Refuse another network; a compact one may begin with an SRResNet's trunk, fewer blocks, or no refinement.

    One of one sub-pixel step may begin with one of another scale.

    Raises:
        UsageError: if the networks differ otherwise.
    """
    if recipe.network.generator == "compact-generator":
        if theirs["generator"] == "srgan-generator":
            recipe = recipe.change(generator="srgan-generator", normalisation=False, refinement=0)
        elif not theirs.get("refinement"):
            recipe = recipe.change(refinement=0)
        blocks = theirs.get("blocks", NetworkSettings.blocks)
        if isinstance(blocks, int) and 0 < blocks < recipe.network.blocks:
            recipe = recipe.change(blocks=blocks)
    ours = {"generator": recipe.network.generator, **recipe.network.arguments}
    if recipe.network.generator == "swift":
        del ours["scale"]
    # Cards leave out what is as the network's defaults have it.
    theirs = {name: theirs.get(name, getattr(NetworkSettings, name)) for name in ours}
    differing = [name for name in ours if theirs[name] != ours[name]]
    if differing:
        differences = ", ".join(f"{name} {theirs[name]}, not {ours[name]}" for name in differing)
        remedy = " ".join(f"{name}={theirs[name]}" for name in differing)
        raise UsageError(
            f"begun_from {source} has another network ({differences}): set {remedy}, or begin from another",
            parameter="begun_from",
        )


def _fit(recipe: Recipe, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights for the recipe's generator: those that the other does not have, or in another shape, begin anew.

    Blocks of a compact one that were not there begin as the identity.
    """
    if recipe.network.generator not in ("compact-generator", "swift"):
        return weights
    own = make_generator(recipe).state_dict()
    for name in own:
        if name.startswith("blocks.") and ".convolution2." in name and name not in weights:
            own[name] = zeros_like(own[name])
    return own | {name: weights[name] for name in own if name in weights and own[name].shape == weights[name].shape}
