"""Ctrl-C at any moment: nothing half made, a line that says how to go on, and the rest on the next run."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from srgan.data import prepare
from srgan.evaluation.methods import Interpolation
from srgan.evaluation.outputs import read_results
from srgan.upscale.tiling import TiledNetwork
from tests.helpers.command_line import Make, Run

Plan = Callable[..., None]


def test_enlarging_leaves_whole_files_and_goes_on(srgan: Run, make: Make, interrupt_at: Plan) -> None:
    for name in "abc":
        make(f"photos/{name}.png")
    interrupt_at(TiledNetwork, "restore", call=2)
    stopped = srgan("upscale", "photos")
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    assert stopped.stderr == "Interrupted: 1 done, 2 left; run the same command again to go on\n"
    assert [path.name for path in Path("photos-x4").iterdir()] == ["a.png"]
    assert "2 pictures enlarged" in srgan("upscale", "photos").stdout
    assert len(list(Path("photos-x4").iterdir())) == 3


def test_an_interruption_that_a_library_swallows_ends_the_work_too(
    srgan: Run, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("a.png"), make("b.png"), make("c.png")
    restore, calls = TiledNetwork.restore, list[int]()

    def swallow(*args: Any, **options: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        restore(*args, **options)

    monkeypatch.setattr(TiledNetwork, "restore", swallow)
    stopped = srgan("upscale", "a.png", "b.png", "c.png", "-o", "large")
    assert stopped.exit_code == 130
    assert [path.name for path in Path("large").iterdir()] == ["a-x4.png"]
    assert "2 left" in stopped.stderr


def test_json_says_what_was_done_until_then(srgan: Run, make: Make, interrupt_at: Plan) -> None:
    make("a.png"), make("b.png"), make("c.png")
    interrupt_at(TiledNetwork, "restore", call=2)
    result = srgan("upscale", "a.png", "b.png", "c.png", "-o", "large", "--json")
    assert result.exit_code == 130
    document = json.loads(result.stdout)
    assert [record["source"] for record in document["files"]] == ["a.png"]
    assert (document["interrupted"], document["left"]) == (True, 2)


def test_preparing_leaves_the_set_before(srgan: Run, make: Make, interrupt_at: Plan) -> None:
    for name in "abcd":
        make(f"photos/{name}.png", size=(100, 100))
    words = ("data", "prepare", "photos", "-o", "ready")
    assert srgan(*words).exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("ready").iterdir()}
    interrupt_at(prepare, "read", call=3)
    stopped = srgan(*words)
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    assert stopped.stderr == "Interrupted: ready is as it was before; run the same command again\n"
    assert {path.name: path.read_bytes() for path in Path("ready").iterdir()} == before


KILLED = """
import os, signal, srgan.evaluation.methods
restore, calls = srgan.evaluation.methods.Interpolation.restore, []

def killed(*args):
    calls.append(args)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return restore(*args)

srgan.evaluation.methods.Interpolation.restore = killed
from srgan.cli import main
main()
"""
"""As `srgan`, but it is killed at the third image."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_evaluation_goes_on(
    srgan: Run, make: Make, interrupt_at: Plan, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    for name in ("SetA/a", "SetA/b", "SetB/c"):
        make(f"data/testsets/{name}.png", size=(40, 36))
    monkeypatch.setenv("SRGAN_DATA", "data")
    words = ["evaluate", "nearest", "bicubic", "--sets", "SetA", "SetB"]
    if number == signal.SIGKILL:
        assert subprocess.run([sys.executable, "-c", KILLED, *words], check=False).returncode == -number
    else:
        interrupt_at(Interpolation, "restore", call=3)
        stopped = srgan(*words)
        assert stopped.exit_code == 130
        assert stopped.stderr.endswith(
            "Interrupted: what is done is in evaluation; run the same command again to go on\n"
        )
    assert not Path("evaluation/results.json").exists()
    again = srgan(*words)
    assert again.exit_code == 0, again.output
    assert "2 of 6 pictures were measured before" in again.stderr
    assert len(read_results(Path("evaluation")).rows) == 6


def test_the_handlers_of_the_caller_are_put_back(srgan: Run, make: Make) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    make("a.png")
    assert srgan("upscale", "a.png").exit_code == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
