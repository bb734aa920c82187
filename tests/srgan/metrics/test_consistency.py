"""LR-consistency where the answer is known, and on the pictures that the SRGAN paper's authors published."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.data.prepare import rgb8
from srgan.errors import PictureError
from srgan.images.resize import imresize
from srgan.metrics import consistency


def _picture(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_picture_is_consistent_with_what_was_made_from_it(scale: int, channels: tuple[int, ...]) -> None:
    high = _picture(6 * scale, 5 * scale, *channels)
    assert consistency(high, imresize(high, 1 / scale, border="replicate"), scale=scale) == math.inf


def test_one_level_too_bright_is_48_decibels() -> None:
    low = np.full((5, 6, 3), 100, np.uint8)
    restored = np.full((20, 24, 3), 101, np.uint8)
    assert consistency(restored, low, scale=4) == pytest.approx(20 * math.log10(255))


@pytest.mark.parametrize(("restored", "low"), [((16, 20, 3), (4, 6, 3)), ((15, 20), (4, 5)), ((0, 0), (0, 0))])
def test_sizes_that_do_not_belong_together(restored: tuple[int, ...], low: tuple[int, ...]) -> None:
    with pytest.raises(PictureError):
        consistency(np.zeros(restored, np.uint8), np.zeros(low, np.uint8), scale=4)


def _crop(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]


def test_pictures_that_matlab_shrunk_are_consistent_with_their_originals(data_folder: Path) -> None:
    folder = data_folder / "golden" / "matlab_imresize_x4" / "Set5"
    for path in sorted(folder.glob("*_HR.png")):
        low = rgb8(path.with_name(path.name.replace("_HR", "_LR")))
        assert consistency(_crop(rgb8(path)), low, scale=4) == math.inf, path.name


@pytest.mark.parametrize(("model", "least", "most"), [("SRResNet-MSE", 47, 50), ("SRGAN-VGG54", 33, 38)])
def test_published_pictures_keep_to_their_input_as_their_loss_asks(
    data_folder: Path, model: str, least: float, most: float
) -> None:
    for path in sorted((data_folder / "published" / model / "Set5").glob("*.png")):
        low = imresize(_crop(rgb8(data_folder / "testsets" / "Set5" / path.name)), 0.25, border="replicate")
        assert least < consistency(_crop(rgb8(path)), low, scale=4) < most, path.name
