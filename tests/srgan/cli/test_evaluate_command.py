"""`srgan evaluate`: tables, scores and a report from methods and sets; whatever is wrong, in one line."""

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

from srgan.evaluation.outputs import read_results

Run = Callable[..., Any]
Make = Callable[..., Path]

# As `srgan`, but the third picture waits until it is interrupted.
SLOW = """
import os, time, srgan.evaluation.methods
restore, count = srgan.evaluation.methods.Interpolation.restore, 0

def slow(*args):
    global count
    count += 1
    if count == 3 and os.environ.get("STAY"):
        open("waiting", "w").close()
        time.sleep(60)
    return restore(*args)

srgan.evaluation.methods.Interpolation.restore = slow
from srgan.cli import main
main()
"""


@pytest.fixture(autouse=True)
def _data(desk: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sets in a folder of benchmark data."""
    for name in "ab":
        make(f"data/testsets/SetA/{name}.png", size=(40, 36))
    make("data/testsets/SetB/c.png", size=(36, 40))
    monkeypatch.setenv("SRGAN_DATA", str(desk / "data"))


SPELLINGS = [
    ["--methods", "nearest", "bicubic", "--sets", "SetA", "SetB", "--protocol", "paper", "matlab"],
    ["--methods=nearest,bicubic", "--set=SetA", "--set", "SetB", "--protocol=paper", "matlab"],
    ["nearest", "--method", "bicubic", "--sets", "SetA, SetB", "-o", "evaluation", "--scale", "4"],
]


@pytest.mark.parametrize("words", SPELLINGS, ids=" ".join)
def test_methods_sets_and_protocols_may_be_spelt_in_several_ways(srgan: Run, words: list[str]) -> None:
    result = srgan("evaluate", *words)
    assert result.exit_code == 0, result.output
    found = read_results(Path("evaluation"))
    assert [method.name for method in found.methods] == ["nearest", "bicubic"]
    assert found.sets == {"SetA": ("a", "b"), "SetB": ("c",)}
    assert {"paper/psnr", "paper/ssim", "matlab/psnr", "matlab/ssim"} < set(found.rows[0].scores)


INPUTS = [
    ["--input", "clean", "jpeg:75", "--input", "noise:2.5"],
    ["--input=clean,jpeg:75,noise:2.5,jpeg:075"],
]


@pytest.mark.parametrize("words", INPUTS, ids=" ".join)
def test_inputs_are_sets_of_their_own(srgan: Run, words: list[str]) -> None:
    result = srgan("evaluate", "nearest", "HR", "--sets", "SetA", *words)
    assert result.exit_code == 0, result.output
    assert "| method | SetA PSNR / SSIM | SetA+jpeg75 PSNR / SSIM | SetA+noise2.5 PSNR / SSIM |" in result.stdout
    assert "SetA+jpeg75: Methods were given images saved as JPEG of quality 75" in result.stdout
    found = read_results(Path("evaluation"))
    assert found.inputs == {"SetA": "clean", "SetA+jpeg75": "jpeg:75", "SetA+noise2.5": "noise:2.5"}
    assert found.values("HR", "SetA+jpeg75", "consistency") == [float("inf")] * 2
    for place in ("reference", "low", "pictures/nearest"):
        assert sorted(path.name for path in Path("evaluation", place, "SetA+jpeg75").iterdir()) == ["a.png", "b.png"]
    assert "images saved as JPEG of quality 75" in Path("evaluation/report.html").read_text()
    assert "images saved as JPEG of quality 75" in Path("evaluation/tables/other-SetA+jpeg75.md").read_text()


def test_other_programs_are_given_the_damaged_pictures(srgan: Run) -> None:
    words = ("evaluate", "nearest", "--sets", "SetA", "--input", "messenger")
    assert srgan(*words).exit_code == 0
    for name in "ab":  # what another program makes of evaluation/low
        small = np.asarray(Image.open(f"evaluation/low/SetA+messenger/{name}.png").convert("RGB"))
        Path("made/SetA+messenger").mkdir(parents=True, exist_ok=True)
        Image.fromarray(small.repeat(4, axis=0).repeat(4, axis=1)).save(f"made/SetA+messenger/{name}.png")
    document = json.loads(srgan(*words, "--json", "--method", "other=made").stdout)
    assert document["inputs"] == {"SetA+messenger": "messenger"}
    means = document["means"]["SetA+messenger"]
    assert means["other"] == means["nearest"]


def test_what_is_printed_and_written(srgan: Run) -> None:
    result = srgan("evaluate", "nearest", "HR", "--sets", "SetA", "SetB", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "| method | SetA PSNR / SSIM | SetB PSNR / SSIM |" in result.stdout
    assert "| HR | inf / 1.0000 | inf / 1.0000 |" in result.stdout
    assert result.stdout.count("Protocol paper: BT.709") == 1
    assert result.stdout.count("Protocol matlab: BT.601") == 1
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


CASES = {
    "no sets": (["nearest"], 2),
    "no such method": (["neerest", "--sets", "SetA"], 2),
    "no such set": (["nearest", "--sets", "SetC"], 2),
    "no such folder": (["x=absent", "--sets", "SetA"], 1),
    "no such protocol": (["nearest", "--sets", "SetA", "--protocol", "psnr"], 2),
    "two of one name": (["nearest", "nearest", "--sets", "SetA"], 2),
    "an empty set": (["nearest", "--sets", "empty"], 1),
    "another's folder": (["nearest", "--sets", "SetA", "-o", "data"], 2),
    "another scale": (["{model}", "--sets", "SetA", "--scale", "2"], 1),
    "no such model": (["absent.onnx", "--sets", "SetA"], 1),
    "no parameters": (["nearest", "--sets", "SetA", "--niqe", "absent"], 1),
    "no such input": (["nearest", "--sets", "SetA", "--input", "foo"], 2),
    "too much quality": (["nearest", "--sets", "SetA", "--input", "clean", "jpeg:101"], 2),
    "no picture": (["nearest", "--sets", "odd"], 1),
    "a result missing": (["made", "--sets", "SetA"], 1),
    "sixteen bits": (["nearest", "--sets", "deep"], 1),
}


@pytest.mark.parametrize(("words", "code"), CASES.values(), ids=CASES.keys())
def test_what_cannot_be_done_is_one_line(srgan: Run, make: Make, tiny_model: Path, words: list[str], code: int) -> None:
    for folder in ("empty", "odd", "deep"):
        Path(folder).mkdir()
    Path("odd/a.png").write_text("no picture")
    Image.fromarray(np.zeros((36, 40), np.uint16)).save("deep/a.png")
    make("made/a.png", size=(40, 36))
    result = srgan("evaluate", *(word.format(model=tiny_model) for word in words))
    assert result.exit_code == code
    assert isinstance(result.exception, SystemExit), result.exception
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert not Path("evaluation/results.json").exists()


def test_messages_name_options(srgan: Run) -> None:
    wrong = srgan("evaluate", "nearest", "--sets", "SetA", "--protocol", "psnr")
    assert wrong.stderr == "Error: --protocol must be paper or matlab, not psnr\n"
    taken = srgan("evaluate", "nearest", "--sets", "SetA", "-o", "data")
    assert taken.stderr == "Error: --output data holds other things than an evaluation: name another folder\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_run_goes_on(srgan: Run, environment: dict[str, str], desk: Path, number: signal.Signals) -> None:
    words = ["evaluate", "nearest", "bicubic", "--sets", "SetA", "SetB"]
    command = [sys.executable, "-c", SLOW, *words]
    process = subprocess.Popen(
        command, env={**environment, "STAY": "1", "SRGAN_DATA": str(desk / "data")}, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (desk / "waiting").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert said.endswith("Interrupted: what is done is in evaluation; run the same command again to go on\n")
    assert not Path("evaluation/results.json").exists()
    again = srgan(*words)
    assert again.exit_code == 0, again.output
    assert "2 of 6 pictures were measured before" in again.stderr
    assert len(read_results(Path("evaluation")).rows) == 6


@pytest.mark.parametrize("words", [["nearest", "--sets", "SetA"], ["--help"]])
def test_torch_is_not_imported(environment: dict[str, str], desk: Path, words: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "srgan", "evaluate", *words]
    variables = {**environment, "SRGAN_DATA": str(desk / "data")}
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"torch", "scipy"}
    if "--help" in words:
        assert not imported & {"numpy", "pyvips", "openvino", "matplotlib", "rich.progress", "srgan.evaluation"}
