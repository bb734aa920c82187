"""NIQE: its parts against slow and plain computations, its whole against the authors' MATLAB release."""

import hashlib
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.data.prepare import rgb8
from srgan.errors import ModelError, PictureError
from srgan.images.resize import imresize
from srgan.metrics import Niqe
from srgan.metrics.luma import bt601_luma
from srgan.metrics.niqe import FEATURES, block_features, fit_distributions, normalise

Array = NDArray[Any]


def _texture(height: int, width: int, channels: int = 3) -> NDArray[np.uint8]:
    """Waves of several lengths and a little noise."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    waves = 128 + 50 * np.sin(rows / 9) * np.cos(columns / 7) + 30 * np.sin((rows + columns) / 2.3)
    noisy = waves[..., None] + generator.normal(0, 9, (height, width, channels))
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def _made_up() -> Niqe:
    return Niqe(np.linspace(0, 3, FEATURES), np.diag(np.linspace(0.1, 2, FEATURES)), "made up")


@pytest.mark.parametrize(("shape", "left", "right"), [(2.0, 1.0, 1.0), (0.7, 0.5, 1.5), (3.5, 2.0, 0.8)])
def test_fit_finds_the_distribution_that_samples_were_drawn_from(shape: float, left: float, right: float) -> None:
    generator = np.random.default_rng(0)
    count = 400_000
    # |x / scale|^shape is gamma-distributed, and either side weighs as much as its scale.
    sizes = generator.gamma(1 / shape, size=count) ** (1 / shape)
    is_left = generator.random(count) < left / (left + right)
    samples = np.where(is_left, -left * sizes, right * sizes)
    fitted = np.array(fit_distributions(samples[None]))[:, 0]
    np.testing.assert_allclose(fitted, [shape, left, right], rtol=0.02)


def test_fit_agrees_with_scipy_on_a_symmetric_distribution() -> None:
    stats = pytest.importorskip("scipy.stats")
    samples = stats.gennorm.rvs(1.3, scale=2.0, size=300_000, random_state=1)
    shape, left, right = (float(one[0]) for one in fit_distributions(samples[None]))
    assert shape == pytest.approx(1.3, rel=0.02)
    assert (left + right) / 2 == pytest.approx(2.0, rel=0.02)


def test_flat_samples_have_no_scale_and_matlab_s_shape() -> None:
    shape, left, right = fit_distributions(np.zeros((1, 50)))
    assert shape[0] == 0.2
    assert np.isnan([left[0], right[0]]).all()


def test_normalise_plane_is_that_of_scipy_s_window() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    plane = _texture(40, 33, 1)[..., 0].astype(np.float64)
    distance = np.arange(-3, 4)
    window = np.exp(-(distance[:, None] ** 2 + distance**2) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    mean = ndimage.correlate(plane, window, mode="nearest")
    deviation = np.sqrt(np.abs(ndimage.correlate(plane**2, window, mode="nearest") - mean**2))
    np.testing.assert_allclose(normalise(plane), (plane - mean) / (deviation + 1), atol=1e-9)


def _fit_slowly(samples: Array) -> tuple[float, float, float]:
    shapes = [0.2 + 0.001 * step for step in range(9801)]
    left = math.sqrt(np.mean(samples[samples < 0] ** 2))
    right = math.sqrt(np.mean(samples[samples > 0] ** 2))
    skew = left / right
    ratio = np.mean(np.abs(samples)) ** 2 / np.mean(samples**2) * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2

    def wrong(shape: float) -> float:
        return float((math.gamma(2 / shape) ** 2 / math.gamma(1 / shape) / math.gamma(3 / shape) - ratio) ** 2)

    shape = min(shapes, key=wrong)
    factor = math.sqrt(math.gamma(1 / shape) / math.gamma(3 / shape))
    return shape, left * factor, right * factor


def _features_slowly(block: Array) -> list[float]:
    shape, left, right = _fit_slowly(block.ravel())
    features = [shape, (left + right) / 2]
    side = len(block)
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        products = np.array(
            [[block[i, j] * block[(i - down) % side, (j - across) % side] for j in range(side)] for i in range(side)]
        )
        shape, left, right = _fit_slowly(products.ravel())
        features += [shape, (right - left) * math.gamma(2 / shape) / math.gamma(1 / shape), left, right]
    return features


def test_features_are_those_of_each_block_alone() -> None:
    plane = bt601_luma(_texture(205, 110))  # two blocks, and a rest
    fine = normalise(plane[:192, :96].astype(np.float64))
    coarse = normalise(imresize(plane[:192, :96].astype(np.float64), 0.5))
    expected = [
        _features_slowly(fine[96 * row : 96 * row + 96]) + _features_slowly(coarse[48 * row : 48 * row + 48])
        for row in range(2)
    ]
    np.testing.assert_allclose(block_features(plane), expected, rtol=1e-9, atol=1e-9)


def test_score_is_the_distance_between_two_gaussians() -> None:
    niqe, picture = _made_up(), _texture(192, 288)
    features = block_features(bt601_luma(picture))
    away = features.mean(axis=0) - niqe.mean
    pooled = (niqe.covariance + np.cov(features.T)) / 2
    assert features.shape == (6, FEATURES)
    assert niqe.measure(picture) == pytest.approx(math.sqrt(away @ np.linalg.solve(pooled, away)), rel=1e-9)
    assert niqe.measure(picture) == niqe.measure(picture.copy())
    natural = Niqe(features.mean(axis=0), niqe.covariance, "made up")
    assert natural.measure(picture) == pytest.approx(0, abs=1e-6)


def test_grey_is_rgb_of_three_equal_channels_and_the_rest_of_blocks_plays_no_part() -> None:
    grey = _texture(192, 192, 1)[..., 0]
    expected = _made_up().measure(grey)
    assert _made_up().measure(np.stack([grey] * 3, axis=2)) == expected
    assert _made_up().measure(np.pad(grey, ((0, 95), (0, 40)))) == expected


def test_flat_blocks_are_left_out() -> None:
    picture = _texture(192, 288)
    flat = picture.copy()
    flat[:96, :96] = 77
    features = block_features(bt601_luma(flat))
    assert np.isnan(features).any(axis=1).tolist() == [True] + [False] * 5
    assert math.isfinite(_made_up().measure(flat))


@pytest.mark.parametrize("image", [_texture(191, 191), _texture(95, 400), np.full((300, 300, 3), 9, np.uint8)])
def test_fewer_than_two_blocks_with_texture_are_refused(image: Array) -> None:
    with pytest.raises(PictureError):
        _made_up().measure(image)


def test_parameters_come_from_a_file_and_carry_its_checksum(tmp_path: Path) -> None:
    path, known = tmp_path / "niqe.npz", _made_up()
    np.savez(path, mu_pris_param=known.mean[None], cov_pris_param=known.covariance)
    read = Niqe.load(path)
    assert np.array_equal(read.mean, known.mean)
    assert np.array_equal(read.covariance, known.covariance)
    assert read.identity == hashlib.sha256(path.read_bytes()).hexdigest()


def test_files_without_parameters_are_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "niqe.npz"

    def refused() -> None:
        with pytest.raises(ModelError, match=r"as a \.npz with mu_pris_param and cov_pris_param$"):
            Niqe.load(path)

    refused()
    for damaged in (b"", b"no parameters", b"PK\x03\x04 cut off"):
        path.write_bytes(damaged)
        refused()
    for arrays in ({"other": np.zeros(3)}, {"mu_pris_param": np.zeros(18), "cov_pris_param": np.eye(18)}):
        np.savez(path, **arrays)
        refused()
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    refused()


def test_damage_gives_parameters_or_a_model_error_and_nothing_else(tmp_path: Path) -> None:
    path, chance, refused = tmp_path / "niqe.npz", random.Random(0), 0
    np.savez_compressed(path, mu_pris_param=np.zeros(FEATURES), cov_pris_param=np.eye(FEATURES))
    whole = path.read_bytes()
    for _ in range(1000):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            Niqe.load(path)
        except ModelError:
            refused += 1
    assert refused > 500


@pytest.fixture(scope="module")
def pristine(data_folder: Path) -> Niqe:
    """The parameters of the authors' release."""
    path = data_folder.parent / "weights" / "niqe-pristine.npz"
    if not path.is_file():
        pytest.skip(f"no parameters of NIQE at {path}")
    return Niqe.load(path)


def test_baboon_scores_what_matlab_gives(data_folder: Path, pristine: Niqe) -> None:
    """5.72957338 by the release on MATLAB R2021a, as BasicSR's niqe.py reports it.

    Within 2e-6; but one shape parameter lies so near the middle between two on the grid of 0.001 that a BLAS which sums
    in another order takes its neighbour, and the score moves by 1.4e-4.
    """
    picture = rgb8(data_folder / "testsets" / "Set14" / "baboon.png")
    assert pristine.measure(picture) == pytest.approx(5.72957338, abs=2e-4)


@pytest.mark.parametrize("name", ["barbara", "flowers", "monarch", "zebra"])
def test_blurred_and_noisy_photos_score_worse(data_folder: Path, pristine: Niqe, name: str) -> None:
    photo = rgb8(data_folder / "testsets" / "Set14" / f"{name}.png")
    noise = np.random.default_rng(0).normal(0, 25, photo.shape)
    noisy = np.clip(photo + noise, 0, 255).astype(np.uint8)
    blurred = imresize(imresize(photo, 0.25), size=photo.shape[:2])
    scores = [pristine.measure(one) for one in (photo, noisy, blurred)]
    assert scores[0] < min(scores[1:])
