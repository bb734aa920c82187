"""`srgan data degrade`: what was made and what was left out, in lines and as JSON; whatever is wrong, in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from srgan.data.mixes import MIXES

Run = Callable[..., Any]
Make = Callable[..., Path]


@pytest.fixture
def photos(make: Make) -> Path:
    make("photos/a.png", size=(40, 44)), make("photos/deep/b.jpg", size=(48, 52))
    for number in range(12):
        Path(f"photos/broken{number:02}.jpg").write_text("not an image")
    return Path("photos")


@pytest.mark.usefixtures("photos")
def test_the_summary_accounts_for_every_image(srgan: Run) -> None:
    result = srgan("data", "degrade", "photos", "--mix", "messenger", "-o", "low")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:2] == ["2 images damaged by messenger in low", "12 images left out:"]
    assert lines[2].startswith("  photos/broken00.jpg is not")
    assert lines[12:] == ["  and 2 more, which --json names"]
    with Image.open("low/deep/b.png") as image:
        assert image.size == (12, 13)


@pytest.mark.usefixtures("photos")
def test_json_names_everything(srgan: Run) -> None:
    words = ("data", "degrade", "photos", "--mix", "everyday", "--scale", "2", "--seed", "3", "--json")
    document = json.loads(srgan(*words, "-o", "low").stdout)
    assert {name: document[name] for name in ("folder", "mix", "scale", "seed")} == {
        "folder": "low", "mix": "everyday", "scale": 2, "seed": 3,
    }  # fmt: skip
    assert set(document["written"]) == {"a.png", "deep/b.png"}
    assert set(document["written"].values()) <= set(MIXES)
    assert len(document["left_out"]) == 12
    again = json.loads(srgan(*words, "-o", "again").stdout)
    assert again["written"] == document["written"]
    assert Path("again/a.png").read_bytes() == Path("low/a.png").read_bytes()


@pytest.mark.parametrize("mix", [*MIXES, "everyday"])
def test_the_help_explains_every_mix(srgan: Run, mix: str) -> None:
    assert f"   {mix} " in srgan("data", "degrade", "--help").stdout


CASES = {
    "no such folder": (["absent", "--mix", "photo", "-o", "out"], 1, "absent is not a folder: name a folder"),
    "a file for a folder": (["photos/a.png", "--mix", "photo", "-o", "out"], 1, "is not a folder: name a folder"),
    "no images": (["empty", "--mix", "photo", "-o", "out"], 1, "no pictures found in empty"),
    "nothing usable": (["broken", "--mix", "photo", "-o", "out"], 1, "none of the 1 images could be used"),
    "another's folder": (["photos", "--mix", "photo", "-o", "broken"], 1, "holds other files (a.jpg): choose a new"),
    "a file for output": (["photos", "--mix", "photo", "-o", "photos/a.png"], 1, "is a file: name a folder"),
    "under a file": (["photos", "--mix", "photo", "-o", "photos/a.png/low"], 1, "photos/a.png/low"),
    "no output": (["photos", "--mix", "photo"], 2, "name a folder with -o"),
    "no mix": (["photos", "-o", "out"], 2, "choose --mix from clean, photo, messenger, hard, everyday"),
    "misspelt mix": (["photos", "--mix", "mesenger", "-o", "out"], 2, "no mix mesenger: choose one of clean, photo"),
}


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize(("words", "code", "said"), CASES.values(), ids=CASES.keys())
def test_one_line_and_no_file(srgan: Run, desk: Path, words: list[str], code: int, said: str) -> None:
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/a.jpg").write_text("not an image")
    before = sorted(desk.rglob("*"))
    result = srgan("data", "degrade", *words)
    assert result.exit_code == code
    assert isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert said in lines[0]
    assert sorted(desk.rglob("*")) == before


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize("scale", ["0", "17", "x"])
def test_factors_that_there_are_not_are_usage_errors(srgan: Run, scale: str) -> None:
    result = srgan("data", "degrade", "photos", "--mix", "photo", "-o", "out", "--scale", scale)
    assert result.exit_code == 2
    assert "--scale" in result.stderr
