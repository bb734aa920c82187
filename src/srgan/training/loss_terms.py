"""Terms of a recipe's loss: which losses are added up, with which weights, and what each of them sees.

To add a loss, write a function of two batches of images, or of their features, in `losses`, `texture_losses` or
`adversarial_losses`, and give it a line in `make_terms` and a weight in `recipes.settings.LossSettings`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from srgan.models.features.vgg import VGG19
from srgan.training.adversarial_losses import adversarial_loss, relativistic_adversarial_loss
from srgan.training.losses import (
    absolute_error,
    consistency_error,
    feature_error,
    low_band_error,
    luminance_error,
    perception_loss,
    squared_error,
    total_variation,
    vgg_error,
)
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import DiscriminatorName
from srgan.training.texture_losses import grid_error, grid_texture_error, spectrum_error


@dataclass(frozen=True)
class Step:
    """Images and features of one update: of whole crops, or of the window of them that moves from update to update."""

    low: Tensor
    """(B, 3, h, w), always the whole crop."""
    high: Tensor
    """(B, 3, H, W)."""
    restored: Tensor
    """(B, 3, H, W), the generator's result."""
    recursions: Sequence[Tensor] = ()
    """What each recursion of DRCN alone would give, as `restored`; empty unless they are supervised."""
    progress: float = 0.0
    """Share of the run that is done."""
    restored_features: Sequence[Tensor] = ()
    """Features of `restored` at several depths, (B, C, h, w), each divided by the mean size of the originals'."""
    high_features: Sequence[Tensor] = ()
    """Those of `high`."""

    def judged(self, discriminator: DiscriminatorName) -> tuple[Tensor | Sequence[Tensor], Tensor | Sequence[Tensor]]:
        """Return what a kind of discriminator judges, restored and real."""
        if discriminator == "features":
            return self.restored_features, self.high_features
        return self.restored, self.high


Loss = Callable[[Step], Tensor]


@dataclass(frozen=True)
class Term:
    """One summand of the generator's loss."""

    name: str
    """Column of the log; empty for a term that is not logged."""
    weight: float | Callable[[float], float]
    """Factor, or a function of the share of the run that is done."""
    loss: Loss
    sees: Literal["window", "crop"]
    """Which step the loss gets."""
    autocast: bool = False
    """Whether it is computed in the run's precision."""

    def weight_at(self, progress: float) -> float:
        """Return the factor when a share of the run is done."""
        return self.weight(progress) if callable(self.weight) else self.weight


def make_terms(recipe: Recipe, *, vgg: VGG19 | None = None, discriminator: nn.Module | None = None) -> tuple[Term, ...]:
    """Return the terms of a recipe's loss, the content first. Their order decides how their sum is rounded.

    Args:
        recipe: the settings.
        vgg: network of the content loss, if the recipe names a layer of it.
        discriminator: the network, if the recipe has one.
    """
    settings, scale = recipe.loss, recipe.network.scale
    content = make_content_loss(recipe, vgg)

    def share(progress: float) -> float:  # alpha of Kim et al. 2016, section 3.3
        return settings.supervision * (1.0 - progress)

    def recursions_error(step: Step) -> Tensor:
        return torch.stack([content(each, step.high) for each in step.recursions]).mean()

    terms = [Term("content", 1.0, _on_images(content), "window", autocast=True)]
    if settings.supervision:
        terms = [
            Term("content", lambda progress: 1.0 - share(progress), _on_images(content), "window", autocast=True),
            Term("", share, recursions_error, "window", autocast=True),
        ]
    optional = (
        Term("perception", settings.perception, _on_features(perception_loss), "window"),
        Term("feature_error", settings.feature_error, _on_features(feature_error), "window"),
        Term("pixel", settings.pixel, _on_images(squared_error), "crop"),
        Term("pixel_l1", settings.pixel_l1, _on_images(absolute_error), "crop"),
        Term("consistency", settings.consistency, _on_images(partial(consistency_error, scale=scale)), "crop"),
        Term("grid", settings.grid, _on_images(partial(grid_error, scale=scale)), "crop"),
        Term("grid_texture", settings.grid_texture, _on_images(partial(grid_texture_error, scale=scale)), "crop"),
        Term("spectrum", settings.spectrum, _on_images(spectrum_error), "crop"),
        Term("total_variation", settings.total_variation, lambda step: total_variation(step.restored), "crop"),
    )
    terms += [term for term in optional if term.weight]
    if discriminator is not None:
        adversarial = Adversarial(recipe, discriminator)
        terms.append(Term("adversarial", settings.adversarial, adversarial, "window", autocast=True))
    return tuple(terms)


def _on_images(loss: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    return lambda step: loss(step.restored, step.high)


def _on_features(loss: Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor]) -> Loss:
    return lambda step: loss(step.restored_features, step.high_features)


def make_content_loss(recipe: Recipe, vgg: VGG19 | None) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the recipe's content loss of restored and real images; `vgg` is needed where it names a layer."""
    settings = recipe.loss
    if settings.content_layer is None:
        return _PIXEL_LOSSES[settings.content]
    assert vgg is not None, "the caller loads what the recipe's content_layer names"
    absolute = settings.feature_distance == "l1"
    return partial(vgg_error, vgg=vgg, feature_scale=settings.feature_scale, absolute=absolute)


_PIXEL_LOSSES = {
    "mse": squared_error,
    "l1": absolute_error,
    "luma": luminance_error,
    "low-band": low_band_error,
}
"""Content losses without a network, by their names in recipes."""


class Adversarial:
    """The adversarial loss of restored images, of which the discriminator judges the images or their features.

    Args:
        recipe: says what it judges, and how the losses of a batch are reduced. With the sum of Ledig et al. 2017, eq.
            6, the paper's weight of 1e-3 counts for more in a larger batch, since content losses are means over it
            (eq. 2); the mean makes recipes independent of their batch.
        discriminator: the network; its own gradients are not computed.
    """

    def __init__(self, recipe: Recipe, discriminator: nn.Module) -> None:
        self._kind, self._discriminator = recipe.loss.discriminator, discriminator
        self._relativistic = recipe.loss.relativistic
        # The sum is over the whole batch, of which each process has a part and of whose gradients the mean is taken.
        self._times = recipe.crops.batch if recipe.loss.adversarial_reduction == "sum" else 1

    def __call__(self, step: Step) -> Tensor:
        restored, high = step.judged(self._kind)
        self._discriminator.requires_grad_(False)
        logits: Tensor = self._discriminator(restored).float()
        if self._relativistic:
            loss = relativistic_adversarial_loss(self._discriminator(high).float(), logits)
        else:
            loss = adversarial_loss(logits)
        self._discriminator.requires_grad_(True)
        return loss if self._times == 1 else self._times * loss
