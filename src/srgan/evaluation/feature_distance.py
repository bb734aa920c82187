"""Distances between the features of two images in a trained network.

They are not LPIPS, whose features are weighted by heads fitted to human judgements (Zhang et al. 2018): without the
heads a distance has another scale, and compares only with those of the same weights. Deep features (SqueezeNet, ResNet)
rank the SRGAN paper's SRGAN images closer to the originals than its SRResNet's, as its raters do; VGG19 up to conv3_1
does not.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srgan.download import sha256
from srgan.errors import ModelError, PictureError
from srgan.images.colour import to_float
from srgan.metrics.luma import rgb_pair, size_text
from srgan.models.features.classifiers import SMALLEST, distance
from srgan.models.features.feature_weights import load_feature_network


class FeatureDistance:
    """Distance of two images in a network's features: 0 for identical ones, at most 2; lower is better.

    Args:
        path: the network's weights; its tensors tell which network it is.

    Raises:
        ModelError: if the file is missing, damaged, or of an unknown network.
    """

    name: str
    """Name for reports, such as "squeezenet1.1 features, uncalibrated"."""
    identity: str
    """The sha256 of the weights."""

    def __init__(self, path: Path) -> None:
        self._network = load_feature_network(path)
        self.name = f"{self._network.name} features, uncalibrated"
        try:
            self.identity = sha256(path)
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}): check who may read it") from error

    def measure(self, restored: NDArray[Any], reference: NDArray[Any]) -> float:
        """Return the distance of two whole images, the same in either order.

        Args:
            restored: (H, W, 3) RGB or (H, W) grey, uint8, both sides at least 32.
            reference: uint8, RGB or grey, of the same height and width.

        Raises:
            PictureError: for other arrays, different sizes, or a smaller image.
        """
        pair = rgb_pair(restored, reference)
        if min(reference.shape[:2]) < SMALLEST:
            raise PictureError(
                f"a picture of {size_text(reference)} is too small for {self.name}: "
                f"measure pictures of at least {SMALLEST}x{SMALLEST}"
            )
        with torch.inference_mode():
            return float(distance(*(self._network(_to_tensor(one)) for one in pair)))


def _to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """Return an RGB image as (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(to_float(image).transpose(2, 0, 1)))[None]
