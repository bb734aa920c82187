"""Luma, windows and scores against what the daala tools themselves wrote, and against the tables of the SRGAN paper."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.data.prepare import rgb8
from srgan.images.resize import imresize
from srgan.metrics import PAPER, Score
from srgan.metrics.dither import Deviates, Kiss99
from srgan.metrics.luma import png2y4m_luma
from srgan.metrics.psnr import psnr
from srgan.metrics.ssim import daala_ssim, daala_taps

Picture = NDArray[np.uint8]
BSD100 = pytest.param("BSD100", marks=pytest.mark.slow)  # 15 s for its 100 pictures


@pytest.fixture(scope="session")
def golden(data_folder: Path) -> dict[str, Any]:
    """What the tools wrote: daala-metrics.json."""
    return cast(dict[str, Any], json.loads((data_folder / "golden" / "daala-metrics.json").read_text()))


def _synthetic(height: int, width: int) -> tuple[Picture, Picture]:
    """The picture that the golden file defines, and the same a little changed."""
    y, x = np.mgrid[:height, :width]
    first = np.stack([37 * x + 11 * y, 5 * x * y + 29 * x, x * x + 7 * y], axis=2) % 256
    second = np.clip(first + ((x + y) % 7 - 3)[..., None], 0, 255)
    return first.astype(np.uint8), second.astype(np.uint8)


def test_random_numbers_and_deviates_begin_as_the_tools_do(golden: dict[str, Any]) -> None:
    assert Kiss99().draw(1, 8).ravel().tolist() == golden["kiss99_first8"]
    assert Deviates().draw()[0].tolist() == golden["dither_first_block_[pixel][Y,Cb,Cr]"]


def test_windows_are_the_tools(golden: dict[str, Any]) -> None:
    for height, window in golden["ssim_kernels"].items():
        taps = daala_taps(int(height), 10**6)
        assert [*taps[:0:-1], *taps] in (window, *window), height


@pytest.mark.parametrize("index", range(8))
def test_synthetic_pictures_get_the_tools_luma_and_scores(golden: dict[str, Any], index: int) -> None:
    assert len(golden["vectors"]) == 8
    vector = golden["vectors"][index]
    planes = [png2y4m_luma(one, dither=vector["mode"] == "dither") for one in _synthetic(vector["h"], vector["w"])]
    if "Ya" in vector:
        assert planes[0].tolist() == vector["Ya"]
    digests = [hashlib.sha256(plane.tobytes()).hexdigest() for plane in planes]
    assert digests == [vector["sha256_Ya"], vector["sha256_Yb"]]
    assert psnr(planes[1], planes[0]) == pytest.approx(vector["psnr_y"], abs=6e-5)  # 6 digits were printed
    assert daala_ssim(planes[1], planes[0]) == pytest.approx(vector["ssim_y_raw"], abs=6e-7)


def _read(path: Path) -> Picture:
    """The picture as RGB, cropped to multiples of 4."""
    picture = rgb8(path)
    return picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]


ENLARGE: dict[str, Callable[[Picture], Picture]] = {
    "bicubic": lambda low: imresize(low, 4, border="replicate"),
    "nearest": lambda low: low.repeat(4, axis=0).repeat(4, axis=1),
}


@pytest.fixture(scope="session")
def baseline_scores(data_folder: Path) -> Callable[[str, str], list[Score]]:
    """The scores of a method on a test set's pictures, in the order of their names; each set is read once."""
    known: dict[str, dict[str, list[Score]]] = {}

    def scores(test_set: str, method: str) -> list[Score]:
        if test_set not in known:
            known[test_set] = {one: [] for one in ENLARGE}
            for path in sorted((data_folder / "testsets" / test_set).glob("*.png")):
                high = _read(path)
                low = imresize(high, 0.25, border="replicate")
                for one, enlarge in ENLARGE.items():
                    known[test_set][one].append(PAPER.measure(enlarge(low), high))
        return known[test_set][method]

    return scores


def _mean(scores: list[Score]) -> tuple[float, float]:
    """PSNR and SSIM, rounded as the paper prints them."""
    psnr, ssim = np.mean([(one.psnr, one.ssim) for one in scores], axis=0)
    return round(float(psnr), 2), round(float(ssim), 4)


@pytest.mark.parametrize(
    ("test_set", "method", "printed"),
    [
        ("Set5", "bicubic", (28.43, 0.8211)),
        ("Set14", "bicubic", (25.99, 0.7486)),
        pytest.param("BSD100", "bicubic", (25.94, 0.6935), marks=pytest.mark.slow),
        ("Set5", "nearest", (26.26, 0.7552)),
        ("Set14", "nearest", (24.64, 0.7100)),
        pytest.param("BSD100", "nearest", (25.02, 0.6606), marks=pytest.mark.slow),
    ],
)
def test_baselines_score_what_the_paper_prints(
    baseline_scores: Callable[[str, str], list[Score]], test_set: str, method: str, printed: tuple[float, float]
) -> None:
    """Ledig et al. 2017, table 2."""
    assert _mean(baseline_scores(test_set, method)) == printed


@pytest.mark.parametrize("method", ENLARGE)
@pytest.mark.parametrize("test_set", ["Set5", "Set14", BSD100])
def test_every_picture_scores_what_the_tools_print(
    golden: dict[str, Any], baseline_scores: Callable[[str, str], list[Score]], test_set: str, method: str
) -> None:
    expected = np.array(golden["paper_rows"][test_set][f"{method}/420dither"]["per_image_[psnr,ssim]"])
    made = np.array([(one.psnr, one.ssim) for one in baseline_scores(test_set, method)])
    assert made.shape == expected.shape
    np.testing.assert_allclose(made[:, 0], expected[:, 0], rtol=0, atol=1e-3)
    np.testing.assert_allclose(made[:, 1], expected[:, 1], rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("model", "test_set", "printed"),
    [
        ("SRResNet-MSE", "Set5", (32.05, 0.9019)),
        ("SRResNet-MSE", "Set14", (28.49, 0.8184)),
        ("SRGAN-VGG54", "Set5", (29.40, 0.8472)),
        ("SRGAN-VGG54", "Set14", (26.02, 0.7397)),
    ],
)
def test_pictures_of_the_papers_authors_score_what_they_print(
    data_folder: Path, model: str, test_set: str, printed: tuple[float, float]
) -> None:
    """Ledig et al. 2017, tables 1 and 2, from the pictures that the authors published."""
    paths = sorted((data_folder / "published" / model / test_set).glob("*.png"))
    scores = [PAPER.measure(_read(path), _read(data_folder / "testsets" / test_set / path.name)) for path in paths]
    assert len(scores) == {"Set5": 5, "Set14": 14}[test_set]
    assert _mean(scores) == printed
