"""`srgan upscale`: options reach the results, and messages go where they belong."""

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.cli.upscale import upscale
from srgan.images.image import DEFAULT_MAX_PIXELS, FORMATS
from srgan.upscale.model_choice import CLEAN, DAMAGED
from srgan.weights.catalogue import find
from tests.conftest import damage
from tests.helpers.images_made_up import jpeg, noisy, photo, png
from tests.helpers.terminal import written_on_a_terminal

Run = Callable[..., Any]
Make = Callable[..., Path]


def size(path: str) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize(
    ("options", "output", "expected"),
    [
        ([], "photo-x4.jpg", (48, 32)),
        (["--scale", "2.5"], "photo-x2.5.jpg", (30, 20)),
        (["--width", "30"], "photo-w30.jpg", (30, 20)),
        (["--width", "720"], "photo-w720.jpg", (720, 480)),
        (["--height", "100"], "photo-h100.jpg", (150, 100)),
        (["--long-side", "90"], "photo-l90.jpg", (90, 60)),
        (["--lossless"], "photo-x4.png", (48, 32)),
        (["--format", "jpg", "-o", "deep/er/"], "deep/er/photo-x4.jpg", (48, 32)),
        (["-o", "result.avif"], "result.avif", (48, 32)),
    ],
)
def test_a_photo_becomes_larger(
    srgan: Run, make: Make, options: list[str], output: str, expected: tuple[int, int]
) -> None:
    make("photo.jpg")
    result = srgan("upscale", "photo.jpg", *options)
    assert result.exit_code == 0, result.stderr
    assert size(output) == expected
    assert output in result.stdout
    assert result.stderr == ""


def test_the_second_run_finds_nothing_to_do(srgan: Run, make: Make) -> None:
    make("a.jpg"), make("b.png")
    assert srgan("upscale", "*").exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in Path().iterdir()}
    result = srgan("upscale", "*")
    assert result.exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in Path().iterdir()} == before
    assert "Nothing enlarged, 4 skipped (2 done before, 2 made by earlier runs)" in result.stdout
    assert "a.jpg: skipped, a-x4.jpg exists already" in result.stderr
    assert "a-x4.jpg: skipped, it looks like the result of an earlier run" in result.stderr


@pytest.fixture
def mixed(desk: Path, family: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a clean, a compressed and a noisy photo; the four small models came with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", family)
    (desk / "photos").mkdir()
    clean = photo(0, 64, 64)
    for name, contents in {"a.png": png(clean), "b.jpg": jpeg(clean, 60), "c.png": png(noisy(clean, 20))}.items():
        (desk / "photos" / name).write_bytes(contents)
    return desk / "photos"


@pytest.mark.usefixtures("mixed")
def test_each_photo_of_a_folder_gets_the_model_that_suits_it(srgan: Run) -> None:
    result = srgan("upscale", "photos", "--model", "auto")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    *lines, summary = result.stdout.splitlines()
    assert lines[0] == "photos-x4/a.png: srresnet, since it is clean"
    assert lines[1] == "photos-x4/b.jpg: srresnet-photo, since it is a JPEG of quality 60"
    assert lines[2].startswith("photos-x4/c.png: srresnet-photo, since it has noise of ")
    assert summary.startswith("3 pictures enlarged")
    alone = srgan("upscale", "photos/b.jpg", "--model", "srresnet-photo", "-o", "alone.jpg")
    assert alone.stdout.count("since") == 0
    assert Path("alone.jpg").read_bytes() == Path("photos-x4/b.jpg").read_bytes()


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("words", [["--photo-real"], ["--fidelity", "0"], ["--photo-real", "--fidelity", "0"]])
def test_photo_real_is_the_lowest_fidelity(srgan: Run, words: list[str]) -> None:
    document = json.loads(srgan("upscale", "photos", "--model", "auto", *words, "--json").stdout)
    assert [record["model_name"] for record in document["files"]] == ["srgan", "srgan-photo", "srgan-photo"]
    assert document["files"][0]["output"] == "photos-x4-f0/a.png"


def test_photo_real_and_another_fidelity_contradict_each_other(srgan: Run, make: Make) -> None:
    make("a.png")
    assert srgan("upscale", "a.png", "--photo-real", "--fidelity", "0.5").exit_code == 2
    assert srgan("upscale", "a.png", "--photo-real", "--model", "srresnet").exit_code == 2


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("status", ["planned", "done"])
def test_json_tells_what_was_found_out(srgan: Run, status: str) -> None:
    words = ["--dry-run"] if status == "planned" else []
    document = json.loads(srgan("upscale", "photos", "--model", "auto", "--json", *words).stdout)
    a, b, c = document["files"]
    assert (b["status"], b["model_name"], b["reason"]) == (status, "srresnet-photo", "it is a JPEG of quality 60")
    assert b["inspection"] == {
        "bits": 8, "lossy": "jpeg", "quality": 60, "subsampling": "4:2:0", "grid": None, "noise": None
    }  # fmt: skip
    assert set(a["inspection"]["grid"]) == {"strength", "offset"}
    assert a["inspection"]["noise"] < 2 <= c["inspection"]["noise"]


@pytest.mark.usefixtures("mixed")
def test_a_picture_from_a_pipe_is_inspected_too(srgan: Run) -> None:
    result = srgan("upscale", "-", "--model", "auto", "-o", "large.jpg", input=Path("photos/b.jpg").read_bytes())
    assert result.exit_code == 0
    assert "by srresnet-photo, since it is a JPEG of quality 60" in result.stdout
    assert b"model srresnet-photo" in Path("large.jpg").read_bytes()


@pytest.mark.usefixtures("mixed")
def test_of_many_photos_the_models_are_counted(srgan: Run) -> None:
    for number in range(20):
        Path(f"photos/{number}.jpg").write_bytes(Path("photos/b.jpg").read_bytes())
    lines = srgan("upscale", "photos", "--model", "auto").stdout.splitlines()
    assert lines[:-1] == ["srresnet-photo: 22 pictures", "srresnet: 1 picture"]


def test_a_damaged_model_ends_the_run(srgan: Run, mixed: Path, family: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(family, "models")
    damage(Path("models/srresnet-photo.onnx"))
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", Path("models"))
    result = srgan("upscale", "photos", "--model", "auto")
    assert result.exit_code == 1
    assert result.stderr.count("srresnet-photo.onnx is damaged") == 1
    assert [path.name for path in Path("photos-x4").iterdir()] == ["a.png"]


def test_each_file_is_accounted_for(srgan: Run, make: Make) -> None:
    make("photos/a.jpg"), make("photos/a.png"), make("photos/deep/b.png")
    Path("photos/notes.txt").touch()
    Path("photos/zero.jpg").touch()
    result = srgan("upscale", "photos", "--format", "png")
    assert result.exit_code == 1
    assert sorted(path.name for path in Path("photos-x4").iterdir()) == ["a-2.png", "a.png"]
    counts = "2 pictures enlarged in 0.1 s, 2 skipped (1 not searched, 1 not readable), 1 failed"
    assert re.sub(r"in [\d.]+ s", "in 0.1 s", result.stdout.splitlines()[-1]).startswith(counts)
    document = json.loads(srgan("upscale", "photos", "--format", "png", "--json").stdout)
    assert document["skipped_kinds"] == {"done before": 2, "not searched": 1, "not readable": 1}
    assert len(document["files"]) == document["skipped"] + document["failed"] == 5


def test_dates_and_replacement(srgan: Run, make: Make) -> None:
    os.utime(make("a.png"), (1e9, 1e9))
    Path("a-x4.png").write_text("old")
    assert srgan("upscale", "a.png").exit_code == 0
    assert Path("a-x4.png").read_text() == "old"
    assert srgan("upscale", "a.png", "--overwrite").exit_code == 0
    assert Path("a-x4.png").stat().st_mtime == 1e9
    assert srgan("upscale", "a.png", "--overwrite", "--no-keep-dates").exit_code == 0
    assert Path("a-x4.png").stat().st_mtime > 1e9


# As `srgan`, with other models in place of those that came with it.
WITH_MODELS = """
import sys
from pathlib import Path
import srgan.weights.catalogue
srgan.weights.catalogue.SHIPPED = Path(sys.argv.pop(1))
from srgan.cli import main
main()
"""


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize(
    ("words", "hints"),
    [
        (["photos", "--model", "srresnet"], 1),
        (["photos/a.png", "--model", "srresnet"], 0),
        (["photos", "--model", "srresnet-photo"], 0),
        (["photos", "--model", "auto"], 0),
        (["photos", "--model", "srresnet", "--quiet"], 0),
        (["photos", "--model", "srresnet", "--json"], 0),
        (["photos/b.jpg", "--model", "srresnet", "-o", "-"], 0),
    ],
)
def test_a_better_model_is_hinted_at_once_and_to_people(
    family: Path, environment: dict[str, str], words: list[str], hints: int
) -> None:
    written = written_on_a_terminal([sys.executable, "-c", WITH_MODELS, str(family), "upscale", *words], environment)
    assert written.count("Hint: ") == hints
    assert written.count("Hint: photos/b.jpg: it is a JPEG of quality 60, which the model srresnet-photo ") == hints


def test_a_fidelity_between_models_of_one_s_own(srgan: Run, make: Make, pair: tuple[Path, Path]) -> None:
    make("a.png")
    ends = ["--model", str(pair[0]), "--faithful", str(pair[1])]
    document = json.loads(srgan("upscale", "a.png", *ends, "--fidelity", "0.25", "--json").stdout)
    (record,) = document["files"]
    first, second = (find(path).label for path in pair)
    assert record["model"] == f"{first} to {second} at fidelity 0.25"
    for end, (fidelity, model) in enumerate(zip("01", pair, strict=True)):
        assert srgan("upscale", "a.png", *ends, "--fidelity", fidelity).exit_code == 0
        assert srgan("upscale", "a.png", "--model", str(model), "-o", f"alone{end}.png").exit_code == 0
        assert Path(f"a-x4-f{end}.png").read_bytes() == Path(f"alone{end}.png").read_bytes()


def test_a_result_of_self_ensemble_has_a_name_of_its_own_and_says_so(srgan: Run, make: Make) -> None:
    make("a.png")
    assert srgan("upscale", "a.png").exit_code == srgan("upscale", "a.png", "--ensemble").exit_code == 0
    single, mean = (Path(name).read_bytes() for name in ("a-x4.png", "a-x4-ensemble.png"))
    assert (b"self-ensemble, x4" in single, b"self-ensemble, x4" in mean) == (False, True)


def test_quality_and_metadata(srgan: Run, make: Make) -> None:
    exif = Image.Exif()
    exif[0x010F] = "camera"
    make("photo.jpg", size=(40, 40), exif=exif)
    for name, options in {"fine": [], "coarse": ["--quality", "20"], "bare": ["--strip-metadata"]}.items():
        assert srgan("upscale", "photo.jpg", "-o", f"{name}.jpg", *options).exit_code == 0
    assert Path("coarse.jpg").stat().st_size < Path("fine.jpg").stat().st_size / 2
    with Image.open("fine.jpg") as fine, Image.open("bare.jpg") as bare:
        assert fine.getexif()[0x010F] == "camera"
        assert 0x010F not in bare.getexif()
    assert b"model tiny" in Path("fine.jpg").read_bytes()
    assert b"model tiny" not in Path("bare.jpg").read_bytes()


def test_a_broken_file_is_told_twice_and_stops_nothing(srgan: Run, make: Make) -> None:
    make("photos/a.jpg"), make("photos/c.jpg")
    Path("photos/b.jpg").write_text("no picture")
    result = srgan("upscale", "photos")
    assert result.exit_code == 1
    assert sorted(path.name for path in Path("photos-x4").iterdir()) == ["a.jpg", "c.jpg"]
    assert result.stderr.count("photos/b.jpg is not a picture") == 2
    assert "2 pictures enlarged" in result.stdout
    assert "1 failed" in result.stdout


def test_notes_are_told_once(srgan: Run, make: Make) -> None:
    frames = [Image.new("L", (12, 8), level) for level in (0, 99)]
    make("still.gif")
    frames[0].save("moving.gif", save_all=True, append_images=frames[1:])
    result = srgan("upscale", "moving.gif", "still.gif")
    assert result.stderr == "moving.gif: first of 2 frames\n"


def test_a_dry_run_writes_nothing_and_says_what_would_come(srgan: Run, make: Make, desk: Path) -> None:
    make("a.jpg"), make("b.png", size=(20, 20)), make("done.jpg"), make("done-x4.jpg")
    before = sorted(desk.rglob("*"))
    result = srgan("upscale", "a.jpg", "b.png", "done.jpg", "--dry-run")
    assert result.exit_code == 0
    assert sorted(desk.rglob("*")) == before
    assert "a.jpg (12x8) -> a-x4.jpg (48x32) in about" in result.stdout
    assert "b.png (20x20) -> b-x4.png (80x80) in about" in result.stdout
    assert "2 pictures to enlarge in about" in result.stdout
    assert "done.jpg: skipped" in result.stderr


def test_json_holds_a_record_for_every_file(srgan: Run, make: Make) -> None:
    make("a.jpg"), make("b.gif"), make("c.jpg"), make("c-x4.jpg")
    Path("d.jpg").touch()
    result = srgan("upscale", "a.jpg", "b.gif", "c.jpg", "d.jpg", "--json")
    assert result.exit_code == 1
    assert result.stderr == "Error: d.jpg is empty: give a picture\n"
    document = json.loads(result.stdout)
    a, b, c, d = document["files"]
    assert (a["source"], a["output"], a["status"]) == ("a.jpg", "a-x4.jpg", "done")
    assert (a["size_in"], a["size_out"], a["error"]) == ([12, 8], [48, 32], None)
    assert a["model"].startswith("tiny ")
    assert a["engine"].startswith("openvino ")
    assert a["seconds"] > 0
    assert (b["output"], b["status"]) == ("b-x4.png", "done")
    assert (c["status"], c["notes"]) == ("skipped", ["c-x4.jpg exists already"])
    assert (d["status"], d["error"]) == ("failed", "d.jpg is empty: give a picture")
    assert [document[key] for key in ("done", "skipped", "failed", "left", "interrupted")] == [2, 1, 1, 0, False]


def test_json_of_what_cannot_begin(srgan: Run) -> None:
    result = srgan("upscale", "absent.jpg", "--json")
    assert json.loads(result.stdout) == {"error": "absent.jpg does not exist: check the path"}
    assert result.stderr == "Error: absent.jpg does not exist: check the path\n"


def test_quiet_says_errors_alone(srgan: Run, make: Make) -> None:
    make("a.jpg"), make("b.jpg"), make("b-x4.jpg")
    Path("c.jpg").touch()
    result = srgan("upscale", "a.jpg", "b.jpg", "c.jpg", "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "Error: c.jpg is empty: give a picture\n"


@pytest.mark.parametrize(("options", "format"), [([], "PNG"), (["--format", "webp"], "WEBP")])
def test_standard_input_to_standard_output(srgan: Run, make: Make, options: list[str], format: str) -> None:
    source = make("photo.png").read_bytes()
    result = srgan("upscale", "-", *options, input=source)
    assert result.exit_code == 0
    with Image.open(io.BytesIO(result.stdout_bytes)) as picture:
        assert (picture.format, picture.size) == (format, (48, 32))
    assert "standard input (12x8) -> standard output (48x32)" in result.stderr


def test_a_broken_standard_input_gives_no_byte(srgan: Run, make: Make) -> None:
    source = make("photo.png", size=(64, 64)).read_bytes()
    result = srgan("upscale", "-", input=source[: len(source) // 2])
    assert result.exit_code == 1
    assert result.stdout_bytes == b""
    assert result.stderr.startswith("Error: standard input is damaged or cut short")


def test_a_file_to_standard_output_is_what_a_file_holds(srgan: Run, make: Make) -> None:
    make("photo.png")
    assert srgan("upscale", "photo.png").exit_code == 0
    piped = srgan("upscale", "photo.png", "-o", "-").stdout_bytes
    with Image.open(io.BytesIO(piped)) as first, Image.open("photo-x4.png") as second:
        assert np.array_equal(np.asarray(first), np.asarray(second))


def test_control_characters_of_a_name_do_not_reach_the_terminal(srgan: Run, desk: Path) -> None:
    (desk / "a\n\x1b[31mb.jpg").touch()
    result = srgan("upscale", ".")
    assert "\x1b" not in result.stderr
    assert "a??[31mb.jpg is empty" in result.stderr


def test_the_help_tells_the_defaults_that_hold() -> None:
    import inspect

    told = {name: parameter.annotation for name, parameter in inspect.signature(upscale).parameters.items()}
    helps = {name: annotation.__metadata__[0].help for name, annotation in told.items()}
    assert all(helps.values())
    assert str(DEFAULT_MAX_PIXELS) in helps["max_pixels"]
    assert {CLEAN.faithful, DAMAGED.faithful} <= set(re.findall(r"[\w-]+", helps["model"]))
    assert {CLEAN.photo_real, CLEAN.faithful} <= set(re.findall(r"[\w-]+", helps["fidelity"]))
    assert {CLEAN.photo_real, DAMAGED.photo_real} <= set(re.findall(r"[\w-]+", helps["photo_real"]))
    assert all(name in helps["format"] for name in FORMATS)
