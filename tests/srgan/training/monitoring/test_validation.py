"""Validation: the middle of pictures, enlarged and measured as they would be saved."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.errors import TrainingError
from srgan.metrics import PAPER
from srgan.models.srgan import Generator
from srgan.training.monitoring.validation import cut_middles, enlarge, score


class Nearest(nn.Module):
    """Enlarges by repeating pixels; beyond [0, 1] by an offset."""

    def __init__(self, offset: float = 0.0) -> None:
        super().__init__()
        self.offset = offset
        self.layer = nn.BatchNorm2d(3)

    def forward(self, low: Tensor) -> Tensor:
        assert not self.training
        assert not torch.is_grad_enabled()
        assert low.is_contiguous(memory_format=torch.channels_last)
        return functional.interpolate(low, scale_factor=4, mode="nearest") + self.offset


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PreparedPictures:
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for number, size in enumerate([(96, 96), (128, 320), (400, 100), (292, 292), (96, 128)]):
        Image.fromarray(random.integers(0, 256, (*size, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    prepare(find_pictures([folder]), folder / "cache")
    return PreparedPictures(folder / "cache")


def test_middles_are_aligned_and_no_larger_than_asked(pictures: PreparedPictures) -> None:
    pairs = cut_middles(pictures, side=64)
    assert [low.shape for low, _ in pairs] == [(24, 24, 3), (32, 64, 3), (64, 25, 3), (64, 64, 3), (24, 32, 3)]
    assert all(high.shape == (4 * low.shape[0], 4 * low.shape[1], 3) for low, high in pairs)
    low, high = pictures[1]
    assert np.array_equal(pairs[1][0], low[:, 8:72])
    assert np.array_equal(pairs[1][1], high[:, 32:288])


def test_a_limit_takes_pictures_evenly(pictures: PreparedPictures) -> None:
    every = cut_middles(pictures)
    for limit, expected in ((2, [0, 2]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4]), (0, [])):
        found = cut_middles(pictures, limit=limit)
        assert len(found) == len(expected)
        assert all(np.array_equal(pair[1], every[place][1]) for pair, place in zip(found, expected, strict=True))


def test_pixels_pass_unchanged_and_are_clipped() -> None:
    low = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(enlarge(Nearest(), low), low.repeat(4, axis=0).repeat(4, axis=1))
    assert (enlarge(Nearest(2.0), low) == 255).all()
    assert (enlarge(Nearest(-2.0), low) == 0).all()


def test_each_module_is_left_in_its_own_mode() -> None:
    generator = Nearest().train()
    generator.layer.eval()  # frozen
    enlarge(generator, np.zeros((4, 4, 3), np.uint8))
    assert generator.training
    assert not generator.layer.training
    broken = nn.Sequential(nn.Linear(1, 1)).train()
    with pytest.raises(RuntimeError):
        enlarge(broken, np.zeros((4, 4, 3), np.uint8))
    assert all(module.training for module in broken.modules())


def test_scores_are_means_in_the_protocol(pictures: PreparedPictures) -> None:
    pairs = cut_middles(pictures)[:3]
    found = score(Nearest(), pairs)
    each = [PAPER.measure(low.repeat(4, axis=0).repeat(4, axis=1), high) for low, high in pairs]
    assert found.psnr == pytest.approx(np.mean([one.psnr for one in each]))
    assert found.ssim == pytest.approx(np.mean([one.ssim for one in each]))
    errors = [
        np.mean((2 / 255 * (low.repeat(4, axis=0).repeat(4, axis=1).astype(float) - high)) ** 2) for low, high in pairs
    ]
    assert found.loss == pytest.approx(np.mean(errors), rel=1e-5)


def test_the_loss_is_of_what_the_network_gives_before_clipping() -> None:
    white = (np.full((8, 8, 3), 255, np.uint8), np.full((32, 32, 3), 255, np.uint8))
    found = score(Nearest(0.5), [white])
    assert found.psnr == float("inf")
    assert found.loss == pytest.approx(1.0)


def test_a_real_generator_is_scored(pictures: PreparedPictures) -> None:
    generator = Generator(blocks=1)
    found = score(generator, cut_middles(pictures, side=24, limit=1))
    assert found == score(generator, cut_middles(pictures, side=24, limit=1))  # its statistics have not moved
    assert 0 < found.psnr < 30


def test_no_pictures_are_refused() -> None:
    with pytest.raises(TrainingError):
        score(Nearest(), [])
