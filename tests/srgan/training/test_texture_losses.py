"""Losses of texture: what they see, what they do not, and their values computed plainly."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from srgan.training.losses import squared_error
from srgan.training.texture_losses import grid_error, grid_texture_error, spectrum_error, texture_shares


def test_grid_error_sees_what_repeats_in_every_cell_and_nothing_else() -> None:
    torch.manual_seed(0)
    high = torch.rand(2, 3, 64, 48)
    pattern = torch.rand(4, 4) / 255
    pattern -= pattern.mean()
    repeated = pattern.tile(16, 12)
    expected = 4 * float(pattern.square().mean())
    assert float(grid_error(high + repeated, high)) == pytest.approx(expected, rel=1e-3)
    assert float(grid_error(high + 1 / 255, high)) == pytest.approx(4 / 255**2, rel=1e-3)  # a colour that is off
    signs = torch.tensor([1.0, -1.0]).repeat_interleave(4).tile(8)[:, None]
    flipped = repeated * signs
    assert float(grid_error(high + flipped, high)) == pytest.approx(0.0, abs=1e-3 * expected)
    noise = torch.randn(2, 3, 64, 48) / 255
    squared = float(squared_error(high + noise, high))
    assert float(grid_error(high + noise, high)) == pytest.approx(squared / 16, rel=0.2)
    corner = high[..., :16, :16]
    assert float(grid_error(corner + 1 / 255, corner, scale=8)) == pytest.approx(4 / 255**2, rel=1e-3)


def test_grid_texture_sees_texture_that_prefers_places_of_the_cells_whatever_its_sign() -> None:
    torch.manual_seed(0)
    high = 0.5 + 0.1 * torch.rand(4, 3, 96, 96)
    even = grid_texture_error(0.5 + 0.1 * torch.rand(4, 3, 96, 96), high)
    assert float(grid_texture_error(0.5 + 0.3 * (high - 0.5), high)) < 1e-4  # weaker texture, as evenly spread
    assert float(grid_texture_error(high, high)) == 0.0
    lines = torch.zeros(96, 96)
    lines[::4] = 0.1
    signs = torch.tensor([1.0, -1.0])[torch.randint(2, (4, 1, 24, 24))]
    crosshatch = high + lines * signs.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert float(grid_error(crosshatch, high)) < 0.1 * 4 * 0.1**2 / 4  # signs cancel
    assert float(grid_texture_error(crosshatch, high)) > 100 * float(even)


def test_grid_texture_is_the_ratio_of_mean_steps_at_each_place() -> None:
    torch.manual_seed(0)
    high = torch.rand(1, 1, 12, 12, dtype=torch.float64)
    found = texture_shares(high, scale=4).numpy()
    picture = high[0, 0].numpy()
    ways = [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 0), (1, 1)), ((0, 1), (1, 0))]
    for number, (length, (of, to)) in enumerate((length, way) for length in (1, 2) for way in ways):
        places = np.zeros((4, 4))
        for row, column in np.ndindex(8, 8):
            before, after = (picture[row + length * place[0], column + length * place[1]] for place in (of, to))
            places[row % 4, column % 4] += abs(before - after) / 4
        expected = (places + 1 / 255) / (places.mean() + 1 / 255)
        np.testing.assert_allclose(found[number], expected.ravel(), rtol=1e-12)
    assert len(found) == 8


def test_texture_spectrum_asks_for_as_much_texture_and_not_for_the_same() -> None:
    torch.manual_seed(0)

    def texture(strength: float) -> Tensor:
        return 0.5 + strength * torch.randn(4, 1, 96, 96, dtype=torch.float64).expand(4, 3, 96, 96)

    high = texture(0.05)
    assert float(spectrum_error(high, high)) == 0.0
    other, weaker, stronger = (float(spectrum_error(texture(strength), high)) for strength in (0.05, 0.025, 0.1))
    assert other < 0.25
    assert weaker == pytest.approx(math.log(2), abs=0.05)  # nepers
    assert stronger == pytest.approx(math.log(2), abs=0.05)
    assert float(spectrum_error(texture(1e-9), texture(1e-9))) < 1e-6  # what nobody sees
    columns = torch.arange(96, dtype=torch.float64)
    grain = texture(1e-9) + 0.02 * torch.sin(2 * math.pi * 0.4 * columns)
    assert float(spectrum_error(grain, texture(1e-9))) > 10 * float(squared_error(grain, texture(1e-9)))


def test_texture_spectrum_is_the_ratio_of_amplitudes_over_neighbouring_windows() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    taper = np.outer(np.hanning(16), np.hanning(16))
    logarithms = []
    for picture in pictures.numpy():
        gray = picture.mean(axis=0)
        windows = [gray[top : top + 16, left : left + 16] for top in (0, 8, 16) for left in (0, 8, 16)]
        power = np.mean([np.abs(np.fft.rfft2((each - each.mean()) * taper)) ** 2 for each in windows], axis=0)
        logarithms.append(0.5 * np.log(power + (taper**2).sum() / 255**2))
    expected = np.abs(logarithms[0] - logarithms[1]).mean()
    assert float(spectrum_error(pictures[:1], pictures[1:])) == pytest.approx(expected, rel=1e-12)
