"""The pages around ratings in a browser: breaks, the calibration seen again, and the organiser's page."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("uvicorn")
from srgan_study.server.server import running
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.browsing import Open, Seen, agree, painted, panel, served, start, titled
from tests.helpers.studies_made_up import make_study

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

# In a window of this width, the examples lie on whole pixels.
SNAPPED = """() => innerWidth === 1100 && [...document.querySelectorAll("#pair img")].every((image) => {
    const { x, y } = image.getBoundingClientRect();
    return x % 1 === 0 && y % 1 === 0;
})"""


def test_a_break_is_offered_and_may_be_declined(window: Callable[..., "Page"], short: Open) -> None:
    def grow_tired(route: "Route") -> None:
        answer = route.fetch()
        body = answer.json()
        body["state"] |= {"break_due": True, "sitting": {"number": 1, "votes": 1, "seconds": 1260}}
        route.fulfill(response=answer, json=body)

    page = window(short.link())
    start(page)
    page.route("**/votes", grow_tired)
    page.keyboard.press("4")
    panel(page, "rest")
    assert page.inner_text("#rest-text") == "In this sitting: 1 rating in 21 minutes. 1 of 4 are done."
    page.click("#rest-skip")
    painted(page, 2)
    page.keyboard.press("2")
    panel(page, "rest")
    page.keyboard.press("Enter")
    titled(page, "Take your time")
    page.keyboard.press("Enter")
    painted(page, 3)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    titled(page, "Paused")
    assert "out of sight" in page.inner_text("#ready-text")
    assert short.events("hidden", "") == [""]
    assert short.events("break", "taken") == ["declined", "taken"]
    assert short.events("pause", "break")[-1] == "break"
    assert short.events("resume", "break")[-1] == "break"
    votes = [rating for rating in read_ratings(short.folder).rows if rating.client]
    assert [rating.sitting for rating in votes][-2:] == [1, 1]


def test_the_examples_can_be_seen_again_until_a_rater_withdraws(window: Callable[..., "Page"], tmp_path: Path) -> None:
    with served(tmp_path / "study", calibration=1, practice=0, raters=1) as open_:
        link = open_.link()
        page = window(link)
        agree(page)
        page.wait_for_selector("#pair img")
        assert page.is_hidden("#example-leave")
        page.click("#example-next")
        page.click("#go")
        painted(page, 1)
        page.click("#pause")
        titled(page, "Paused")
        page.click("#recall")
        page.wait_for_selector("#pair img")
        page.set_viewport_size({"width": 1100, "height": 700})
        page.wait_for_function(SNAPPED)  # the resize event comes later
        for example, image in zip(open_.study.calibration, page.locator("#pair img").all(), strict=True):
            edges = image.bounding_box()
            assert edges is not None
            assert (edges["width"], edges["height"]) == (example.shown.width, example.shown.height)
        page.click("#example-leave")
        titled(page, "Paused")
        page.click("#reread")
        panel(page, "instructions")
        page.click("#understood")
        titled(page, "Paused")
        page.click("#go")
        painted(page, 1)
    with Store.open(open_.folder) as store:
        store.withdraw("R01")
    with running(open_.folder, port=open_.port):
        page.keyboard.press("3")
        panel(page, "failed")
        assert page.inner_text("#failed-text").startswith("This link opens no study.")


def test_who_goes_on_after_a_day_sees_the_examples_first(
    window: Callable[..., "Page"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path / "study", calibration=1, practice=0, raters=1) as open_:
        page = window(open_.link())
        agree(page)
        page.click("#example-next")
        panel(page, "ready")
        with monkeypatch.context() as later:
            later.setattr("srgan_study.server.rater_state.FORGOTTEN", timedelta(0))  # the page was left open over night
            page.click("#go")
            panel(page, "instructions")
        page.click("#understood")
        page.click("#example-next")
        page.click("#go")
        painted(page, 1)


def test_a_simulated_study_says_so_all_the_time(window: Callable[..., "Page"], tmp_path: Path) -> None:
    make_study(tmp_path / "study", calibration=0, practice=0, raters=1)
    with Store.open(tmp_path / "study", simulated=True) as store:
        token, organiser = store.raters()[0].token, store.organiser_token
    with running(tmp_path / "study", simulated=True) as base:
        page = window(f"{base}/r/{token}")
        start(page)
        banner, stage = page.locator("#simulated").bounding_box(), page.locator("#stage").bounding_box()
        assert page.inner_text("#simulated").startswith("SIMULATED")
        assert banner is not None
        assert stage is not None
        assert banner["y"] + banner["height"] <= stage["y"]
        page.goto(f"{base}/o/{organiser}")
        assert page.inner_text("#simulated").startswith("SIMULATED")


def test_the_organiser_sees_who_is_how_far_and_no_scores(window: Callable[..., "Page"], tmp_path: Path) -> None:
    with served(tmp_path / "study", calibration=0, practice=0, raters=2) as open_:
        seen = Seen()
        page = window(
            open_.organiser,
            seen=seen,
            before=lambda page: page.clock.install(),
            permissions=["clipboard-read", "clipboard-write"],
        )
        rows = page.locator("#raters tr")
        rows.nth(1).wait_for()
        assert page.inner_text("#summary") == "0 of 2 raters have finished \u00b7 0 of 8 ratings (0 %)"
        links = [open_.link(), open_.link()]
        page.get_by_role("button", name="Copy the link of R02").click()
        assert page.evaluate("navigator.clipboard.readText()") == links[1]
        page.get_by_role("button", name="Copy all links").click()
        assert page.evaluate("navigator.clipboard.readText()") == f"R01\t{links[0]}\nR02\t{links[1]}"

        rater = window(links[0])
        start(rater)
        rater.keyboard.press("5")
        painted(rater, 2)
        rater.keyboard.press(" ")
        titled(rater, "Paused")
        page.clock.run_for(5000)
        rows.first.locator("td", has_text="25 %").wait_for()
        cells = [*rows.first.locator("th").all_inner_texts(), *rows.first.locator("td").all_inner_texts()]
        assert [cell.strip() for cell in cells] == ["R01", "rating", "25 %", "1 / 4", "just now", "1", "1", "", "Copy"]
        assert rows.nth(1).locator("td").first.inner_text() == "not begun"
        seen.gather(page)
        for text in seen.told:
            assert "quux" not in text
            assert "Zyx" not in text
    page.clock.run_for(5000)
    page.wait_for_selector("#trouble:not([hidden])")
