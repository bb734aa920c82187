"""Each inspection gets its pair of models, and missing models are replaced with a reason."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import srgan
from srgan.engines.engine import EngineName
from srgan.errors import ModelError, UsageError
from srgan.images.image import read
from srgan.images.input_bytes import InputBytes
from srgan.images.inspection import Inspection
from srgan.upscale.batch import plan_files, upscale_files
from srgan.upscale.jobs import plan_jobs
from srgan.upscale.model_choice import CLEAN, DAMAGED, FAST, LARGE, TWICE, better_model, choose_model
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import Model, find, installed
from srgan.weights.interpolation import Interpolated
from tests.conftest import make_model
from tests.helpers.image_files import oriented
from tests.helpers.images_made_up import decoded, jpeg, png
from tests.helpers.images_made_up import photo as made_up_photo

PRISTINE, COMPRESSED = Inspection(8), Inspection(8, "jpeg", 60, "4:2:0")


@pytest.fixture
def models(family: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Model]:
    """All four, as if they had come with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", family)
    return installed()


@pytest.mark.parametrize(
    ("inspection", "fidelity", "name"),
    [
        (PRISTINE, 1.0, "srresnet"),
        (PRISTINE, 0.0, "srgan"),
        (COMPRESSED, 1.0, "srresnet-photo"),
        (COMPRESSED, 0.0, "srgan-photo"),
        (COMPRESSED, 0.25, "srgan-photo to srresnet-photo at fidelity 0.25"),
        (PRISTINE, 0.5, "srgan to srresnet at fidelity 0.5"),
    ],
)
def test_the_pair_follows_the_picture(
    models: dict[str, Model], inspection: Inspection, fidelity: float, name: str
) -> None:
    network, reason = choose_model(inspection, models, fidelity=fidelity)
    assert (network.name, reason) == (name, inspection.reason)
    assert isinstance(network, Interpolated) == (0 < fidelity < 1)


@pytest.mark.parametrize(
    ("absent", "fidelity", "name"),
    [
        (["srresnet-photo"], 1.0, "srresnet"),
        (["srresnet-photo"], 0.0, "srgan-photo"),
        (["srresnet-photo"], 0.5, "srgan to srresnet at fidelity 0.5"),
        (["srgan-photo"], 0.5, "srresnet-photo"),
        (["srgan-photo"], 0.0, "srresnet-photo"),
        (["srgan-photo", "srresnet-photo"], 0.0, "srgan"),
    ],
)
def test_where_a_model_is_missing_the_nearest_serves(
    models: dict[str, Model], absent: list[str], fidelity: float, name: str
) -> None:
    left = {name: model for name, model in models.items() if name not in absent}
    network, reason = choose_model(COMPRESSED, left, fidelity=fidelity)
    assert network.name == name
    assert (reason == COMPRESSED.reason) == (name == "srgan-photo")
    assert choose_model(PRISTINE, left, fidelity=fidelity)[1] == PRISTINE.reason


@pytest.fixture
def with_fast_models(family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all eight, as if they had come with srgan."""
    folder = Path(shutil.copytree(family, tmp_path / "family"))
    for seed, name in enumerate(FAST.values(), 5):
        make_model(folder, name, seed=seed, normalisation=False)
    for seed, name in enumerate(TWICE.values(), 7):
        make_model(folder, name, seed=seed, normalisation=False, scale=2)
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", folder)
    return folder


@pytest.mark.parametrize(
    ("inspection", "pixels", "fidelity", "name"),
    [
        (COMPRESSED, 6_000_000, 1.0, "swift-photo"),
        (PRISTINE, 6_000_000, 1.0, "swift"),
        (COMPRESSED, 5_999_999, 1.0, "srresnet-photo"),
        (PRISTINE, 1_000_000, 1.0, "swift"),
        (PRISTINE, 999_999, 1.0, "srresnet"),
        (COMPRESSED, 6_000_000, 0.0, "srgan-photo"),
        (PRISTINE, 6_000_000, 0.5, "srgan to srresnet at fidelity 0.5"),
    ],
)
def test_a_large_picture_gets_the_fast_model(
    with_fast_models: Path, inspection: Inspection, pixels: int, fidelity: float, name: str
) -> None:
    network, reason = choose_model(inspection, installed(), fidelity=fidelity, pixels=pixels)
    large = network.name in FAST.values()
    size = "1 megapixel" if pixels == 1_000_000 else "6 megapixels"
    assert (network.name, reason) == (name, f"{inspection.reason}{f', and large: {size}' if large else ''}")


def test_without_fast_models_a_large_picture_gets_the_usual_one(models: dict[str, Model]) -> None:
    network, reason = choose_model(COMPRESSED, models, pixels=6_000_000)
    assert (network.name, reason) == ("srresnet-photo", COMPRESSED.reason)


@pytest.mark.parametrize(
    ("inspection", "factor", "fidelity", "name"),
    [
        (COMPRESSED, 2.0, 1.0, "swift-photo-x2"),
        (PRISTINE, 0.5, 1.0, "swift-x2"),
        (PRISTINE, 2.01, 1.0, "swift"),
        (COMPRESSED, None, 1.0, "swift-photo"),
        (COMPRESSED, 2.0, 0.0, "srgan-photo"),
    ],
)
def test_a_picture_that_is_enlarged_twice_gets_the_model_for_it(
    with_fast_models: Path, inspection: Inspection, factor: float | None, fidelity: float, name: str
) -> None:
    models = installed()
    network, reason = choose_model(inspection, models, fidelity=fidelity, pixels=6_000_000, factor=factor)
    assert network.name == name
    assert ("twice" in reason) == (name in TWICE.values())
    del models[TWICE["srresnet"]], models[TWICE["srresnet-photo"]]
    assert choose_model(inspection, models, fidelity=fidelity, factor=factor)[0].scale == 4


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"scale": 2}, "swift-x2"),
        ({"width": 80}, "swift-x2"),
        ({"width": 81}, "srresnet"),
        ({"long_side": 80}, "swift-x2"),
        ({"height": 61}, "srresnet"),
        ({}, "srresnet"),
    ],
)
def test_the_size_of_a_result_decides_whether_it_is_enlarged_twice(
    with_fast_models: Path, tmp_path: Path, options: dict[str, Any], name: str
) -> None:
    """Of files and of arrays; the size is what was asked for."""
    pixels, upscaler = made_up_photo(0, 40, 30), Upscaler()
    (tmp_path / "photo.png").write_bytes(png(pixels))
    plan = upscaler.plan(tmp_path / "photo.png", tmp_path / "large.png", UpscaleOptions(**options))
    assert plan.chosen.loaded.model.name == name
    upscaler.upscale_file(plan)
    restored = upscaler.upscale(pixels, **options)
    assert restored.shape[1::-1] == plan.size == UpscaleOptions(**options).size(plan.info, 4)
    assert (read(tmp_path / "large.png").pixels == restored).all()
    if options.get("scale") == 2:
        assert (restored == Upscaler(name).upscale(pixels)).all()


@pytest.mark.parametrize("model", ["auto", "srresnet"])
def test_files_bytes_and_arrays_are_known_to_be_large(
    with_fast_models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str
) -> None:
    """From their size; a model that was named is used for any."""
    monkeypatch.setitem(LARGE, "srresnet", 40 * 30)
    pixels, upscaler = made_up_photo(0, 40, 30), Upscaler(model)
    (tmp_path / "photo.png").write_bytes(png(pixels))
    name = "swift" if model == "auto" else model
    assert upscaler.plan(tmp_path / "photo.png").chosen.loaded.model.name == name
    for source in (tmp_path / "photo.png", png(pixels), pixels):
        assert upscaler.models.choose(source).loaded.model.name == name
    assert upscaler.models.choose(pixels[1:]).loaded.model.name == "srresnet"


def test_without_the_clean_pair_nothing_can_be_chosen(models: dict[str, Model]) -> None:
    with pytest.raises(ModelError):
        choose_model(PRISTINE, {"srgan-photo": models["srgan-photo"]}, fidelity=0.5)
    with pytest.raises(ModelError):
        choose_model(COMPRESSED, {})


@pytest.mark.parametrize("fidelity", [-0.1, 1.1, float("nan")])
def test_a_fidelity_that_cannot_be_meant(models: dict[str, Model], fidelity: float) -> None:
    with pytest.raises(UsageError):
        choose_model(PRISTINE, models, fidelity=fidelity)


def test_a_better_model_is_known_for_damaged_pictures(models: dict[str, Model], tiny_model: Path) -> None:
    assert better_model(models["srresnet"], COMPRESSED, models) == "srresnet-photo"
    assert better_model(models["srgan"], COMPRESSED, models) == "srgan-photo"
    assert better_model(models["srresnet"], PRISTINE, models) is None
    assert better_model(models["srresnet-photo"], COMPRESSED, models) is None
    assert better_model(find(tiny_model), COMPRESSED, models) is None
    assert better_model(models["srresnet"], COMPRESSED, {"srresnet": models["srresnet"]}) is None


def test_all_shipped_models_of_the_table_enlarge_alike() -> None:
    models = installed()
    names = {*asdict(CLEAN).values(), *asdict(DAMAGED).values(), *FAST.values()} & set(models)
    assert {models[name].scale for name in names} == {4}
    for pair in (CLEAN, DAMAGED):
        ends = [models[name].card for name in asdict(pair).values() if name in models]
        assert len({(card.architecture, card.stages) for card in ends}) <= 1, pair


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_a_fidelity_goes_from_one_model_to_the_other(pair: tuple[Path, Path], photo: Path, engine: EngineName) -> None:
    """Exactly at its ends; in between each step is nearer to the faithful one."""
    photo_real, faithful = (Upscaler(model, engine=engine).upscale(photo) for model in pair)
    results = [
        Upscaler(pair[0], fidelity=fidelity, faithful=pair[1], engine=engine).upscale(photo)
        for fidelity in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert np.array_equal(results[0], photo_real)
    assert np.array_equal(results[-1], faithful)
    distances = [float(np.abs(result.astype(int) - faithful).mean()) for result in results]
    assert distances == sorted(distances, reverse=True)
    assert distances[-2] > 0


def test_engines_agree_on_what_lies_between(pair: tuple[Path, Path], photo: Path) -> None:
    results = [
        Upscaler(pair[0], fidelity=0.4, faithful=pair[1], engine=engine, precision="fp32").upscale(photo).astype(int)
        for engine in ("openvino", "torch")
    ]
    assert np.abs(results[0] - results[1]).max() <= 1


def test_the_result_says_which_fidelity_made_it(pair: tuple[Path, Path], photo: Path, tmp_path: Path) -> None:
    upscaler = Upscaler(pair[0], fidelity=0.7, faithful=pair[1])
    upscaler.upscale_file(photo, tmp_path / "large.png")
    with Image.open(tmp_path / "large.png") as result:
        made_by = result.info["Software"]
    first, second = (find(path).card.identity for path in pair)
    assert made_by == f"srgan {srgan.__version__}, model srgan {first} to srresnet {second} at fidelity 0.7, x4"


def test_what_lies_between_needs_no_torch(pair: tuple[Path, Path]) -> None:
    program = f"""
import sys
for name in ("torch", "onnx", "safetensors"):
    sys.modules[name] = None
import numpy, srgan
upscaler = srgan.Upscaler({str(pair[0])!r}, fidelity=0.5, faithful={str(pair[1])!r}, engine="openvino")
assert upscaler.upscale(numpy.zeros((4, 4), "uint8")).shape == (16, 16)
"""
    result = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.usefixtures("models")
def test_auto_takes_the_model_that_suits_each_file(family: Path, tmp_path: Path) -> None:
    """The plan and the result say which and why; the pixels are those of the model named alone."""
    upscaler = Upscaler()
    (tmp_path / "clean.png").write_bytes(png(made_up_photo(0, 40, 30)))
    (tmp_path / "web.png").write_bytes(jpeg(made_up_photo(0, 40, 30), 60))  # whatever it is called
    judged = ("clean.png", "srresnet", "it is clean"), ("web.png", "srresnet-photo", "it is a JPEG of quality 60")
    for name, model, reason in judged:
        plan = upscaler.plan(tmp_path / name)
        done = upscaler.upscale_file(tmp_path / name, tmp_path / "large.tif", UpscaleOptions(overwrite=True))
        label = find(family / f"{model}.onnx").label
        assert (plan.chosen.label, plan.chosen.reason) == (done.model, done.reason) == (label, reason)
        alone = Upscaler(family / f"{model}.onnx").upscale(tmp_path / name)
        assert np.array_equal(alone, srgan.read(tmp_path / "large.tif").pixels)
        assert f"srgan {srgan.__version__}, model {label}, x4".encode() in (tmp_path / "large.tif").read_bytes()


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("model", ["auto", "srresnet"])
def test_a_file_is_opened_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str, orientation: int) -> None:
    """Once to choose the model and plan, with the hint where that is wanted, and once to enlarge."""
    source = tmp_path / "photo.jpg"
    source.write_bytes(jpeg(made_up_photo(0, 40, 30), 60, exif=oriented(orientation)))
    upscaler, options = Upscaler(model), UpscaleOptions()
    jobs = plan_jobs([str(source)], options, "-x4")
    opened: list[Any] = []
    monkeypatch.setattr(InputBytes, "__init__", _counting(InputBytes.__init__, opened))
    plans = list(plan_files(upscaler, jobs, options, hint=True))
    (done,) = upscale_files(upscaler, plans)
    assert opened == [source] * 2
    assert done.size_out == ((120, 160) if orientation == 6 else (160, 120))
    hint = None if model == "auto" else "it is a JPEG of quality 60, which the model srresnet-photo was trained for"
    assert [getattr(plan, "hint", "") for plan in plans] == [hint]


def _counting(original: Callable[..., None], opened: list[Any]) -> Callable[..., None]:
    def count(self: InputBytes, source: Any, **options: Any) -> None:
        opened.append(source)
        original(self, source, **options)

    return count


@pytest.mark.usefixtures("models")
def test_auto_judges_arrays_by_their_pixels(family: Path) -> None:
    clean = made_up_photo(0)
    for pixels, model in ((clean, "srgan"), (decoded(jpeg(clean, 60)), "srgan-photo"), (clean[:, :, 0], "srgan")):
        expected = Upscaler(family / f"{model}.onnx").upscale(pixels)
        assert np.array_equal(Upscaler(fidelity=0).upscale(pixels), expected)


def test_auto_without_its_models_is_said_at_once(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", tiny_model.parent)
    with pytest.raises(ModelError):
        Upscaler()
    with pytest.raises(UsageError):
        Upscaler(faithful="srresnet", fidelity=0.5)
