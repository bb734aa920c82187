"""Folders of damaged images: all accounted for, fixed by seed and name, nothing left after an error."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from srgan.data.damaged_images import write_damaged
from srgan.data.prepare import find_pictures
from srgan.errors import DataError, OutputError, UsageError
from srgan.images.resize import imresize
from tests.helpers.recorded_progress import RecordedProgress


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photos of 45x38 in folders, one too small and one that is none."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (38, 45, 3), np.uint8)
    Image.fromarray(noise).save(folder / "a.png")
    Image.fromarray(noise).save(folder / "deep" / "a.png")
    Image.fromarray(noise[:3]).save(folder / "small.png")
    (folder / "text.jpg").write_text("Dear diary")
    return folder


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image)


def test_every_image_is_accounted_for(photos: Path, tmp_path: Path) -> None:
    progress = RecordedProgress()
    made = write_damaged(find_pictures([photos]), photos, tmp_path / "low", mix="photo", progress=progress)
    assert made.written == {"a.png": "photo", "deep/a.png": "photo"}
    assert set(made.left_out) == {str(photos / "small.png"), str(photos / "text.jpg")}
    assert (progress.tasks, progress.counts) == ([("damaging images", 4)], [[1, 1, 1, 1]])
    assert sorted(path for path in (tmp_path / "low").rglob("*.png")) == [
        tmp_path / "low/a.png",
        tmp_path / "low/deep/a.png",
    ]
    assert pixels(tmp_path / "low/a.png").shape == (9, 11, 3)


def test_the_seed_and_the_name_fix_the_damage(photos: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        write_damaged(find_pictures([photos]), photos, tmp_path / name, mix="hard", seed=seed)
    one, same, other, deep = (
        pixels(tmp_path / name) for name in ("one/a.png", "same/a.png", "other/a.png", "one/deep/a.png")
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, deep)


def test_an_image_does_not_depend_on_its_neighbours(photos: Path, tmp_path: Path) -> None:
    write_damaged(find_pictures([photos]), photos, tmp_path / "all", mix="everyday")
    write_damaged([photos / "deep" / "a.png"], photos, tmp_path / "alone", mix="everyday")
    assert np.array_equal(pixels(tmp_path / "all/deep/a.png"), pixels(tmp_path / "alone/deep/a.png"))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_clean_is_the_reduction_alone(photos: Path, tmp_path: Path, scale: int) -> None:
    write_damaged([photos / "a.png"], photos, tmp_path / "low", mix="clean", scale=scale)
    high = pixels(photos / "a.png")[: 38 // scale * scale, : 45 // scale * scale]
    assert np.array_equal(pixels(tmp_path / "low/a.png"), imresize(high, 1 / scale, border="replicate"))


def test_everyday_says_which_mix_each_image_has(photos: Path, tmp_path: Path) -> None:
    high = pixels(photos / "a.png")
    for number in range(30):
        Image.fromarray(high).save(photos / f"{number}.png")
    made = write_damaged(find_pictures([photos]), photos, tmp_path / "low", mix="everyday")
    clean = imresize(high[:36, :44], 0.25, border="replicate")
    assert len(set(made.written.values())) >= 3
    for name, mix in made.written.items():
        assert np.array_equal(pixels(tmp_path / "low" / name), clean) == (mix == "clean")


def test_errors_leave_nothing(photos: Path, tmp_path: Path) -> None:
    images, low = find_pictures([photos]), tmp_path / "low" / "deeper"
    with pytest.raises(UsageError):
        write_damaged(images, photos, low, mix="mesenger")
    with pytest.raises(DataError, match="none of the 1"):
        write_damaged([photos / "text.jpg"], photos, low, mix="photo")
    for taken in (photos, photos / "text.jpg"):
        with pytest.raises(OutputError):
            write_damaged(images, photos, taken, mix="photo")
    Image.new("RGB", (8, 8)).save(photos / "a.jpg")
    with pytest.raises(DataError, match="both become"):
        write_damaged(find_pictures([photos]), photos, low, mix="photo")
    assert not low.exists()


def test_an_interruption_leaves_nothing(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "low").mkdir()
    with pytest.raises(KeyboardInterrupt):
        write_damaged(
            find_pictures([photos]), photos, tmp_path / "low", mix="photo",
            progress=RecordedProgress(failure=KeyboardInterrupt()),
        )  # fmt: skip
    assert list((tmp_path / "low").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["low", "photos"]
