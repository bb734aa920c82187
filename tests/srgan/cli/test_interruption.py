"""Ctrl-C at any moment: nothing half made, a line that says how to go on, and the rest on the next run."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srgan.upscale.upscaler import Upscaler

Run = Callable[..., Any]
Make = Callable[..., Path]

# As `srgan`, but it stays in its second picture until it is interrupted.
SLOW = """
import os, time, srgan.upscale.tiling
restore = srgan.upscale.tiling.TiledNetwork.restore

def slow(*args, **options):
    if os.path.exists("photos-x4/a.png"):
        open("waiting", "w").close()
        time.sleep(60)
    return restore(*args, **options)

srgan.upscale.tiling.TiledNetwork.restore = slow
from srgan.cli import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_whole_files_and_goes_on(
    arguments: Callable[..., list[str]],
    environment: dict[str, str],
    make: Make,
    srgan: Run,
    desk: Path,
    number: signal.Signals,
) -> None:
    for name in "abc":
        make(f"photos/{name}.png")
    words = arguments("upscale", "photos")[3:]
    process = subprocess.Popen([sys.executable, "-c", SLOW, *words], env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (desk / "waiting").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "Interrupted: 1 done, 2 left; run the same command again to go on\n"
    assert [path.name for path in (desk / "photos-x4").iterdir()] == ["a.png"]
    assert "2 pictures enlarged" in srgan("upscale", "photos").stdout
    assert len(list((desk / "photos-x4").iterdir())) == 3


def test_json_says_what_was_done_until_then(srgan: Run, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    enlarge = Upscaler.upscale_file

    def interrupted(self: Upscaler, source: Path, *rest: Any, **options: Any) -> Any:
        if source.name == "b.png":
            raise KeyboardInterrupt
        return enlarge(self, source, *rest, **options)

    monkeypatch.setattr(Upscaler, "upscale_file", interrupted)
    make("a.png"), make("b.png"), make("c.png")
    result = srgan("upscale", "a.png", "b.png", "c.png", "-o", "large", "--json")
    assert result.exit_code == 130
    document = json.loads(result.stdout)
    assert [record["source"] for record in document["files"]] == ["a.png"]
    assert (document["interrupted"], document["left"]) == (True, 2)


def test_the_handlers_of_the_caller_are_put_back(srgan: Run, make: Make) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    make("a.png")
    assert srgan("upscale", "a.png").exit_code == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
