"""What a run works on, found where the user says: pictures, the weights to begin with, and those of VGG19."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import SafetensorError
from torch import Tensor

from srgan.data.cache import cache_root
from srgan.data.prepared_set import PreparedPictures
from srgan.errors import ModelError, TrainingError, UsageError
from srgan.models.features.classifiers import FeatureNetwork
from srgan.models.features.feature_weights import fetch_vgg19, load_vgg19
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.models.release.state_dict import trained_weights
from srgan.progress import Progress
from srgan.training.checkpoint import newest
from srgan.training.monitoring.validation import Pair, middles
from srgan.training.networks import generator_arguments, make_generator
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run
from srgan.weights.catalogue import find

NONE, DOWNLOAD = "none", "download"
"""Words in the place of paths: begin at random; fetch VGG19."""
_NORMALISED = "vgg19-normalised-to-conv3_1.safetensors"
_ORIGINAL = "vgg19-to-conv3_4.safetensors"
_FEATURES = "resnet50v2-stages1-3.safetensors"
_TORCHVISION = "vgg19-dcbb9e9d.pth"
_MOST_CROPS = 100
"""Pictures to validate on: Loridan's number, whose cost stays in bounds."""


@dataclass(frozen=True)
class Material:
    """What a run works on."""

    training: PreparedPictures
    validation: PreparedPictures
    vgg: VGG19 | None = None
    """What the content loss looks through, if it does."""
    features: FeatureNetwork | None = None
    """What the perception loss looks through, if there is one."""
    degradation: str = "clean"
    """The mix of damage that small pictures get."""

    def validation_pairs(self) -> list[Pair]:
        """What is validated on: the middles of validation pictures, always the same."""
        return middles(self.validation, limit=_MOST_CROPS, degradation=self.degradation)


def vgg_path(recipe: Recipe, given: str | None, *, progress: Progress | None = None) -> Path | None:
    """Where the VGG19 weights lie that the recipe's content loss needs; None if it needs none.

    Args:
        recipe: names the layer.
        given: a path, or "download" to fetch torchvision's into the cache; None looks into the cache, and then
            beside the benchmark data folder that SRGAN_DATA names.
        progress: counts bytes of a download.

    Raises:
        ModelError: if there are none.
    """
    if recipe.content_layer is None:
        return None
    if given == DOWNLOAD:
        return fetch_vgg19(cache_root(), progress=progress)
    if given is not None:
        return Path(given).absolute()
    places = [cache_root() / _TORCHVISION]
    if "SRGAN_DATA" in os.environ and _is_early(recipe.content_layer):
        places.append(Path(os.environ["SRGAN_DATA"]).absolute().parent / "weights" / _NORMALISED)
    for place in places:
        if place.is_file():
            return place
    raise ModelError(
        f"{recipe.name} compares features of VGG19 ({recipe.content_layer}), whose weights srgan may not ship: give "
        "their file with --vgg FILE, or fetch torchvision's (548 MiB) with --vgg download"
    )


def _is_early(layer: str) -> bool:
    """Whether the normalised weights reach the layer: they end with conv3_1."""
    return ContentLayer.parse(layer) in set(ContentLayer(3, 1).convolutions())


def load_vgg(recipe: Recipe, path: Path | None) -> VGG19 | None:
    """VGG19 up to the layer that the recipe names.

    Raises:
        ModelError: if the weights are missing, damaged, or end before it.
    """
    if recipe.content_layer is None or path is None:
        return None
    return load_vgg19(path, ContentLayer.parse(recipe.content_layer), before_activation=recipe.before_activation)


def features_path(recipe: Recipe, given: str | None) -> Path | None:
    """Where the network lies that the recipe's perception loss needs; None if it has none.

    Args:
        recipe: has such a loss, or not.
        given: a path; None looks beside the benchmark data folder that SRGAN_DATA names, for ResNet-50 v2,
            or for a feature error alone VGG19.

    Raises:
        ModelError: if there is none.
    """
    if not recipe.needs_features:
        return None
    if given is not None:
        return Path(given).absolute()
    if "SRGAN_DATA" in os.environ:
        name = _FEATURES if recipe.perception else _ORIGINAL
        place = Path(os.environ["SRGAN_DATA"]).absolute().parent / "weights" / name
        if place.is_file():
            return place
    raise ModelError(
        f"{recipe.name} compares deep features, of a network that srgan may not ship: give the .safetensors of "
        "ResNet-50 v2, SqueezeNet 1.1 or VGG19 with --features FILE"
    )


def initial_weights(
    recipe: Recipe, begun_from: str | None, *, say: Callable[[str], None] = lambda line: None
) -> dict[str, Tensor] | None:
    """The generator's weights to begin with; None for random ones.

    Args:
        recipe: of the run that begins.
        begun_from: the folder of a run, of which the better of raw and averaged weights is taken; the name or file of
            a model; or "none".
        say: hears of damaged checkpoints that were passed over.

    Raises:
        UsageError: if the recipe begins from another's result and none is given, or it has another network.
        TrainingError, ModelError: if it cannot be read.
    """
    if begun_from is None and recipe.initial:
        raise UsageError(
            f"{recipe.name} begins from a trained {recipe.initial}: name its folder with --from RUN, or a model, "
            "or begin at random with --from none"
        )
    if begun_from is None or begun_from == NONE:
        return None
    if Path(begun_from).is_dir():
        return _of_run(recipe, Run(Path(begun_from)), say)
    model = find(begun_from)
    _must_fit(recipe, begun_from, {"generator": model.card.architecture, **model.card.arguments})
    try:
        return _fitted(recipe, trained_weights(model))
    except SafetensorError as error:
        raise ModelError(f"the weights of {begun_from} cannot be read ({error}): export the model again") from error


def _of_run(recipe: Recipe, run: Run, say: Callable[[str], None]) -> dict[str, Tensor]:
    theirs = run.settings().recipe
    _must_fit(recipe, str(run.folder), {"generator": theirs.generator, **generator_arguments(theirs)})
    state = newest(run.checkpoints, say)
    if state is None:
        raise TrainingError(f"{run.folder} has no checkpoint yet: train it first")
    return _fitted(recipe, state.part(run.better("generator", "average")))


def _must_fit(recipe: Recipe, source: str, theirs: dict[str, object]) -> None:
    """Refuse another network; a compact one may begin without its refinement, or with an SRResNet's trunk."""
    if recipe.generator == "compact-generator":
        if theirs["generator"] == "srgan-generator":
            recipe = replace(recipe, generator="srgan-generator", normalisation=False)
        elif not theirs.get("refinement"):
            recipe = replace(recipe, refinement=0)
    _must_match(recipe, source, theirs)


def _fitted(recipe: Recipe, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights for the recipe's generator: what a compact one has and the other has not begins anew."""
    if recipe.generator != "compact-generator":
        return weights
    own = make_generator(recipe).state_dict()
    return own | {name: weights[name] for name in own if name in weights and own[name].shape == weights[name].shape}


def _must_match(recipe: Recipe, source: str, theirs: dict[str, object]) -> None:
    ours = {"generator": recipe.generator, **generator_arguments(recipe)}
    # Cards leave out what is as the network's defaults have it.
    theirs = {field: theirs.get(field, getattr(Recipe, field)) for field in ours}
    differing = [field for field in ours if theirs[field] != ours[field]]
    if differing:
        found = ", ".join(f"{field} {theirs[field]}, not {ours[field]}" for field in differing)
        remedy = " ".join(f"--set {field}={theirs[field]}" for field in differing)
        raise UsageError(f"{source} has another network ({found}): add {remedy}, or begin from another")
