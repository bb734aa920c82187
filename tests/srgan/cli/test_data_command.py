"""`srgan data`: summaries, JSON documents, and errors of one line."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from srgan.data.mixes import MIXES
from srgan.data.prepared_set import PreparedPictures
from tests.helpers.terminal import written_on_a_terminal

Run = Callable[..., Any]
Make = Callable[..., Path]

# As `srgan`, but every picture takes a while, from the third on until it is interrupted.
SLOW = """
import os, time, srgan.cli.progress_bar, srgan.data.prepare
srgan.cli.progress_bar._SOON = -1.0
read, count = srgan.data.prepare.read, 0

def slow(*args, **options):
    global count
    count += 1
    time.sleep(0.15)
    if count == 3 and os.environ.get("STAY"):
        open("waiting", "w").close()
        time.sleep(60)
    return read(*args, **options)

srgan.data.prepare.read = slow
from srgan.cli import main
main()
"""


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
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    pictures = PreparedPictures(Path("it is ready"))
    assert pictures.comparison is not None
    training, validation = pictures.split()
    assert lines[0].startswith(f"{len(training)} images for training and {len(validation)} for validation are in it is")
    assert lines[1] == "1 image left out: smaller than 96 pixels on a side"
    assert lines[2] == "12 unreadable files left out:"
    assert lines[3].startswith("  photos/broken00.jpg is not a picture")
    assert lines[13] == "  and 2 more, which --json lists"
    assert lines[14] == f"Compared with {pictures.comparison.known} images of known test sets: none left out"
    assert lines[15:] == ["Next: srgan train srresnet-mse-quick --data 'it is ready'"]
    assert result.stderr == ""


@pytest.mark.usefixtures("photos")
def test_halved_pictures_are_half_as_large(srgan: Run) -> None:
    for name, words in (("whole", []), ("half", ["--halve", "--smallest", "48"])):
        assert srgan("data", "prepare", "photos", "-o", name, *SOME, *words).exit_code == 0
    whole, half = PreparedPictures(Path("whole")), PreparedPictures(Path("half"))
    heights = {entry.name: entry.height for entry in half.entries}
    for entry in whole.entries:  # which was cut by up to 3
        assert heights[entry.name] in range(entry.height // 2 // 4 * 4, entry.height // 2 + 3)


@pytest.mark.usefixtures("photos")
def test_json_names_everything(srgan: Run) -> None:
    document = json.loads(srgan("data", "prepare", "photos", "-o", "ready", "--json", *SOME).stdout)
    assert (document["training"] + document["validation"], document["too_small"]) == (12, 1)
    assert len(document["left_out"]) == 12
    assert (document["layout"], document["test_pictures"], document["folder"]) == ("folder", {}, "ready")


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
    assert lines[2].startswith("  photos/broken00.jpg is not")
    assert lines[12:] == ["  and 2 more, which --json lists"]
    with Image.open("low/deep/3.png") as image:
        assert image.size == (50, 51)
    document = json.loads(srgan(*words, "--json", "-o", "again").stdout)
    assert {name: document[name] for name in ("folder", "mix", "scale", "seed")} == {
        "folder": "again", "mix": "everyday", "scale": 2, "seed": 3,
    }  # fmt: skip
    assert len(document["written"]) == 13
    assert set(document["written"].values()) <= set(MIXES)
    assert len(document["left_out"]) == 12
    assert Path("again/small.png").read_bytes() == Path("low/small.png").read_bytes()


def test_help_explains_every_mix(srgan: Run) -> None:
    text = srgan("data", "degrade", "--help").stdout
    assert all(f"   {mix} " in text for mix in [*MIXES, "everyday"])


PREPARE, PHOTO = ["prepare"], ["degrade", "--mix", "photo"]
CASES = {
    "no such folder": ([*PREPARE, "absent", "-o", "out"], 1, "absent is not there"),
    "a file for a folder": ([*PREPARE, "photos/small.jpg", "-o", "out"], 1, "is not a folder"),
    "no pictures": ([*PREPARE, "empty", "-o", "out"], 1, "no pictures found in empty"),
    "one picture": ([*PREPARE, "one", "-o", "out"], 1, "1 picture is too few to validate"),
    "nothing usable": ([*PREPARE, "photos", "-o", "out", "--smallest", "500"], 1, "give larger, intact"),
    "a folder of others": ([*PREPARE, "photos", "-o", "one"], 1, "one holds other files (a.png)"),
    "a file for output": ([*PREPARE, "photos", "-o", "one/a.png"], 1, "is a file"),
    "no output": ([*PREPARE, "photos"], 2, "--output is required"),
    "unknown layout": ([*PREPARE, "photos", "-o", "out", "--layout", "x"], 2, "--layout must be one of div2k, dogs"),
    "wrong layout": ([*PREPARE, "photos", "-o", "out", "--layout", "div2k"], 1, "expected in it DIV2K_train_HR"),
    "take nothing": ([*PREPARE, "photos", "-o", "out", "--take", "0"], 2, "--take must be 2 or more, not 0"),
    "validate nothing": ([*PREPARE, "photos", "-o", "out", "--validation", "0"], 2, "--validation must be 1 or more"),
    "validate all": ([*PREPARE, "photos", "-o", "out", "--validation", "99"], 1, "too few to validate with 99"),
    "no scale": ([*PREPARE, "photos", "-o", "out", "--scale", "1"], 2, "--scale must be 2 or more"),
    "no size": ([*PREPARE, "photos", "-o", "out", "--smallest", "0"], 2, "--smallest must be 1 or more"),
    "download of any": ([*PREPARE, "photos", "-o", "out", "--download"], 2, "--layout is required"),
    "download of BSDS": ([*PREPARE, "x", "-o", "out", "--download", "--layout", "bsds"], 1, "run this without"),
    "nothing to damage": ([*PHOTO, "empty", "-o", "out"], 1, "no pictures found in empty"),
    "nothing intact": ([*PHOTO, "broken", "-o", "out"], 1, "none of the 1 images could be used"),
    "damaged into others": ([*PHOTO, "photos", "-o", "broken"], 1, "exists already"),
    "damaged below a file": ([*PHOTO, "photos", "-o", "one/a.png/low"], 1, "one/a.png"),
    "damaged nowhere": ([*PHOTO, "photos"], 2, "--output is required"),
    "no mix": (["degrade", "photos", "-o", "out"], 2, "--mix is required: choose one of clean, photo"),
    "misspelt mix": (["degrade", "photos", "--mix", "mesenger", "-o", "out"], 2, "no mix mesenger"),
}


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize(("words", "code", "message"), CASES.values(), ids=CASES.keys())
def test_errors_are_one_line_and_write_nothing(
    refusal: Run, make: Make, words: list[str], code: int, message: str
) -> None:
    make("one/a.png")
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/a.jpg").write_text("not an image")
    assert message in refusal(code, "data", *words)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_the_set_before(
    srgan: Run, make: Make, environment: dict[str, str], desk: Path, number: signal.Signals
) -> None:
    for name in "abcd":
        make(f"photos/{name}.png", size=(100, 100))
    assert srgan("data", "prepare", "photos", "-o", "ready").exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("ready").iterdir()}
    command = [sys.executable, "-c", SLOW, "data", "prepare", "photos", "-o", "ready"]
    process = subprocess.Popen(command, env={**environment, "STAY": "1"}, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (desk / "waiting").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "Interrupted: ready is as it was before; run the same command again\n"
    assert {path.name: path.read_bytes() for path in Path("ready").iterdir()} == before


def test_a_bar_on_a_terminal(make: Make, environment: dict[str, str]) -> None:
    for name in "abcd":
        make(f"photos/{name}.png", size=(100, 100))
    command = [sys.executable, "-c", SLOW, "data", "prepare", "photos", "-o", "ready"]
    written = written_on_a_terminal(command, environment)
    assert "pictures" in written
    assert "100%" in written
    assert "left" in written


def test_nothing_heavy_is_imported(make: Make, environment: dict[str, str]) -> None:
    make("photos/a.png", size=(100, 100)), make("photos/b.png", size=(100, 100))
    command = [sys.executable, "-X", "importtime", "-m", "srgan", "data", "prepare", "photos", "-o", "ready"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "pyvips" in imported
    assert not imported & {"torch", "openvino", "urllib.request"}
