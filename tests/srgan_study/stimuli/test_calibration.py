"""Calibration and practice: images of another folder, never those that are rated, from bad to good."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, PictureError
from srgan_study.stimuli import calibration
from srgan_study.stimuli.calibration import LEVELS, CalibrationSource, check_enough, practice_levels
from srgan_study.stimuli.stimulus_images import thumbnail
from tests.helpers.studies_made_up import make_examples, save, true_picture


def find(folder: Path, count: int, *, rated: object = (), seed: int = 0) -> list[CalibrationSource]:
    return calibration.find_calibration_sources(folder, count, rated=rated, largest=(50, 40), seed=seed)  # type: ignore[arg-type]


def test_images_are_random_by_the_seed_and_none_comes_twice(tmp_path: Path) -> None:
    folder = make_examples(tmp_path, 12)
    one, again, other = ([sample.name for sample in find(folder, 4, seed=seed)] for seed in (0, 0, 1))
    assert one == again != other
    save(folder / "copy.png", true_picture("example 1"))
    assert len({sample.name for sample in find(folder, 12)}) == 12
    with pytest.raises(DataError):
        find(folder, 13)


def test_none_is_among_those_that_are_rated(tmp_path: Path) -> None:
    """Known by what they show: a version of another name, size and format is the same picture still."""
    folder = make_examples(tmp_path, 6)
    rated = np.asarray(Image.fromarray(true_picture("rated")).resize((192, 160), Image.Resampling.BICUBIC))
    save(folder / "elsewhere.png", rated)
    save(folder / "smaller.jpg", rated[1:, 1:], quality=90)
    coarse = thumbnail(rated[1::4, 1::4].repeat(4, axis=0).repeat(4, axis=1))
    nothing = np.full((8, 8, 3), 128.0)
    for seed in range(5):
        found = [sample.name for sample in find(folder, 6, rated=[("a", coarse), ("example3", nothing)], seed=seed)]
        assert set(found) == {f"example{number}" for number in range(6)}
        assert found[-1] == "example3"  # one of the same name comes last


def test_the_middle_of_larger_images(tmp_path: Path) -> None:
    save(tmp_path / "large.png", np.random.default_rng(0).integers(0, 256, (70, 101, 3), np.uint8))
    (sample,) = find(tmp_path, 1)
    np.testing.assert_array_equal(sample.pixels, np.asarray(Image.open(tmp_path / "large.png"))[17:53, 26:74])


def test_versions_from_bad_to_good(tmp_path: Path) -> None:
    make_examples(tmp_path, 4)
    for sample in find(tmp_path, 4):
        true = sample.pixels.astype(float)
        errors = [np.square(sample.at(level) - true).mean() for level in range(len(LEVELS))]
        assert errors == sorted(errors, reverse=True)
        assert errors[-1] == 0


@pytest.mark.parametrize(
    ("count", "levels"),
    [(0, []), (1, [0]), (2, [0, 4]), (3, [0, 2, 4]), (5, [0, 1, 2, 3, 4]), (7, [0, 1, 1, 2, 3, 3, 4])],
)
def test_practice_spans_all_levels(count: int, levels: list[int]) -> None:
    assert practice_levels(count) == levels


def test_images_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "deep.png").write_text("no picture")
    check_enough(tmp_path, 1)  # before any is read
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(DataError):
            check_enough(folder, 2)
    with pytest.raises(PictureError):
        find(tmp_path, 1)
    for name, pixels in (("tiny.png", np.zeros((40, 11, 3), np.uint8)), ("deep.png", np.zeros((40, 48), np.uint16))):
        (tmp_path / "deep.png").unlink(missing_ok=True)
        Image.fromarray(pixels).save(tmp_path / name)
        with pytest.raises(DataError):
            find(tmp_path, 1)
