"""A created study: complete or absent, the same whenever it is made again, with nothing that reveals a method."""

import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, OutputError, PictureError, UsageError
from srgan_study.simulation.rater_model import plant
from srgan_study.simulation.simulated_means import choose_means
from srgan_study.stimuli.create_study import StudyPlan, copy_study, create_study
from srgan_study.stimuli.sources import Sources, find_sources
from srgan_study.study import Design, Study, read_study
from tests.helpers.recorded_progress import RecordedProgress
from tests.helpers.studies_made_up import make_examples, make_folders, save, true_picture, version_of

METHODS = ("nearest", "bicubic", "HR")
BARE = Design(calibration=0, practice=0)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Folders of three methods with images of two datasets."""
    make_folders(tmp_path / "made", {"SetA": 2, "SetB": 1}, METHODS)
    return tmp_path / "made"


def sources(images: Path) -> Sources:
    return find_sources([f"{method}={images / method}" for method in METHODS])


def make(images: Path, folder: str = "study", progress: RecordedProgress | None = None, **plan: Any) -> Study:
    plan = {"design": BARE, **plan}
    return create_study(StudyPlan(sources(images), **plan), images.parent / folder, progress or RecordedProgress())


def pixels(folder: Path, file: str) -> np.ndarray:
    return np.asarray(Image.open(folder / file))


def test_the_study_holds_the_images(images: Path, tmp_path: Path) -> None:
    study = make(images, title="Three pictures")  # HR is in it, and not as a word
    folder = tmp_path / "study"
    assert read_study(folder) == study
    assert sorted(path.name for path in folder.iterdir()) == ["pictures", "study.json"]
    assert [stimulus.id for stimulus in study.stimuli] == list(range(9))
    for stimulus in study.stimuli:
        version = pixels(folder, stimulus.shown.file)
        expected = pixels(images, f"{stimulus.method}/{stimulus.data}/{stimulus.content}.png")
        np.testing.assert_array_equal(version, expected)
        assert (stimulus.shown.height, stimulus.shown.width) == version.shape[:2]
        assert hashlib.sha256((folder / stimulus.shown.file).read_bytes()).hexdigest() == stimulus.shown.sha256
    files = {Path(stimulus.shown.file).name for stimulus in study.stimuli}
    assert {path.name for path in (folder / "pictures").iterdir()} == files
    assert not list(tmp_path.glob(".srgan-*"))


def test_the_same_study_again(images: Path, tmp_path: Path) -> None:
    examples, progress = make_examples(tmp_path / "other", 9), RecordedProgress()
    design = Design(calibration=2, practice=3, repeats=3, repeat_distance=1)
    one, again = (make(images, name, progress, design=design, examples=examples) for name in ("one", "again"))
    assert one == again
    assert [total for _, total in progress.tasks] == [sum(counts) for counts in progress.counts] == 2 * [9, 9, 5]
    names = [sorted(path.name for path in (tmp_path / name / "pictures").iterdir()) for name in ("one", "again")]
    assert names[0] == names[1]
    other = make(images, "other study", design=replace(design, seed=1), examples=examples)
    assert other.hash != one.hash
    assert {each.shown.file for each in other.stimuli}.isdisjoint(each.shown.file for each in one.stimuli)
    assert (other.retest != one.retest, other.calibration[0].content != one.calibration[0].content) == (True, True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name of a file is text")
def test_a_file_whose_name_is_not_utf_8(images: Path, tmp_path: Path) -> None:
    for method in METHODS:
        path = images / method / "SetB" / "a.png"
        path.rename(path.with_name(os.fsdecode(b"\xff.png")))
    study = make(images)
    assert (read_study(tmp_path / "study"), study.stimuli[-1].content) == (study, "\udcff")
    assert plant(study, choose_means(study, {})).psi.shape == (9,)  # drawn by the names, too


def test_the_order_of_files_reveals_no_method(made: Path) -> None:
    files = sorted((made / "pictures").iterdir())
    methods = {Path(stimulus.shown.file).name: stimulus.method for stimulus in read_study(made).stimuli}
    order = [methods[path.name] for path in files if path.name in methods]
    assert order != sorted(order)


def test_calibration_and_practice(images: Path, tmp_path: Path) -> None:
    examples = make_examples(tmp_path / "other", 12)
    study = make(images, design=Design(calibration=3, practice=5), examples=examples)
    assert [image.score for image in study.calibration] == [1, 5] * 3
    levels = ["nearest x4", "bicubic x4", "bicubic x3", "bicubic x2", "HR"]
    assert [(stimulus.id, stimulus.method) for stimulus in study.practice] == list(enumerate(levels))
    names = [image.content for image in study.calibration[::2]] + [each.content for each in study.practice]
    assert len(set(names)) == 8
    for worst, best in zip(study.calibration[::2], study.calibration[1::2], strict=True):
        assert worst.content == best.content
        true = pixels(examples, f"{best.content}.png")[2:38]  # the middle, 48x36
        np.testing.assert_array_equal(pixels(tmp_path / "study", best.shown.file), true)
        coarse = pixels(tmp_path / "study", worst.shown.file)
        assert coarse.shape == true.shape
        np.testing.assert_array_equal(coarse, coarse[::4, ::4].repeat(4, axis=0).repeat(4, axis=1))


def test_repeats(images: Path) -> None:
    study = make(images, design=replace(BARE, repeats=4, repeat_distance=1))
    assert (len(set(study.retest)), study.ratings_per_rater) == (4, 13)
    plan = StudyPlan(sources(images), BARE, repeat=("bicubic",)).repeating_all()
    study = create_study(plan, images.parent / "other", RecordedProgress())
    assert [study.stimuli[place].method for place in study.retest] == ["bicubic"] * 3


def test_notes_on_odd_images(images: Path) -> None:
    progress = RecordedProgress()
    make(images, "plain", progress)
    assert progress.lines == []
    for name in ("SetA/a.png", "SetB/a.png"):
        save(images / "nearest" / name, pixels(images, f"bicubic/{name}"), compress_level=1)
    save(images / "bicubic/SetA/b.png", true_picture("something else"))
    make(images, progress=progress, design=replace(BARE, gap=5, repeats=2))
    assert progress.lines[:3] == [
        "SetA/b by bicubic does not look like the other versions: see whether files were mixed up",
        "nearest and bicubic are the same to the pixel in SetA/a and 1 more: raters judge one picture twice",
        "with so few pictures, 2 ratings of others lie between two versions of one, and not 5",
    ]
    assert len(progress.lines) == 4  # the last on the distance of repeats


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: save(path, version_of("SetB a", "bicubic", METHODS)[:36]),
        lambda path: Image.fromarray(np.full((40, 48), 30_000, np.uint16)).save(path),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        Path.unlink,
        None,
    ],
    ids=["another size", "16 bits", "cut short", "gone", "interrupted"],
)
def test_an_unusable_image_or_an_interruption_leaves_nothing_behind(images: Path, tmp_path: Path, spoil: Any) -> None:
    class Interrupted(RecordedProgress):
        def advance(self, count: int = 1) -> None:
            super().advance(count)
            if spoil is None and len(self.tasks) == 2 and len(self.counts[-1]) == 4:  # of the images that are written
                raise KeyboardInterrupt

    chosen = sources(images)
    if spoil is not None:
        spoil(images / "bicubic/SetB/a.png")
    with pytest.raises(KeyboardInterrupt if spoil is None else PictureError):
        create_study(StudyPlan(chosen, BARE), tmp_path / "study", Interrupted())
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_study_is_never_changed(images: Path, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()  # empty, so nothing is lost
    make(images)
    before = (tmp_path / "study/study.json").read_bytes()
    with pytest.raises(DataError):
        make(images, design=replace(BARE, seed=5))
    assert (tmp_path / "study/study.json").read_bytes() == before


@pytest.mark.parametrize("place", ["made", "made/HR/SetB/a.png", "made/HR/SetB/a.png/study", "x" * 300])
def test_a_place_that_is_taken_or_impossible(images: Path, place: str) -> None:
    with pytest.raises(OutputError):
        make(images, place)


def test_a_copy_has_no_votes_and_is_made_once(folder: Path, tmp_path: Path) -> None:
    (folder / "votes.sqlite").write_bytes(b"")
    copy = copy_study(folder, tmp_path / "copy")
    assert sorted(path.name for path in copy.iterdir()) == ["pictures", "study.json"]
    assert read_study(copy) == read_study(folder)
    (copy / "simulated.sqlite").write_bytes(b"x")
    assert copy_study(folder, copy) == copy
    assert (copy / "simulated.sqlite").exists()
    with pytest.raises(OutputError):
        copy_study(folder, tmp_path)


@pytest.mark.parametrize(
    ("plan", "parameter"),
    [
        ({"title": "Is BICUBIC good?"}, "title"),
        ({"title": " "}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"repeat": ("own",)}, "repeat"),
        ({"design": replace(BARE, repeats=10)}, "repeats"),
        ({"design": replace(BARE, repeats=4), "repeat": ("HR",)}, "repeats"),
        ({"design": replace(BARE, warm_up=10)}, "warm_up"),
        ({"design": replace(BARE, warm_up=4, blocked=True)}, "warm_up"),
        ({"design": Design()}, "calibration"),
    ],
)
def test_a_plan_that_contradicts_itself(images: Path, plan: dict[str, Any], parameter: str) -> None:
    with pytest.raises(UsageError) as error:
        make(images, **plan)
    assert error.value.parameter == parameter


@pytest.mark.parametrize(
    ("name", "value"),
    [("gap", -1), ("raters", 10_001), ("sitting_minutes", 0), ("sitting_minutes", 10**13), ("seconds_per_rating", 0.2)],
)
def test_a_design_out_of_range(name: str, value: float) -> None:
    with pytest.raises(UsageError) as error:
        Design(**{name: value})  # type: ignore[arg-type]
    assert error.value.parameter == name


@pytest.mark.parametrize("changes", [{"gap": 0}, {"raters": 0}, {"unknown": 1}])
def test_a_changed_study_is_refused(folder: Path, changes: dict[str, int]) -> None:
    document = json.loads((folder / "study.json").read_text())
    (folder / "study.json").write_text(json.dumps({**document, "design": {**document["design"], **changes}}))
    with pytest.raises(DataError):
        read_study(folder)
