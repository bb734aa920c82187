"""`srgan study simulate`: a rehearsal from beginning to end, how many raters it takes, and what is refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srgan_study.simulation.dry_run import RECORD
from srgan_study.votes.store import SIMULATED, VOTES, read_ratings
from tests.helpers.studies_made_up import make_study

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study that nobody has rated."""
    folder = tmp_path_factory.mktemp("made") / "study"
    make_study(folder, sets={"Set5": 2}, raters=3)
    return folder


@pytest.fixture(autouse=True)
def _study(desk: Path, made: Path) -> None:
    shutil.copytree(made, desk / "study")


def test_planted_and_recovered_are_shown_side_by_side(srgan: Run) -> None:
    result = srgan("study", "simulate", "study", "--means", "HR=4.5", "good=3.2")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "**SIMULATED opinion scores, planted and recovered**"
    row = next(line for line in lines if line.startswith("| Set5 | HR |"))
    assert row.startswith("| Set5 | HR | 4.50 | as asked | ")
    assert any(line.startswith("| Set5 | nearest | 1.28 | the paper's |") for line in lines)
    assert lines[-1] == "report      srgan study report study --simulated"
    assert read_ratings(Path("study"), simulated=True).raters == ("R01", "R02", "R03")
    assert not Path("study", VOTES).exists()
    refused = srgan("study", "report", "study")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("but programs have voted: --simulated is for those\n")


def test_everything_is_in_the_document_too(srgan: Run) -> None:
    result = srgan("study", "simulate", "study", "--bad", "inverted", "--seed", "3", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["simulated"] is True
    assert document["raters"] == {"R01": "good", "R02": "good", "R03": "inverted"}
    assert document["seed"] == 3
    assert document["votes"] == 3 * (8 + 3)
    assert len(document["means"]) == 4
    assert document["means"][3]["planted"] == {"method": "HR", "data": "Set5", "value": 4.32, "source": "the paper's"}
    assert document["means"][3]["good"]["n"] == 2
    assert document["means"][3]["all"]["n"] == 3


def test_one_rater_has_no_interval(srgan: Run) -> None:
    document = json.loads(srgan("study", "simulate", "study", "--raters", "1", "--json").stdout)
    assert document["means"][0]["good"]["low"] is None


def test_a_copy_may_be_rated_in_place_of_the_study(srgan: Run) -> None:
    for _ in range(2):  # the second time there is nothing left to do
        result = srgan("study", "simulate", "study", "-o", "copy", "--raters", "2")
        assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path("copy").iterdir() if not path.name.startswith(".")) == sorted(
        ["pictures", RECORD, SIMULATED, "study.json"]
    )
    assert not Path("study", SIMULATED).exists()


def test_how_many_raters_it_takes_is_told_without_a_vote(srgan: Run) -> None:
    result = srgan("study", "simulate", "study", "--difference", "0.5", "--trials", "100", "--most", "20")
    assert result.exit_code == 0, result.output
    assert "**SIMULATED: how often 0.5 MOS is found on Set5 (2 pictures)**" in result.stdout
    assert "Raters for a chance of 80 % by rater:" in result.stdout
    assert "Nobody was measured for this" in result.stdout
    assert sorted(path.name for path in Path("study").iterdir()) == ["pictures", "study.json"]


def test_how_many_raters_it_takes_as_a_document(srgan: Run) -> None:
    words = ["--difference", "0.5", "--trials", "100", "--most", "20", "--taste", "0", "--json"]
    document = json.loads(srgan("study", "simulate", "study", *words).stdout)
    assert document["simulated"] is True
    assert document["question"]["model"]["taste"] == 0
    curve = next(curve for curve in document["curves"] if curve["unit"] == "rater")
    assert curve["raters"][0] == 2
    assert curve["needed"] is None or curve["found"][curve["needed"] - 2] >= 0.8
    assert len(document["assumptions"]) == 3


ERRORS = {
    "no study": (["nowhere"], 1),
    "no method": (["study", "--means", "EDSR=3"], 2),
    "no kind": (["study", "--bad", "good"], 2),
    "all bad": (["study", "--raters", "1", "--bad", "random"], 2),
    "no difference": (["study", "--difference", "0"], 2),
    "both": (["study", "--difference", "0.1", "--bad", "random"], 2),
}


@pytest.mark.parametrize(("words", "code"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_is_one_line(srgan: Run, words: list[str], code: int) -> None:
    result = srgan("study", "simulate", *words)
    assert result.exit_code == code
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert not Path("study", SIMULATED).exists()


def test_another_rehearsal_in_the_same_folder_is_refused(srgan: Run) -> None:
    assert srgan("study", "simulate", "study").exit_code == 0
    result = srgan("study", "simulate", "study", "--seed", "1")
    assert result.exit_code == 2


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interruption_ends_cleanly_and_the_rest_is_done_later(
    srgan: Run, desk: Path, environment: dict[str, str]
) -> None:
    make_study(desk / "long", sets={"Set5": 12}, raters=6)
    command = [sys.executable, "-m", "srgan", "study", "simulate", "long"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not Path("long", SIMULATED).exists() or not _votes(Path("long")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "Interrupted: the votes so far are in long; run the same command again to go on\n"
    assert 0 < _votes(Path("long")) < 6 * 51
    assert srgan("study", "simulate", "long").exit_code == 0
    assert _votes(Path("long")) == 6 * 51


def _votes(folder: Path) -> int:
    from srgan.errors import SrganError

    try:
        return len(read_ratings(folder, simulated=True).rows)
    except SrganError:  # it is just being made
        return 0
