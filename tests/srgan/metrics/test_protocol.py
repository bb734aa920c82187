"""The two protocols: what they are made of, that they agree with scikit-image, and how they refuse."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.errors import PictureError, UsageError
from srgan.metrics import MATLAB, PAPER, PROTOCOLS, Protocol, Score, matlab_protocol
from srgan.metrics.luma import bt601_luma, png2y4m_luma
from srgan.metrics.psnr import psnr
from srgan.metrics.ssim import daala_ssim

BOTH = pytest.mark.parametrize("protocol", [PAPER, MATLAB], ids=["paper", "matlab"])


def _pair(height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A smooth coloured picture, and a noisy copy of it first."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    reference = np.stack([120 + 90 * np.sin(rows / 11 + k) * np.cos(columns / (5 + k)) for k in range(3)], axis=2)
    noisy = np.clip(reference + generator.normal(0, 10, reference.shape), 0, 255)
    return noisy.astype(np.uint8), reference.astype(np.uint8)


def test_protocols_are_found_by_name_and_cannot_change() -> None:
    assert PROTOCOLS == {"paper": PAPER, "matlab": MATLAB}
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())
    with pytest.raises(FrozenInstanceError):
        PAPER.crop = 0  # type: ignore[misc]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_matlab_crops_as_many_pixels_as_the_scale_and_says_so(scale: int) -> None:
    protocol = matlab_protocol(scale)
    assert protocol.crop == scale
    assert f"{scale} px cropped" in protocol.description
    assert "\n" not in protocol.description
    with pytest.raises(UsageError, match="0 or more"):
        matlab_protocol(-scale)


def test_paper_is_the_dithered_luma_of_the_cropped_picture() -> None:
    restored, reference = _pair(61, 50)
    inner = (slice(4, -4), slice(4, -4))
    a, b = png2y4m_luma(restored[inner]), png2y4m_luma(reference[inner])
    assert PAPER.measure(restored, reference) == Score(psnr(a, b), daala_ssim(a, b))


def test_matlab_agrees_with_scikit_image_on_the_same_luma() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    restored, reference = _pair(120, 90)
    score = MATLAB.measure(restored, reference)
    a, b = bt601_luma(restored[4:-4, 4:-4]), bt601_luma(reference[4:-4, 4:-4])
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    _, similarity = metrics.structural_similarity(b, a, full=True, **options)
    assert score.psnr == pytest.approx(metrics.peak_signal_noise_ratio(b, a, data_range=255), abs=1e-6)
    assert score.ssim == pytest.approx(np.mean(similarity[5:-5, 5:-5]), abs=1e-6)


@BOTH
def test_identical_pictures_score_infinity_and_one(protocol: Protocol) -> None:
    picture, _ = _pair(40, 52)
    assert protocol.measure(picture, picture.copy()) == Score(math.inf, 1.0)


@BOTH
def test_border_plays_no_part(protocol: Protocol) -> None:
    restored, reference = _pair(40, 40)
    spoilt = restored.copy()
    spoilt[:4], spoilt[-4:], spoilt[:, :4], spoilt[:, -4:] = 0, 255, 0, 255
    assert protocol.measure(spoilt, reference) == protocol.measure(restored, reference)


@pytest.mark.parametrize(("protocol", "least"), [(PAPER, 9), (MATLAB, 19), (matlab_protocol(2), 15)])
def test_smallest_picture_is_measured_and_a_smaller_one_refused(protocol: Protocol, least: int) -> None:
    restored, reference = _pair(least, least + 3)
    assert math.isfinite(protocol.measure(restored, reference).psnr)
    with pytest.raises(PictureError, match=f"at least {least}x{least}"):
        protocol.measure(restored[1:], reference[1:])
