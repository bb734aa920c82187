"""Layouts: detected; reproducible and disjoint splits; no images of the test set."""

from pathlib import Path

import pytest

from srgan.data.layouts import LAYOUTS, Selection, detect
from srgan.errors import DataError, UsageError


def touch(root: Path, *names: str) -> Path:
    """Make empty files: layouts depend on names only."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.fixture
def dogs(tmp_path: Path) -> Path:
    breeds = ("n02085620-Chihuahua", "n02085782-Japanese_spaniel", "n02086079-Pekinese")
    return touch(tmp_path / "dogs", *(f"{breed}/{breed[:9]}_{number}.jpg" for breed in breeds for number in range(40)))


def names(root: Path, selection: Selection) -> tuple[list[str], list[str]]:
    training, validation = (
        [path.relative_to(root).as_posix() for path in part] for part in (selection.training, selection.validation)
    )
    return training, validation


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        (["DIV2K_train_HR/0001.png", "DIV2K_valid_HR/0801.png"], "div2k"),
        (["DIV2K/DIV2K_train_HR/0001.png"], "div2k"),
        (["n02085620-Chihuahua/a.jpg"], "dogs"),
        (["Images/n02085620-Chihuahua/a.jpg"], "dogs"),
        (["BSDS500/data/images/train/1.jpg", "BSDS500/data/images/test/2.jpg"], "bsds"),
        (["BSR/BSDS500/data/images/train/1.jpg", "BSR/BSDS500/data/images/test/2.jpg"], "bsds"),
        (["train/n01440764/a.JPEG", "val/b.JPEG"], "imagenet"),
        (["ILSVRC/Data/CLS-LOC/train/n01440764/a.JPEG"], "imagenet"),
        (["train/cats/a.jpg", "test/cats/b.jpg"], "folder"),
        (["a.jpg", "deep/er/b.png"], "folder"),
    ],
)
def test_layouts_are_recognised(tmp_path: Path, files: list[str], layout: str) -> None:
    assert detect(touch(tmp_path, *files)).name == layout


def test_the_draw_depends_only_on_seed_and_names(dogs: Path, tmp_path: Path) -> None:
    first = LAYOUTS["dogs"].select(dogs, take=50, seed=1)
    moved = dogs.rename(tmp_path / "elsewhere")
    assert names(moved, LAYOUTS["dogs"].select(moved, take=50, seed=1)) == names(dogs, first)
    other = LAYOUTS["dogs"].select(moved, take=50, seed=2)
    assert names(moved, other) != names(dogs, first)
    assert (len(first.training), len(first.validation), first.found) == (45, 5, 120)
    assert len({path.parent for path in first.training}) == 3


@pytest.mark.parametrize(
    ("take", "validation", "expected"), [(None, None, (108, 12)), (7, 3, (4, 3)), (5, None, (4, 1))]
)
def test_no_picture_is_in_both_parts(
    dogs: Path, take: int | None, validation: int | None, expected: tuple[int, int]
) -> None:
    selection = LAYOUTS["folder"].select(dogs, take=take, validation=validation)
    assert (len(selection.training), len(selection.validation)) == expected
    assert not set(selection.training) & set(selection.validation)


def test_pictures_that_are_added_move_few_others(dogs: Path) -> None:
    before = LAYOUTS["dogs"].select(dogs, validation=20)
    touch(dogs, *(f"n02086079-Pekinese/new{number}.jpg" for number in range(6)))
    after = LAYOUTS["dogs"].select(dogs, validation=20)
    assert len(set(before.validation) & set(after.validation)) >= 14


def test_a_validation_folder_is_used(tmp_path: Path) -> None:
    root = touch(tmp_path, *(f"DIV2K_train_HR/{number:04}.png" for number in range(1, 21)))
    touch(root, *(f"DIV2K_valid_HR/{number:04}.png" for number in range(801, 806)))
    touch(root, "DIV2K_train_LR_bicubic/X4/0001x4.png")
    selection = detect(root).select(root)
    assert [path.stem for path in selection.training] == [f"{number:04}" for number in range(1, 21)]
    assert [path.stem for path in selection.validation] == [f"{number:04}" for number in range(801, 806)]
    fewer = detect(root).select(root, take=3, validation=2)
    assert (len(fewer.training), len(fewer.validation)) == (3, 2)
    assert {path.parent.name for path in fewer.validation} == {"DIV2K_valid_HR"}


def test_imagenet_uses_val_or_draws(tmp_path: Path) -> None:
    root = touch(tmp_path, *(f"train/n0144076{digit}/{digit}_{n}.JPEG" for digit in range(3) for n in range(10)))
    drawn = LAYOUTS["imagenet"].select(root)
    assert (len(drawn.training), len(drawn.validation)) == (27, 3)
    touch(root, *(f"val/ILSVRC2012_val_{number:08}.JPEG" for number in range(120)))
    own = LAYOUTS["imagenet"].select(root)
    assert (len(own.training), len(own.validation)) == (30, 100)
    assert {path.parent.name for path in own.validation} == {"val"}


def test_the_validation_images_of_bsds500_are_never_used(tmp_path: Path) -> None:
    images = "BSDS500/data/images"
    files = [f"{images}/{part}/{number}.jpg" for part in ("train", "test", "val") for number in range(1, 6)]
    selection = LAYOUTS["bsds"].select(touch(tmp_path, *files))
    taken = [*selection.training, *selection.validation]
    assert len(taken) == 10
    assert {path.parent.name for path in taken} == {"train", "test"}


@pytest.mark.parametrize("layout", ["div2k", "dogs", "bsds", "imagenet"])
def test_another_layout_is_an_error_of_one_line(tmp_path: Path, layout: str) -> None:
    root = touch(tmp_path, "a.jpg", "b.jpg")
    with pytest.raises(DataError, match=f"layout {layout}: expected") as caught:
        LAYOUTS[layout].select(root)
    assert "\n" not in str(caught.value)


def test_too_few_images_are_an_error(tmp_path: Path) -> None:
    folder = LAYOUTS["folder"]
    with pytest.raises(DataError, match="is not there"):
        folder.select(tmp_path / "absent")
    root = touch(tmp_path, "a.jpg", "b.jpg")
    assert len(folder.select(root).training) == len(folder.select(root).validation) == 1
    with pytest.raises(DataError, match="is not a folder"):
        folder.select(root / "a.jpg")
    for options in ({"take": 1}, {"validation": 2}):
        with pytest.raises(DataError, match="too few to validate"):
            folder.select(root, **options)
    with pytest.raises(UsageError) as caught:
        folder.select(root, take=0)
    assert caught.value.parameter == "take"
