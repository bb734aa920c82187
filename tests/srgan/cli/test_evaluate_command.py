"""`srgan evaluate`: tables, scores and a report from methods and sets; whatever is wrong, in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.evaluation.outputs import read_results
from tests.helpers.command_line import Make, Run


@pytest.fixture(autouse=True)
def _data(desk: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sets in a folder of benchmark data."""
    for name in "ab":
        make(f"data/testsets/SetA/{name}.png", size=(40, 36))
    make("data/testsets/SetB/c.png", size=(36, 40))
    monkeypatch.setenv("SRGAN_DATA", str(desk / "data"))


@pytest.mark.parametrize(
    "words",
    [
        "--methods nearest bicubic --sets SetA SetB --protocol paper matlab",
        "--methods=nearest,bicubic --set=SetA --set SetB --protocol=paper matlab",
        "nearest --method bicubic --sets SetA,SetB -o evaluation --scale 4",
    ],
)
def test_methods_sets_and_protocols_may_be_spelt_in_several_ways(srgan: Run, words: str) -> None:
    result = srgan("evaluate", *words.split())
    assert result.exit_code == 0, result.output
    found = read_results(Path("evaluation"))
    assert [method.name for method in found.methods] == ["nearest", "bicubic"]
    assert found.sets == {"SetA": ("a", "b"), "SetB": ("c",)}
    assert {"paper/psnr", "paper/ssim", "matlab/psnr", "matlab/ssim"} < set(found.rows[0].scores)


@pytest.mark.parametrize(
    "words", ["--input clean jpeg:75 --input noise:2.5", "--input=clean,jpeg:75,noise:2.5,jpeg:075"]
)
def test_inputs_are_sets_of_their_own(srgan: Run, words: str) -> None:
    result = srgan("evaluate", "nearest", "HR", "--sets", "SetA", *words.split())
    assert result.exit_code == 0, result.output
    assert "| method | SetA PSNR / SSIM | SetA+jpeg75 PSNR / SSIM | SetA+noise2.5 PSNR / SSIM |" in result.stdout
    found = read_results(Path("evaluation"))
    assert found.inputs == {"SetA": "clean", "SetA+jpeg75": "jpeg:75", "SetA+noise2.5": "noise:2.5"}
    assert found.values("HR", "SetA+jpeg75", "consistency") == [float("inf")] * 2
    for place in ("reference", "low", "pictures/nearest"):
        assert sorted(path.name for path in Path("evaluation", place, "SetA+jpeg75").iterdir()) == ["a.png", "b.png"]
    pages = (Path("evaluation", name).read_text() for name in ("report.html", "tables/other-SetA+jpeg75.md"))
    assert all("images saved as JPEG of quality 75" in page for page in (*pages, result.stdout))


def test_speed_is_measured_where_it_is_asked_for(srgan: Run) -> None:
    result = srgan("evaluate", "nearest", "HR", "--sets", "SetA", "--speed", "--json")
    assert result.exit_code == 0, result.output
    speeds = json.loads(result.stdout)["seconds_per_megapixel"]
    assert list(speeds) == ["nearest"]
    assert 0 < speeds["nearest"] < 60
    assert read_results(Path("evaluation")).speeds == speeds


def test_what_is_printed_and_written(srgan: Run) -> None:
    result = srgan("evaluate", "nearest", "HR", "--sets", "SetA", "SetB", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "| method | SetA PSNR / SSIM | SetB PSNR / SSIM |" in result.stdout
    assert "| HR | inf / 1.0000 | inf / 1.0000 |" in result.stdout
    assert [result.stdout.count(f"Protocol {name}:") for name in ("paper", "matlab")] == [1, 1]
    assert result.stdout.endswith("report  out/report.html\ntables  out/tables\nscores  out/results.json\n")
    assert "MS-SSIM needs" in result.stderr
    tables = {path.stem for path in Path("out/tables").iterdir()}
    assert {"summary-paper", "summary-matlab", "pictures-SetA", "pictures-SetB", "other-SetA"} < tables
    for stem in tables:
        assert all(Path(f"out/tables/{stem}{suffix}").stat().st_size for suffix in (".csv", ".md", ".tex"))
    assert "<html" in Path("out/report.html").read_text()
    for place in ("reference/SetA", "low/SetA", "pictures/nearest/SetA", "pictures/HR/SetA"):
        assert sorted(path.name for path in Path("out", place).iterdir()) == ["a.png", "b.png"]


@pytest.mark.usefixtures("only_tiny")
def test_all_that_came_with_srgan_is_judged_by_default(srgan: Run) -> None:
    assert srgan("evaluate", "--sets", "SetA").exit_code == 0
    rows = read_results(Path("evaluation")).rows
    assert [row.method for row in rows[::2]] == ["nearest", "bicubic", "lanczos", "tiny"]
    assert all(row.seconds for row in rows)


def test_json(srgan: Run) -> None:
    words = ("evaluate", "nearest", "HR", "--sets", "SetA", "--json")
    result = srgan(*words)
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert (document["folder"], document["report"]) == ("evaluation", "evaluation/report.html")
    assert document["means"]["SetA"]["HR"]["paper/psnr"] == "inf"
    values = read_results(Path("evaluation")).values("nearest", "SetA", "matlab/ssim")
    assert document["means"]["SetA"]["nearest"]["matlab/ssim"] == pytest.approx(sum(values) / 2)
    again = json.loads(srgan(*words).stdout)
    assert again["means"] == document["means"]
    assert "4 of 4 pictures were measured before" in again["notes"]


FAILED = (
    *("[x]=[absent] --sets SetA", "nearest --sets [empty]", "[absent.onnx] --sets SetA"),
    *("nearest --sets SetA --niqe [absent]", "espcn --sets SetA --scale [8]"),
)
MISUSED = (
    *("nearest", "[neerest] --sets SetA", "nearest --sets [SetC]", "nearest nearest --sets SetA"),
    *("nearest --sets SetA [--protocol] [psnr]", "nearest --sets SetA [--output] [data]"),
    *("nearest --sets SetA --input [foo]", "nearest --sets SetA --input clean [jpeg:101]"),
)


@pytest.mark.parametrize(("code", "line"), [*((1, line) for line in FAILED), *((2, line) for line in MISUSED)])
def test_what_cannot_be_done_is_one_line(refusal: Callable[[int, str], str], code: int, line: str) -> None:
    Path("empty").mkdir()
    refusal(code, f"evaluate {line}")


@pytest.mark.parametrize("words", ["nearest --sets odd", "nearest --sets deep", "made --sets SetA"])
def test_what_fails_on_the_way_is_one_line_and_no_result(srgan: Run, make: Make, words: str) -> None:
    make("odd/a.png").write_text("no picture")
    Image.fromarray(np.zeros((36, 40), np.uint16)).save(make("deep/a.png"))
    make("made/a.png", size=(40, 36))
    result = srgan("evaluate", *words.split())
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert not Path("evaluation/results.json").exists()
