"""Bars are for terminals and for work that takes a while; lines come out everywhere."""

from typing import Any

import pytest

from srgan.cli import app, progress_bar
from srgan.data import prepare
from srgan.upscale.tiling import TiledNetwork
from tests.helpers.command_line import Make, Run
from tests.helpers.terminal import Terminal, terminal

ENLARGE = ("upscale", "photos", "--model", "tiny")


@pytest.fixture(autouse=True)
def _photos(make: Make, only_tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two photos, and bars that appear at once."""
    make("photos/first.png", size=(100, 100)), make("photos/second.gif", size=(100, 100))
    monkeypatch.setattr(progress_bar, "_SOON", -1.0)


def run(*words: str) -> None:
    with pytest.raises(SystemExit) as end:
        app(words)
    assert not end.value.code


def wait_in(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, shown: Terminal, *texts: str) -> None:
    """Let each call of a function wait until the next of the texts is shown."""
    function, waiting = getattr(owner, name), iter(texts)

    def waits(*args: Any, **options: Any) -> Any:
        shown.wait_for(next(waiting))
        return function(*args, **options)

    monkeypatch.setattr(owner, name, waits)


def test_one_bar_over_all_and_one_over_the_picture_in_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal() as shown:
        wait_in(monkeypatch, TiledNetwork, "restore", shown, "first.png (tiny)", "second.gif (tiny)")
        run(*ENLARGE)
    assert all(word in shown.written for word in ("1 of 2", "2 of 2", "100%"))


def test_a_bar_with_the_time_left(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make("photos/third.png", size=(100, 100))
    with terminal() as shown:
        wait_in(monkeypatch, prepare, "read", shown, "pictures", "left", "left")
        run("data", "prepare", "photos", "-o", "ready")
    assert "100%" in shown.written


def test_no_bars_for_work_that_is_soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "_SOON", 1000.0)
    with terminal() as shown:
        run(*ENLARGE)
    assert not any(word in shown.written for word in ("1 of 2", "first.png", "%"))


@pytest.mark.parametrize("option", ["--quiet", "--json", "--dry-run"])
def test_no_bars_where_they_are_not_wanted(option: str) -> None:
    with terminal() as shown:
        run(*ENLARGE, option)
    assert shown.written == ""


def test_no_bars_in_a_pipe(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert srgan(*ENLARGE).stderr == ""
