"""What training lowers: the losses of Ledig et al. 2017, each a number to be weighted and added by the caller.

Pictures come as everywhere in srgan, RGB in [0, 1], and are compared in the paper's range, [-1, 1]. Each loss is the
mean over the pictures of a batch, unless it says otherwise. What network judges a picture is not known here:
adversarial losses take its logits.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.images.resample import contributions
from srgan.models.features.classifiers import distance
from srgan.models.features.vgg import VGG19

PAPER_FEATURE_SCALE = 1.0 / 12.75
"""What Ledig et al. 2017, section 3.2, multiply the features of VGG19 by."""
_WIDTH = 2.0
"""[-1, 1] is this many times as wide as [0, 1]: differences between pictures grow by it."""


class MeanSquaredError(nn.Module):
    """Mean squared error of pictures taken to [-1, 1], over pixels and channels (Ledig et al. 2017, eq. 4).

    Four times the mean squared error in [0, 1]; PSNR is 10 log10(4 / this).
    """

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]
        return _WIDTH**2 * functional.mse_loss(restored, high)


class AbsoluteError(nn.Module):
    """Mean absolute error of pictures taken to [-1, 1], over pixels and channels: twice that in [0, 1]."""

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]
        return _WIDTH * functional.l1_loss(restored, high)


class ContentLoss(nn.Module):
    """Mean squared difference of the features that VGG19 sees in two pictures (Ledig et al. 2017, eq. 5).

    Averaged over the W_ij * H_ij positions of the layer, as the equation says, and over its channels, of which it says
    as little as equation 4 does of colours: so both are means over everything. The paper multiplies the features by
    1/12.75, and with them the loss by 1/12.75^2, about 0.006, "to obtain VGG losses of a scale that is comparable to
    the MSE loss". So it is for features normalised to a mean of 1, too (docs/decisions/0008).

    Args:
        vgg: the network, up to the layer that is compared; it stays as it is.
        feature_scale: multiplies the features.
    """

    def __init__(self, vgg: VGG19, *, feature_scale: float = PAPER_FEATURE_SCALE) -> None:
        super().__init__()
        self.vgg = vgg
        self.feature_scale = feature_scale

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]
        with torch.no_grad():
            wanted = self.vgg(high)
        return self.feature_scale**2 * functional.mse_loss(self.vgg(restored), wanted)


def perception_loss(restored: Sequence[Tensor], high: Sequence[Tensor]) -> Tensor:
    """Distance of the features that a network trained to tell things apart sees in two batches, at several depths.

    The mean over the batch of `srgan.models.features.classifiers.distance`: Zhang et al. 2018, eq. 1, all weights
    equal. Features of few pixels say where an edge is; those of many say what it belongs to, which VGG22 is too shallow
    for.

    Args:
        restored: (B, C, h, w) at each depth.
        high: of the same shapes, from the real images.
    """
    return distance(_precise(restored), _precise(high)).mean()


def feature_error(restored: Sequence[Tensor], high: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of the features that a network sees in two batches, relative to their mean size.

    The mean over depths of mean |f(restored) - f(high)| / mean |f(high)|, both over batch, channels and places. Unlike
    `perception_loss`, which compares directions, weak features of smooth places count for as little as they are, so
    that no grain is asked for where nothing is seen.

    Args:
        restored: (B, C, h, w) at each depth, of VGG19 before its activations or another network.
        high: of the same shapes, from the real images.
    """
    pairs = zip(_precise(restored), _precise(high), strict=True)
    return torch.stack([(ours - theirs).abs().mean() / theirs.abs().mean() for ours, theirs in pairs]).mean()


def _precise(features: Sequence[Tensor]) -> list[Tensor]:
    """In mixed precision features come in bfloat16, too coarse for differences."""
    return [each.float() if each.dtype is torch.bfloat16 else each for each in features]


class ConsistencyError(nn.Module):
    """Mean absolute error, in [-1, 1], of restored pictures reduced again, against the high-resolution ones reduced.

    What the small picture says is certain; whatever a network invents must vanish when its result is made small again.
    The reduction is MATLAB's bicubic one, away from borders.

    Args:
        scale: factor of the reduction.
    """

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        weights, indices = contributions(16 * scale, 16, 1.0 / scale, "cubic", antialias=True, border="replicate")
        line = torch.from_numpy(weights[8]).float()
        self.kernel = (line[:, None] * line).expand(3, 1, -1, -1)
        self.first = int(indices[8][0]) % scale
        """First row and column that a whole kernel of the reduction begins at."""

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]
        difference = (restored.float() - high)[:, :, self.first :, self.first :]
        reduced = functional.conv2d(difference, self.kernel.to(difference), stride=self.scale, groups=3)
        return _WIDTH * reduced.abs().mean()


class TotalVariation(nn.Module):
    """Sum of the absolute differences between neighbouring pixels, in [-1, 1], over each picture.

    The paper adds it to the content loss of SRResNet-VGG22 with a weight of 2e-8, and names Aly and Dubois 2005 and
    Johnson et al. 2016. With such a weight only a sum over the picture, not a mean, is felt at all. Absolute
    differences along rows and columns are the anisotropic form, whose gradient needs no small constant where a picture
    is flat.
    """

    def forward(self, restored: Tensor) -> Tensor:  # (B, 3, H, W) in [0, 1]
        down = (restored[:, :, 1:] - restored[:, :, :-1]).abs().sum()
        right = (restored[:, :, :, 1:] - restored[:, :, :, :-1]).abs().sum()
        return _WIDTH * (down + right) / len(restored)


class GridError(nn.Module):
    """Mean squared error, in [-1, 1], of local means at each place of the cells that sub-pixel convolution makes.

    A pattern that is the same in every cell of scale x scale pixels looks like texture to feature losses, and costs
    next to nothing in squared errors of pixels. Averaged at each of its places over neighbouring cells, it stands out
    from everything that does not repeat; so does a colour that is off.

    Args:
        scale: side of a cell in pixels.
    """

    NEIGHBOURS = 4
    """Side of the square of cells that are averaged."""

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]; H, W whole cells
        places = functional.pixel_unshuffle(restored - high, self.scale)
        means = functional.avg_pool2d(places, min(self.NEIGHBOURS, *places.shape[-2:]))
        return _WIDTH**2 * means.square().mean()


class GridTexture(nn.Module):
    """How unevenly texture lies in the cells that sub-pixel convolution makes, beside that of real pictures.

    A crosshatch whose sign changes from cell to cell is nothing in the mean, which is what `GridError` sees; but it
    makes pixels differ more at some places of the cells than at others, and in real pictures no place is special. For
    steps of one and two pixels in four directions, the mean absolute difference at each place, over neighbouring cells,
    is divided by its mean over the places: the loss is the mean squared difference of these ratios, taken over the
    batch. How strong texture is counts for nothing, but where it is too weak to be seen.

    Args:
        scale: side of a cell in pixels.
    """

    STEPS = (1, 2)
    """In pixels; with those of one alone, the crosshatch takes to every other pixel."""
    NEIGHBOURS = 8
    """Side of the square of cells that are averaged."""
    APART = 5
    """Cells from one such square to the next."""
    VISIBLE = 1.0 / 255.0
    """Added to the strength of texture."""

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]; whole cells, 2 or more
        return functional.mse_loss(self._shares(restored), self._shares(high))

    def _shares(self, pictures: Tensor) -> Tensor:
        """The strength of each step at each place, 1 on average: (8, scale^2)."""
        steps = torch.cat([self._steps(pictures, length) for length in self.STEPS])
        places = functional.pixel_unshuffle(steps, self.scale)  # (8, B * scale^2, rows of cells, columns)
        side = min(self.NEIGHBOURS, *places.shape[-2:])
        strength = functional.avg_pool2d(places, side, stride=self.APART)
        strength = strength.reshape(len(steps), len(pictures), self.scale**2, -1)
        shares = (strength + self.VISIBLE) / (strength.mean(2, keepdim=True) + self.VISIBLE)
        return shares.mean((1, 3))

    def _steps(self, pictures: Tensor, length: int) -> Tensor:
        """Mean absolute differences over the colours to the right, down, and along both diagonals: (4, B, H', W')."""
        rows, columns = (side - self.scale for side in pictures.shape[-2:])
        here, right = pictures[:, :, :rows, :columns], pictures[:, :, :rows, length : columns + length]
        down = pictures[:, :, length : rows + length, :columns]
        across = pictures[:, :, length : rows + length, length : columns + length]
        return torch.stack([here - right, here - down, here - across, right - down]).abs().mean(2)


class TextureSpectrum(nn.Module):
    """How far the strength of texture is from the originals', by place and frequency: mean |log ratio|, in nepers.

    Feature losses and young discriminators take a regular grain, the same few frequencies everywhere, for texture of
    any kind. Power spectra of windows tell the two apart, and ask for no pixel to be where it was: only that about as
    much varies, as finely, about there. Spectra of the gray value in tapered windows are averaged over neighbouring
    windows; too much counts as too little does. What a level of 255 would hide is no texture.
    """

    WINDOW = 16
    """Side in pixels; they are half as much apart."""
    NEIGHBOURS = 3
    """Side of the square of windows that are averaged."""
    VISIBLE = 1.0 / 255.0
    """Standard deviation of the noise whose power is added to all."""

    def __init__(self) -> None:
        super().__init__()
        taper = torch.hann_window(self.WINDOW, periodic=False, dtype=torch.float64)
        self.taper = taper[:, None] * taper

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]; WINDOW or more wide
        with torch.no_grad():
            wanted = self._strength(high)
        return functional.l1_loss(self._strength(restored), wanted)

    def _strength(self, pictures: Tensor) -> Tensor:
        """Logarithms of amplitudes: (B, 144, windows down, windows across)."""
        windows = pictures.mean(1).unfold(1, self.WINDOW, self.WINDOW // 2).unfold(2, self.WINDOW, self.WINDOW // 2)
        taper = self.taper.to(windows)
        spectra = torch.fft.rfft2((windows - windows.mean((3, 4), keepdim=True)) * taper)
        power = (spectra.real.square() + spectra.imag.square()).flatten(3).permute(0, 3, 1, 2)
        side = min(self.NEIGHBOURS, *power.shape[-2:])
        power = functional.avg_pool2d(power, side, stride=max(1, side - 1))
        return 0.5 * torch.log(power + self.VISIBLE**2 * taper.square().sum())


class AdversarialLoss(nn.Module):
    """-log D(G(LR)): how far the generator is from being taken for real (Ledig et al. 2017, eq. 6).

    From logits z it is softplus(-z) = -log sigmoid(z), finite wherever the logit is.

    Args:
        reduction: "sum" over the batch as equation 6 is printed, or "mean". With the sum, the weight of 1e-3 that the
            paper gives this loss counts for more in a larger batch, since content losses are means over it (eq. 2);
            the mean makes recipes independent of their batch. A sum over 16 pictures is 16 times their mean.
    """

    def __init__(self, *, reduction: Literal["sum", "mean"] = "sum") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, logits: Tensor) -> Tensor:  # (B, 1): the discriminator's, of restored pictures
        losses = functional.softplus(-logits)
        return losses.sum() if self.reduction == "sum" else losses.mean()


class DiscriminatorLoss(nn.Module):
    """-log D(HR) - log(1 - D(G(LR))), the mean over the batch of what D maximises (Ledig et al. 2017, eq. 1).

    A discriminator that knows nothing, every logit 0, has a loss of 2 log 2 = 1.386.
    """

    def forward(self, high: Tensor, restored: Tensor) -> Tensor:  # (B, 1) both: logits
        return functional.softplus(-high).mean() + functional.softplus(restored).mean()
