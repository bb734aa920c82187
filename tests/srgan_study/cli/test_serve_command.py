"""`srgan study serve`: its output, the links it writes, and how it ends."""

import csv
import http.client
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from srgan_study.server.server import running
from srgan_study.server.session import Sessions
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.person import Person
from tests.helpers.studies_made_up import make_study

Run = Callable[..., Any]


@pytest.fixture
def study(desk: Path) -> Path:
    """A study of three raters, with five votes of R01."""
    make_study(desk / "study", sets={"A": 2}, raters=3)
    vote(Path("study"), "R01", 5)
    return Path("study")


def vote(study: Path, code: str, count: int) -> None:
    with Store.open(study) as store:
        person = Person(Sessions(store), code)
        person.ready()
        person.vote(*[3] * count)


@contextmanager
def served(*words: str) -> Iterator[tuple[list[str], Callable[..., str]]]:
    """Yield what the command prints when raters may come, and a function that ends it and returns its errors."""
    command = [sys.executable, "-m", "srgan", "study", "serve", *words, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] not in ("Serving until Ctrl-C", "}"):
            lines.append(process.stdout.readline().rstrip("\n"))
            assert process.poll() is None

        def end(number: int = signal.SIGINT) -> str:
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0
            return str(errors)

        try:
            yield lines, end
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted(study: Path, number: signal.Signals) -> None:
    with served("study", "--root-path", "/study", "--host", "0.0.0.0") as (said, end):
        organiser = said[0].removeprefix("organiser  ")
        address = organiser.partition("/o/")[0]
        assert address.endswith("/study")
        with (study / "invitations.csv").open(newline="") as file:
            invited = list(csv.reader(file))
        with Store.open(study) as store:
            assert organiser == f"{address}/o/{store.organiser_token}"
            links = [[rater.code, f"{address}/r/{rater.token}"] for rater in store.raters()]
        assert invited == [["rater", "link"], *links]
        assert said[1].endswith("invitations.csv (3 links, one for each)")
        assert said[2].endswith("votes.sqlite")
        port = int(address.removesuffix("/study").rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", f"/study{invited[1][1].removeprefix(address)}")
        page = connection.getresponse()
        assert (page.status, b"<html" in page.read()) == (200, True)
        errors = end(number)  # while a browser is still connected
        connection.close()
    warning, stopped = errors.splitlines()
    assert warning.startswith("Warning: with --host 0.0.0.0 everybody on its network can reach the study")
    assert stopped == "Stopped: 5 votes in study/votes.sqlite; start again to go on"
    if os.name == "posix":
        assert stat.S_IMODE((study / "invitations.csv").stat().st_mode) == 0o600


def test_json_says_where_everything_is(study: Path) -> None:
    with served("study", "--json", "--address", "https://lab.org/study/", "--more-raters", "2") as (said, end):
        document = json.loads("\n".join(said))
        end()
    assert document["address"] == "https://lab.org/study"
    assert document["organiser"].startswith("https://lab.org/study/o/")
    assert (document["raters"], Path(document["votes"]).name) == (5, "votes.sqlite")
    assert "R05,https://lab.org/study/r/" in Path(document["invitations"]).read_text()


def test_a_withdrawal(study: Path, srgan: Run) -> None:
    vote(study, "R02", 4)
    (study / "invitations.csv").write_text("rater,link\nR01,http://x/r/1\nR02,http://x/r/2\n")
    result = srgan("study", "serve", "study", "--withdraw", "R02")
    assert result.stdout == "R02 is deleted, with 4 votes; make reports that were made before again\n"
    assert {row.rater for row in read_ratings(study).rows} == {"R01"}
    assert (study / "invitations.csv").read_text() == "rater,link\nR01,http://x/r/1\n"
    again = srgan("study", "serve", "study", "--withdraw", "R02", "--json")
    assert (again.exit_code, list(json.loads(again.stdout))) == (2, ["error"])
    document = json.loads(srgan("study", "serve", "study", "--withdraw", "R01", "--json").stdout)
    assert document == {"withdrawn": "R01", "votes": 5}


def test_an_error_is_one_line(study: Path, srgan: Run) -> None:
    with running(study) as address:
        port = address.rpartition(":")[2]
        make_study(Path("other"), sets={"A": 1}, raters=1)
        errors = {
            ("study",): (1, "study is being served already"),
            ("study", "--withdraw", "R01"): (1, "study is being served already"),
            ("other", "--port", port): (2, f"127.0.0.1 port {port} cannot be used"),
            ("other", "--address", "example.org"): (2, "--address must be a URL such as "),
            ("other", "--root-path", "study"): (2, "--root-path must be a path such as /study, not study"),
            ("nowhere",): (1, "nowhere/study.json cannot be read"),
        }
        for words, (code, line) in errors.items():
            result = srgan("study", "serve", *words)
            assert (result.exit_code, result.stdout) == (code, "")
            assert result.stderr.startswith(f"Error: {line}")
            assert result.stderr.count("\n") == 1
