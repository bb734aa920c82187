"""Webdataset shards written: tar files of pictures, as they are or as pixels, several at once, and their index.

The pictures are drawn into shards by a hash of their names, and lie in each sorted by name. A shard and its notes,
which hold its checksum, appear when they are whole, and the index when all of them are there: the same call again goes
on where an earlier one ended. Images that show one of a known test set are left out.
"""

import hashlib
import json
import multiprocessing
import re
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from srgan.data.known_tests import known_tests
from srgan.data.prepare import rgb8
from srgan.data.prepared_set import KnownTestComparison
from srgan.data.shard_sources import SourcePicture, find_sources
from srgan.data.shards import INDEX, TRAINING, VALIDATION, VERSION, ppm_header
from srgan.data.worker_pool import begin_worker
from srgan.errors import DataError, OutputError, PictureError
from srgan.files import AtomicFile, make_folder, write_bytes
from srgan.images.formats import SNIFFED_BYTES, sniff
from srgan.progress import NoProgress, Progress

_OURS = re.compile(rf"({TRAINING}|{VALIDATION})-\d{{6}}\.(tar|json)|{INDEX.replace('.', '[.]')}|[.]srgan-.*")
_BLOCK = 512  # bytes, of which a tar file's parts are multiples

_stopping: Any = None  # an event that tells a writing process to end


@dataclass(frozen=True)
class ShardPlan:
    """A shard to be written."""

    path: Path
    pictures: tuple[SourcePicture, ...]
    smallest: int
    pixels: bool

    @property
    def notes(self) -> Path:
        """Path of the notes on it."""
        return self.path.with_suffix(".json")

    def digest(self) -> str:
        """Return what changes with anything that the shard depends on."""
        settings = VERSION, known_tests().identity, self.smallest, self.pixels
        parts = [settings, [(each.name, each.size, each.modified, each.offset) for each in self.pictures]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """Return the notes of the shard if it is there, made by this plan, else None."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            notes: dict[str, Any] = json.loads(self.notes.read_text(encoding="utf-8"))
            if notes["plan"] == self.digest() and self.path.stat().st_size == notes["size"]:
                return notes
        return None


@dataclass(frozen=True)
class ShardReport:
    """Pictures that are in the shards, and those that were left out."""

    layout: str
    comparison: KnownTestComparison
    training: int = 0
    validation: int = 0
    shards: int = 0
    found: int = 0
    """Shards that an earlier call had written."""
    size: int = 0
    """Bytes of the shards."""
    too_small: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    """Unreadable pictures, and those whose keys others have, with the reason."""
    test_pictures: dict[str, str] = field(default_factory=dict)
    """Pictures that show all or a part of a test image, with its name."""


def write_shards(
    source: Path,
    folder: Path,
    *,
    layout: str | None = None,
    take: int | None = None,
    validation: int | None = None,
    seed: int = 0,
    per_shard: int = 1000,
    smallest: int = 96,
    pixels: bool = False,
    processes: int = 1,
    progress: Progress | None = None,
) -> ShardReport:
    """Write the pictures of a folder or tar file as shards; go on with what an earlier call has left.

    Args:
        source: a folder in any layout; one with ImageNet's tar files; or a tar file, which may hold others.
        folder: new, empty, or of an earlier call.
        layout: one of `LAYOUTS`; None detects it.
        take: pictures, drawn by the seed; None for all.
        validation: pictures to validate on; None for a tenth, at most 100.
        seed: random seed.
        per_shard: pictures of a shard; 1000 of ImageNet's have about 110 MB.
        smallest: least width and height.
        pixels: store pixels, of which training reads only crops, in place of the files.
        processes: how many write at once.
        progress: counts pictures.

    Raises:
        DataError: if there are no pictures, the folder holds other files, or a process was killed.
        OutputError: if a shard cannot be written.
    """
    progress = progress or NoProgress()
    _check_folder(folder)
    name, splits = find_sources(source, layout=layout, take=take, validation=validation, seed=seed)
    left_out = _find_repeated_keys([picture for pictures in splits.values() for picture in pictures])
    plans = {
        split: [
            ShardPlan(folder / f"{split}-{number:06d}.tar", part, smallest, pixels)
            for number, part in enumerate(_divide([each for each in pictures if each.name not in left_out], per_shard))
        ]
        for split, pictures in splits.items()
    }
    every = [plan for split in plans.values() for plan in split]
    missing = [plan for plan in every if plan.finished() is None]
    progress.start("writing shards", sum(len(plan.pictures) for plan in missing))
    make_folder(folder)
    if missing:  # from here on an index of an earlier set would be wrong
        with suppress(FileNotFoundError):
            (folder / INDEX).unlink()
    for plan in _write_all(missing, processes):
        progress.advance(len(plan.pictures))
    report = _write_index(folder, plans, name, left_out, pixels=pixels, found=len(every) - len(missing))
    kept = {path.name for plan in every for path in (plan.path, plan.notes)} | {INDEX}
    for path in folder.iterdir():
        if path.name not in kept and not path.name.startswith("."):
            path.unlink()
    return report


def _check_folder(folder: Path) -> None:
    """Refuse a folder with other files.

    Raises:
        DataError: if it has some.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file: name a folder for the shards")
    others = sorted(path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name)) if folder.exists() else []
    if others:
        raise DataError(f"{folder} holds other files ({others[0]}): choose a new folder, or one of shards")


def _find_repeated_keys(pictures: Sequence[SourcePicture]) -> dict[str, str]:
    """Return the pictures whose key another has, with the reason why they are left out."""
    first: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for picture in sorted(pictures, key=lambda each: each.name):
        if (other := first.setdefault(picture.key, picture.name)) != picture.name:
            reasons[picture.name] = f"{picture.name} has the key of {other}: rename one of them"
    return reasons


def _divide(pictures: Sequence[SourcePicture], per_shard: int) -> Iterator[tuple[SourcePicture, ...]]:
    """Yield the pictures of each shard, sorted."""
    for start in range(0, len(pictures), per_shard):
        yield tuple(sorted(pictures[start : start + per_shard], key=lambda each: each.key))


def _write_all(plans: Sequence[ShardPlan], processes: int) -> Iterator[ShardPlan]:
    """Write shards, and yield each that is done."""
    if min(processes, len(plans)) <= 1:
        for plan in plans:
            _write(plan)
            yield plan
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads of libvips half
    stopping = context.Event()
    pool = ProcessPoolExecutor(min(processes, len(plans)), context, initializer=_begin_process, initargs=(stopping,))
    try:
        futures = {pool.submit(_write, plan): plan for plan in plans}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    except BrokenProcessPool as error:
        raise DataError(
            "a process that wrote shards was killed, perhaps for want of memory: run it again, which goes on"
        ) from error
    finally:
        stopping.set()
        pool.shutdown(cancel_futures=True)


def _begin_process(stopping: Any) -> None:
    """Make a process ready to write."""
    global _stopping
    _stopping = stopping
    begin_worker()


class _Stopped(OutputError):
    """The writing is to end."""


def _write(plan: ShardPlan) -> None:
    """Write a shard and its notes.

    Raises:
        OutputError: if they cannot be written.
    """
    known = known_tests()
    rows: list[tuple[str, int, int, int, int]] = []
    left_out: dict[str, str] = {}
    test_pictures: dict[str, str] = {}
    too_small, all_jpeg = 0, not plan.pixels
    with AtomicFile(plan.path, overwrite=True) as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for picture in plan.pictures:
                if _stopping is not None and _stopping.is_set():
                    raise _Stopped(f"{plan.path} was not written: another process failed")
                try:
                    data = picture.read()
                    image = rgb8(data)
                except PictureError as error:
                    left_out[picture.name] = str(error).replace("standard input", picture.name, 1)
                    continue
                except OSError as error:
                    left_out[picture.name] = f"{picture.name} cannot be read ({error.strerror})"
                    continue
                height, width = image.shape[:2]
                if test := known.find(image):
                    test_pictures[picture.name] = test
                elif min(height, width) < plan.smallest:
                    too_small += 1
                else:
                    all_jpeg = all_jpeg and sniff(data[:SNIFFED_BYTES]) == "jpeg"
                    suffix = PurePosixPath(picture.name).suffix.lower()
                    if plan.pixels:
                        data, suffix = ppm_header(height, width) + image.tobytes(), ".ppm"
                    member = tarfile.TarInfo(picture.key + suffix)
                    member.size = len(data)
                    tar.addfile(member, BytesIO(data))
                    offset = tar.offset - -(-len(data) // _BLOCK) * _BLOCK
                    rows.append((picture.key, offset, len(data), height, width))
        size = file.tell()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    notes = {
        **{"plan": plan.digest(), "size": size, "sha256": sha256, "all_jpeg": all_jpeg, "pictures": rows},
        **{"left_out": left_out, "test_pictures": test_pictures, "too_small": too_small},
    }
    write_bytes(plan.notes, json.dumps(notes).encode())


def _remove_empty(folder: Path, plans: dict[str, list[ShardPlan]]) -> None:
    """Remove shards without a picture, and a folder in which nothing is left."""
    for plan in (plan for shards in plans.values() for plan in shards):
        if not (plan.finished() or {}).get("pictures"):
            plan.path.unlink(missing_ok=True)
            plan.notes.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _write_index(
    folder: Path, plans: dict[str, list[ShardPlan]], layout: str, left_out: dict[str, str], *, pixels: bool, found: int
) -> ShardReport:
    """Write the index out of the notes of all shards, and return the report."""
    known, tests = known_tests(), dict[str, str]()
    counts, size, too_small, all_jpeg = {TRAINING: 0, VALIDATION: 0}, 0, 0, True
    index: dict[str, Any] = {"version": VERSION, "contents": "pixels" if pixels else "files"}
    for split, shards in plans.items():
        index[split] = []
        for plan in shards:
            notes = plan.finished()
            if notes is None:
                raise DataError(f"{plan.path} has changed meanwhile: run it again, which goes on")
            _, *columns = zip(*notes["pictures"], strict=True) if notes["pictures"] else ((), (), (), (), ())
            named = dict(zip(("offsets", "sizes", "heights", "widths"), columns, strict=True))
            index[split].append({"name": plan.path.name, "size": notes["size"], "sha256": notes["sha256"], **named})
            left_out |= notes["left_out"]
            tests |= notes["test_pictures"]
            too_small, size = too_small + notes["too_small"], size + notes["size"]
            all_jpeg = all_jpeg and notes["all_jpeg"]
            counts[split] += len(notes["pictures"])
    if not all(counts.values()):
        _remove_empty(folder, plans)
        reasons = f"{too_small} too small, {len(left_out)} unreadable, {len(tests)} of test sets"
        raise DataError(
            f"{counts[TRAINING]} pictures are left for training and {counts[VALIDATION]} for validation ({reasons}): "
            "give larger, intact or other pictures"
        )
    comparison = KnownTestComparison(len(known.names), known.identity, len(tests))
    index |= {"all_jpeg": all_jpeg, "comparison": asdict(comparison)}
    write_bytes(folder / INDEX, json.dumps(index).encode())
    return ShardReport(
        layout, comparison, counts[TRAINING], counts[VALIDATION], sum(map(len, plans.values())), found, size,
        too_small, left_out, tests,
    )  # fmt: skip
