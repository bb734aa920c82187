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

from srgan_study.server.request_schemas import ConsentRequest
from srgan_study.server.server import running
from srgan_study.server.session import Sessions
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.person import Person
from tests.helpers.studies_made_up import make_study

Run = Callable[..., Any]


@pytest.fixture
def study(desk: Path) -> Path:
    make_study(desk / "study", sets={"A": 2}, raters=3)
    return Path("study")


def vote(study: Path, code: str, count: int) -> None:
    """Votes from before."""
    with Store.open(study) as store:
        person = Person(Sessions(store), code)
        Sessions(store).consent(code, ConsentRequest(person.lease, "1", {"age": "30 to 44"}))
        person.calibrated()
        person.vote(*[3] * count)


@contextmanager
def served(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The command, as it runs; killed in the end if it still does."""
    command = [sys.executable, "-m", "srgan", "study", "serve", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], last: str) -> list[str]:
    """What it prints, as far as a line."""
    assert process.stdout is not None
    found: list[str] = []
    while not found or found[-1] != last:
        line = process.stdout.readline()
        assert line, found
        found.append(line.rstrip("\n"))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted(study: Path, number: signal.Signals) -> None:
    vote(study, "R01", 5)
    with served("study", "--port", "0") as process:
        said = lines(process, "Serving until Ctrl-C")
        organiser = said[0].removeprefix("organiser  ")
        with (study / "invitations.csv").open(newline="") as file:
            invited = list(csv.reader(file))
        with Store.open(study) as store:
            address = organiser.partition("/o/")[0]
            assert organiser == f"{address}/o/{store.organiser_token}"
            assert invited == [
                ["rater", "link"],
                *([rater.code, f"{address}/r/{rater.token}"] for rater in store.raters()),
            ]
        assert said[1].endswith("invitations.csv (3 links, one for each)")
        assert said[2].endswith("votes.sqlite")
        connection = http.client.HTTPConnection(address.removeprefix("http://"))
        connection.request("GET", invited[1][1].removeprefix(address))
        page = connection.getresponse()
        assert (page.status, b"<html" in page.read()) == (200, True)
        process.send_signal(number)  # while somebody is still connected
        _, complaint = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 0
    assert complaint == "Stopped: 5 votes are in study/votes.sqlite; start again to go on\n"
    if os.name == "posix":
        assert stat.S_IMODE((study / "invitations.csv").stat().st_mode) == 0o600


def test_json_says_where_everything_is(study: Path) -> None:
    with served(
        "study", "--port", "0", "--json", "--address", "https://example.org/study/", "--more-raters", "2"
    ) as process:
        document = json.loads("\n".join(lines(process, "}")))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert document["address"] == "https://example.org/study"
    assert document["organiser"].startswith("https://example.org/study/o/")
    assert (document["raters"], Path(document["votes"]).name) == (5, "votes.sqlite")
    assert "R05,https://example.org/study/r/" in Path(document["invitations"]).read_text()


def test_everybody_on_the_network_is_worth_a_warning(study: Path) -> None:
    with served("study", "--port", "0", "--host", "0.0.0.0") as process:
        lines(process, "Serving until Ctrl-C")
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    warning = complaint.splitlines()[0]
    assert warning.startswith("Warning: with --host 0.0.0.0 everybody on its network can reach the study")
    assert "not encrypted" in warning


def test_who_withdraws_is_deleted(study: Path, srgan: Run) -> None:
    vote(study, "R01", 4)
    vote(study, "R02", 5)
    (study / "invitations.csv").write_text("rater,link\nR01,http://x/r/1\nR02,http://x/r/2\n")
    result = srgan("study", "serve", "study", "--withdraw", "R02")
    assert (result.exit_code, result.stdout) == (
        0,
        "R02 is deleted, with 5 votes; make reports that were made before again\n",
    )
    assert {row.rater for row in read_ratings(study).rows} == {"R01"}
    assert (study / "invitations.csv").read_text() == "rater,link\nR01,http://x/r/1\n"
    again = srgan("study", "serve", "study", "--withdraw", "R02", "--json")
    assert again.exit_code == 2
    assert json.loads(again.stdout)["error"].startswith("there is no rater R02: there are R01 to R03")


def test_json_of_a_withdrawal(study: Path, srgan: Run) -> None:
    vote(study, "R03", 2)
    document = json.loads(srgan("study", "serve", "study", "--withdraw", "R03", "--json").stdout)
    assert document == {"withdrawn": "R03", "votes": 2}


def test_a_root_path_is_part_of_every_link(study: Path) -> None:
    with served("study", "--port", "0", "--root-path", "/study") as process:
        organiser = lines(process, "Serving until Ctrl-C")[0].removeprefix("organiser  ")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    address = organiser.partition("/o/")[0]
    assert address.endswith("/study")
    assert f"R01,{address}/r/" in (study / "invitations.csv").read_text()


def test_an_error_is_one_line(study: Path, srgan: Run) -> None:
    with running(study) as address:
        port = address.rpartition(":")[2]
        make_study(Path("other"), sets={"A": 1}, raters=1)
        errors = {
            ("study",): (1, "study is being served already: stop that server first"),
            ("study", "--withdraw", "R01"): (1, "study is being served already: stop that server first"),
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
