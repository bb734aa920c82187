"""A study made of pictures: whole or not at all, the same whenever it is made again, with nothing to give it away."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, OutputError, PictureError, SrganError, UsageError
from srgan_study.server.presentation_order import presentations
from srgan_study.stimuli.create_study import Plan, create
from srgan_study.stimuli.sources import Sources, find_sources
from srgan_study.stimuli.stimulus_images import put
from srgan_study.study import Design, Study, read_study
from tests.helpers.studies_made_up import (
    Audience,
    make_examples,
    make_folders,
    make_study,
    save,
    true_picture,
    version_of,
)

METHODS = ("nearest", "bicubic", "HR")
QUIET = Design(calibration=0, practice=0)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Folders of three methods with pictures of two sets."""
    make_folders(tmp_path / "made", {"SetA": 2, "SetB": 1}, METHODS)
    return tmp_path / "made"


def sources(made: Path) -> Sources:
    return find_sources([f"{method}={made / method}" for method in METHODS])


def make(made: Path, folder: str = "study", audience: Audience | None = None, **plan: Any) -> Study:
    plan = {"design": QUIET, **plan}
    return create(Plan(sources(made), **plan), made.parent / folder, audience or Audience())


def pixels(folder: Path, file: str) -> np.ndarray:
    return np.asarray(Image.open(folder / file))


def test_what_is_frozen_is_what_is_there(made: Path, tmp_path: Path) -> None:
    study = make(made)
    folder = tmp_path / "study"
    assert read_study(folder) == study
    assert sorted(path.name for path in folder.iterdir()) == ["pictures", "study.json"]
    assert [stimulus.id for stimulus in study.stimuli] == list(range(9))
    for stimulus in study.stimuli:
        version = pixels(folder, stimulus.shown.file)
        true = pixels(made, f"{stimulus.method}/{stimulus.data}/{stimulus.content}.png")
        np.testing.assert_array_equal(version, true)
        assert (stimulus.shown.height, stimulus.shown.width) == version.shape[:2]
        assert hashlib.sha256((folder / stimulus.shown.file).read_bytes()).hexdigest() == stimulus.shown.sha256
    assert {path.name for path in (folder / "pictures").iterdir()} == {
        Path(stimulus.shown.file).name for stimulus in study.stimuli
    }
    assert not list(tmp_path.glob(".srgan-*"))


def test_the_same_study_again(made: Path, tmp_path: Path) -> None:
    examples = make_examples(tmp_path / "other", 9)
    design = Design(calibration=2, practice=3, repeats=3, repeat_distance=1)
    one, again = (make(made, name, design=design, examples=examples) for name in ("one", "again"))
    assert one == again
    assert one.hash == again.hash
    names = [sorted(path.name for path in (tmp_path / name / "pictures").iterdir()) for name in ("one", "again")]
    assert names[0] == names[1]
    other = make(made, "other study", design=Design(calibration=2, practice=3, repeats=3, seed=1), examples=examples)
    assert other.hash != one.hash
    assert {each.shown.file for each in other.stimuli}.isdisjoint(each.shown.file for each in one.stimuli)
    assert other.retest != one.retest
    assert other.calibration[0].content != one.calibration[0].content


def test_nothing_of_the_study_tells_a_method(tmp_path: Path) -> None:
    """Neither the names of files, nor their order, nor their times, nor what is in them."""
    folder = tmp_path / "study"
    study = make_study(folder)
    files = sorted((folder / "pictures").iterdir())
    assert len({path.stat().st_mtime_ns for path in files}) == 1
    for path in files:
        assert set(path.stem) <= set("0123456789abcdef")
        assert b"tEXt" not in path.read_bytes()
    methods = {Path(stimulus.shown.file).name: stimulus.method for stimulus in study.stimuli}
    order = [methods[path.name] for path in files if path.name in methods]
    assert order != sorted(order)


def test_calibration_and_practice(made: Path, tmp_path: Path) -> None:
    examples = make_examples(tmp_path / "other", 12)
    study = make(made, design=Design(calibration=3, practice=5), examples=examples)
    assert [example.score for example in study.calibration] == [1, 5] * 3
    assert [stimulus.method for stimulus in study.practice] == [
        "nearest x4",
        "bicubic x4",
        "bicubic x3",
        "bicubic x2",
        "HR",
    ]
    assert [stimulus.id for stimulus in study.practice] == list(range(5))
    names = [example.content for example in study.calibration[::2]] + [each.content for each in study.practice]
    assert len(set(names)) == 8
    for worst, best in zip(study.calibration[::2], study.calibration[1::2], strict=True):
        assert worst.content == best.content
        true = pixels(examples, f"{best.content}.png")[2:38]  # the middle, 48x36
        np.testing.assert_array_equal(pixels(tmp_path / "study", best.shown.file), true)
        coarse = pixels(tmp_path / "study", worst.shown.file)
        assert coarse.shape == true.shape
        np.testing.assert_array_equal(coarse, coarse[::4, ::4].repeat(4, axis=0).repeat(4, axis=1))


def test_repeats(made: Path) -> None:
    study = make(made, design=Design(calibration=0, practice=0, repeats=4, repeat_distance=1))
    assert len(set(study.retest)) == 4
    assert study.ratings_per_rater == 13
    plan = Plan(sources(made), QUIET, repeat=("bicubic",)).repeating_all()
    study = create(plan, made.parent / "other", Audience())
    assert study.design.repeats == 3
    assert {study.stimuli[place].method for place in study.retest} == {"bicubic"}
    assert [shown.phase for shown in presentations(study, "R01")].count("retest") == 3


def test_progress_is_told(made: Path, tmp_path: Path) -> None:
    audience = Audience()
    make(made, audience=audience, design=Design(calibration=1, practice=1), examples=make_examples(tmp_path / "o", 3))
    assert list(dict.fromkeys(what for what, _, _ in audience.counted)) == [
        "checking pictures",
        "writing pictures",
        "making the calibration",
    ]
    assert ("writing pictures", 9, 9) in audience.counted
    assert audience.counted[-1] == ("making the calibration", 2, 2)


def test_too_few_pictures_for_the_gap(made: Path) -> None:
    audience = Audience()
    make(made, audience=audience, design=Design(calibration=0, practice=0, gap=5, repeats=2))
    assert audience.heard == [
        "with so few pictures, 2 ratings of others lie between two versions of one, and not 5",
        audience.heard[1],
    ]
    assert audience.heard[1].startswith("with so few pictures, what is rated twice comes again after ")
    audience = Audience()
    make(made, "other", audience)
    assert audience.heard == []


def test_versions_that_are_the_same_to_the_pixel(made: Path) -> None:
    for name in ("SetA/a.png", "SetB/a.png"):
        save(made / "nearest" / name, pixels(made, f"bicubic/{name}"), compress_level=1)
    audience = Audience()
    make(made, audience=audience)
    assert audience.heard == [
        "nearest and bicubic are the same to the pixel in SetA/a and 1 more: raters judge one picture twice"
    ]


def test_a_file_that_was_mixed_up(made: Path) -> None:
    save(made / "bicubic/SetA/b.png", true_picture("something else"))
    audience = Audience()
    make(made, audience=audience)
    assert audience.heard == [
        "SetA/b by bicubic does not look like the other versions: see whether files were mixed up"
    ]


def test_sizes_that_differ(made: Path, tmp_path: Path) -> None:
    save(made / "bicubic/SetA/b.png", version_of("SetA b", "bicubic", METHODS)[:36])
    with pytest.raises(
        PictureError,
        match=r"SetA/b by bicubic is 48x36 \(.*bicubic/SetA/b.png\) and by nearest 48x40 \(.*nearest/SetA/b.png\): ",
    ):
        make(made)
    assert not (tmp_path / "study").exists()


def _deep(path: Path) -> None:
    Image.fromarray(np.full((40, 48), 30_000, np.uint16)).save(path)


def _veiled(path: Path) -> None:
    save(path, np.full((40, 48, 4), 100, np.uint8))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_deep, r"bicubic/SetB/a.png has 16 bits"),
        (_veiled, r"bicubic/SetB/a.png is transparent in places"),
        (_cut, r"bicubic/SetB/a.png is damaged or cut short"),
        (Path.unlink, r"bicubic/SetB/a.png does not exist"),
    ],
)
def test_a_picture_that_cannot_be_shown_leaves_nothing_behind(
    made: Path, tmp_path: Path, spoil: Any, message: str
) -> None:
    chosen = sources(made)
    spoil(made / "bicubic/SetB/a.png")
    with pytest.raises(PictureError, match=message):
        create(Plan(chosen, QUIET), tmp_path / "study", Audience())
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_study_is_never_changed(made: Path, tmp_path: Path) -> None:
    make(made)
    before = (tmp_path / "study/study.json").read_bytes()
    with pytest.raises(DataError, match=r"study has a study already, and a study is never changed: choose another"):
        make(made, design=Design(calibration=0, practice=0, seed=5))
    assert (tmp_path / "study/study.json").read_bytes() == before


def test_a_folder_with_other_things(made: Path, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    make(made)  # empty, so nothing is lost
    with pytest.raises(OutputError, match=r"made is there already, with other things in it: choose another folder"):
        make(made, "made")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file is there already"):
        make(made, "file")
    with pytest.raises(OutputError, match=r"cannot be made"):
        make(made, "file/study")


def test_an_interruption_leaves_nothing_behind(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(folder: Path, picture: Any, *words: str) -> Any:
        if len(list((folder / "pictures").iterdir())) == 4:
            raise KeyboardInterrupt
        return put(folder, picture, *words)

    monkeypatch.setattr("srgan_study.stimuli.create_study.put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(made)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


CANNOT_BE: list[tuple[dict[str, Any], type[SrganError], str]] = [
    ({"title": "Is BICUBIC good?"}, UsageError, r"--title names bicubic, and raters read it: give another"),
    ({"title": " "}, UsageError, r"--title must be one line of 1 to 200 letters"),
    ({"title": "a\nb"}, UsageError, r"--title must be one line"),
    ({"repeat": ("own",)}, UsageError, r"no method own to be rated twice: choose of nearest, bicubic, HR"),
    ({"design": Design(calibration=0, practice=0, repeats=10)}, UsageError, r"--repeats is 10, and there are 9"),
    (
        {"design": Design(calibration=0, practice=0, repeats=4), "repeat": ("HR",)},
        UsageError,
        r"--repeats is 4, and there are 3 versions: give no more",
    ),
    ({"design": Design(calibration=0, practice=0, warm_up=10)}, UsageError, r"--warm-up is 10, and there are 9"),
    (
        {"design": Design(calibration=0, practice=0, warm_up=4, blocked=True)},
        UsageError,
        r"--warm-up is 4, and there are 3 versions",
    ),
    ({"design": Design()}, UsageError, r"name a folder with --calibration, set SRGAN_DATA .* by --calibration none"),
]


@pytest.mark.parametrize(("plan", "kind", "message"), CANNOT_BE)
def test_a_plan_that_cannot_be_meant(made: Path, plan: dict[str, Any], kind: type[SrganError], message: str) -> None:
    with pytest.raises(kind, match=message):
        make(made, **plan)


def test_a_title_may_hold_the_letters_of_a_method(made: Path) -> None:
    assert make(made, title="Three pictures").title == "Three pictures"  # HR is in it, and not as a word


def test_a_changed_study_is_refused(made: Path, tmp_path: Path) -> None:
    make(made)
    path = tmp_path / "study/study.json"
    document = json.loads(path.read_text())
    document["design"]["gap"] = 0
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=r"study.json was changed after it was frozen"):
        read_study(tmp_path / "study")
    document["design"]["raters"] = 0
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=r"study.json holds no study \(--raters is 0.*: make one with"):
        read_study(tmp_path / "study")
