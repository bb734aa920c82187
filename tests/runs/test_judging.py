"""What a judgement sees: nothing in the original itself, and each fault by its own number."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runs.judging import Judgement, judge
from runs.releasing import Pixels, small_and_large
from srgan.images.resize import imresize

Judged = Callable[[Callable[[Pixels], Pixels]], Judgement]


@pytest.fixture
def judged(data_folder: Path) -> Judged:
    """The judgement of what is made of an original, whose values leave room for faults."""
    low, high = small_and_large(data_folder / "testsets" / "Set5")[1]
    original = high // 2 + 60
    return lambda made: judge(lambda _: made(original.copy()), [(low, original)], data_folder.parent / "weights")


def test_the_original_has_no_faults(judged: Judged) -> None:
    found = judged(lambda original: original)
    assert found.psnr == float("inf")
    assert (found.features, found.detail, found.colour, found.grid) == (0.0, 1.0, 0.0, 0.0)
    assert (found.crosshatch, found.grain) == (0.0, 0.0)


def test_each_fault_has_its_number(judged: Judged) -> None:
    def tinted(original: Pixels) -> Pixels:
        original[..., 1] += 3
        return original

    def gridded(original: Pixels) -> Pixels:
        original[::4, ::4] += 16  # one place of sixteen: the standard deviation over them is 16 sqrt(15) / 16
        return original

    def blurred(original: Pixels) -> Pixels:
        return imresize(imresize(original, 0.25, border="replicate"), 4.0, border="replicate")

    assert judged(tinted).colour == pytest.approx(3)
    assert judged(tinted).grid == pytest.approx(0)
    found = judged(gridded)
    assert found.grid == pytest.approx(np.sqrt(15))
    assert found.crosshatch > 0.01
    assert found.detail > 1
    assert found.grain > 10  # of a period of four pixels
    found = judged(blurred)
    assert found.grain < 1
    assert found.detail < 0.1
    assert found.features > 0.2
    assert found.niqe > judged(lambda original: original).niqe + 1
    assert found.psnr < 40
