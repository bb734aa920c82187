"""Console: numbers as text, errors with options, packages, interruption."""

import json
import os
import signal

import pytest
import typer

from srgan.cli.console import (
    count,
    dimensions,
    duration,
    failures,
    interruptible,
    need_packages,
    show,
    show_lines,
    storage,
)
from srgan.errors import PictureError, SrganError, UsageError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.1 s"),
        (1.24, "1.2 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (1795, "30 min"),
        (3599, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_counts_sizes_and_storage() -> None:
    assert [count(number, "photo") for number in (0, 1, 1200)] == ["0 photos", "1 photo", "1,200 photos"]
    assert dimensions((640, 480)) == "640x480"
    assert [storage(size) for size in (640_000, 2_500_000, 11_200_000_000)] == ["640 kB", "2.5 MB", "11.2 GB"]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (PictureError("a\nb.jpg is empty"), 1, "a?b.jpg is empty"),
        (UsageError("width must be 1 or more", parameter="width"), 2, "--width must be 1 or more"),
        (UsageError("warm_up is 9, more than 8", parameter="warm_up"), 2, "--warm-up is 9, more than 8"),
        (PermissionError(13, "denied", "a\nb"), 1, "a?b cannot be used (denied): check its name and permissions"),
    ],
)
def test_errors_become_a_line_a_code_and_a_document(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, line: str
) -> None:
    with pytest.raises(typer.Exit) as caught, failures(as_json=True):
        raise error
    written = capsys.readouterr()
    assert caught.value.exit_code == code
    assert written.err == f"Error: {line}\n"
    assert json.loads(written.out)["error"].replace("\n", "?") == line


def test_errors_of_the_system_are_no_traceback_unless_nobody_reads() -> None:
    with pytest.raises(typer.Exit) as caught, failures(as_json=False):
        raise OSError(28, "No space left on device")
    assert caught.value.exit_code == 1
    with pytest.raises(BrokenPipeError), failures(as_json=False):
        raise BrokenPipeError(32, "Broken pipe")


def test_lines_are_printable(capsys: pytest.CaptureFixture[str]) -> None:
    show_lines(["a\x1b[31m", "b\nc"])
    assert capsys.readouterr().out == "a?[31m\nb\nc\n"
    show("a\x1b[31m\nb")
    assert capsys.readouterr().out == "a?[31m\nb\n"


def test_missing_packages_are_named_with_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    need_packages("scipy", "torch")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SrganError, match=r"torch.*'srgan\[train\]'"):
        need_packages("torch")
    with pytest.raises(SrganError, match=r"scipy.*'srgan\[study\]'"):
        need_packages("scipy", extra="study")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_interrupts_and_cleaning_up_is_not_interrupted(
    capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    before, cleaned = signal.getsignal(number), []

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)
            cleaned.append(True)

    with pytest.raises(typer.Exit) as caught, interruptible("run it again"):
        work()
    assert cleaned
    assert caught.value.exit_code == 130
    assert capsys.readouterr().err == "Interrupted: run it again\n"
    assert signal.getsignal(number) == before
