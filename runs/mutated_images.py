"""A campaign of damaged files: each is enlarged, in a process with limits on memory and time.

    python -m runs.mutated_images 2000 [--seed 1] [--first 0] [--files FOLDER] [--keep FOLDER]

Counted by format are the files that were enlarged and refused, and the faults:

- crash: the process died, ran out of memory, or raised what is no error of srgan's
- hang: no result after LIMIT seconds of processor time, or ten times as long
- partial: a refusal left a file, or a result cannot be decoded whole by Pillow or has another size
- different: the pixels are not those of Pillow, which decodes the file, too

Files are made of small ones of every kind, or of those of a folder. Which file has which number depends on the seed
alone, so that a campaign ended by Ctrl-C goes on with --first. HEIC and BMP have no second decoder here.
"""

import argparse
import io
import json
import os
import random
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from srgan.errors import SrganError
from srgan.images.image import read
from srgan.upscale import UpscaleOptions, Upscaler
from tests.helpers.mutations import FORMATS, mutated, samples

_ORIENTATION = 0x112

ROOT = Path(__file__).resolve().parents[1]
OUTCOMES = ("enlarged", "refused", "crash", "hang", "partial", "different")
FAULTS = OUTCOMES[2:]
LIMIT = 20.0
"""Seconds of processor time for a file; by the clock, ten times as many, for other programs run too."""
MEMORY = 2 << 30
"""Bytes of address space that a process may take beyond what it has after its start.

A picture of extreme proportions, as 853,248x1, needs more than 1.25 GiB of it, and 0.75 GiB of memory: encoders hold
several whole rows.
"""
MAX_PIXELS = 1_000_000
TOLERANCE = 2.0
"""Mean difference of 255 levels from Pillow: decoders round chroma differently."""
_LOST = "refused though Pillow decodes it"


def mutation(number: int, seed: int, files: Sequence[Path] = ()) -> tuple[str, bytes]:
    """Return format and contents of a damaged file."""
    chance = random.Random(f"{seed} {number}")
    if files:
        path = files[number % len(files)]
        return path.suffix.lower().lstrip("."), mutated(path.read_bytes(), chance)
    format = FORMATS[number % len(FORMATS)]
    return format, mutated(chance.choice(samples(format)), chance)


def judge(upscaler: Upscaler, data: bytes, format: str, folder: Path) -> tuple[str, str]:
    """Enlarge a file in an empty folder; return the outcome, and why."""
    source, output = folder / f"source.{format}", folder / "result"
    source.write_bytes(data)
    try:
        result = upscaler.upscale_file(source, output, UpscaleOptions(max_pixels=MAX_PIXELS))
        ours = read(data, max_pixels=MAX_PIXELS).pixels
    except SrganError as error:
        if sorted(folder.iterdir()) != [source]:
            return "partial", f"left after: {error}"
        return "refused", _LOST if _pillow(data) is not None else str(error)
    except MemoryError:
        return "crash", "MemoryError"
    except Exception as error:  # noqa: BLE001 what is no error of srgan's is what is looked for
        return "crash", repr(error)
    finally:
        source.unlink()
    if sorted(folder.iterdir()) != [output]:
        return "partial", "more files than the result"
    try:
        with Image.open(output) as image:
            image.load()
            if image.size != result.size_out:
                return "partial", f"{image.size}"
    except (OSError, SyntaxError, ValueError) as error:
        return "partial", repr(error)
    finally:
        output.unlink()
    theirs = None if format in ("heic", "bmp") else _pillow(data)
    if theirs is None:
        return "enlarged", ""
    distance = _distance(ours, theirs)
    return ("different", f"{distance:.1f} of 255") if distance > TOLERANCE else ("enlarged", "")


def _pillow(data: bytes) -> Any:
    """Return the pixels that Pillow decodes, upright; None if it refuses or warns, or if colours were converted."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "error"
        )  # Pillow warns of EXIF that it cannot read, and then takes no orientation from it
        try:
            with Image.open(io.BytesIO(data)) as image:
                frame = image.tile[0][1] if image.format == "GIF" and image.tile else None
                image.load()
                if image.width * image.height > MAX_PIXELS or image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA",
                                                                                 "I;16", "I;16B"):  # fmt: skip
                    return None
                if isinstance(turned := image.getexif().get(_ORIENTATION), bytes):  # a BYTE, which Pillow passes over
                    image.getexif()[_ORIENTATION] = turned[0]
                upright = ImageOps.exif_transpose(image)
                if "transparency" in image.info:
                    upright = upright.convert("RGBA")
                elif upright.mode in ("1", "P"):
                    upright = upright.convert("L" if upright.mode == "1" else "RGB")
                if frame not in (None, (0, 0, *upright.size)):  # around it Pillow paints, and browsers do not
                    seen = Image.new("L", upright.size)
                    seen.paste(upright.convert("RGBA").getchannel("A").crop(frame), frame)
                    upright = upright.convert("RGBA")
                    upright.putalpha(seen)
                return np.asarray(upright)
        except Exception:  # noqa: BLE001 Pillow raises much when it reads damaged files
            return None


def _distance(ours: Any, theirs: Any) -> float:
    """Return the mean difference of two images over black, and of their alpha if both have one.

    It is infinite if their sizes differ.
    """
    if ours.shape[:2] != theirs.shape[:2]:
        return float("inf")
    one, other = _over_black(ours), _over_black(theirs)
    distance = float(np.abs(one[0] - other[0]).mean())
    if one[1] is not None and other[1] is not None:
        distance = max(distance, float(np.abs(one[1] - other[1]).mean()))
    return distance


def _over_black(pixels: Any) -> tuple[Any, Any]:
    """Return RGB over black, and alpha or None, in levels of 255."""
    values = pixels / 257.0 if pixels.dtype == np.uint16 else pixels.astype(np.float64)
    values = values[:, :, None] if values.ndim == 2 else values
    alpha = values[:, :, -1:] if values.shape[2] in (2, 4) else None
    colour = values[:, :, :1] if values.shape[2] < 3 else values[:, :, :3]
    colour = np.broadcast_to(colour, (*values.shape[:2], 3))
    return colour if alpha is None else colour * alpha / 255, alpha


def work(start: int, stop: int, seed: int, files: Sequence[Path]) -> None:
    """Judge some files, with a line of JSON before the first and after each."""
    upscaler = Upscaler("espcn")
    upscaler.upscale(np.zeros((8, 8, 3), np.uint8))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    _say(["ready"])
    for number in range(start, stop):
        format, data = mutation(number, seed, files)
        with tempfile.TemporaryDirectory() as folder:
            outcome, why = judge(upscaler, data, format, Path(folder))
        _say([number, format, outcome, why])


def _say(line: list[Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def campaign(
    count: int, seed: int = 1, files: Sequence[Path] = (), first: int = 0
) -> Iterator[tuple[int, str, str, str]]:
    """Yield number, format, outcome and reason of each damaged file."""
    number, stop = first, first + count
    while number < stop:
        words = [str(number), str(stop), str(seed), *(str(file.resolve()) for file in files)]
        command = [sys.executable, "-m", "runs.mutated_images", "--work", *words]
        with (
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process,
            selectors.DefaultSelector() as selector,
        ):
            assert process.stdout is not None
            selector.register(process.stdout, selectors.EVENT_READ)
            started = False
            while number < stop:
                before, line = _processor_time(process.pid), None
                for _ in range(10):
                    if selector.select(LIMIT):
                        line = process.stdout.readline()
                        break
                    if _processor_time(process.pid) - before > LIMIT:
                        break
                if line and not started:
                    started = True
                    continue
                if line:
                    yield tuple(json.loads(line))
                    number += 1
                    continue
                if not started:
                    process.kill()
                    raise RuntimeError("a process of the campaign does not start")
                process.kill()
                outcome = ("hang", f"after {LIMIT:g} s") if line is None else ("crash", f"exit code {process.wait()}")
                yield (number, mutation(number, seed, files)[0], *outcome)
                number += 1
                break


def _processor_time(process: int) -> float:
    """Return the seconds of processor time that a process has used."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a campaign, and print its table and the number of each faulty file."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["--work"]:
        start, stop, seed = map(int, words[1:4])
        work(start, stop, seed, [Path(word) for word in words[4:]])
        return
    parser = argparse.ArgumentParser(prog="python -m runs.mutated_images", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--files", type=Path, help="folder of intact files to damage")
    parser.add_argument("--keep", type=Path, help="folder for the files that had a fault")
    asked = parser.parse_args(words)
    files = sorted(path for path in asked.files.rglob("*") if path.is_file()) if asked.files else []
    table, lost, started = Counter[tuple[str, str]](), Counter[str](), time.monotonic()
    try:
        for number, format, outcome, why in campaign(asked.count, asked.seed, files, asked.first):
            table[format, outcome] += 1
            lost[format] += why == _LOST
            if outcome in FAULTS:
                sys.stdout.write(f"{number} {format}: {outcome}, {why}\n")
                if asked.keep is not None:
                    asked.keep.mkdir(parents=True, exist_ok=True)
                    (asked.keep / f"{number}.{format}").write_bytes(mutation(number, asked.seed, files)[1])
            if number % 1_000 == 999:
                sys.stderr.write(f"{number + 1} files, {time.monotonic() - started:.0f} s\n")
    except KeyboardInterrupt:
        sys.stdout.write(f"ended before file {asked.first + table.total()}\n")
    sys.stdout.write(" ".join(f"{word:>10}" for word in ("format", *OUTCOMES, "lost")) + "\n")
    for format in sorted({format for format, _ in table}):
        counts = [table[format, outcome] for outcome in OUTCOMES]
        sys.stdout.write(" ".join(f"{word:>10}" for word in (format, *counts, lost[format])) + "\n")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(
        f"{table.total()} files in {time.monotonic() - started:.0f} s, {spent.ru_utime + spent.ru_stime:.0f} s of "
        "processor time\n"
    )
    sys.stdout.write("lost: refused, though Pillow decodes the file\n")


if __name__ == "__main__":
    main()
