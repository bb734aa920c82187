"""`srgan data prepare`: what was prepared and what was not, in lines and as JSON; whatever is wrong, in one line."""

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

from srgan.data.prepare import PreparedPictures
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
    assert lines[0].startswith(f"{len(training)} pictures to train with")
    assert f"{len(validation)} to validate with are in it is ready (" in lines[0]
    assert lines[1] == "1 picture left out: smaller than 96 pixels on a side"
    assert lines[2] == "12 files left out that could not be read:"
    assert lines[3].startswith("  photos/broken00.jpg is not a picture")
    assert lines[13] == "  and 2 more, which --json names"
    assert lines[14] == f"Compared with {pictures.comparison.known} pictures of known test sets: none of them is here"
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
    assert "1 picture left out, which must not be learned from: photos/mine.png (Set5/bird)" in result.stdout
    document = json.loads(srgan("data", "prepare", "photos", "-o", "ready", "--json", *SOME).stdout)
    assert document["test_pictures"] == {"photos/mine.png": "Set5/bird"}
    assert len(PreparedPictures(Path("ready"))) == document["training"] + document["validation"] == 12


def test_take_is_drawn_by_the_seed(srgan: Run, make: Make) -> None:
    for number in range(12):
        make(f"dogs/n02085620-Chihuahua/{number}.png", size=(100, 100))

    def taken(seed: str) -> list[tuple[str, bool]]:
        result = srgan("data", "prepare", "dogs", "-o", "ready", "--take", "5", "--seed", seed)
        assert "4 pictures to train with and 1 to validate with" in result.stdout
        assert "layout dogs" in result.stdout
        return [(entry.name, entry.validation) for entry in PreparedPictures(Path("ready")).entries]

    assert taken("1") == taken("1")
    assert taken("1") != taken("2")
    more = srgan("data", "prepare", "dogs", "-o", "ready", "--take", "1000")
    assert "There were fewer pictures than --take 1000: all 12 were taken" in more.stdout


@pytest.mark.usefixtures("photos")
def test_an_output_inside_the_source_is_not_among_the_pictures(srgan: Run) -> None:
    said = [srgan("data", "prepare", "photos", "-o", "photos/ready", *SOME).stdout for _ in range(2)]
    assert said[0] == said[1] != ""


CASES = {
    "no such folder": (["absent", "-o", "out"], 1, "absent is not there: name a folder"),
    "a file for a folder": (["photos/small.jpg", "-o", "out"], 1, "is not a folder: name a folder"),
    "no pictures": (["empty", "-o", "out"], 1, "no pictures found in empty"),
    "one picture": (["one", "-o", "out"], 1, "1 pictures are not enough to validate"),
    "nothing usable": (["photos", "-o", "out", "--smallest", "500"], 1, "give larger, intact or other pictures"),
    "another's folder": (["photos", "-o", "one"], 1, "one holds other files (a.png): choose a new folder"),
    "a file for output": (["photos", "-o", "one/a.png"], 1, "is a file: name a folder"),
    "no output": (["photos"], 2, "name a folder with -o"),
    "unknown layout": (["photos", "-o", "out", "--layout", "x"], 2, "--layout must be one of div2k, dogs"),
    "wrong layout": (["photos", "-o", "out", "--layout", "div2k"], 1, "expected in it DIV2K_train_HR"),
    "take nothing": (["photos", "-o", "out", "--take", "0"], 2, "--take must be 2 or more, not 0"),
    "validate nothing": (["photos", "-o", "out", "--validation", "0"], 2, "--validation must be 1 or more"),
    "validate all": (["photos", "-o", "out", "--validation", "99"], 1, "not enough to validate with 99"),
    "no scale": (["photos", "-o", "out", "--scale", "1"], 2, "--scale must be 2 or more"),
    "no size": (["photos", "-o", "out", "--smallest", "0"], 2, "--smallest must be 1 or more"),
    "download of any": (["photos", "-o", "out", "--download"], 2, "--layout div2k or dogs"),
    "download of BSDS": (["x", "-o", "out", "--download", "--layout", "bsds"], 1, "run this without --download"),
}


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize(("words", "code", "said"), CASES.values(), ids=CASES.keys())
def test_one_line_and_no_file(srgan: Run, make: Make, desk: Path, words: list[str], code: int, said: str) -> None:
    make("one/a.png")
    Path("empty").mkdir()
    before = sorted(desk.rglob("*"))
    result = srgan("data", "prepare", *words)
    assert result.exit_code == code
    assert isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert said in lines[0]
    assert sorted(desk.rglob("*")) == before


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
