"""`srgan study create`: a study from evaluations and folders, and errors in one line."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan_study.cli.create import _summary
from srgan_study.study import read_study
from tests.helpers.studies_made_up import PAPER, make_examples, make_folders, study_of
from tests.helpers.terminal import written_on_a_terminal

Run = Callable[..., Any]

# As `srgan`, but every picture takes a while, and the fourth until it is interrupted.
SLOW = """
import os, time, srgan.cli.progress_bar, srgan_study.stimuli.create_study
srgan.cli.progress_bar._SOON = -1.0
write, count = srgan_study.stimuli.create_study.write_stimulus, 0

def slow(*args):
    global count
    count += 1
    time.sleep(0.1)
    if count == 4 and os.environ.get("STAY"):
        open("waiting", "w").close()
        time.sleep(60)
    return write(*args)

srgan_study.stimuli.create_study.write_stimulus = slow
from srgan.cli import main
main()
"""
ALONE = ("--calibration", "none")
LONG = "a" * 300
"""Longer than the name of a file can be."""


@pytest.fixture(autouse=True)
def _data(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of methods, and benchmark data with pictures for the calibration."""
    make_folders(desk / "made", {"Set5": 2, "BSD100": 1}, ("nearest", "bicubic", "srgan-mse", "own", "HR"))
    make_examples(desk / "data/train/BSDS500_train_test", 27)
    monkeypatch.setenv("SRGAN_DATA", str(desk / "data"))


def folders(*methods: str) -> list[str]:
    return [f"{method}=made/{method}" for method in methods]


def test_the_papers_design(srgan: Run) -> None:
    result = srgan("study", "create", *folders("own", "HR", "srgan-mse", "bicubic", "nearest"))
    assert result.exit_code == 0, result.output
    study = read_study(Path("study"))
    assert result.stdout.splitlines() == [
        "Set5: 2 pictures in 5 versions, 10 ratings",
        "  nearest, bicubic, srgan-mse, own, HR",
        "BSD100: 1 picture in 4 versions, 4 ratings",
        "  nearest, bicubic, own, HR",
        "14 ratings by each rater",
        "before that, calibration on 20 pictures, 5 ratings for practice",
        "about 1 min 16 s for each rater, in 1 sitting of up to 20 min",
        "26 raters, 364 ratings in all",
        f"hash    {study.hash}",
        "study   study",
        "next    srgan study serve study, or srgan study simulate study to rehearse",
    ]
    assert len(result.stderr.splitlines()) == 3  # what is not as in the paper
    assert (len(study.calibration), len(study.practice), study.reference) == (40, 5, "HR")


def test_the_votes_that_the_paper_asked_for() -> None:
    lines = _summary(study_of(PAPER), Path("study"))
    assert "1,128 ratings by each rater" in lines
    assert "about 1 h 15 min for each rater, in 4 sittings of up to 20 min" in lines
    assert "26 raters, 29,328 ratings in all" in lines


def test_a_smaller_design_as_a_document(srgan: Run) -> None:
    words = ["study", "create", *folders("nearest", "bicubic", "own", "HR"), "-o", "small", "--design", "plain"]
    words += ["--methods", "bicubic", "own", "--sets", "Set5", "--images", "1", "--raters", "5", "--repeats", "2"]
    words += ["--repeat-distance", "1", "--gap", "0", "--warm-up", "1", "--practice", "2", "--pairs", "1", "--blocked"]
    words += ["--seed", "3", "--screening", "mle", "--sitting-minutes", "10", "--title", "Pilot", "--json"]
    result = srgan(*words, "--seconds-per-rating", "6")
    assert (result.exit_code, result.stderr) == (0, "")
    study = read_study(Path("small"))
    assert json.loads(result.stdout) == {
        "folder": "small",
        "hash": study.hash,
        "title": "Pilot",
        "methods": ["bicubic", "own", "HR"],
        "reference": "HR",
        "sets": {"Set5": {"pictures": 1, "versions": ["bicubic", "own", "HR"]}},
        "raters": 5,
        "ratings_per_rater": 5,
        "minutes_per_rater": 0.8,
        "sittings": 1,
        "repeats": 2,
        "warm_up": 1,
        "practice": 2,
        "calibration": 1,
        "notes": [],
    }
    design = study.design
    assert (design.gap, design.blocked, design.seed, design.screening) == (0, True, 3, "mle")
    assert (design.sitting_minutes, design.seconds_per_rating, design.repeat_distance) == (10, 6.0, 1)


def test_from_an_evaluation(srgan: Run) -> None:
    assert srgan("evaluate", "nearest", "bicubic", "--sets", "Set5=made/HR/Set5").exit_code == 0
    words = ["study", "create", "evaluation", "--method", "own=made/own", *ALONE, "--json"]
    document = json.loads(srgan(*words).stdout)
    assert (document["methods"], document["reference"]) == (["nearest", "bicubic", "own", "HR"], "HR")
    for stimulus in read_study(Path("study")).stimuli:
        folder = "reference/Set5" if stimulus.method == "HR" else f"pictures/{stimulus.method}/Set5"
        place = Path("made/own/Set5") if stimulus.method == "own" else Path("evaluation", folder)
        shown, file = Image.open(Path("study", stimulus.shown.file)), Image.open(place / f"{stimulus.content}.png")
        np.testing.assert_array_equal(np.asarray(shown), np.asarray(file))
    words = ["study", "create", "evaluation", "--methods", "bicubic", "own=made/own", *ALONE, "--json", "-o", "third"]
    document = json.loads(srgan(*words, "--no-reference").stdout)
    assert (document["methods"], document["reference"]) == (["bicubic", "own"], None)


BOTH = folders("nearest", "HR")
ERRORS: list[tuple[list[str], int, str]] = [
    ([*BOTH, "--methods", "neerest"], 2, "there is no method neerest among the pictures"),
    ([*BOTH, "-o", "data"], 1, "data exists already"),
    ([*BOTH, "--title", "Is it nearest?"], 2, "--title names nearest"),
    ([LONG], 1, "cannot be read"),
    ([f"own={LONG}"], 1, f"the folder {LONG} of own does not exist"),
    ([*BOTH, "--calibration", LONG], 1, f"the folder {LONG} does not exist"),
    ([*BOTH, "-o", LONG], 1, "cannot be written (File name too long)"),
    ([*BOTH, "--raters", "1000000000"], 2, "--raters must be at most 10000, not 1000000000"),
]


def test_an_error_is_one_line(srgan: Run, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(words: list[str], code: int, said: str) -> None:
        result = srgan("study", "create", "--design", "plain", *words)
        assert result.exit_code == code, result.output
        assert isinstance(result.exception, SystemExit), result.exception
        *_, line = result.stderr.splitlines()
        assert line.startswith("Error: ")
        assert said in line
        assert sorted(path.name for path in desk.iterdir()) == ["data", "made"]

    for error in ERRORS:
        refuse(*error)
    monkeypatch.delenv("SRGAN_DATA")
    refuse(BOTH, 2, "SRGAN_DATA")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing(environment: dict[str, str], desk: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", SLOW, "study", "create", *BOTH, *ALONE]
    process = subprocess.Popen(command, env={**environment, "STAY": "1"}, stderr=subprocess.PIPE, text=True)
    while not (desk / "waiting").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("Interrupted: study was not made\n")
    assert sorted(path.name for path in desk.iterdir() if path.name != "waiting") == ["data", "made"]


def test_a_bar_with_the_time_left_on_a_terminal(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", SLOW, "study", "create", *BOTH, *ALONE]
    written = written_on_a_terminal(command, environment)
    assert all(word in written for word in ("writing pictures", "%", " left"))


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (["create", *BOTH, *ALONE], set()),
        (["create", "--help"], {"numpy", "pyvips", "openvino", "rich.progress", "srgan.evaluation"}),
        (["report", "--help"], {"numpy", "sqlite3", "srgan_study.report.study_report"}),
    ],
    ids=["create", "create --help", "report --help"],
)
def test_only_what_is_needed_is_imported(environment: dict[str, str], words: list[str], heavy: set[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "srgan", "study", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"torch", "scipy", "matplotlib", "starlette", "uvicorn", "jinja2", "httpx", *heavy}
