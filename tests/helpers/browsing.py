"""A study that is being served, and what a rater does in a browser: for the tests of the pages."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srgan_study.server import rater_state as standing
from srgan_study.server.server import running
from srgan_study.study import Study
from srgan_study.votes.store import Store
from tests.helpers.studies_made_up import make_study

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Response

METHODS = ("quux-nearest", "HR")
"""Names that nothing else has, so that they can be searched for."""
SCREEN = {"width": 1920, "height": 1080}
WINDOW = {"width": 1201, "height": 801}
"""Odd, so that a picture in the middle would lie between two pixels."""


@dataclass
class Open:
    """A study that is being served."""

    folder: Path
    study: Study
    base: str
    organiser: str
    """The address of the organiser's page."""
    tokens: list[str]
    """Of raters whom no test has had yet."""

    @property
    def port(self) -> int:
        """Of the server, so that it can be started there again."""
        return int(self.base.rpartition(":")[2])

    def link(self) -> str:
        """The personal link of a new rater."""
        return f"{self.base}/r/{self.tokens.pop(0)}"

    def events(self, kind: str, last: str) -> list[str]:
        """What pages said of a kind of event, in order; waits until they have said this last."""
        found: list[str] = []
        deadline = time.monotonic() + 10
        while found[-1:] != [last] and time.monotonic() < deadline:
            with closing(sqlite3.connect(f"file:{self.folder}/votes.sqlite?mode=ro", uri=True)) as connection:
                rows = connection.execute("SELECT detail FROM events WHERE kind = ? ORDER BY id", (kind,)).fetchall()
            found = [row[0] for row in rows]
            time.sleep(0.01)
        return found


@dataclass
class Seen:
    """All that a browser was told, and asked for."""

    requests: list["Request"] = field(default_factory=list)
    responses: list["Response"] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """The text of pages, answers and headers, as far as it was gathered."""
    kinds: set[str] = field(default_factory=set)
    """Of content."""

    def gather(self, page: "Page") -> None:
        """Keep the DOM as it is, and what was answered since; before a page is left, which forgets it."""
        self.told.append(page.content())
        for response in self.responses:
            headers = response.all_headers()
            kind = headers.get("content-type", "").partition(";")[0]
            self.kinds.add(kind)
            self.told += [response.url, *(f"{name}: {value}" for name, value in headers.items())]
            if not kind.startswith("image/"):
                self.told.append(response.text())
        self.responses.clear()


@contextmanager
def served(folder: Path, root_path: str = "", **parts: Any) -> Iterator[Open]:
    """Serve a small study; `parts` are those of `make_study`."""
    study = make_study(folder, methods=METHODS, sets={"Zyx14": 2}, **parts)
    with Store.open(folder) as store:
        tokens, organiser = [rater.token for rater in store.raters()], store.organiser_token
    with running(folder, root_path=root_path) as base:
        yield Open(folder, study, base, f"{base}/o/{organiser}", tokens)


def panel(page: "Page", name: str) -> None:
    """Wait for a panel; no other is in sight."""
    page.wait_for_selector(f"#{name}:not([hidden])")
    assert page.locator("main > section:not([hidden])").count() == 1


def titled(page: "Page", title: str) -> None:
    """Wait for the panel before ratings, with this title."""
    page.locator("#ready-title", has_text=title).wait_for()


def agree(page: "Page") -> None:
    """From consent past the instructions."""
    panel(page, "consent")
    page.check("[name=agreed]")
    page.click("#agreement button")
    page.click("#understood")


def start(page: "Page") -> None:
    """From consent to the first picture, where a study has no calibration and practice."""
    agree(page)
    page.click("#go")
    painted(page, 1)


def painted(page: "Page", number: int) -> None:
    """Wait until the picture of this number is in sight, and may be rated."""
    page.locator("#told", has_text=re.compile(f"^Picture {number} of ")).wait_for(state="attached")
    assert page.locator("#stage img").count() == 1
    page.wait_for_timeout(standing.MINIMUM_MS + 10)
