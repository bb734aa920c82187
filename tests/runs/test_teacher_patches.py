"""Patches for a teacher and drawn text: places, targets that are corrected, prepared sets of both."""

import json
from pathlib import Path

import numpy as np
import pytest

from runs import drawn_text, photo_faces
from runs.teacher_patches import Added, corrected, cut, face_patch, place, prepare, text_patch
from srgan.data.prepared_set import KnownTestComparison, NewSet, PreparedPictures
from srgan.errors import DataError
from srgan.images.resize import imresize


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder, random = tmp_path / "photos", np.random.default_rng(0)
    with NewSet(folder) as written:
        for number in range(4):
            high = random.integers(0, 256, (320, 288, 3), dtype=np.uint8)
            low = imresize(high, 0.25, border="replicate")
            written.add(f"{number}.png", low, high, validation=number == 3)
        written.commit(4, KnownTestComparison(known=3, identity="a", left_out=0))
    return folder


def test_a_patch_is_aligned_with_its_original(photos: Path) -> None:
    training, _ = PreparedPictures(photos).split()
    degraded, clean, high = place(training, 5)
    assert degraded.shape == clean.shape == (64, 64, 3)
    inner = slice(4, -4)  # away from the border, where the crop's surroundings count
    reduced = imresize(high, 0.25, border="replicate")
    np.testing.assert_array_equal(reduced[inner, inner], clean[inner, inner])
    again = place(training, 5)
    np.testing.assert_array_equal(degraded, again[0])


def test_a_corrected_target_is_nearer_to_the_clean_image() -> None:
    random = np.random.default_rng(1)
    high = np.clip(np.cumsum(random.normal(0, 4, (128, 128, 3)), axis=1) + 128, 0, 255).astype(np.uint8)
    clean = imresize(high, 0.25, border="replicate")
    target = np.clip(high.astype(int) + 25, 0, 255).astype(np.uint8)  # a teacher that makes all lighter

    def error(image: np.ndarray) -> float:
        return float(np.abs(imresize(image, 0.25, border="replicate").astype(int) - clean).mean())

    assert error(corrected(target, clean)) < 0.1 * error(target)
    assert np.abs(corrected(high, clean).astype(int) - high).max() <= 3


def test_letters_that_are_lost_have_a_soft_target() -> None:
    originals = {number: drawn_text.draw_text(100_000 + number, 256) for number in range(40)}
    shares = {number: drawn_text.readable(text_patch(number)[0], high) for number, high in originals.items()}
    lost, plain = (next(number for number, share in shares.items() if share == wanted) for wanted in (0.0, 1.0))
    soft = imresize(imresize(originals[lost], 0.25, border="replicate"), 4.0, border="replicate")
    np.testing.assert_allclose(text_patch(lost)[1], soft, atol=1)
    np.testing.assert_allclose(text_patch(plain)[1], originals[plain], atol=1)


def test_taught_patches_make_a_set(photos: Path, tmp_path: Path) -> None:
    folder, output = tmp_path / "teacher", tmp_path / "taught"
    cut(photos, folder / "patches.npy", 48)
    patches = np.load(folder / "patches.npy")
    targets = np.stack([imresize(each, 4.0, border="replicate") for each in patches])
    np.save(folder / "targets.npy", targets)
    (folder / "targets.json").write_text(json.dumps({"key": "", "done": 46}), encoding="utf-8")
    assert prepare(photos, folder, output, added=Added(plain=2, calm=1, text=3)) == 46
    training, validation = PreparedPictures(output).split()
    assert (len(training), len(validation)) == (6 + 2 + 1 + 3, 40)
    low, high = training[2]
    np.testing.assert_array_equal(low, patches[2])
    assert high.shape == (256, 256, 3)
    degraded, _, original = place(PreparedPictures(photos).split()[0], 46)
    np.testing.assert_array_equal(training[6][0], degraded)
    np.testing.assert_array_equal(training[6][1], original)
    calm = place(PreparedPictures(photos).split()[0], 48, calm=True)
    np.testing.assert_array_equal(training[8][0], calm[0])
    np.testing.assert_array_equal(training[9][0], text_patch(0)[0])
    np.testing.assert_array_equal(training[9][1], text_patch(0)[1])
    with pytest.raises(DataError, match=r"photo_faces\.tsv"):
        prepare(photos, folder, tmp_path / "faces", added=Added(faces=1))


def test_a_calm_patch_shows_less_than_the_others(photos: Path) -> None:
    training, _ = PreparedPictures(photos).split()
    busy, calm = (
        [np.abs(np.diff(place(training, number, calm=calm)[1].astype(int), axis=1)).mean() for number in range(12)]
        for calm in (False, True)
    )
    assert all(less < more for less, more in zip(calm, busy, strict=True))


def _list(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["photo\twidth\theight\tleft\ttop\tside", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_face_is_cut_from_its_photo_and_degraded(photos: Path, tmp_path: Path) -> None:
    pictures = PreparedPictures(photos)
    faces = photo_faces.find_faces(
        pictures, _list(tmp_path / "list", "1.png\t288\t320\t100\t120\t48", "gone\t9\t9\t0\t0\t9")
    )
    assert faces == [photo_faces.Face(1, 100, 120, 48)]
    degraded, high = face_patch(pictures, faces, 7)
    assert degraded.shape == (64, 64, 3)
    assert high.shape == (256, 256, 3)
    np.testing.assert_array_equal(high, photo_faces.cut_face(pictures, faces, 7, 256))
    with pytest.raises(DataError, match=r"1\.png"):
        photo_faces.find_faces(pictures, _list(tmp_path / "other", "1.png\t300\t320\t100\t120\t48"))


def test_a_face_lies_near_the_middle_at_the_size_wanted(tmp_path: Path) -> None:
    high = np.zeros((800, 800, 3), dtype=np.uint8)
    high[300:500, 240:440] = 255
    with NewSet(tmp_path / "one") as written:
        written.add("1.png", imresize(high, 0.25), high, validation=False)
        written.commit(4, KnownTestComparison(known=3, identity="a", left_out=0))
    pictures = PreparedPictures(tmp_path / "one")
    for number in range(20):
        image = photo_faces.cut_face(pictures, [photo_faces.Face(0, 240, 300, 200)], number, 256)
        rows, columns = np.nonzero(image[:, :, 0] > 127)
        assert 63 <= np.ptp(rows) + 1 <= 161  # the photo of 800 pixels is made 3.1 times smaller at most
        assert abs(np.ptp(rows) - np.ptp(columns)) <= 2
        assert all(abs(places.mean() - 127.5) <= 0.16 * 256 for places in (rows, columns))


def test_patches_of_other_photos_are_refused(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "teacher"
    with pytest.raises(DataError):
        prepare(photos, folder, tmp_path / "taught")
    cut(photos, folder / "patches.npy", 2)
    patches = np.load(folder / "patches.npy")
    np.save(folder / "patches.npy", patches[::-1])
    np.save(folder / "targets.npy", np.zeros((2, 256, 256, 3), np.uint8))
    (folder / "targets.json").write_text(json.dumps({"key": "", "done": 2}), encoding="utf-8")
    with pytest.raises(DataError):
        prepare(photos, folder, tmp_path / "taught")
    assert not (tmp_path / "taught").exists()


def test_text_is_drawn_again_alike_and_can_be_read() -> None:
    first, other = drawn_text.draw_text(3, 96), drawn_text.draw_text(4, 96)
    np.testing.assert_array_equal(first, drawn_text.draw_text(3, 96))
    assert first.shape == (96, 96, 3)
    assert not np.array_equal(first, other)
    for number in range(12):
        assert np.ptp(drawn_text.draw_text(number, 256) @ [0.299, 0.587, 0.114]) >= 50  # ink on a ground


def test_text_joins_a_set_of_photos(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_text, "SIDE", 64)
    drawn_text.add_images(photos, tmp_path / "both", 2)
    whole = PreparedPictures(tmp_path / "both")
    assert [entry.name for entry in whole.entries] == ["0.png", "1.png", "2.png", "3.png", "text 0", "text 1"]
    assert [entry.validation for entry in whole.entries] == [False, False, False, True, False, False]
    np.testing.assert_array_equal(whole[3][1], PreparedPictures(photos)[3][1])
    high = drawn_text.draw_text(0, 64)
    np.testing.assert_array_equal(whole[4][0], imresize(high, 0.25, border="replicate"))
    np.testing.assert_array_equal(whole[4][1], drawn_text.softened(high, whole[4][0], whole[4][0]))


def test_text_and_faces_are_added_to_photos(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = _list(tmp_path / "list", "0.png\t288\t320\t100\t120\t48", "3.png\t288\t320\t100\t120\t48")
    monkeypatch.setattr(photo_faces, "LIST", faces)
    drawn_text.add_images(photos, tmp_path / "more", 2, faces=3)
    before, (training, validation) = PreparedPictures(photos), PreparedPictures(tmp_path / "more").split()
    assert [entry.name for entry in training.entries[3:]] == ["text 0", "text 1", "face 0", "face 1", "face 2"]
    np.testing.assert_array_equal(training[1][1], before[1][1])
    face = photo_faces.Face(0, 100, 120, 48)  # of a photo that trains; the other one validates
    np.testing.assert_array_equal(training[6][1], photo_faces.cut_face(before, [face], 1, 256))
    assert len(validation) == 1
