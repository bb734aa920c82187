"""Fixtures of the study's tests: a study with an empty database, and a browser."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srgan_study.votes.store import Store
from tests.helpers.patience import PATIENCE
from tests.helpers.studies_made_up import make_study

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.helpers.browsing import Open, Seen

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three raters with warm-up and repeats: 3 practice and 23 ratings, and 2 calibration pairs."""
    folder = tmp_path_factory.mktemp("made") / "study"
    make_study(folder, raters=3, repeats=2, warm_up=1, repeat_distance=3)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Copy of that study."""
    return shutil.copytree(made, tmp_path / "study")


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """Database of that copy, which does not wait for other programs."""
    with Store.open(folder, wait=0.05) as store:
        yield store


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., "Browser"]]:
    """Function that starts Chromium or Chrome with options; skips where there is none.

    Its scope is one module: while it lasts, nothing else in the thread can run an event loop.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:

        def start(*options: str) -> "Browser":
            always = ["--no-sandbox", "--force-color-profile=srgb"]
            chromium: Browser = driver.chromium.launch(executable_path=found, args=[*always, *options])
            return chromium

        yield start


@pytest.fixture(scope="module")
def browser(launch: Callable[..., "Browser"]) -> Iterator["Browser"]:
    """A browser in which contexts are opened."""
    chromium = launch()
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Open"]:
    """Served study without calibration and practice."""
    pytest.importorskip("uvicorn")
    from tests.helpers.browsing import served

    with served(tmp_path_factory.mktemp("short") / "study", calibration=0, practice=0) as study:
        yield study


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortened waiting times, for tests that are not about time."""
    monkeypatch.setattr("srgan_study.server.rater_state.MINIMUM_MS", 20)
    monkeypatch.setattr("srgan_study.server.rater_state.GRAY_MS", 20)


@pytest.fixture
def window(browser: "Browser", hasty: None) -> Iterator[Callable[..., "Page"]]:
    """Function that opens a link in a new context; fails on errors of a page and on requests to other origins."""
    from tests.helpers.browsing import SCREEN, WINDOW, Seen

    contexts: list[BrowserContext] = []
    everything: list[tuple[str, Seen]] = []

    def open_(
        link: str, *, seen: "Seen | None" = None, before: Callable[["Page"], None] | None = None, **options: Any
    ) -> "Page":
        context = browser.new_context(**{"viewport": WINDOW, "screen": SCREEN, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page, noted = context.new_page(), seen or Seen()
        page.on("request", lambda request: noted.requests.append(request))
        page.on("response", lambda response: noted.responses.append(response))
        page.on("pageerror", lambda error: noted.complaints.append(str(error)))
        everything.append((link, noted))
        if before is not None:
            before(page)
        page.goto(link)
        return page

    yield open_
    for context in contexts:
        context.close()
    for link, noted in everything:
        origin = "/".join(link.split("/")[:3])
        assert noted.complaints == []
        assert [asked.url for asked in noted.requests if not asked.url.startswith((origin, f"blob:{origin}"))] == []
