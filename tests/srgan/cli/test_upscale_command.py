"""`srgan upscale`: options reach the results, and messages go where they belong."""

import io
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.cli.upscale import upscale
from srgan.images.image import DEFAULT_MAX_PIXELS, FORMATS
from srgan.upscale.model_choice import CLEAN, DAMAGED
from srgan.weights.catalogue import find
from tests.conftest import damage
from tests.helpers.command_line import Make, Run


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
def test_a_picture_from_a_pipe_is_inspected_too(srgan: Run) -> None:
    result = srgan("upscale", "-", "--model", "auto", "-o", "large.jpg", input=Path("photos/b.jpg").read_bytes())
    assert result.exit_code == 0
    assert "by srresnet-photo, since it is a JPEG of quality 60" in result.stdout
    assert b"model srresnet-photo" in Path("large.jpg").read_bytes()


def test_a_damaged_model_ends_the_run(srgan: Run, mixed: Path, family: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(family, "models")
    damage(Path("models/srresnet-photo.onnx"))
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", Path("models"))
    result = srgan("upscale", "photos", "--model", "auto")
    assert result.exit_code == 1
    assert result.stderr.count("srresnet-photo.onnx is damaged") == 1
    assert [path.name for path in Path("photos-x4").iterdir()] == ["a.png"]


def test_dates_and_replacement(srgan: Run, make: Make) -> None:
    os.utime(make("a.png"), (1e9, 1e9))
    Path("a-x4.png").write_text("old")
    assert srgan("upscale", "a.png").exit_code == 0
    assert Path("a-x4.png").read_text() == "old"
    assert srgan("upscale", "a.png", "--overwrite").exit_code == 0
    assert Path("a-x4.png").stat().st_mtime == 1e9
    assert srgan("upscale", "a.png", "--overwrite", "--no-keep-dates").exit_code == 0
    assert Path("a-x4.png").stat().st_mtime > 1e9


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
