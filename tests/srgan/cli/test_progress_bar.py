"""Bars are for terminals and for work that takes a while; lines come out everywhere."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.terminal import written_on_a_terminal

Make = Callable[..., Path]

# As `srgan`, but slow enough for bars to be drawn, and with another idea of what is soon over.
AT_ONCE = """
import time, srgan.cli.progress_bar, srgan.upscale.tiling
srgan.cli.progress_bar._SOON = {soon}
restore = srgan.upscale.tiling.TiledNetwork.restore

def slow(*args, **options):
    time.sleep(0.4)
    return restore(*args, **options)

srgan.upscale.tiling.TiledNetwork.restore = slow
from srgan.cli import main
main()
"""


def on_a_terminal(words: list[str], environment: dict[str, str], *, soon: float) -> str:
    """What the command writes on a terminal that is its standard error."""
    command = [sys.executable, "-c", AT_ONCE.format(soon=soon), *words]
    return written_on_a_terminal(command, environment)


@pytest.fixture
def words(arguments: Callable[..., list[str]], make: Make) -> list[str]:
    """A command line that enlarges two photos."""
    make("photos/first.png"), make("photos/second.gif")
    return arguments("upscale", "photos")[3:]


def test_one_bar_over_all_and_one_over_the_picture_in_work(words: list[str], environment: dict[str, str]) -> None:
    written = on_a_terminal(words, environment, soon=-1.0)
    assert all(word in written for word in ("1 of 2", "2 of 2", "first.png (tiny)", "second.gif (tiny)", "100%"))


def test_no_bars_for_work_that_is_soon_over(words: list[str], environment: dict[str, str]) -> None:
    written = on_a_terminal(words, environment, soon=1000.0)
    assert not any(word in written for word in ("1 of 2", "first.png", "%"))


@pytest.mark.parametrize("option", ["--quiet", "--json", "--dry-run"])
def test_no_bars_where_they_are_not_wanted(words: list[str], environment: dict[str, str], option: str) -> None:
    assert on_a_terminal([*words, option], environment, soon=-1.0) == ""


def test_no_bars_in_a_pipe(words: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", AT_ONCE.format(soon=-1.0), *words]
    done = subprocess.run(command, env={**environment, "FORCE_COLOR": "1"}, capture_output=True, text=True)
    assert done.stderr == ""
