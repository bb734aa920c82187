"""Losses that the generator's training lowers, and the terms that a recipe makes of them.

Images, (B, 3, H, W), are RGB in [0, 1] and are compared in the range of Ledig et al. 2017, [-1, 1]; `scale` is the side
of a cell of sub-pixel convolution, and H and W are whole cells. Features are lists of (B, C, h, w), one for each depth.
Each loss is the mean over a batch, unless it says otherwise. To add one, write a function of two batches of images, or
of their features, and give it a line in `make_terms` and a weight in `recipes.recipe.LossSettings`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.images.resize import contributions
from srgan.models.features.classifiers import distance
from srgan.models.features.vgg import VGG19
from srgan.models.layers import luminance
from srgan.training.recipes.recipe import DiscriminatorName, Recipe

PAPER_FEATURE_SCALE = 1.0 / 12.75
"""Factor of VGG19's features in Ledig et al. 2017, section 3.2."""
_WIDTH = 2.0
"""Width of [-1, 1], by which differences between images in [0, 1] grow."""


@dataclass(frozen=True)
class Step:
    """What the losses of one update see: whole crops, or the window of them that moves from update to update."""

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
    if recipe.loss.content_layer is None:
        return {"mse": squared_error, "l1": absolute_error, "luma": luminance_error}[recipe.loss.content]
    assert vgg is not None, "the caller loads what the recipe's content_layer names"
    return partial(vgg_error, vgg=vgg, feature_scale=recipe.loss.feature_scale)


def squared_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean squared error of images taken to [-1, 1], over pixels and channels (Ledig et al. 2017, eq. 4).

    Four times the mean squared error in [0, 1]; PSNR is 10 log10(4 / this).
    """
    return _WIDTH**2 * functional.mse_loss(restored, high)


def absolute_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean absolute error of images taken to [-1, 1], over pixels and channels: twice that in [0, 1]."""
    return _WIDTH * functional.l1_loss(restored, high)


def luminance_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean squared error of the luminance alone, in the units of `squared_error`.

    For networks that make nothing else. That of R, G and B would draw their luminance towards (R + G + B) / 3: whatever
    bicubic interpolation missed of the colours, they would try to make up for.
    """
    return squared_error(luminance(restored), luminance(high))


def vgg_error(restored: Tensor, high: Tensor, *, vgg: VGG19, feature_scale: float = PAPER_FEATURE_SCALE) -> Tensor:
    """Return the mean squared difference of VGG19's features (Ledig et al. 2017, eq. 5).

    Averaged over the W_ij * H_ij positions of the layer, as the equation says, and over its channels, of which it says
    as little as equation 4 does of colours: so both are means over everything. The paper multiplies the features by
    1/12.75, and with them the loss by 1/12.75^2, about 0.006, "to obtain VGG losses of a scale that is comparable to
    the MSE loss". So it is for features normalised to a mean of 1, too (docs/decisions/0008).
    """
    with torch.no_grad():
        wanted = vgg(high)
    return feature_scale**2 * functional.mse_loss(vgg(restored), wanted)


def perception_loss(restored: Sequence[Tensor], high: Sequence[Tensor]) -> Tensor:
    """Return the mean distance of a trained classifier's features (Zhang et al. 2018, eq. 1).

    See `srgan.models.features.classifiers.distance`; all weights are equal. Features of few pixels say where an edge
    is; those of many say what it belongs to, which VGG22 is too shallow for.
    """
    return distance(_to_float32(restored), _to_float32(high)).mean()


def feature_error(restored: Sequence[Tensor], high: Sequence[Tensor]) -> Tensor:
    """Return the mean absolute difference of features, relative to the mean size of the originals'.

    The mean over depths of mean |f(restored) - f(high)| / mean |f(high)|, both over batch, channels and places. Unlike
    `perception_loss`, which compares directions, weak features of smooth places count for as little as they are, so
    that no grain is asked for in smooth places.
    """
    pairs = zip(_to_float32(restored), _to_float32(high), strict=True)
    return torch.stack([(ours - theirs).abs().mean() / theirs.abs().mean() for ours, theirs in pairs]).mean()


def _to_float32(features: Sequence[Tensor]) -> list[Tensor]:
    """Widen features that mixed precision computed in bfloat16, which is too coarse for differences."""
    return [each.float() if each.dtype is torch.bfloat16 else each for each in features]


def consistency_error(restored: Tensor, high: Tensor, *, scale: int = 4) -> Tensor:
    """Return the mean absolute error, in [-1, 1], of downscaled restored images, against the downscaled originals.

    Whatever a network invents must vanish when its result is downscaled again. The downscaling is MATLAB's bicubic one,
    away from borders.
    """
    kernel, first = _reduction(scale)
    difference = (restored.float() - high)[:, :, first:, first:]
    reduced = functional.conv2d(difference, kernel.to(difference), stride=scale, groups=3)
    return _WIDTH * reduced.abs().mean()


@cache
def _reduction(scale: int) -> tuple[Tensor, int]:
    """Return the kernel of the bicubic downscaling, (3, 1, k, k), and the first row and column at which it fits."""
    weights, indices = contributions(16 * scale, 16, 1.0 / scale, "cubic", antialias=True, border="replicate")
    line = torch.from_numpy(weights[8]).float()
    return (line[:, None] * line).expand(3, 1, -1, -1), int(indices[8][0]) % scale


def total_variation(restored: Tensor) -> Tensor:
    """Return the sum of the absolute differences between neighbouring pixels, in [-1, 1], over each image.

    The paper adds it to the content loss of SRResNet-VGG22 with a weight of 2e-8, and names Aly and Dubois 2005 and
    Johnson et al. 2016. With such a weight only a sum over the image, not a mean, is felt at all. Absolute differences
    along rows and columns are the anisotropic form, whose gradient needs no small constant where an image is flat.
    """
    down = (restored[:, :, 1:] - restored[:, :, :-1]).abs().sum()
    right = (restored[:, :, :, 1:] - restored[:, :, :, :-1]).abs().sum()
    return _WIDTH * (down + right) / len(restored)


def grid_error(restored: Tensor, high: Tensor, *, scale: int = 4) -> Tensor:
    """Return the mean squared error, in [-1, 1], of local means at each place of the cells of sub-pixel convolution.

    A pattern that is the same in every cell of scale x scale pixels looks like texture to feature losses, and costs
    next to nothing in squared errors of pixels. Averaged at each of its places over 4 x 4 neighbouring cells, it stands
    out from everything that does not repeat; so does a colour that is off.
    """
    places = functional.pixel_unshuffle(restored - high, scale)
    means = functional.avg_pool2d(places, min(4, *places.shape[-2:]))
    return _WIDTH**2 * means.square().mean()


_VISIBLE = 1.0 / 255.0
"""Strength of texture below which differences count for less and less."""


def grid_texture_error(restored: Tensor, high: Tensor, *, scale: int = 4) -> Tensor:
    """Return how unevenly texture lies in the cells of sub-pixel convolution, compared with real images.

    A crosshatch whose sign changes from cell to cell vanishes in the mean, which is what `grid_error` sees; but it
    makes pixels differ more at some places of the cells than at others, and in real images no place is special. The
    loss is the mean squared difference of `texture_shares` of the two batches. The strength of texture does not count,
    except where it is too weak to be seen.
    """
    return functional.mse_loss(texture_shares(restored, scale=scale), texture_shares(high, scale=scale))


def texture_shares(images: Tensor, *, scale: int) -> Tensor:
    """Return the strength of texture at each place of a cell relative to the mean over all places: (8, scale^2).

    The strength is the mean absolute difference over steps of one and two pixels in four directions, over the batch and
    over 8 x 8 neighbouring cells, five cells from one such square to the next. With steps of one pixel alone, the
    crosshatch moves to every other pixel.

    Args:
        images: (B, C, H, W).
        scale: side of a cell in pixels.
    """
    steps = torch.cat([_steps(images, length, scale) for length in (1, 2)])
    places = functional.pixel_unshuffle(steps, scale)  # (8, B * scale^2, rows of cells, columns)
    side = min(8, *places.shape[-2:])
    strength = functional.avg_pool2d(places, side, stride=5).reshape(len(steps), len(images), scale**2, -1)
    shares = (strength + _VISIBLE) / (strength.mean(2, keepdim=True) + _VISIBLE)
    return shares.mean((1, 3))


def _steps(images: Tensor, length: int, scale: int) -> Tensor:
    """Return mean absolute differences over colours to the right, down, and along both diagonals: (4, B, H', W')."""
    rows, columns = (side - scale for side in images.shape[-2:])
    here, right = images[:, :, :rows, :columns], images[:, :, :rows, length : columns + length]
    down = images[:, :, length : rows + length, :columns]
    across = images[:, :, length : rows + length, length : columns + length]
    return torch.stack([here - right, here - down, here - across, right - down]).abs().mean(2)


_SPECTRUM_WINDOW = 16  # side in pixels; windows are half as much apart


def spectrum_error(restored: Tensor, high: Tensor) -> Tensor:
    """Return the mean |log ratio| of the strengths of texture, by place and frequency, in nepers.

    Feature losses and young discriminators take a regular grain, the same few frequencies everywhere, for texture of
    any kind. Power spectra of windows tell the two apart, and ask for no pixel to be where it was: only that about as
    much varies, as finely, about there. Spectra of the gray value in tapered windows of 16 pixels are averaged over 3 x
    3 neighbouring windows; too much counts as too little does. What a level of 255 would hide is no texture.
    """
    with torch.no_grad():
        wanted = _log_amplitudes(high)
    return functional.l1_loss(_log_amplitudes(restored), wanted)


def _log_amplitudes(images: Tensor) -> Tensor:
    """Return logarithms of amplitudes: (B, 144, windows down, windows across)."""
    side, apart = _SPECTRUM_WINDOW, _SPECTRUM_WINDOW // 2
    windows = images.mean(1).unfold(1, side, apart).unfold(2, side, apart)
    taper = _taper().to(windows)
    spectra = torch.fft.rfft2((windows - windows.mean((3, 4), keepdim=True)) * taper)
    power = (spectra.real.square() + spectra.imag.square()).flatten(3).permute(0, 3, 1, 2)
    neighbours = min(3, *power.shape[-2:])
    power = functional.avg_pool2d(power, neighbours, stride=max(1, neighbours - 1))
    return 0.5 * torch.log(power + _VISIBLE**2 * taper.square().sum())


@cache
def _taper() -> Tensor:
    line = torch.hann_window(_SPECTRUM_WINDOW, periodic=False, dtype=torch.float64)
    return line[:, None] * line


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
        # The sum is over the whole batch, of which each process has a part and of whose gradients the mean is taken.
        self._times = recipe.crops.batch if recipe.loss.adversarial_reduction == "sum" else 1

    def __call__(self, step: Step) -> Tensor:
        restored, _ = step.judged(self._kind)
        self._discriminator.requires_grad_(False)
        logits: Tensor = self._discriminator(restored)
        self._discriminator.requires_grad_(True)
        loss = adversarial_loss(logits.float())
        return loss if self._times == 1 else self._times * loss


def adversarial_loss(logits: Tensor) -> Tensor:
    """Return the mean of -log D(G(LR)) over the discriminator's logits of restored images (Ledig et al. 2017, eq. 6).

    From logits z it is softplus(-z) = -log sigmoid(z), finite wherever the logit is.
    """
    return functional.softplus(-logits).mean()


def discriminator_loss(high: Tensor, restored: Tensor) -> Tensor:
    """Return -log D(HR) - log(1 - D(G(LR))), the mean over logits of what D maximises (Ledig et al. 2017, eq. 1).

    A discriminator that knows nothing, every logit 0, has a loss of 2 log 2 = 1.386.
    """
    return functional.softplus(-high).mean() + functional.softplus(restored).mean()
