"""Targets by a teacher: what it makes of a patch, and a file that goes on where it was stopped."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runs.teaching import Pixels, Teacher, teach
from srgan.errors import DataError
from srgan.upscale.upscaler import Upscaler


class Stopped(Exception):
    """Raised in the middle of the work."""


@pytest.fixture
def teacher(tiny_model: Path) -> Teacher:
    return Teacher(tiny_model.read_bytes(), precision="fp32")


@pytest.fixture
def patches() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


def test_a_target_is_the_middle_of_what_is_made_of_the_patch_with_its_reflections(
    teacher: Teacher, tiny_model: Path, patches: Pixels
) -> None:
    mirrored = np.concatenate([patches[0][10:0:-1], patches[0], patches[0][-2:-12:-1]])
    mirrored = np.concatenate([mirrored[:, 10:0:-1], mirrored, mirrored[:, -2:-12:-1]], axis=1)
    whole = Upscaler(tiny_model, precision="fp32").upscale(mirrored).astype(int)
    target = teacher.restore(patches[0])
    assert target.shape == (256, 256, 3)
    assert target.dtype == np.uint8
    assert np.abs(target - whole[40:296, 40:296]).max() <= 1  # one may round the other way


def test_it_goes_on_where_it_was_stopped(teacher: Teacher, patches: Pixels, tmp_path: Path) -> None:
    path, told = tmp_path / "targets" / "all.npy", list[tuple[int, int]]()

    def stop(done: int, whole: int) -> None:
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        teach(patches, path, teacher, advance=stop)
    begun = np.load(path, mmap_mode="r+")
    begun[0] = 7  # a mark: what is made is not made again
    begun.flush()
    targets = teach(patches, path, teacher, advance=lambda done, whole: told.append((done, whole)))
    assert told == [(3, 4), (4, 4)]
    assert (targets[0] == 7).all()
    for number in (1, 2, 3):
        np.testing.assert_array_equal(np.load(path)[number], teacher.restore(patches[number]))
    told.clear()
    teach(patches, path, teacher, advance=lambda done, whole: told.append((done, whole)))
    assert told == []


def test_targets_are_not_mixed(teacher: Teacher, patches: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "targets.npy"
    teach(patches[:1], path, teacher)
    with pytest.raises(DataError):
        teach(patches[1:2], path, teacher)
    (tmp_path / "patches.npy").write_bytes(b"not ours")
    with pytest.raises(DataError):
        teach(patches[:1], tmp_path / "patches.npy", teacher)
    assert (tmp_path / "patches.npy").read_bytes() == b"not ours"
    teacher.identity = "another"
    with pytest.raises(DataError):
        teach(patches[:1], path, teacher)


def test_patches_of_another_shape_are_refused(teacher: Teacher, patches: Pixels, tmp_path: Path) -> None:
    wrongs: list[Any] = [patches[:0], patches[0], patches[:, :48], patches.astype(np.float32)]
    for wrong in wrongs:
        with pytest.raises(DataError):
            teach(wrong, tmp_path / "targets.npy", teacher)
    assert not list(tmp_path.iterdir())
