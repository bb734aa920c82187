"""The Upscaler: exact sizes, from files and images in memory, with what the file carried, for many threads at once."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import srgan
from srgan.errors import ModelError, OutputError, PictureError, UsageError
from srgan.images.resize import imresize
from srgan.metrics import PAPER
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.upscaler import Cancelled, Upscaler
from srgan.weights.catalogue import find
from tests.helpers.recorded_progress import RecordedProgress


def pixels_of(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image)


@pytest.fixture(scope="module")
def upscaler(tiny_model: Path) -> Upscaler:
    return Upscaler(tiny_model, engine="openvino")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(1, 70), height=st.integers(1, 70), channels=st.integers(1, 4), deep=st.booleans())
def test_any_size_comes_out_four_times_as_large(
    upscaler: Upscaler, width: int, height: int, channels: int, deep: bool
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, channels))
    picture: Any = noise.astype(np.uint16 if deep else np.uint8)
    result = upscaler.upscale(picture)
    assert result.shape == (4 * height, 4 * width, channels)
    assert result.dtype == picture.dtype


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scale=st.floats(0.3, 9), width=st.integers(1, 40), height=st.integers(1, 40))
def test_any_factor_is_exact(upscaler: Upscaler, scale: float, width: int, height: int) -> None:
    result = upscaler.upscale(np.zeros((height, width), np.uint8), scale=scale)
    assert result.shape == (max(1, round(height * scale)), max(1, round(width * scale)))


def test_a_file_gives_what_its_pixels_give(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    enlarged = upscaler.upscale_file(photo, tmp_path / "large.png")
    assert (enlarged.status, enlarged.size_in, enlarged.size_out) == ("done", (60, 40), (240, 160))
    pixels = pixels_of(photo)
    for result in (pixels_of(tmp_path / "large.png"), upscaler.upscale(photo)):
        assert np.array_equal(result, upscaler.upscale(pixels))


def test_the_result_says_what_made_it_and_keeps_what_the_source_said(
    upscaler: Upscaler, tiny_model: Path, photo: Path, tmp_path: Path
) -> None:
    upscaler.upscale_file(photo, tmp_path / "large.png")
    with Image.open(tmp_path / "large.png") as result:
        carried = result.info
    assert carried["Software"] == f"srgan {srgan.__version__}, model tiny {find(tiny_model).card.identity}, x4"
    assert carried["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_other_factors_of_a_file_are_resampled_on_the_way(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    upscaler.upscale_file(photo, tmp_path / "large.png", UpscaleOptions(scale=2.5))
    written = pixels_of(tmp_path / "large.png").astype(int)
    in_memory = upscaler.upscale(pixels_of(photo), scale=2.5)
    assert written.shape == (100, 150, 3)
    assert np.abs(written - in_memory).max() <= 1


def test_a_plan_writes_nothing_and_has_size_and_time(upscaler: Upscaler, photo: Path) -> None:
    before = sorted(photo.parent.iterdir())
    plan = upscaler.plan(photo, options=UpscaleOptions(scale=3))
    assert (plan.size, plan.format, plan.name) == ((180, 120), "png", str(photo))
    assert 0 < plan.seconds < 60
    assert sorted(photo.parent.iterdir()) == before


def test_failures_leave_no_file(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    truncated = tmp_path / "truncated.png"
    truncated.write_bytes(photo.read_bytes()[:-60])
    target = tmp_path / "out" / "large.png"
    target.parent.mkdir()
    with pytest.raises(PictureError):
        upscaler.upscale_file(truncated, target)
    cut_out = tmp_path / "cut-out.png"
    Image.fromarray(np.full((9, 9, 4), 100, np.uint8)).save(cut_out)
    with pytest.raises(OutputError):
        upscaler.upscale_file(cut_out, target, UpscaleOptions(format="jpeg"))
    assert list(target.parent.iterdir()) == []


def test_an_existing_file_is_kept_unless_told(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    target = tmp_path / "large.png"
    target.write_text("precious")
    with pytest.raises(OutputError):
        upscaler.upscale_file(photo, target)
    assert target.read_text() == "precious"
    upscaler.upscale_file(photo, target, UpscaleOptions(overwrite=True))
    assert pixels_of(target).shape == (160, 240, 3)


@pytest.mark.parametrize(
    ("error", "images"),
    [
        (UsageError, [np.zeros(shape, np.uint8) for shape in ((0, 4), (4,), (3, 4, 9))]),
        (TypeError, [None, 7, [[1]], np.zeros((4, 4), np.float32), io.StringIO("text"), Image.new("CMYK", (4, 4))]),
    ],
)
def test_what_is_no_image_is_refused(upscaler: Upscaler, error: type[Exception], images: list[Any]) -> None:
    for image in images:
        with pytest.raises(error):
            upscaler.upscale(image)


def test_images_in_memory_give_what_the_file_gives(upscaler: Upscaler, photo: Path) -> None:
    expected, contents = upscaler.upscale(photo), photo.read_bytes()
    with photo.open("rb") as file, Image.open(photo) as image:
        for source in (contents, bytearray(contents), memoryview(contents), io.BytesIO(contents), file, image):
            assert np.array_equal(upscaler.upscale(source), expected), type(source)


@pytest.mark.parametrize(
    ("mode", "shape"), [("L", ()), ("LA", (2,)), ("P", (3,)), ("RGBA", (4,)), ("1", ()), ("I;16", ())]
)
def test_modes_of_pil_images(upscaler: Upscaler, mode: str, shape: tuple[int, ...]) -> None:
    result = upscaler.upscale(Image.new(mode, (6, 5)))
    assert result.shape == (20, 24, *shape)
    assert result.dtype == (np.uint16 if mode == "I;16" else np.uint8)


def test_progress_counts_pixels(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    heard = RecordedProgress()
    upscaler.upscale_file(photo, tmp_path / "large.png", progress=heard)
    assert list(upscaler.upscale_many([photo, photo], progress=heard, scale=1))[1].shape == (40, 60, 3)
    assert heard.tasks == [(f"{photo} (tiny)", 2400), ("tiny", 2400), ("tiny", 2400)]
    assert heard.done == 3 * 2400


def test_a_cancelled_file_leaves_nothing(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        upscaler.upscale_file(photo, tmp_path / "large.png", progress=RecordedProgress(most=1))
    with pytest.raises(Cancelled):
        upscaler.upscale(photo, progress=RecordedProgress(most=1))
    assert sorted(tmp_path.iterdir()) == before


def test_threads_share_an_upscaler(upscaler: Upscaler, tiny_model: Path) -> None:
    images = [np.random.default_rng(seed).integers(0, 256, (30, 30 + seed, 3), np.uint8) for seed in range(6)]
    expected = [upscaler.upscale(image) for image in images]
    fresh = Upscaler(tiny_model, engine="openvino")
    with ThreadPoolExecutor(6) as pool:
        for one, other in zip(pool.map(fresh.upscale, images), expected, strict=True):
            assert np.array_equal(one, other)


def test_dates_are_kept_unless_asked_otherwise(upscaler: Upscaler, photo: Path, tmp_path: Path) -> None:
    os.utime(photo, (1e9, 1e9))
    upscaler.upscale_file(photo, tmp_path / "kept.png")
    upscaler.upscale_file(photo, tmp_path / "now.png", UpscaleOptions(keep_dates=False))
    assert (tmp_path / "kept.png").stat().st_mtime == 1e9
    assert (tmp_path / "now.png").stat().st_mtime > 1e9 + 1e6


def test_sixteen_bits_are_computed_so_precisely() -> None:
    """On a smooth gradient, rounding in the network stays below one level in 4,096 whatever the processor prefers."""
    y, x = np.mgrid[0:48, 0:64]
    gradient = np.stack([20000 + 150 * x, 30000 + 120 * y, 25000 + 70 * (x + y)], axis=-1).astype(np.uint16)
    for model in ("srresnet", "srgan"):
        upscaler = Upscaler(model)
        exact = Upscaler(model, engine="torch", precision="fp32").upscale(gradient)
        assert np.abs(upscaler.upscale(gradient).astype(int) - exact).max() < 65535 / 4096
        assert upscaler.models.choose(gradient).loaded.network_for(16).engine.precision == "fp32"


def test_an_unknown_model_is_said_at_once() -> None:
    with pytest.raises(ModelError):
        Upscaler("nonsense")


def test_floats_of_a_tiff_stay_floats(upscaler: Upscaler, tmp_path: Path) -> None:
    """They are those of the 16-bit image, but for the rounding of both."""
    y, x = np.mgrid[0:40, 0:60]
    values = np.stack([x / 80, y / 50, (x + y) / 120], axis=-1).astype(np.float32)
    deep = np.round(values * 65_535).astype(np.uint16)
    srgan.write(tmp_path / "a.tif", values)
    for scale, size in ((None, (240, 160)), (1.5, (90, 60))):
        plan = upscaler.plan(tmp_path / "a.tif", tmp_path / f"{scale}.tif", UpscaleOptions(scale=scale))
        assert (plan.format, upscaler.upscale_file(plan).notes) == ("tiff", ())
        result = srgan.read(tmp_path / f"{scale}.tif").pixels
        assert result.dtype == np.float32
        assert result.shape[1::-1] == size
        assert np.abs(result - upscaler.upscale(deep, scale=scale) / 65_535).max() < 4 / 65_535
        assert np.allclose(upscaler.upscale(tmp_path / "a.tif", scale=scale), result, atol=1e-6)


def test_the_shipped_model_improves_on_bicubic(data_folder: Path) -> None:
    """On a photo of Set5, by the paper's protocol: the whole way through the public door."""
    high = pixels_of(data_folder / "testsets" / "Set5" / "butterfly.png")
    low = imresize(high, 0.25, border="replicate")
    restored, bicubic = srgan.Upscaler("srresnet").upscale(low), imresize(low, 4.0)
    assert PAPER.measure(restored, high).psnr > PAPER.measure(bicubic, high).psnr + 3


def test_what_a_format_loses_is_said(upscaler: Upscaler, tmp_path: Path) -> None:
    Image.fromarray(np.full((9, 9), 30_000, np.uint16)).save(tmp_path / "deep.png")
    plan = upscaler.plan(tmp_path / "deep.png", options=UpscaleOptions(format="jpeg"))
    done = upscaler.upscale_file(tmp_path / "deep.png", tmp_path / "deep.jpg")
    assert plan.notes == done.notes == ("16 bit rounded to 8, the most that jpeg holds",)
