"""Shards: written once, gone on with, read by another library, checked, and refused when they are damaged."""

import gc
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import fsspec
import numpy as np
import pytest
import webdataset
from PIL import Image

from srgan import storage
from srgan.data import shard_writer
from srgan.data.crops import CropSampler
from srgan.data.prepare import prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.data.shard_check import check_shards
from srgan.data.shard_sampler import ShardSampler
from srgan.data.shard_writer import ShardReport, write_shards
from srgan.data.shards import LowPixels, ShardedPictures
from srgan.errors import DataError, OutputError, UsageError
from srgan.images.resize import imresize
from tests.helpers.fractal import fractal


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve JPEGs of several sizes, one of them turned by its EXIF, in two folders; a broken and a small one."""
    folder = tmp_path_factory.mktemp("album")
    for number in range(12):
        place = folder / f"n0144076{number % 2}"
        place.mkdir(exist_ok=True)
        exif = Image.Exif()
        exif[0x0112] = 6 if number == 3 else 1
        pixels = fractal(number, 102 + 8 * number, 122 + 6 * number)
        Image.fromarray(pixels).save(place / f"{number}.v2.JPEG", quality=90, exif=exif)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    Image.fromarray(fractal(0, 40, 40)).save(folder / "small.jpg")
    return folder


@pytest.fixture(scope="module")
def shards(album: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their shards, of four pictures."""
    folder = tmp_path_factory.mktemp("made") / "shards"
    write(album, folder)
    return folder


def write(source: Path, folder: Path, **options: object) -> ShardReport:
    return write_shards(source, folder, **{"per_shard": 4, "validation": 2, **options})  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_picture_is_accounted_for(album: Path, tmp_path: Path) -> None:
    report = write(album, tmp_path / "shards")
    assert report.training + report.validation + report.too_small + len(report.left_out) == 14
    assert report.too_small == 1
    assert list(report.left_out) == ["broken.jpg"]
    assert report.comparison.left_out == 0
    assert not check_shards(tmp_path / "shards")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves closing to the collector
def test_webdataset_reads_the_files_as_they_were(album: Path, shards: Path) -> None:
    tars = sorted(str(path) for path in shards.glob("train-*.tar"))
    samples = list(webdataset.WebDataset(tars, shardshuffle=False, empty_check=False))
    assert len(samples) == len(ShardedPictures(shards, scale=4).split()[0])
    gc.collect()
    originals = {path.read_bytes() for path in album.rglob("*.JPEG")}
    assert all(sample["jpeg"] in originals for sample in samples)
    assert all(sample["__key__"].startswith("n0144076") and sample["__key__"].endswith("_v2") for sample in samples)


def test_pictures_are_those_of_a_prepared_set(album: Path, tmp_path: Path) -> None:
    files = sorted(album.rglob("*.JPEG"))
    prepare(files, tmp_path / "ready", validation=files[:2])
    expected = {pair[1].tobytes(): pair for pair in PreparedPictures(tmp_path / "ready")}  # type: ignore[attr-defined]
    for pixels in (False, True):
        folder = tmp_path / str(pixels)
        write(album, folder, pixels=pixels)
        pictures = ShardedPictures(folder, scale=4)
        assert len(pictures) == len(expected)
        for position in range(len(pictures)):
            low, high = pictures[position]
            assert high.shape[:2] == tuple(4 * pictures.low_sizes[position])
            assert np.array_equal(low[:, :], expected[high.tobytes()][0])


@pytest.mark.parametrize(("top", "left"), [(0, 0), (5, 7), (14, 23), (0, 23)])
@pytest.mark.parametrize("scale", [2, 4])
def test_a_part_is_reduced_as_the_whole_is(top: int, left: int, scale: int) -> None:
    high = fractal(1, 24 * scale, 33 * scale)
    whole = imresize(high, 1 / scale, border="replicate")
    part = LowPixels(high, scale)[top : top + 10, left : left + 10]
    assert np.array_equal(part, whole[top : top + 10, left : left + 10])


def test_jpegs_are_decoded_at_a_part_of_their_size(shards: Path) -> None:
    whole, half = (ShardedPictures(shards, scale=2, reduction=reduction) for reduction in (1, 2))
    for position in range(len(whole)):
        _, high = half[position]
        mean = whole[position][1][: 2 * high.shape[0], : 2 * high.shape[1]].astype(float)
        mean = mean[: mean.shape[0] // 2 * 2, : mean.shape[1] // 2 * 2]
        mean = mean.reshape(mean.shape[0] // 2, 2, mean.shape[1] // 2, 2, 3).mean((1, 3))
        assert np.abs(mean - high[: mean.shape[0], : mean.shape[1]]).mean() < 4


def test_only_jpegs_are_decoded_at_a_part_of_their_size(album: Path, tmp_path: Path) -> None:
    write(album, tmp_path / "shards", pixels=True)
    with pytest.raises(UsageError):
        ShardedPictures(tmp_path / "shards", scale=4, reduction=2)


def test_a_tar_file_of_tar_files_is_the_folder(album: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "ILSVRC2012_img_train.tar", "w") as outer:
        for folder in sorted(path for path in album.iterdir() if path.is_dir()):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w") as inner:
                for path in sorted(folder.iterdir()):
                    inner.add(path, path.name)
            member = tarfile.TarInfo(f"{folder.name}.tar")
            member.size = buffer.tell()
            outer.addfile(member, io.BytesIO(buffer.getvalue()))
    made = write(tmp_path / "ILSVRC2012_img_train.tar", tmp_path / "from-tar")
    assert (made.training, made.validation) == (10, 2)
    folder = tmp_path / "folder"
    for path in album.rglob("*.JPEG"):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_bytes(path.read_bytes())
    write(folder, tmp_path / "from-folder")
    for tar in (tmp_path / "from-tar").glob("*.tar"):
        assert tar.read_bytes() == (tmp_path / "from-folder" / tar.name).read_bytes()


def test_names_in_a_tar_file_may_begin_with_a_slash(album: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        for path in album.rglob("*.JPEG"):
            member = tar.gettarinfo(path, path.name)
            member.name = str(path)
            with path.open("rb") as file:
                tar.addfile(member, file)
    report = write(tmp_path / "photos.tar", tmp_path / "shards")
    assert (report.training, report.validation) == (10, 2)
    assert not check_shards(tmp_path / "shards")


def test_a_part_knows_its_own_pictures_alone(shards: Path) -> None:
    whole = ShardedPictures(shards, scale=4)
    assert len(whole) == len(whole.low_sizes) == 12
    assert [(len(part), len(part.low_sizes)) for part in whole.split()] == [(10, 10), (2, 2)]


def test_pictures_of_test_sets_are_left_out(data_folder: Path, album: Path, tmp_path: Path) -> None:
    for path in album.rglob("*.JPEG"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    Image.open(data_folder / "testsets" / "Set5" / "butterfly.png").convert("RGB").save(tmp_path / "found.jpg")
    report = write(tmp_path, tmp_path.parent / "shards")
    assert report.test_pictures == {"found.jpg": "Set5/butterfly"}
    assert ShardedPictures(tmp_path.parent / "shards", scale=4).comparison.left_out == 1


def test_pictures_with_one_key_are_not_both_stored(album: Path, tmp_path: Path) -> None:
    for path in album.rglob("*.JPEG"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    Image.fromarray(fractal(9)).save(tmp_path / "1.v2.png")
    report = write(tmp_path, tmp_path.parent / "shards")
    assert set(report.left_out) == {"1.v2.png"}


def test_an_interrupted_writing_goes_on(
    album: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    write_one = shard_writer._write

    def fill_the_disk(plan: shard_writer.ShardPlan) -> None:
        if len(written) == 2:
            raise OutputError("the disk is full")
        write_one(plan)
        written.append(plan.path)

    with monkeypatch.context() as patch:
        patch.setattr(shard_writer, "_write", fill_the_disk)
        with pytest.raises(OutputError):
            write(album, tmp_path / "shards")
    with pytest.raises(DataError):
        ShardedPictures(tmp_path / "shards", scale=4)
    assert write(album, tmp_path / "shards").found == 2
    assert contents(tmp_path / "shards") == contents(shards)
    assert write(album, tmp_path / "shards", per_shard=20).found == 1  # that of validation
    assert sorted(contents(tmp_path / "shards")) == [
        *("index.json", "train-000000.json", "train-000000.tar", "valid-000000.json", "valid-000000.tar")
    ]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("victim", ["driver", "worker"])
@pytest.mark.slow
def test_killed_processes_leave_nothing_half_written(album: Path, shards: Path, tmp_path: Path, victim: str) -> None:
    script = f"""
import os, signal, sys
from pathlib import Path
from srgan.data import shard_writer
from srgan.errors import DataError

class Progress(shard_writer.NoProgress):
    def advance(self, count=1):
        import multiprocessing
        workers = multiprocessing.active_children()
        print(*(worker.pid for worker in workers), flush=True)
        os.kill(os.getpid() if {victim == "driver"} else workers[0].pid, signal.SIGKILL)

if __name__ == "__main__":
    try:
        shard_writer.write_shards(Path(sys.argv[1]), Path(sys.argv[2]), per_shard=1, validation=2, processes=2,
                                  progress=Progress())
    except DataError:
        sys.exit(7)
"""
    path = tmp_path / "script.py"
    path.write_text(script)
    command = [sys.executable, str(path), str(album), str(tmp_path / "shards")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    ) as done:
        assert done.stdout is not None
        done.stdout.read()  # ends when the last of them has ended
        assert done.wait() == (-signal.SIGKILL if victim == "driver" else 7)
    for tar in (tmp_path / "shards").glob("*.tar"):
        with tarfile.open(tar) as opened:
            assert len(opened.getmembers()) == 1
    report = write(album, tmp_path / "shards", per_shard=1)
    assert report.found
    assert not check_shards(tmp_path / "shards")


@pytest.mark.slow
def test_several_processes_write_what_one_does(album: Path, shards: Path, tmp_path: Path) -> None:
    write(album, tmp_path / "shards", processes=2)
    assert contents(tmp_path / "shards") == contents(shards)


def cut_short(folder: Path) -> None:
    tar = folder / "train-000001.tar"
    os.truncate(tar, tar.stat().st_size // 2)


def change_a_bit(folder: Path) -> None:
    tar = folder / "train-000001.tar"
    data = bytearray(tar.read_bytes())
    data[1000] ^= 1
    tar.write_bytes(data)


def repeat_a_shard(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_text())
    index["train"][1] = {**index["train"][0], "name": "train-000001.tar"}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "train-000001.tar").write_bytes((folder / "train-000000.tar").read_bytes())


@pytest.mark.parametrize(
    "fault", [cut_short, change_a_bit, repeat_a_shard, lambda folder: os.remove(folder / "train-000001.tar")]
)
def test_faults_are_found(shards: Path, tmp_path: Path, fault: Callable[[Path], None]) -> None:
    for name, data in contents(shards).items():
        (tmp_path / name).write_bytes(data)
    assert not check_shards(tmp_path)
    fault(tmp_path)
    faults = check_shards(tmp_path)
    assert faults
    assert all("train-000001.tar" in line and "\n" not in line for line in faults)


def test_a_shard_cut_short_or_gone_is_refused(shards: Path, tmp_path: Path) -> None:
    for name, data in contents(shards).items():
        (tmp_path / name).write_bytes(data)
    cut_short(tmp_path)
    with pytest.raises(DataError):
        ShardedPictures(tmp_path, scale=4)
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(DataError):
        ShardedPictures(tmp_path, scale=4)
    (tmp_path / "index.json").unlink()
    with pytest.raises(DataError):
        ShardedPictures(tmp_path, scale=4)


def test_damage_met_in_training_names_the_shard(shards: Path, tmp_path: Path) -> None:
    for name, data in contents(shards).items():
        (tmp_path / name).write_bytes(data)
    pictures, _ = ShardedPictures(tmp_path, scale=4).split()
    shard = pictures.shards[1]
    damaged = bytearray((tmp_path / shard.name).read_bytes())
    damaged[shard.offsets[0] : shard.offsets[0] + shard.sizes[0] // 2] = bytes(int(shard.sizes[0] // 2))
    (tmp_path / shard.name).write_bytes(damaged)
    with pytest.raises(DataError, match=shard.name):
        list(ShardSampler(pictures, batch=2, crop=32, seed=0).stream(range(20)))


def test_batches_come_from_a_bucket_too(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(storage.PACKAGES, "memory", "fsspec")
    bucket = fsspec.filesystem("memory")
    for name, data in contents(shards).items():
        bucket.pipe_file(f"/bucket/{name}", data)
    near, far = (ShardedPictures(place, scale=4).split()[0] for place in (shards, "memory://bucket"))
    for one, other in zip(stream(near), stream(far), strict=True):
        assert np.array_equal(one, other)
    bucket.pipe_file("/bucket/train-000000.tar", b"short")
    with pytest.raises(DataError):
        stream(far)
    bucket.rm_file("/bucket/train-000000.tar")
    with pytest.raises(storage.StorageError):
        stream(far)
    with pytest.raises(DataError):
        ShardedPictures("memory://other", scale=4)


def stream(pictures: ShardedPictures, updates: range = range(11), **part: int) -> list[np.ndarray]:
    sampler = ShardSampler(pictures, batch=2, crop=32, seed=5)
    return [array for pair in sampler.stream(updates, **part) for array in pair]


@pytest.mark.parametrize("degradation", ["clean", "everyday"])
def test_a_batch_is_a_function_of_seed_and_update(shards: Path, degradation: str) -> None:
    pictures, _ = ShardedPictures(shards, scale=4).split()
    settings = {"batch": 2, "crop": 32, "degradation": degradation}
    sampler = ShardSampler(pictures, **settings, seed=5)
    whole = list(sampler.stream(range(45)))
    for update, pair in enumerate(whole):  # decoded anew, one by one
        for one, other in zip(pair, CropSampler.sample(sampler, update), strict=True):
            assert np.array_equal(one, other)
    for (low, high), (again, _) in zip(
        whole[17:], ShardSampler(pictures, **settings, seed=5).stream(range(17, 45)), strict=True
    ):
        assert np.array_equal(low, again)
        assert high.shape == (2, 32, 32, 3)
    for rank in (0, 1):  # the number of processes says nothing about the crops
        for (low, _), (part, _) in zip(whole[20:], sampler.stream(range(20, 45), rank=rank, ranks=2), strict=True):
            assert np.array_equal(low[rank::2], part)
    assert not np.array_equal(ShardSampler(pictures, **settings, seed=6).sample(0)[1], whole[0][1])


def test_an_epoch_shows_every_picture(shards: Path) -> None:
    pictures, _ = ShardedPictures(shards, scale=4).split()
    sampler = ShardSampler(pictures, batch=5, crop=32, seed=1)  # chunks of two pictures, each cropped four times
    places = [sampler.places(update).pictures for update in range(800)]
    counts = np.bincount(np.concatenate(places), minlength=10)
    assert counts.min() > 0.9 * counts.mean()
    assert np.mean([len(set(each.tolist())) == 5 for each in places]) > 0.5  # save at the turn of an epoch


def test_other_files_are_never_touched(album: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError):
        write(album, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_refusal_leaves_no_empty_shards(album: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        write(album, tmp_path / "shards", smallest=10_000)
    assert not (tmp_path / "shards").exists()
    two = tmp_path / "two"
    two.mkdir()
    for side in (40, 100):
        Image.fromarray(fractal(side, side, side)).save(two / f"{side}.png")
    with pytest.raises(DataError):
        write(two, tmp_path / "one", validation=1)
    used = {path.stem for path in (tmp_path / "one").iterdir()}  # once there are more pictures
    assert used in ({"train-000000"}, {"valid-000000"})
