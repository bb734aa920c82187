"""The networks that recipes name, made from a recipe's settings."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from srgan.errors import UsageError
from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.cheung import CheungDiscriminator
from srgan.models.feature_discriminator import FeatureDiscriminator
from srgan.models.features.classifiers import SMALLEST, FeatureNetwork
from srgan.models.patch_discriminator import PatchDiscriminator
from srgan.models.srgan import Discriminator
from srgan.models.ucsd import UcsdDiscriminator
from srgan.training.recipes.recipe import Recipe

DISCRIMINATORS: dict[str, Callable[..., nn.Module]] = {
    "srgan": Discriminator,
    "patch": PatchDiscriminator,
    "cheung": CheungDiscriminator,
    "ucsd": UcsdDiscriminator,
}
"""Those that see images, by the name that a recipe gives."""


def generator_arguments(recipe: Recipe) -> dict[str, Any]:
    """What rebuilds the recipe's generator: its part of a model's card."""
    match recipe.generator:
        case "srgan-generator":
            names: tuple[str, ...] = ("blocks", "features", "scale", "normalisation", "skips")
        case "compact-generator":
            names = ("blocks", "features", "refinement")
        case "srcnn":
            names = ("middle",)
        case "drcn":
            names = ("recursions", "features")
        case "ucsd-srcnn" | "espcn":
            names = ()
        case _:
            names = ("blocks", "features")
    return {name: getattr(recipe, name) for name in names}


def make_generator(recipe: Recipe) -> AnyGenerator:
    """The recipe's generator, with weights that its seed fixes."""
    torch.manual_seed(recipe.seed)
    return ARCHITECTURES[recipe.generator](**generator_arguments(recipe))


def make_discriminator(recipe: Recipe, features: FeatureNetwork | None = None) -> nn.Module | None:
    """The recipe's discriminator, or None if it has none.

    Args:
        recipe: the settings.
        features: the network whose features it judges, where the recipe says so.

    Raises:
        UsageError: if it does not see crops of the recipe's size.
    """
    if recipe.discriminator == "none":
        return None
    torch.manual_seed(recipe.seed + 1)
    if recipe.discriminator == "features":
        assert features is not None, "the caller loads what the recipe's needs_features asks for"
        channels = [each.shape[1] for each in features(torch.zeros(1, 3, SMALLEST, SMALLEST))]
        return FeatureDiscriminator(channels, features=recipe.discriminator_features)
    try:
        return DISCRIMINATORS[recipe.discriminator](crop=recipe.window, features=recipe.discriminator_features)
    except ValueError as error:
        raise UsageError(f"{error}: choose another with --set crop=") from error
