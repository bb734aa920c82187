"""Distances between what a trained network sees in two pictures. They are named for the network they were made with.

They are not LPIPS: that is the features of one of three networks weighted by heads fitted to human judgements (Zhang et
al. 2018), and a distance without the heads has another scale. Numbers compare only with numbers of the same file. Deep
features (SqueezeNet, ResNet) place the SRGAN paper's SRGAN pictures nearer to the originals than its SRResNet's, as its
raters do; VGG19 cut off at conv3_1 does not.
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
from srgan.models.features.feature_weights import load_feature_network
from srgan.models.features.classifiers import SMALLEST, distance


class FeatureDistance:
    """How differently a network sees two pictures: 0 for identical ones, at most 2; lower is better.

    Args:
        path: the network's weights; which network it is, its tensors say.

    Raises:
        ModelError: if the file is missing, damaged, or of an unknown network.
    """

    name: str
    """What reports call it, such as "squeezenet1.1 features, uncalibrated"."""
    identity: str
    """The sha256 of the file; numbers with another do not compare."""

    def __init__(self, path: Path) -> None:
        self._network = load_feature_network(path)
        self.name = f"{self._network.name} features, uncalibrated"
        try:
            self.identity = sha256(path)
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}): check who may read it") from error

    def measure(self, restored: NDArray[Any], reference: NDArray[Any]) -> float:
        """The distance of two whole pictures, the same in either order.

        Args:
            restored: (H, W, 3) RGB or (H, W) grey, uint8, both sides at least 32.
            reference: uint8, RGB or grey, of the same height and width.

        Raises:
            PictureError: on other arrays, on sizes that differ, or on a smaller picture.
        """
        pair = [_tensor(restored, "restored"), _tensor(reference, "reference")]
        if pair[0].shape != pair[1].shape:
            raise PictureError(
                f"the restored picture is {_size(restored)} but its reference is {_size(reference)}: "
                "crop the reference to a multiple of the scale before shrinking it"
            )
        if min(reference.shape[:2]) < SMALLEST:
            raise PictureError(
                f"a picture of {_size(reference)} is too small for {self.name}: "
                f"measure pictures of at least {SMALLEST}x{SMALLEST}"
            )
        with torch.inference_mode():
            return float(distance(*(self._network(one) for one in pair)))


def _tensor(picture: NDArray[Any], role: str) -> Tensor:
    """The picture as (1, 3, H, W) in [0, 1]; grey is repeated in the three channels."""
    if picture.dtype != np.uint8 or (picture.ndim != 2 and (picture.ndim != 3 or picture.shape[2] != 3)):
        raise PictureError(
            f"the {role} picture is {picture.dtype} of shape {picture.shape}: "
            "pass (H, W, 3) RGB or (H, W) grey as uint8, without alpha"
        )
    colour = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
    return torch.from_numpy(np.ascontiguousarray(to_float(colour).transpose(2, 0, 1)))[None]


def _size(picture: NDArray[Any]) -> str:
    """Width x height, as people say it."""
    return f"{picture.shape[1]}x{picture.shape[0]}"
