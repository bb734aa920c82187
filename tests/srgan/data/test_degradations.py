"""Degradations: sizes, alignment, reproducibility, noise levels; blur against SciPy; mixes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from srgan.data.compression import Compression, compress
from srgan.data.degradations import Floats, Pixels, add_noise, blur_randomly, degrade, gaussian_matrix
from srgan.data.mixes import EVERYDAY, MIXES, Mix, Round, shares
from srgan.errors import UsageError
from srgan.images.resize import imresize


@pytest.fixture(scope="module")
def smooth() -> Pixels:
    """A soft spot of light on a slope, 192 x 224: every shift of it can be measured."""
    y, x = np.mgrid[0:192, 0:224]
    spot = 180 * np.exp(-((y - 95.5) ** 2 + (x - 111.5) ** 2) / (2 * 28**2))
    image: Pixels = np.rint(np.stack([spot + 20, spot + 10 + 0.1 * x, spot + 0.15 * y], axis=-1)).astype(np.uint8)
    return image


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def shift(image: Pixels, clean: Pixels) -> float:
    """The larger of the shifts along both axes, in pixels: least squares of the clean image's gradients."""
    wanted = clean.mean(axis=2)
    inner = slice(4, -4), slice(4, -4)  # borders are repeated, and blurred with what they repeat
    columns = np.stack([*np.gradient(wanted), wanted, np.ones_like(wanted)], axis=-1)[inner].reshape(-1, 4)
    solution = np.linalg.lstsq(columns, (image.mean(axis=2) - wanted)[inner].ravel(), rcond=None)[0]
    return float(np.abs(solution[:2]).max())


def without_grain(mix: Mix) -> Mix:
    """The mix without noise and files, which leaves blurs and sizes."""
    return replace(mix, rounds=tuple(replace(one, noise_share=0.0, lossy_share=0.0) for one in mix.rounds))


@pytest.mark.parametrize("name", MIXES)
def test_equal_generators_give_equal_images_of_the_right_size(smooth: Pixels, name: str) -> None:
    seen = set()
    for seed in range(8):
        first, second = (degrade(smooth, MIXES[name], scale=4, random=random(seed)) for _ in range(2))
        assert first.shape == (48, 56, 3)
        assert first.dtype == np.uint8
        assert np.array_equal(first, second)
        seen.add(first.tobytes())
    assert len(seen) == (1 if name == "clean" else 8)


def test_clean_is_the_matlab_reduction() -> None:
    high = np.random.default_rng(0).integers(0, 256, (60, 84, 3), dtype=np.uint8)
    low = degrade(high, MIXES["clean"], scale=4, random=random(0))
    assert np.array_equal(low, imresize(high, 0.25, border="replicate"))


@pytest.mark.parametrize("name", MIXES)
def test_blurs_and_sizes_shift_nothing(smooth: Pixels, name: str) -> None:
    clean = imresize(smooth, 0.25, border="replicate")
    for seed in range(40):
        assert shift(degrade(smooth, without_grain(MIXES[name]), scale=4, random=random(seed)), clean) < 0.03


def test_half_ratios_shift_nothing(smooth: Pixels) -> None:
    """Where pixels lie on the edge of two areas of a mean: 1.5 times the final size, then the final size."""
    mix = without_grain(Mix("halves", "for tests", (Round(size=(1.5, 1.5)), Round())))
    clean = imresize(smooth, 0.25, border="replicate")
    assert max(shift(degrade(smooth, mix, scale=4, random=random(seed)), clean) for seed in range(32)) < 0.03


@pytest.mark.parametrize("setting", [("jpeg", 75, True), ("jpeg", 75, False), ("jpeg", 95, True), ("webp", 75, True)])
def test_files_shift_nothing(smooth: Pixels, setting: tuple[str, int, bool]) -> None:
    clean = imresize(smooth, 0.25, border="replicate")
    assert shift(compress(clean, Compression(*setting)), clean) < 0.05  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MIXES)
def test_whole_mixes_are_aligned_on_average(smooth: Pixels, name: str) -> None:
    """Noise changes the shift measured on one image, not on the mean of many."""
    clean = imresize(smooth, 0.25, border="replicate")
    images = [degrade(smooth, MIXES[name], scale=4, random=random(seed)) for seed in range(60)]
    assert shift(np.mean(images, axis=0), clean) < 0.05


@pytest.mark.parametrize(("height", "width", "scale"), [(4, 4, 4), (8, 20, 4), (33, 66, 3), (10, 14, 2)])
@pytest.mark.parametrize("name", MIXES)
def test_small_images_have_the_right_size(name: str, height: int, width: int, scale: int) -> None:
    high = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for seed in range(10):
        low = degrade(high, MIXES[name], scale=scale, random=random(seed))
        assert low.shape == (height // scale, width // scale, 3)


@pytest.fixture(scope="module")
def grey() -> Floats:
    return np.full((200, 200, 3), 128.0, np.float32)


@pytest.mark.parametrize("strength", [1.0, 10.0, 25.0])
def test_noise_has_the_right_deviation(grey: Floats, strength: float) -> None:
    noise = add_noise(grey, strength, gray=False, poisson=False, random=random(0)) - grey
    assert noise.dtype == np.float32
    assert noise.std(axis=(0, 1)) == pytest.approx([strength] * 3, rel=0.02)
    assert abs(noise.mean()) < 0.02 * strength
    correlations = np.corrcoef(noise.reshape(-1, 3).T)
    assert np.abs(correlations - np.eye(3)).max() < 0.02


@pytest.mark.parametrize("poisson", [False, True])
def test_gray_noise_is_equal_in_all_colours(grey: Floats, poisson: bool) -> None:
    noise = add_noise(grey, 8.0, gray=True, poisson=poisson, random=random(1)) - grey
    assert np.abs(noise - noise[..., :1]).max() < 1e-4
    assert noise.std() == pytest.approx(8.0 * (np.sqrt(128 / 255) if poisson else 1.0), rel=0.02)


@pytest.mark.parametrize("level", [0.0, 32.0, 128.0, 255.0])
def test_the_variance_of_poisson_noise_grows_with_brightness(level: float) -> None:
    image = np.full((200, 200, 3), level, np.float32)
    noise = add_noise(image, 12.0, gray=False, poisson=True, random=random(2)) - image
    assert noise.var() == pytest.approx(12.0**2 * level / 255, rel=0.03)
    assert abs(noise.mean()) < 0.1


def test_no_noise_changes_nothing(grey: Floats) -> None:
    assert np.array_equal(add_noise(grey, 0.0, gray=True, poisson=True, random=random(0)), grey)


@pytest.mark.parametrize("deviation", [0.2, 0.5, 1.0, 2.35, 4.0])
@pytest.mark.parametrize("length", [5, 60])
def test_the_gaussian_is_that_of_scipy(deviation: float, length: int) -> None:
    matrix = gaussian_matrix(length, deviation)
    assert matrix.shape == (length, length)
    assert np.allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    line = np.random.default_rng(1).random(length)
    radius = int(np.ceil(3.0 * deviation))
    expected = gaussian_filter1d(line, deviation, mode="nearest", radius=radius)
    assert np.abs(matrix @ line - expected).max() < 1e-9
    assert np.abs(matrix @ line - gaussian_filter1d(line, deviation, mode="nearest", truncate=4.0)).max() < 1e-3


def test_random_kernels_keep_brightness_and_position() -> None:
    dot = np.zeros((61, 61, 3), np.float32)
    dot[30, 30] = 1.0
    flat = np.full((20, 24, 3), 77.0, np.float32)
    y, x = np.mgrid[-30:31, -30:31]
    for seed in range(60):
        spread = blur_randomly(dot, 3.0, np.random.default_rng(seed))[..., 0].astype(np.float64)
        assert spread.sum() == pytest.approx(1.0, abs=0.1)  # the rings of a sinc reach beyond the image
        assert abs((spread * y).sum()) < 1e-3
        assert abs((spread * x).sum()) < 1e-3
        assert np.abs(blur_randomly(flat, 3.0, np.random.default_rng(seed)) - 77.0).max() < 1e-3


def test_kernels_depend_only_on_the_random_generator() -> None:
    image = np.random.default_rng(0).random((30, 40, 3), np.float32)
    one, same, other = (blur_randomly(image, 2.0, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.shape == image.shape
    assert one.dtype == np.float32
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_names_of_mixes() -> None:
    for name, mix in MIXES.items():
        assert shares(name) == ((mix, 1.0),)
    assert MIXES["clean"].rounds == ()
    drawn = shares("everyday")
    assert {mix.name: share for mix, share in drawn} == EVERYDAY
    assert sum(share for _, share in drawn) == pytest.approx(1.0)
    assert {mix.name for mix, _ in drawn} == set(MIXES)
    with pytest.raises(UsageError, match="messenger"):
        shares("mesenger")


@pytest.mark.parametrize(
    "setting",
    [
        {"blur_share": 1.1},
        {"webp_share": -0.1},
        {"blur": (2.0, 1.0)},
        {"noise": (-1.0, 1.0)},
        {"size": (0.0, 1.0)},
        {"quality": (0, 50)},
        {"quality": (50, 101)},
    ],
)
def test_invalid_ranges_are_errors(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(setting))):
        Round(**setting)
