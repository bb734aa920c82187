"""Methods are found by what names them, and make large pictures; what cannot be one is told in one line."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, ModelError, PictureError, SrganError, UsageError
from srgan.evaluation.methods import FolderMethod, add_ensembles, default_methods, find_method
from srgan.evaluation.test_sets import find_set, lay_out
from srgan.images.image import write
from srgan.images.resize import imresize
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find
from tests.helpers.noise import make_pairs, noise, save


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def only_tiny(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model is the only one that came with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", tiny_model.parent)


def test_interpolations(tmp_path: Path) -> None:
    (pair,) = make_pairs(tmp_path, "a")
    expected = {
        "nearest": np.kron(pair.low, np.ones((4, 4, 1), np.uint8)),
        "bicubic": imresize(pair.low, 4, border="replicate"),
        "lanczos": imresize(pair.low, 4, kernel="lanczos3", border="replicate"),
    }
    for name, picture in expected.items():
        method = find_method(name)
        assert (method.info.name, method.info.kind) == (name, "interpolation")
        with method.ready():
            restored, seconds = method.restore(pair)
        assert np.array_equal(restored, picture)
        assert seconds is not None
        assert seconds > 0
    assert len({find_method(name).info.identity for name in expected}) == 3


def test_the_true_pictures_are_a_method_if_asked_for(tmp_path: Path, only_tiny: None) -> None:
    (pair,) = make_pairs(tmp_path, "a")
    method = find_method("HR")
    restored, seconds = method.restore(pair)
    assert (method.info.name, method.info.kind, seconds) == ("HR", "reference", None)
    assert np.array_equal(restored, pair.high)
    assert default_methods() == default_methods(2) == ["nearest", "bicubic", "lanczos", "tiny"]
    assert default_methods(8) == ["nearest", "bicubic", "lanczos"]


@pytest.mark.usefixtures("only_tiny")
@pytest.mark.parametrize("suffix", [None, ".onnx"])
def test_a_model_is_named_or_a_file(tmp_path: Path, tiny_model: Path, suffix: str | None) -> None:
    (pair,) = make_pairs(tmp_path, "a")
    method = find_method("tiny" if suffix is None else str(tiny_model.with_suffix(suffix)))
    assert (method.info.name, method.info.kind) == ("tiny", "model")
    assert find("tiny").card.identity in method.info.identity
    assert "fp32" in method.info.identity
    assert method.work > 0
    with method.ready():
        restored, seconds = method.restore(pair)
    assert seconds is not None
    assert np.array_equal(restored, Upscaler(tiny_model, precision="fp32").upscale(pair.low))


@pytest.mark.usefixtures("only_tiny")
def test_models_are_judged_by_self_ensemble_too(tmp_path: Path, tiny_model: Path) -> None:
    (pair,) = make_pairs(tmp_path, "a")
    bicubic, single, mean = add_ensembles([find_method("bicubic"), find_method("mine=tiny")])
    assert [method.info.name for method in (bicubic, single, mean)] == ["bicubic", "mine", "mine+"]
    assert (mean.info.kind, mean.work) == ("model", 8 * single.work)
    assert mean.info.identity != single.info.identity
    with mean.ready():
        restored, _ = mean.restore(pair)
    expected = Upscaler(tiny_model, precision="fp32", ensemble=True).upscale(pair.low)
    assert np.array_equal(restored, expected)
    with pytest.raises(UsageError):
        add_ensembles([bicubic])


@pytest.mark.usefixtures("only_tiny")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        *((text, UsageError) for text in ("nothing", ".hidden=bicubic", "mine=", "x" * 300)),
        *(("mine=absent", DataError), ("absent.onnx", ModelError)),
    ],
)
def test_what_is_no_method_is_told(text: str, error: type[SrganError]) -> None:
    with pytest.raises(error):
        find_method(text)


@pytest.mark.usefixtures("only_tiny")
def test_another_name_may_be_given_and_no_larger_scale() -> None:
    assert [find_method(text).info.name for text in ("mine=tiny", "cubic=bicubic")] == ["mine", "cubic"]
    with pytest.raises(ModelError):
        find_method("tiny", scale=8)


@pytest.mark.usefixtures("only_tiny")
def test_a_model_that_enlarges_more_is_made_smaller(tmp_path: Path, tiny_model: Path) -> None:
    (pair,), method = make_pairs(tmp_path, "a"), find_method("tiny", scale=2)
    assert method.info.note != find_method("tiny").info.note
    with method.ready():
        restored, _ = method.restore(pair)
    assert np.array_equal(restored, Upscaler(tiny_model, precision="fp32").upscale(pair.low, scale=2))


@pytest.mark.parametrize("place", ["made/tiny", "made"])
@pytest.mark.parametrize("ending", [".png", ".tif", "_x4.png", "x4.png", "-SRGAN.png", "_SRF_4_ours.png"])
def test_pictures_of_a_folder_are_found_by_name(tmp_path: Path, place: str, ending: str) -> None:
    pairs = make_pairs(tmp_path, "ab")
    for seed, pair in enumerate(pairs):
        save(Path(place) / f"{pair.name}{ending}", noise(seed=7 + seed))
    method = find_method("theirs=made")
    assert method.covers(pairs)
    assert (method.info.name, method.info.kind) == ("theirs", "folder")
    for seed, pair in enumerate(pairs):
        restored, seconds = method.restore(pair)
        assert np.array_equal(restored, noise(seed=7 + seed))
        assert seconds is None
    assert method.identity(pairs[0]) != method.identity(pairs[1])


def test_names_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    for seed, name in enumerate(("img_1", "img_1_b", "img_11")):
        save(tmp_path / "tiny" / f"{name}.png", noise(seed=seed))
        save(Path("made") / f"{name}_x4.png", noise(seed=seed))
    pairs = make_pairs(tmp_path, "")
    method = FolderMethod("theirs", Path("made"))
    assert method.covers(pairs)
    for pair in pairs:
        assert np.array_equal(method.restore(pair)[0], pair.high)


def test_the_identity_of_a_folder_is_that_of_its_pictures(tmp_path: Path) -> None:
    pairs = make_pairs(tmp_path, "a")
    identities = set()
    for seed in (1, 2):
        save(Path("made/a.png"), noise(seed=seed))
        method = FolderMethod("theirs", Path("made"))
        assert method.covers(pairs)
        identities.add((method.info.identity, method.identity(pairs[0])))
    shutil.copytree("made", "copy")
    copy = FolderMethod("theirs", Path("copy"))
    assert copy.covers(pairs)
    assert len(identities) == 2
    assert (copy.info.identity, copy.identity(pairs[0])) in identities


def test_a_folder_without_a_set_does_not_cover_it(tmp_path: Path) -> None:
    save(Path("made/Set5/a.png"), noise())
    assert not FolderMethod("theirs", Path("made")).covers(make_pairs(tmp_path, "a"))


@pytest.mark.parametrize(
    ("names", "more"), [("a", "tiny/b: add"), ("b", "tiny/a: add"), ("", "tiny/a and 1 more: add")]
)
def test_a_missing_picture_is_told(tmp_path: Path, names: str, more: str) -> None:
    Path("made/tiny").mkdir(parents=True)
    for name in names:
        save(Path(f"made/tiny/{name}.png"), noise())
    with pytest.raises(DataError, match=f"^theirs has no picture of {more} it to made$"):
        FolderMethod("theirs", Path("made")).covers(make_pairs(tmp_path, "ab"))


def test_two_results_for_one_image_are_refused(tmp_path: Path) -> None:
    save(Path("made/a_SRCNN.png"), noise())
    save(Path("made/a_SRGAN.png"), noise())
    with pytest.raises(DataError, match=r"two pictures of tiny/a: leave a_SRCNN.png or a_SRGAN.png in made$"):
        FolderMethod("theirs", Path("made")).covers(make_pairs(tmp_path, "a"))


def test_a_folder_of_true_images_small_ones_and_several_methods_is_sorted_by_itself(tmp_path: Path) -> None:
    """As distributed with older test sets: baby_SRF_4_HR.png, baby_SRF_4_LR.png, baby_SRF_4_SRCNN.png."""
    for seed, name in enumerate(("img_001", "img_002")):
        save(Path(f"all/{name}_SRF_4_HR.png"), noise(seed=seed))
        save(Path(f"all/{name}_SRF_4_LR.png"), noise(6, 5))
        save(Path(f"all/{name}_SRF_4_SRCNN.png"), noise(seed=10 + seed))
        save(Path(f"all/{name}_SRF_4_SRGAN-VGG54.png"), noise(seed=20 + seed))
    pairs = lay_out(find_set("all"), tmp_path / "out", scale=4)
    assert [pair.name for pair in pairs] == ["img_001", "img_002"]
    for first, name in ((10, "SRCNN"), (20, "srgan-vgg54")):
        method = FolderMethod(name, Path("all"))
        assert method.covers(pairs)
        for seed, pair in enumerate(pairs):
            assert np.array_equal(pair.high, noise(seed=seed))
            assert np.array_equal(method.restore(pair)[0], noise(seed=first + seed))
    with pytest.raises(DataError):
        FolderMethod("theirs", Path("all")).covers(pairs)


@pytest.mark.parametrize("true_name", ["baby", "baby_HR", "baby_GT", "baby_x4", "0801x4", "baby_SRF_4", "baby_x4_HR"])
@pytest.mark.parametrize("ending", ["", "_x4", "x4", "_SRF_4_SRGAN", "_SRGAN", "-x4-out"])
def test_endings_of_true_images_are_not_part_of_their_names(tmp_path: Path, true_name: str, ending: str) -> None:
    save(Path(f"tiny/{true_name}.png"), noise())
    save(Path("tiny/other.png"), noise())
    pairs = lay_out(find_set("tiny"), tmp_path / "out", scale=4)
    base = "0801" if true_name.startswith("0801") else "baby"
    save(Path(f"made/{base}{ending}.png"), noise(seed=1))
    save(Path("made/other.png"), noise(seed=2))
    method = FolderMethod("theirs", Path("made"))
    assert method.covers(pairs)
    assert [int(method.restore(pair)[0][0, 0, 0]) for pair in sorted(pairs, key=lambda pair: pair.name == "other")] == [
        int(noise(seed=seed)[0, 0, 0]) for seed in (1, 2)
    ]


def test_bitmaps_are_results_and_true_images(tmp_path: Path) -> None:
    for folder, seed in (("tiny", 0), ("made", 1)):
        Path(folder).mkdir()
        Image.fromarray(noise(seed=seed)).save(f"{folder}/a.bmp")
    pairs = lay_out(find_set("tiny"), tmp_path / "out", scale=4)
    method = FolderMethod("theirs", Path("made"))
    assert method.covers(pairs)
    assert np.array_equal(pairs[0].high, noise())
    assert np.array_equal(method.restore(pairs[0])[0], noise(seed=1))


@pytest.mark.parametrize(
    ("name", "result", "why"),
    [
        ("a.png", noise(27, 22), "27x22"),
        ("a.png", noise().astype(np.uint16), "has 16 bits"),
        ("a.tif", noise().astype(np.float32) / 255, "has 32 bits"),
    ],
)
def test_a_result_of_another_size_or_depth_is_refused(name: str, result: np.ndarray, why: str, tmp_path: Path) -> None:
    Path("made").mkdir()
    write(Path("made", name), result)
    with pytest.raises(PictureError, match=why):
        FolderMethod("theirs", Path("made")).covers(make_pairs(tmp_path, "a"))
