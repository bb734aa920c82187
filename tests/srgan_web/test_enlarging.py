"""Results are those of the command line, bit for bit."""

import io
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import srgan
from srgan.cli import app
from srgan.errors import OutputError, PictureError, UsageError
from srgan_web.enlarging import Enlarger
from srgan_web.job_options import JobOptions
from srgan_web.limits import WebLimits
from tests.srgan_web.conftest import make_photo


@pytest.fixture(scope="module")
def enlarger() -> Enlarger:
    """Enlarger with the models that are installed."""
    return Enlarger(WebLimits())


@pytest.mark.parametrize(
    ("name", "options", "arguments"),
    [
        ("small.jpg", JobOptions(), []),
        ("small.jpg", JobOptions(scale=2.5, format="png", keep_metadata=False),
         ["--scale", "2.5", "--format", "png", "--strip-metadata"]),
        ("small.png", JobOptions(fidelity=0.4, width=100, format="webp", quality=70),
         ["--fidelity", "0.4", "--width", "100", "--format", "webp", "--quality", "70"]),
    ],
)  # fmt: skip
def test_a_result_equals_that_of_the_command_line(
    name: str, options: JobOptions, arguments: list[str], enlarger: Enlarger, tmp_path: Path
) -> None:
    photo = tmp_path / name
    photo.write_bytes(make_photo(quality=50) if name.endswith("jpg") else make_photo(format="PNG"))
    upload, result = tmp_path / "upload", tmp_path / "result"
    upload.write_bytes(photo.read_bytes())
    plan = enlarger.plan(upload, name, options)
    outcome = enlarger.enlarge(upload, name, result, options)
    assert outcome["bytes"] == result.stat().st_size
    run = CliRunner().invoke(app, ["upscale", str(photo), *arguments])
    assert run.exit_code == 0, run.output
    assert result.read_bytes() == (tmp_path / plan["result"]["name"]).read_bytes()
    with Image.open(result) as image:
        assert image.size == (plan["result"]["width"], plan["result"]["height"])


def test_a_part_equals_the_part_alone_with_the_model_of_the_whole(enlarger: Enlarger, tmp_path: Path) -> None:
    upload, result, part = tmp_path / "upload", tmp_path / "result", tmp_path / "part.png"
    upload.write_bytes(make_photo(quality=50))
    options = JobOptions(crop=(5, 3, 20, 17), format="png")
    plan = enlarger.plan(upload, "photo.jpg", options)
    assert (plan["model_name"], plan["result"]["width"], plan["result"]["height"]) == ("srresnet-photo", 80, 68)
    assert plan["result"]["name"] == "photo-crop-x4.png"
    enlarger.enlarge(upload, "photo.jpg", result, options)
    srgan.write(part, srgan.read(upload).pixels[3:20, 5:25])
    assert (srgan.read(result).pixels == srgan.Upscaler("srresnet-photo").upscale(part)).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part.png", "result", "upload"]


@pytest.mark.parametrize(
    ("scale", "width", "name"),
    [
        (2, None, "swift-photo-x2"),
        (4, None, "srresnet-photo"),
        (None, 40, "swift-photo-x2"),
        (None, 41, "srresnet-photo"),
    ],
)
def test_the_size_of_a_part_decides_on_its_model(
    enlarger: Enlarger, tmp_path: Path, scale: float | None, width: int | None, name: str
) -> None:
    upload, result = tmp_path / "upload", tmp_path / "result"
    upload.write_bytes(make_photo(quality=50))
    options = JobOptions(crop=(5, 3, 20, 17), format="png", scale=scale, width=width)
    plan = enlarger.plan(upload, "photo.jpg", options)
    assert plan["model_name"] == name
    assert name in enlarger.enlarge(upload, "photo.jpg", result, options)["model"]
    with Image.open(result) as image:
        assert image.size == (plan["result"]["width"], plan["result"]["height"])


def test_the_plan_says_what_auto_saw(enlarger: Enlarger, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(make_photo(quality=50))
    plan = enlarger.plan(upload, "photo.jpg", JobOptions())
    assert (plan["width"], plan["height"], plan["format"]) == (48, 36, "jpeg")
    assert plan["seen"] == {"damaged": True, "lossy": "jpeg", "quality": 50, "noise": None}
    assert enlarger.plan(upload, "photo.jpg", JobOptions(model="srgan"))["seen"] is None


def test_images_that_do_not_fit_are_refused_under_the_name_that_the_client_gave(tmp_path: Path) -> None:
    enlarger, upload = Enlarger(WebLimits(max_pixels=2000)), tmp_path / "upload"
    clear = io.BytesIO()
    Image.new("RGBA", (8, 8)).save(clear, "PNG")
    cases: list[tuple[bytes, JobOptions, type[Exception]]] = [
        (make_photo(100, 100), JobOptions(), PictureError),
        (make_photo()[:100], JobOptions(), PictureError),
        (b"GIF89a", JobOptions(), PictureError),
        (make_photo(), JobOptions(scale=60), UsageError),
        (make_photo(), JobOptions(width=48 * 65), UsageError),
        (make_photo(), JobOptions(crop=(40, 0, 9, 9)), UsageError),
        (clear.getvalue(), JobOptions(format="jpeg"), OutputError),
    ]
    for content, options, error in cases:
        upload.write_bytes(content)
        with pytest.raises(error) as caught:
            enlarger.plan(upload, "my photo", options)
        assert str(tmp_path) not in str(caught.value)
