"""Calibration and practice: images of another folder, never those that are rated, from bad to good."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, PictureError
from srgan_study.stimuli.calibration import (
    LEVELS,
    CalibrationSource,
    check_enough,
    find_calibration_sources,
    practice_levels,
)
from srgan_study.stimuli.stimulus_images import thumbnail
from tests.helpers.studies_made_up import make_examples, save, true_picture


def find(folder: Path, count: int, *, seed: int = 0, largest: tuple[int, int] = (48, 40)) -> list[CalibrationSource]:
    return find_calibration_sources(folder, count, rated=(), largest=largest, seed=seed)


def test_chosen_by_chance_that_the_seed_decides(tmp_path: Path) -> None:
    folder = make_examples(tmp_path, 12)
    one, again, other = ([sample.name for sample in find(folder, 4, seed=seed)] for seed in (0, 0, 1))
    assert one == again != other
    assert len(set(one)) == 4


def test_none_of_those_that_are_rated(tmp_path: Path) -> None:
    """Known by what they show: a version of another name, size and format is the same picture still."""
    folder = make_examples(tmp_path, 6)
    rated = np.asarray(Image.fromarray(true_picture("rated")).resize((192, 160), Image.Resampling.BICUBIC))
    save(folder / "elsewhere.png", rated)
    save(folder / "smaller.jpg", rated[1:, 1:], quality=90)
    coarse = rated[1::4, 1::4].repeat(4, axis=0).repeat(4, axis=1)
    for seed in range(5):
        found = find_calibration_sources(folder, 6, rated=[("a", thumbnail(coarse))], largest=(48, 40), seed=seed)
        assert {sample.name for sample in found} == {f"example{number}" for number in range(6)}


def test_those_of_the_same_name_come_last(tmp_path: Path) -> None:
    folder = make_examples(tmp_path, 6)
    nothing = np.full((8, 8, 3), 128.0)
    for seed in range(5):
        found = find_calibration_sources(folder, 6, rated=[("example3", nothing)], largest=(48, 40), seed=seed)
        assert found[-1].name == "example3"


def test_no_picture_twice(tmp_path: Path) -> None:
    folder = make_examples(tmp_path, 3)
    save(folder / "copy.png", true_picture("example 1"))
    assert len(find(folder, 3)) == 3
    with pytest.raises(DataError):
        find(folder, 4)


def test_the_middle_of_larger_pictures(tmp_path: Path) -> None:
    save(tmp_path / "large.png", np.random.default_rng(0).integers(0, 256, (70, 101, 3), np.uint8))
    (sample,) = find(tmp_path, 1, largest=(50, 40))
    assert sample.pixels.shape == (36, 48, 3)
    np.testing.assert_array_equal(sample.pixels, np.asarray(Image.open(tmp_path / "large.png"))[17:53, 26:74])


def test_versions_from_bad_to_good(tmp_path: Path) -> None:
    make_examples(tmp_path, 4)
    for sample in find(tmp_path, 4):
        true = sample.pixels.astype(float)
        errors = [np.square(sample.at(level) - true).mean() for level in range(len(LEVELS))]
        assert errors == sorted(errors, reverse=True)
        assert errors[-1] == 0
        assert all(sample.at(level).shape == sample.pixels.shape for level in range(len(LEVELS)))


@pytest.mark.parametrize(
    ("count", "levels"),
    [(0, []), (1, [0]), (2, [0, 4]), (3, [0, 2, 4]), (5, [0, 1, 2, 3, 4]), (7, [0, 1, 1, 2, 3, 3, 4])],
)
def test_practice_spans_all_levels(count: int, levels: list[int]) -> None:
    assert practice_levels(count) == levels


def test_too_few_are_noticed_before_any_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    check_enough(tmp_path, 1)
    with pytest.raises(DataError):
        check_enough(tmp_path, 2)
    with pytest.raises(DataError):
        check_enough(tmp_path / "gone", 2)


def test_pictures_of_no_use(tmp_path: Path) -> None:
    save(tmp_path / "tiny.png", np.zeros((40, 11, 3), np.uint8))
    with pytest.raises(DataError):
        find(tmp_path, 1)
    Image.fromarray(np.zeros((40, 48), np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(DataError):
        find(tmp_path, 1)
    (tmp_path / "deep.png").write_text("no picture")
    with pytest.raises(PictureError):
        find(tmp_path, 1)
