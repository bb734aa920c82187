"""NIQE: distance of an image's statistics from those of natural photos, without a reference (Mittal et al. 2013).

As in the authors' MATLAB release: lower is better; the originals of Set14 score 2.5 to 9, bicubic enlargements of them
7 to 9.5. Scores depend on size and content: compare only those of the same scene at the same size.
"""

import math
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.download import sha256
from srgan.errors import ModelError, PictureError
from srgan.images import imresize
from srgan.metrics.luma import bt601_luma, size_text, to_rgb
from srgan.metrics.window import filter_where_it_fits, gaussian_taps

Array = NDArray[Any]

DESCRIPTION = "NIQE (Mittal 2013) of BT.601 luma (MATLAB rgb2ycbcr, rounded), blocks of 96x96, nothing cropped"
"""Definition in one line, printed with the number."""

BLOCK = 96  # pixels, side of a block at full size
FEATURES = 36  # 18 of each block at full size and 18 at half size

_SHAPES = np.arange(200, 10001) / 1000  # of the candidate distributions
_TAPS = gaussian_taps(7, 7 / 6)
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # horizontal, vertical, both diagonals
_REMEDY = "give NIQE's parameters as a .npz with mu_pris_param and cov_pris_param"

_DAMAGE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)
"""What np.load raises for files that are not whole."""

_gamma = np.vectorize(math.gamma, otypes=[np.float64])


@dataclass(frozen=True, eq=False)
class Niqe:
    """NIQE with its parameters: a Gaussian of natural photos in feature space."""

    mean: Array
    """(36,)"""
    covariance: Array
    """(36, 36)"""
    identity: str
    """The sha256 of the parameters' file."""

    @classmethod
    def load(cls, path: Path) -> "Niqe":
        """Read the parameters from a .npz, without unpickling.

        Raises:
            ModelError: if the file is missing, damaged or holds something else.
        """
        try:
            with path.open("rb") as stream, np.load(stream) as file:
                mean, covariance = np.ravel(file["mu_pris_param"]), np.asarray(file["cov_pris_param"])
            identity = sha256(path)
        except _DAMAGE as error:
            raise ModelError(f"{path} has no parameters of NIQE ({type(error).__name__}): {_REMEDY}") from error
        if mean.shape != (FEATURES,) or covariance.shape != (FEATURES, FEATURES):
            raise ModelError(f"the parameters in {path} are not of {FEATURES} features: {_REMEDY}")
        return cls(mean.astype(np.float64), covariance.astype(np.float64), identity)

    def measure(self, image: NDArray[Any]) -> float:
        """Return the NIQE of an image (section II.E): 0 or more, lower is better.

        Pixels to the right of and below whole blocks are ignored.

        Args:
            image: (H, W, 3) RGB or (H, W) grey, uint8.

        Raises:
            PictureError: for other arrays, or fewer than two blocks that are not flat.
        """
        features = block_features(bt601_luma(to_rgb(image, "restored")))
        whole = features[~np.isnan(features).any(axis=1)]  # flat blocks have no statistics
        if len(whole) < 2:
            raise PictureError(
                f"a picture of {size_text(image)} has {len(whole)} blocks of {BLOCK}x{BLOCK} with "
                "any texture, and NIQE needs two: measure a larger one"
            )
        away = self.mean - np.nanmean(features, axis=0)
        pooled = (self.covariance + np.cov(whole, rowvar=False)) / 2
        return math.sqrt(away @ np.linalg.pinv(pooled) @ away)


def block_features(luma: NDArray[np.uint8]) -> Array:
    """Return the features of every whole block of a plane: (blocks, 36) float64, NaN where a block is flat."""
    rows, columns = luma.shape[0] // BLOCK, luma.shape[1] // BLOCK
    plane = luma[: rows * BLOCK, : columns * BLOCK].astype(np.float64)
    if plane.size == 0:
        return np.empty((0, FEATURES))
    parts = []
    for side in (BLOCK, BLOCK // 2):
        blocks = normalise(plane).reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side, side)
        parts.append(_scale_features(blocks))
        plane = imresize(plane, 0.5)
    return np.concatenate(parts, axis=1)


def normalise(plane: Array) -> Array:
    """Return each pixel minus its local mean, over its local deviation plus 1 (eq. 1), (H, W)."""
    half = len(_TAPS) // 2
    padded = np.pad(plane, half, mode="edge")
    mean, square = filter_where_it_fits(np.stack([padded, padded * padded]), _TAPS)
    return np.asarray((plane - mean) / (np.sqrt(np.abs(square - mean * mean)) + 1))


def _scale_features(blocks: Array) -> Array:
    """Return the 18 features of (N, side, side) normalised blocks at one size, (N, 18) (section II.C)."""
    count = len(blocks)
    shape, left, right = fit_distributions(blocks.reshape(count, -1))
    features = [shape, (left + right) / 2]
    for shift in _NEIGHBOURS:
        products = blocks * np.roll(blocks, shift, axis=(1, 2))
        shape, left, right = fit_distributions(products.reshape(count, -1))
        features += [shape, (right - left) * _gamma(2 / shape) / _gamma(1 / shape), left, right]  # eq. 8
    return np.stack(features, axis=1)


def fit_distributions(samples: Array) -> tuple[Array, Array, Array]:
    """Fit an asymmetric generalised Gaussian (eq. 5) to each row of samples by its moments (Lasmar et al. 2009).

    Args:
        samples: (N, count).

    Returns:
        Shape, left scale and right scale, each (N,); a scale is NaN where no sample has its sign.
    """
    squares = samples * samples
    negative, positive = samples < 0, samples > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt(np.sum(squares * negative, axis=1) / np.sum(negative, axis=1))
        right = np.sqrt(np.sum(squares * positive, axis=1) / np.sum(positive, axis=1))
        skew = left / right
        ratio = np.mean(np.abs(samples), axis=1) ** 2 / np.mean(squares, axis=1)
        ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    ratios = _ratios()
    nearest = np.searchsorted((ratios[1:] + ratios[:-1]) / 2, ratio)
    shape = _SHAPES[np.where(np.isnan(ratio), 0, nearest)]  # the first of NaNs is MATLAB's minimum of them
    deviation_to_scale = np.sqrt(_gamma(1 / shape) / _gamma(3 / shape))
    return shape, left * deviation_to_scale, right * deviation_to_scale


@cache
def _ratios() -> Array:
    """Return the squared mean of |x| over the mean of x^2 of symmetric distributions of every shape; they increase."""
    return np.asarray(_gamma(2 / _SHAPES) ** 2 / (_gamma(1 / _SHAPES) * _gamma(3 / _SHAPES)))
