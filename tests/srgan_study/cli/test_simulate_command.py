"""`srgan study simulate`: a rehearsal from beginning to end, how many raters it takes, and what is refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import SrganError
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
    assert any(line.startswith("| Set5 | HR | 4.50 | as asked | ") for line in lines)
    assert any(line.startswith("| Set5 | nearest | 1.28 | the paper's |") for line in lines)
    assert lines[-1] == "report      srgan study report study --simulated"
    assert read_ratings(Path("study"), simulated=True).raters == ("R01", "R02", "R03")
    assert not Path("study", VOTES).exists()
    refused = srgan("study", "report", "study")
    assert (refused.exit_code, "--simulated" in refused.stderr) == (1, True)
    assert srgan("study", "simulate", "study", "--seed", "1").exit_code == 2  # another rehearsal


def test_everything_is_in_the_document_too(srgan: Run) -> None:
    result = srgan("study", "simulate", "study", "--bad", "inverted", "--seed", "3", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["simulated"], document["seed"], document["votes"]) == (True, 3, 3 * (8 + 3))
    assert document["raters"] == {"R01": "good", "R02": "good", "R03": "inverted"}
    assert len(document["means"]) == 4
    assert document["means"][3]["planted"] == {"method": "HR", "data": "Set5", "value": 4.32, "source": "the paper's"}
    assert (document["means"][3]["good"]["n"], document["means"][3]["all"]["n"]) == (2, 3)


def test_a_copy_may_be_rated_in_place_of_the_study(srgan: Run) -> None:
    for _ in range(2):  # the second time there is nothing left to do
        result = srgan("study", "simulate", "study", "-o", "copy", "--raters", "1", "--json")
        assert json.loads(result.stdout)["means"][0]["good"]["low"] is None  # one rater has no interval
    files = sorted(path.name for path in Path("copy").iterdir() if not path.name.startswith("."))
    assert files == sorted(["pictures", RECORD, SIMULATED, "study.json"])
    assert not Path("study", SIMULATED).exists()


def test_how_many_raters_it_takes_is_told_without_a_vote(srgan: Run) -> None:
    words = ["study", "simulate", "study", "--difference", "0.5", "--trials", "100", "--most", "20", "--taste", "0"]
    result = srgan(*words)
    assert result.exit_code == 0, result.output
    assert "**SIMULATED: how often 0.5 MOS is found on Set5 (2 pictures)**" in result.stdout
    document = json.loads(srgan(*words, "--json").stdout)
    assert (document["simulated"], document["question"]["model"]["taste"]) == (True, 0)
    curve = next(curve for curve in document["curves"] if curve["unit"] == "rater")
    assert curve["raters"][0] == 2
    assert curve["needed"] is None or curve["found"][curve["needed"] - 2] >= 0.8
    assert len(document["assumptions"]) == 3
    assert sorted(path.name for path in Path("study").iterdir()) == ["pictures", "study.json"]


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


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interruption_ends_cleanly_and_the_rest_is_done_later(
    srgan: Run, desk: Path, environment: dict[str, str]
) -> None:
    def count_votes() -> int:
        with suppress(SrganError):  # it is just being made
            return len(read_ratings(Path("long"), simulated=True).rows)
        return 0

    make_study(desk / "long", sets={"Set5": 12}, raters=6)
    command = [sys.executable, "-m", "srgan", "study", "simulate", "long"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while not count_votes():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.startswith("Interrupted: the votes so far are in long")
    assert 0 < count_votes() < 6 * 51
    assert srgan("study", "simulate", "long").exit_code == 0
    assert count_votes() == 6 * 51
