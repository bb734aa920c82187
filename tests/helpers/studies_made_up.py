"""A small study of made-up pictures, for the tests of what is done with one."""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
from PIL import Image

from srgan.progress import NoProgress
from srgan_study.stimuli.create_study import StudyPlan, create_study
from srgan_study.stimuli.sources import find_sources
from srgan_study.study import Design, Stimulus, StimulusImage, Study, StudyMethod

SIZE = (48, 40)
"""Width and height of every picture that is rated."""


PAPER = {"Set5": (5, 12), "Set14": (14, 12), "BSD100": (100, 9)}
"""Pictures and versions of the sets of the paper's study."""


def make_study(
    folder: Path,
    *,
    sets: Mapping[str, int] | None = None,
    methods: Sequence[str] = ("nearest", "bicubic", "good", "HR"),
    calibration: int = 2,
    practice: int = 3,
    **design: Any,
) -> Study:
    """A study in a folder: its pictures and study.json.

    Args:
        folder: of the study; it must not be there.
        sets: how many pictures each set has; they are called `a`, `b` and so on in each.
        methods: from bad to good; HR is the hidden reference.
        calibration: pairs of pictures.
        practice: pictures.
        design: more of what `Design` takes.
    """
    with tempfile.TemporaryDirectory() as made:
        words = make_folders(Path(made), {"Small": 3, "Smaller": 2} if sets is None else sets, methods)
        asked = Design(calibration=calibration, practice=practice, **design)
        examples = make_examples(Path(made, "other"), calibration + practice) if calibration + practice else None
        return create_study(StudyPlan(find_sources(words), asked, examples=examples), folder, NoProgress())


def study_of(sets: Mapping[str, tuple[int, int]], *, retest: tuple[int, ...] = (), **design: Any) -> Study:
    """A study without pictures: of each set so many contents, in so many versions."""
    shown = StimulusImage("pictures/0.png", "0" * 64, 8, 8)
    named = [
        (data, f"{content}", f"method {version}")
        for data, (contents, versions) in sets.items()
        for content in range(contents)
        for version in range(versions)
    ]
    stimuli = tuple(Stimulus(number, *names, shown) for number, names in enumerate(named))
    methods = tuple(StudyMethod(name, "") for name in dict.fromkeys(stimulus.method for stimulus in stimuli))
    practice = tuple(Stimulus(number, "practice", f"{number}", "any", shown) for number in range(4))
    return Study("1", "Title", Design(repeats=len(retest), **design), methods, stimuli, retest, practice, ())


def make_folders(folder: Path, sets: Mapping[str, int], methods: Sequence[str]) -> list[str]:
    """Pictures as FOLDER/METHOD/SET/NAME.png; gives METHOD=FOLDER of each."""
    for data, count in sets.items():
        for name in ascii_lowercase[:count]:
            for method in methods:
                save(folder / method / data / f"{name}.png", version_of(f"{data} {name}", method, methods))
    return [f"{method}={folder / method}" for method in methods]


def make_examples(folder: Path, count: int) -> Path:
    """A folder of so many other pictures."""
    for number in range(count):
        save(folder / f"example{number}.png", true_picture(f"example {number}"))
    return folder


def version_of(content: str, method: str, methods: Sequence[str]) -> np.ndarray:
    """A version of a picture, coarser the earlier in the list of methods; of HR, the picture itself."""
    true = true_picture(content)
    step = 1 if method == "HR" else 2 * (len(methods) - list(methods).index(method))
    coarse = true[::step, ::step].repeat(step, axis=0).repeat(step, axis=1)
    return np.ascontiguousarray(coarse[: SIZE[1], : SIZE[0]])


def true_picture(content: str) -> np.ndarray:
    """A picture of soft colours, another for every name."""
    seed = int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], "little")
    small = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8))
    return np.asarray(small.resize(SIZE, Image.Resampling.BICUBIC))


def save(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    """A picture in a file, in the folder that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path
