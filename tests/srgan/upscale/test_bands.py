"""Bands: every kind of picture comes back as the kind it was, whole however it is cut, and nothing bleeds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.engines.openvino import OpenVinoEngine
from srgan.upscale.bands import restore_bands
from srgan.upscale.memory_images import rows_of
from srgan.upscale.tiling import TiledNetwork
from srgan.weights.catalogue import find


@pytest.fixture(scope="module")
def network(tiny_model: Path) -> TiledNetwork:
    """A network whose tiles are so small that every picture here is cut."""
    network = TiledNetwork(OpenVinoEngine(find(tiny_model), precision="fp32"))
    network._areas = [40 * 40, 24 * 24]
    return network


def enlarge(network: TiledNetwork, picture: Any) -> Any:
    bands: list[Any] = list(restore_bands(network, *rows_of(picture)))
    assert len(bands) > 1
    return np.concatenate(bands)


def noise(height: int, width: int, channels: int, *, top: int = 255) -> NDArray[np.uint8] | NDArray[np.uint16]:
    random = np.random.default_rng(0)
    return random.integers(0, top + 1, (height, width, channels), np.uint8 if top == 255 else np.uint16)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("top", [255, 65535])
def test_depth_and_channels_are_kept(network: TiledNetwork, channels: int, top: int) -> None:
    picture = noise(50, 41, channels, top=top)
    result = enlarge(network, picture)
    assert result.shape == (200, 164, channels)
    assert result.dtype == picture.dtype


def test_cut_or_whole_is_the_same_to_a_level(network: TiledNetwork, tiny_model: Path) -> None:
    picture = noise(70, 55, 4)
    picture[:40, :, 3] = 255
    whole = TiledNetwork(OpenVinoEngine(find(tiny_model), precision="fp32"))
    (expected,) = restore_bands(whole, *rows_of(picture))
    assert np.abs(enlarge(network, picture).astype(int) - expected).max() <= 1


def test_gray_is_the_mean_of_what_the_network_makes_of_it(network: TiledNetwork) -> None:
    picture = noise(60, 40, 1) // 8 + 100  # far from the ends of the range, where channels are clipped apart
    coloured = enlarge(network, picture.repeat(3, axis=2)).astype(float)
    assert np.abs(enlarge(network, picture)[:, :, 0] - coloured.mean(axis=2)).max() <= 1


def test_opaque_is_bit_equal_to_the_picture_without_alpha(network: TiledNetwork) -> None:
    picture = noise(45, 50, 3)
    opaque = np.dstack([picture, np.full((45, 50), 255, np.uint8)])
    result = enlarge(network, opaque)
    assert np.array_equal(result[:, :, :3], enlarge(network, picture))
    assert (result[:, :, 3] == 255).all()


def test_colour_under_transparency_does_not_show(network: TiledNetwork) -> None:
    """Composed on black or on white, a cut-out looks the same whatever colour was left under its transparency."""
    random = np.random.default_rng(1)
    alpha = np.zeros((48, 48), np.uint8)
    alpha[12:36, 12:36] = 255
    results: list[tuple[Any, Any]] = []
    for hidden in (0, 255):
        colour = np.full((48, 48, 3), hidden, np.uint8)
        colour[12:36, 12:36] = random.integers(100, 110, (24, 24, 3)) if not results else results[0][1]
        results.append((enlarge(network, np.dstack([colour, alpha])), colour[12:36, 12:36].copy()))
    (black, _), (white, _) = results
    assert np.array_equal(black[:, :, 3], white[:, :, 3])
    seen = black[:, :, 3] > 0
    assert np.array_equal(black[seen], white[seen])


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("top", [255, 65535])
def test_colour_under_transparency_is_kept(network: TiledNetwork, channels: int, top: int) -> None:
    """Game textures hold meaning there; where anything is seen, the network's colour is left alone."""
    picture = noise(50, 48, channels, top=top)
    picture[:, :, -1] = top
    picture[8:40, :20, -1] = 0
    result = enlarge(network, picture)
    hidden = result[:, :, -1] == 0
    assert hidden[40:152, :72].all()
    assert np.array_equal(result[hidden][:, :-1], picture.repeat(4, axis=0).repeat(4, axis=1)[hidden][:, :-1])
    opaque = picture.copy()
    opaque[:, :, -1] = top
    far = np.s_[:, 140:, :-1]
    assert np.array_equal(result[far], enlarge(network, opaque)[far])


def test_progress_counts_every_pixel_once(network: TiledNetwork) -> None:
    done: list[int] = []
    for _ in restore_bands(network, *rows_of(noise(50, 60, 3)), advance=done.append):
        pass
    assert sum(done) == 60 * 50
    assert len(done) > 4
