"""Photos taken from folders of repositories: each made as much smaller as it takes to be sharp, or left out.

This module does not know what is learned from them, nor where they are kept: `photos` does.
"""

import io
import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from runs.photo_quality import Quality, fingerprint, jpeg_quality, measure
from runs.photo_sources import SOURCES, Source

LEFT_OUT = Path(__file__).with_name("photos_left_out.txt")
"""Files that are no photos, or have writing laid over them: seen by eye, named "OWNER/NAME path" each in a line."""
LEAST_SIDE = 256
MOST_SIDE = 1400
CLEAN_JPEG = 90
"""The JPEG quality from which on a photo may be taken as it is; all others are made half as large at least."""
TRIES = 3
"""Factors that are tried, one after the other, where a photo is soft or shows blocks."""
ALIKE = 6
"""Bits in which fingerprints of copies may differ."""
_CHUNK = 40


@dataclass(frozen=True)
class Taken:
    """A photo that was made smaller and written, or why it was not."""

    path: str
    reason: str = ""
    factor: int = 1
    width: int = 0
    height: int = 0
    fingerprint: int = 0


def fault(quality: Quality, mixed: bool) -> str:
    """What keeps a photo from being taken, in a word; nothing if it is good."""
    if quality.white > 0.3 or quality.gutters > 0.02:
        return "white"
    if mixed and quality.chroma < 12:
        return "gray"
    if quality.sharpness < 0.27:
        return "soft"
    if quality.blocks > 1.12:
        return "blocks"
    if quality.detail < 7:
        return "empty"
    return "drawn" if quality.even > 0.5 else ""


def smaller(picture: Image.Image, factor: int) -> Image.Image:
    """So many times smaller, by the bicubic kernel that averages; up to factor - 1 rows and columns are cut off."""
    width, height = (side // factor for side in picture.size)
    box = (0, 0, width * factor, height * factor)
    return picture.resize((width, height), Image.Resampling.BICUBIC, box=box) if factor > 1 else picture


def take(source: Source, path: str, content: bytes | None, destination: Path) -> Taken:
    """Write a photo to `destination` as PNG, made as much smaller as it takes to be sharp."""
    if content is None:
        return Taken(path, "missing")
    try:
        with Image.open(io.BytesIO(content)) as picture:
            least = max(source.least_factor, 1 if jpeg_quality(picture) >= CLEAN_JPEG else 2)
            if min(picture.size) < LEAST_SIDE:
                return Taken(path, "small")
            if not _opaque_colour(picture):
                return Taken(path, "mode")
            whole = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError):  # what Pillow raises for broken files
        return Taken(path, "broken")
    least = max(least, -(-max(whole.size) // MOST_SIDE))
    reason = "small"
    for factor in range(least, least + TRIES):
        if min(whole.size) // factor < LEAST_SIDE:
            break
        photo = smaller(whole, factor)
        pixels = np.asarray(photo)
        reason = fault(measure(pixels, factor), source.mixed)
        if not reason:
            destination.parent.mkdir(parents=True, exist_ok=True)
            photo.save(destination, compress_level=1)
            return Taken(path, "", factor, *photo.size, fingerprint(photo))
        if reason not in ("soft", "blocks"):
            break
    return Taken(path, reason)


def _opaque_colour(picture: Image.Image) -> bool:
    """Whether a picture is RGB of 8 bits, and nothing shows through it."""
    return picture.mode == "RGB" or (picture.mode == "RGBA" and np.asarray(picture.getchannel("A")).min() == 255)


def paths(source: Source, folder: Path) -> list[str]:
    """The photos of a source, by name."""
    place = _place(source, folder)
    if _git(place):
        listed = subprocess.run(
            ["git", "-C", place, "ls-tree", "-r", "-z", "--name-only", "HEAD"], capture_output=True, check=True
        ).stdout
        found = [name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]
    else:
        found = [path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()]
    return sorted(path for path in found if source.holds(path))


def contents(source: Source, folder: Path, wanted: Sequence[str]) -> Iterator[bytes | None]:
    """The bytes of files, in order; nothing for one that a partial copy lacks."""
    place = _place(source, folder)
    if not _git(place):
        yield from ((place / path).read_bytes() for path in wanted)
        return
    asked = "".join(f"HEAD:{path}\n" for path in wanted).encode("utf-8", "surrogateescape")
    answer = io.BytesIO(
        subprocess.run(
            ["git", "-C", place, "cat-file", "--batch"],
            input=asked,
            capture_output=True,
            check=False,  # git may end early where an object is missing
            env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},
        ).stdout
    )
    for _ in wanted:
        header = answer.readline().split()
        if header[1:2] == [b"blob"]:
            yield answer.read(int(header[2]))
            answer.readline()
        else:
            yield None


def _place(source: Source, folder: Path) -> Path:
    place = folder / source.folder
    for inside in (place / "repo" / ".git", place / "repo", place / ".git"):
        if inside.is_dir():
            return inside
    return place


def _git(place: Path) -> bool:
    return (place / "HEAD").is_file() and (place / "objects").is_dir()


def _take_all(folder: Path, selected: Path, task: tuple[Source, list[str]]) -> tuple[Source, list[Taken]]:
    source, wanted = task
    found = [
        take(source, path, content, written(source, path, selected))
        for path, content in zip(wanted, contents(source, folder, wanted), strict=True)
    ]
    return source, found


def written(source: Source, path: str, selected: Path) -> Path:
    """Where a photo that is taken stands: those of open licences apart."""
    return selected / ("open" if source.open else "others") / source.folder / f"{path}.png"


class Seen:
    """Fingerprints of what was taken, to tell copies."""

    def __init__(self, known: Iterable[int]) -> None:
        self._known = np.array(list(known), np.uint64)

    def again(self, bits: int) -> bool:
        """Whether a fingerprint is that of a copy; if not, it is kept."""
        if (np.bitwise_count(self._known ^ np.uint64(bits)) <= ALIKE).any():
            return True
        self._known = np.append(self._known, np.uint64(bits))
        return False


def select(
    folder: Path, selected: Path, known: Iterable[int], *, sources: Sequence[Source] = SOURCES, processes: int = 1
) -> dict[Source, Counter[str]]:
    """Take the photos of the sources that are in a folder, and write the list of them.

    Args:
        folder: see the module.
        selected: a folder for them, new or empty.
        known: fingerprints of pictures that are not to be taken again.
        sources: in the order in which they are preferred where two hold the same photo.
        processes: how many work at a time.

    Returns:
        How many files of each source were left out for which reason; "" counts those taken.
    """
    left_out = frozenset(LEFT_OUT.read_text(encoding="utf-8").splitlines())
    tasks, counts = [], defaultdict[Source, Counter[str]](Counter)
    for source in sources:
        if not _place(source, folder).is_dir():
            counts[source]["not there"] = 1
            continue
        found = paths(source, folder)
        wanted = [path for path in found if f"{source.name} {path}" not in left_out]
        counts[source]["by hand"] = len(found) - len(wanted)
        tasks += [(source, wanted[first : first + _CHUNK]) for first in range(0, len(wanted), _CHUNK)]
    seen, rows = Seen(known), ["source\tpath\tfactor\twidth\theight"]
    with get_context("spawn").Pool(processes) as pool:
        for source, chunk in pool.imap(partial(_take_all, folder, selected), tasks):
            for photo in chunk:
                reason = photo.reason
                if not reason and seen.again(photo.fingerprint):
                    reason = "copy"
                    written(source, photo.path, selected).unlink()
                counts[source][reason] += 1
                if not reason:
                    rows.append(f"{source.name}\t{photo.path}\t{photo.factor}\t{photo.width}\t{photo.height}")
    selected.mkdir(parents=True, exist_ok=True)
    (selected / "photos.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return counts
