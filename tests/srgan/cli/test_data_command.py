"""`srgan data`: summaries, JSON documents, and errors of one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from srgan.data.mixes import MIXES
from srgan.data.prepared_set import PreparedPictures
from tests.helpers.command_line import Make, Run

SOME = ("--validation", "9")
"""Enough that some of them can be used, whichever are drawn by the seed."""


@pytest.fixture
def photos(make: Make) -> Path:
    for number in range(12):
        make(f"photos/deep/{number}.png", size=(100, 100 + number))
    make("photos/small.jpg", size=(95, 200))
    for number in range(12):
        Path(f"photos/broken{number:02}.jpg").write_text("not a picture")
    return Path("photos")


@pytest.mark.usefixtures("photos")
def test_the_summary_and_the_next_command(srgan: Run) -> None:
    result = srgan("data", "prepare", "photos", "-o", "it is ready", *SOME)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    lines = result.stdout.splitlines()
    pictures = PreparedPictures(Path("it is ready"))
    assert pictures.comparison is not None
    training, validation = pictures.split()
    assert lines[0].startswith(f"{len(training)} images for training and {len(validation)} for validation are in it is")
    assert [line.startswith("  photos/broken") for line in lines].count(True) == 10
    assert lines[13] == "  and 2 more, which --json lists"
    assert lines[14] == f"Compared with {pictures.comparison.known} images of known test sets: none left out"
    assert lines[15:] == ["Next: srgan train srresnet-mse-quick --data 'it is ready'"]
    document = json.loads(srgan("data", "prepare", "photos", "-o", "ready", "--json", *SOME).stdout)
    assert (document["training"] + document["validation"], document["too_small"]) == (12, 1)
    assert len(document["left_out"]) == 12
    assert (document["layout"], document["test_pictures"], document["folder"]) == ("folder", {}, "ready")


@pytest.mark.usefixtures("photos")
def test_halved_pictures_are_half_as_large(srgan: Run) -> None:
    for name, words in (("whole", []), ("half", ["--halve", "--smallest", "48"])):
        assert srgan("data", "prepare", "photos", "-o", name, *SOME, *words).exit_code == 0
    whole, half = PreparedPictures(Path("whole")), PreparedPictures(Path("half"))
    heights = {entry.name: entry.height for entry in half.entries}
    for entry in whole.entries:  # which was cut by up to 3
        assert heights[entry.name] in range(entry.height // 2 // 4 * 4, entry.height // 2 + 3)


@pytest.mark.usefixtures("photos")
def test_pictures_of_test_sets_are_named(srgan: Run, data_folder: Path) -> None:
    shutil.copy(data_folder / "testsets" / "Set5" / "bird.png", "photos/mine.png")
    result = srgan("data", "prepare", "photos", "-o", "ready", *SOME)
    assert "test sets: 1 left out\n  photos/mine.png (Set5/bird)\n" in result.stdout
    document = json.loads(srgan("data", "prepare", "photos", "-o", "ready", "--json", *SOME).stdout)
    assert document["test_pictures"] == {"photos/mine.png": "Set5/bird"}
    assert len(PreparedPictures(Path("ready"))) == document["training"] + document["validation"] == 12


def test_take_is_drawn_by_the_seed(srgan: Run, make: Make) -> None:
    for number in range(12):
        make(f"dogs/n02085620-Chihuahua/{number}.png", size=(100, 100))

    def taken(seed: str) -> list[tuple[str, bool]]:
        result = srgan("data", "prepare", "dogs", "-o", "ready", "--take", "5", "--seed", seed)
        assert "4 images for training and 1 for validation" in result.stdout
        assert "layout dogs" in result.stdout
        return [(entry.name, entry.validation) for entry in PreparedPictures(Path("ready")).entries]

    assert taken("1") == taken("1")
    assert taken("1") != taken("2")
    more = srgan("data", "prepare", "dogs", "-o", "ready", "--take", "1000")
    assert "There were fewer images than --take 1000: all 12 were used" in more.stdout


@pytest.mark.usefixtures("photos")
def test_an_output_inside_the_source_is_not_among_the_pictures(srgan: Run) -> None:
    said = [srgan("data", "prepare", "photos", "-o", "photos/ready", *SOME).stdout for _ in range(2)]
    assert said[0] == said[1] != ""


@pytest.mark.usefixtures("photos")
def test_degrade_accounts_for_every_image(srgan: Run) -> None:
    words = ("data", "degrade", "photos", "--mix", "everyday", "--scale", "2", "--seed", "3")
    result = srgan(*words, "-o", "low")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("13 images damaged by everyday (")
    assert lines[0].endswith(") in low")
    assert lines[1] == "12 images left out:"
    assert lines[12:] == ["  and 2 more, which --json lists"]
    with Image.open("low/deep/3.png") as image:
        assert image.size == (50, 51)
    document = json.loads(srgan(*words, "--json", "-o", "again").stdout)
    assert [document[name] for name in ("folder", "mix", "scale", "seed")] == ["again", "everyday", 2, 3]
    assert (len(document["written"]), len(document["left_out"])) == (13, 12)
    assert set(document["written"].values()) <= set(MIXES)
    assert Path("again/small.png").read_bytes() == Path("low/small.png").read_bytes()


def test_help_explains_every_mix(srgan: Run) -> None:
    text = srgan("data", "degrade", "--help").stdout
    assert all(f"   {mix} " in text for mix in [*MIXES, "everyday"])


FAILED = (
    *("prepare [absent] -o out", "prepare photos/[small.jpg] -o out", "prepare [empty] -o out", "prepare one -o out"),
    *("prepare photos -o [one]", "prepare photos -o [one/a.png]", "prepare photos -o out --layout [div2k]"),
    *("prepare photos -o out --smallest 500", "prepare photos -o out --validation [99]"),
    *("prepare x -o out --download --layout [bsds]", "degrade --mix photo [empty] -o out"),
    *("degrade --mix photo broken -o out", "degrade --mix photo photos -o [broken]"),
    *("degrade --mix photo photos -o [one/a.png]/low",),
)
MISUSED = (
    *(
        "prepare photos",
        "degrade photos --mix photo",
        "degrade photos -o out",
        "degrade photos -o out --mix [mesenger]",
    ),
    *(f"prepare photos -o out [--{name}] [{value}]" for name, value in (("take", 0), ("validation", 0), ("scale", 1))),
    *("prepare photos -o out [--smallest] 0", "prepare photos -o out [--layout] x", "prepare photos -o out --download"),
)


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize(("code", "line"), [*((1, line) for line in FAILED), *((2, line) for line in MISUSED)])
def test_errors_are_one_line_and_write_nothing(
    refusal: Callable[[int, str], str], make: Make, code: int, line: str
) -> None:
    make("one/a.png")
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/a.jpg").write_text("not an image")
    refusal(code, f"data {line}")
