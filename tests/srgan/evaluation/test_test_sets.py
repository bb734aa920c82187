"""Sets are found by name or folder; their small pictures are MATLAB's; what is no set is told in one line."""

from pathlib import Path

import numpy as np
import pytest

from srgan.errors import DataError, OutputError, PictureError, UsageError
from srgan.evaluation.damaged_inputs import CLEAN, Damage
from srgan.evaluation.test_sets import check_unlike, find_set, keep, lay_out
from srgan.images.image import read
from srgan.images.resize import imresize
from tests.helpers.bucket import NAME, bucket, put
from tests.helpers.noise import make_pairs, make_set, noise, save


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SRGAN_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_name_is_looked_for_in_the_benchmark_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_set(tmp_path / "data" / "testsets" / "Set5", "ba")
    monkeypatch.setenv("SRGAN_DATA", str(tmp_path / "data"))
    chosen = find_set("Set5")
    assert (chosen.name, [path.name for path in chosen.files]) == ("Set5", ["a.png", "b.png"])


def test_a_folder_is_a_set_under_its_own_name_or_another() -> None:
    make_set(Path("photos/mine"))
    assert find_set("photos/mine").name == "mine"
    assert find_set("other=photos/mine").name == "other"


def test_a_set_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    made = make_set(Path("Set5"), "ba")
    with bucket() as client:
        put(client, **{f"sets/Set5/{path.name}": path.read_bytes() for path in made.files})
        found, named = find_set(f"s3://{NAME}/sets/Set5"), find_set(f"mine=s3://{NAME}/sets/Set5/")
    assert (found.name, named.name) == ("Set5", "mine")
    assert [path.read_bytes() for path in found.files] == [path.read_bytes() for path in made.files]


def test_only_pictures_of_the_folder_itself_count() -> None:
    make_set(Path("mine"))
    make_set(Path("mine/low"))
    Path("mine/notes.txt").touch()
    Path("mine/.hidden.png").touch()
    assert [path.name for path in find_set("mine").files] == ["a.png", "b.png"]


@pytest.mark.parametrize("data", [None, "data"])
@pytest.mark.parametrize("text", ["Set5", "mine=photos", "mine=", "../x=photos", "x" * 300, "looped"])
def test_what_is_no_set_is_told(monkeypatch: pytest.MonkeyPatch, text: str, data: str | None) -> None:
    if data is not None:
        monkeypatch.setenv("SRGAN_DATA", data)
    Path("looped").symlink_to("looped")
    with pytest.raises(UsageError):
        find_set(text)


def test_an_empty_set_and_two_images_of_one_name_are_refused() -> None:
    Path("empty").mkdir()
    with pytest.raises(DataError):
        find_set("empty")
    make_set(Path("mine"))
    save(Path("mine/a.tif"), noise())
    with pytest.raises(DataError):
        find_set("mine")


def test_pictures_are_cut_from_the_top_left_and_shrunk_as_matlab_does(tmp_path: Path) -> None:
    (pair,) = make_pairs(tmp_path, "a", width=27, height=22)
    whole = noise(27, 22)
    assert pair.size == (24, 20)
    assert np.array_equal(pair.high, whole[:20, :24])
    assert np.array_equal(pair.low, imresize(whole[:20, :24], 0.25, border="replicate"))
    assert pair.high_file == tmp_path / "evaluation" / "reference" / "tiny" / "a.png"
    assert pair.low_file == tmp_path / "evaluation" / "low" / "tiny" / "a.png"
    assert pair.label == "tiny/a"


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_gray_becomes_rgb_and_transparency_is_left_out(channels: int) -> None:
    whole = noise(channels=channels)
    save(Path("mine/a.png"), whole)
    (pair,) = lay_out(find_set("mine"), Path("out"), scale=4)
    expected = whole[:, :, :3] if channels == 4 else np.repeat(whole[:, :, :1], 3, axis=2)
    assert np.array_equal(pair.high, expected)
    assert pair.low.shape == (5, 6, 3)


def test_the_digest_is_that_of_size_and_pixels(tmp_path: Path) -> None:
    first, second = make_pairs(tmp_path / "one", "ab")
    assert first.digest != second.digest
    save(tmp_path / "two" / "tiny" / "a.png", noise(24, 20).reshape(24, 20, 3))
    (turned,) = lay_out(find_set(str(tmp_path / "two" / "tiny")), tmp_path / "two", scale=4)
    assert turned.high.tobytes() == first.high.tobytes()
    assert turned.digest != first.digest


def test_damaged_small_pictures_are_a_set_of_their_own(tmp_path: Path) -> None:
    chosen = make_set(Path("mine"), width=64, height=48)
    assert chosen.damaged(CLEAN) == chosen
    noisy = chosen.damaged(Damage("noise", 10))
    assert noisy.name == "mine+noise10"
    first, second = lay_out(noisy, Path("out"), scale=4)
    clean, _ = lay_out(chosen, Path("out"), scale=4)
    assert first.low_file == Path("out/low/mine+noise10/a.png")
    assert np.array_equal(first.high, clean.high)
    assert first.digest == clean.digest
    assert (clean.low_digest, len(first.low_digest)) == ("", 64)
    assert first.low_digest != second.low_digest
    assert np.array_equal(first.clean, clean.low)
    assert np.array_equal(clean.clean, clean.low)
    assert np.abs(first.low.astype(int) - clean.low).std() > 3
    again, _ = lay_out(noisy, tmp_path / "elsewhere", scale=4)
    assert np.array_equal(again.low, first.low)


def test_images_of_sixteen_bits_or_smaller_than_the_scale_are_refused() -> None:
    save(Path("deep/a.png"), noise().astype(np.uint16) * 257)
    for chosen in (find_set("deep"), make_set(Path("mine"), "a", height=3)):
        with pytest.raises(PictureError):
            lay_out(chosen, Path("out"), scale=4)


def test_a_file_that_holds_the_pixels_is_left_alone() -> None:
    file = save(Path("a.png"), noise())
    before = file.stat()
    keep(file, noise())
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    keep(file, noise(seed=1))
    assert np.array_equal(read(file).pixels, noise(seed=1))
    file.write_bytes(b"damaged")
    keep(file, noise())
    assert np.array_equal(read(file).pixels, noise())


def test_a_folder_that_cannot_be_made_is_told() -> None:
    Path("file").touch()
    with pytest.raises(OutputError):
        keep(Path("file/low/a.png"), noise())


def test_names_that_differ_in_capitals_are_alike() -> None:
    check_unlike(["a", "b"], "set")
    with pytest.raises(UsageError):
        check_unlike(["a", "A"], "set")
