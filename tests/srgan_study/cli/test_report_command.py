"""`srgan study report`: scores on the screen, and a folder with the report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srgan_study.study import read_study
from tests.helpers.voted import cast

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three raters, of whom two have finished and one has begun; and rehearsed by one program."""
    folder = tmp_path_factory.mktemp("rated") / "study"
    cast(folder, raters=3, unfinished=1)
    cast(folder, raters=1, simulated=True)
    return folder


def test_a_report_of_people(srgan: Run, rated: Path) -> None:
    result = srgan("study", "report", str(rated), "-o", "out")
    assert result.exit_code == 0, result.output
    study = read_study(rated)
    assert result.stdout.startswith("**Mean opinion scores (MOS)**\n\n| method | Set5 MOS | 95 % |\n")
    assert f"Study {study.hash}" in result.stdout
    assert "SIMULATED" not in result.stdout
    assert "3 voted, 2 finished" in result.stdout
    assert result.stdout.endswith("report   out/report.html\nsummary  out/summary.json\n")
    found = json.loads(Path("out/summary.json").read_text())
    assert (found["simulated"], found["study"], found["votes"]) == (False, study.hash, 2 * 10 + 4)
    assert "SIMULATED" not in Path("out/report.html").read_text()


def test_a_report_of_programs_is_another(srgan: Run, rated: Path) -> None:
    result = srgan("study", "report", str(rated), "--simulated", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert next(iter(document.items())) == ("votes are", "SIMULATED: programs cast these votes, and no people")
    assert (document["folder"], document["votes"]) == (str(rated / "simulated-report"), 10)
    assert document["scores"]["Set5"]["HR"] == {"mean": 5.0, "low": None, "high": None, "published": 4.32}
    assert "SIMULATED" in Path(document["report"]).read_text()
    assert srgan("study", "report", str(rated), "-o", document["folder"]).exit_code == 1


def test_an_error_is_one_line(srgan: Run, rated: Path, tmp_path: Path) -> None:
    cast(tmp_path / "study", raters=1, unfinished=1, votes=0)
    Path("file").write_text("")
    unrated = str(tmp_path / "study")
    for words in (["nowhere"], [unrated], [unrated, "--simulated"], [str(rated), "-o", "file"]):
        result = srgan("study", "report", *words, "--json")
        assert result.exit_code == 1
        assert result.stderr == f"Error: {json.loads(result.stdout)['error']}\n"


def test_an_interruption_says_how_to_go_on(srgan: Run, rated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("srgan_study.analysis.study_analysis.analyse", interrupted)
    result = srgan("study", "report", str(rated), "-o", "out")
    assert result.exit_code == 130
    assert result.stderr.startswith("Interrupted: ")
