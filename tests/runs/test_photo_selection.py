"""Photos taken from repositories: which, how much smaller, and what is left out."""

import io
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from runs.photo_quality import fingerprint
from runs.photo_selection import Taken, select, smaller, take
from runs.photo_sources import SOURCES, Source
from srgan.images.resize import imresize

PLAIN = Source("some/photos", ("*.png", "*.jpg"), "CC0", open=True)
GIT = Source("some/repository", ("photos/*.png",), "none stated", mixed=True, without=("*/test.png",))


def photo(seed: int, width: int = 320, height: int = 288) -> Image.Image:
    """Noise with more power in its low frequencies, as photos have it."""
    random = np.random.default_rng(seed)
    distance = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    distance[0, 0] = np.inf
    waves = np.fft.fft2(random.normal(size=(height, width, 3)), axes=(0, 1)) / distance[:, :, None]
    levels = np.fft.ifft2(waves, axes=(0, 1)).real
    return Image.fromarray((128 + 40 * levels / levels.std()).clip(0, 255).astype(np.uint8))


def png(picture: Image.Image) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_sharp_photo_is_taken_as_it_is(tmp_path: Path) -> None:
    taken = take(PLAIN, "a.png", png(photo(0)), tmp_path / "a.png")
    assert taken == Taken("a.png", "", 1, 320, 288, fingerprint(photo(0)))
    with Image.open(tmp_path / "a.png") as written:
        assert np.array_equal(np.asarray(written), np.asarray(photo(0)))


def test_a_soft_one_is_made_smaller_until_it_is_sharp_or_too_small(tmp_path: Path) -> None:
    soft = photo(0, 643, 580).filter(ImageFilter.GaussianBlur(0.65))
    taken = take(PLAIN, "a.png", png(soft), tmp_path / "a.png")
    assert (taken.reason, taken.factor, taken.width, taken.height) == ("", 2, 321, 290)
    small = take(PLAIN, "b.png", png(soft.crop((0, 0, 400, 400))), tmp_path / "b.png")
    assert small.reason == "soft"
    assert not (tmp_path / "b.png").exists()


def test_making_smaller_is_the_resize_that_averages() -> None:
    pixels = np.asarray(photo(0, 321, 288))
    expected = imresize(np.ascontiguousarray(pixels[:, :320]), 0.5).astype(int)
    found = np.asarray(smaller(Image.fromarray(pixels), 2)).astype(int)
    assert found.shape == (144, 160, 3)
    assert np.abs(found - expected)[2:-2, 2:-2].max() <= 2  # Pillow leaves the border out, and rounds between the axes


def test_a_jpeg_of_low_quality_is_halved_at_least(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    photo(0, 640, 576).save(buffer, "JPEG", quality=80)
    assert take(PLAIN, "a.jpg", buffer.getvalue(), tmp_path / "a.png").factor == 2


def test_what_is_no_photo_is_left_out_with_a_reason(tmp_path: Path) -> None:
    white = np.asarray(photo(0)).copy()
    white[:, :140] = 255
    gray = photo(0).convert("L").convert("RGB")
    left_out = {
        "white": png(Image.fromarray(white)),
        "gray": png(gray),
        "mode": png(gray.convert("L")),
        "small": png(photo(0, 320, 250)),
        "broken": b"\x89PNG",
        "missing": None,
    }
    for reason, content in left_out.items():
        assert take(GIT, "a.png", content, tmp_path / "a.png") == Taken("a.png", reason)
    assert not (tmp_path / "a.png").exists()
    assert not take(PLAIN, "a.png", png(gray), tmp_path / "a.png").reason


def test_folders_and_git_are_read_and_copies_are_taken_once(tmp_path: Path) -> None:
    plain, git = tmp_path / "from/some+photos", tmp_path / "git"
    (git / "photos").mkdir(parents=True)
    plain.mkdir(parents=True)
    photo(0).save(plain / "a.png")
    photo(1).save(git / "photos/b.png")
    photo(0).save(git / "photos/copy of a.png")
    photo(2).save(git / "photos/known.png")
    photo(3).save(git / "photos/test.png")
    commit = ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "photos"]
    for command in (["init", "-q"], ["add", "."], commit):
        subprocess.run(["git", "-C", git, *command], check=True)
    (tmp_path / "from/some+repository").mkdir()
    (git / ".git").rename(tmp_path / "from/some+repository/repo")

    absent = Source("not/there", ("*.png",), "CC0")
    counts = select(tmp_path / "from", tmp_path / "to", [fingerprint(photo(2))], sources=(PLAIN, absent, GIT))
    assert {source.name: +count for source, count in counts.items()} == {
        "some/photos": {"": 1},
        "not/there": {"not there": 1},
        "some/repository": {"": 1, "copy": 2},
    }
    assert sorted(path.relative_to(tmp_path / "to").as_posix() for path in (tmp_path / "to").rglob("*.png")) == [
        "open/some+photos/a.png.png",
        "others/some+repository/photos/b.png.png",
    ]
    assert (tmp_path / "to/photos.tsv").read_text(encoding="utf-8").splitlines() == [
        "source\tpath\tfactor\twidth\theight",
        "some/photos\ta.png\t1\t320\t288",
        "some/repository\tphotos/b.png\t1\t320\t288",
    ]


def test_sources_hold_what_they_name_and_nothing_else() -> None:
    by_name = {source.name: source for source in SOURCES}
    assert len(by_name) == len(SOURCES)
    codec, cq100 = by_name["imazen/codec-corpus"], by_name["Ivordir/quantette"]
    assert codec.holds("CID22/CID22-512/training/1.png")
    assert not codec.holds("kodak/1.png")
    assert cq100.holds("img/CQ100/img/frog.png")
    assert not cq100.holds("img/CQ100/img/macaws.png")  # Kodak's
    assert by_name["Epic-NaN/photos"].holds("a.jpg")
    assert not by_name["Epic-NaN/photos"].holds("folder/a.jpg")
    assert all("NC" not in source.licence and "none stated" not in source.licence for source in SOURCES if source.open)
