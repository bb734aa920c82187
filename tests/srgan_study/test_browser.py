"""The rater's page in a browser: from the link to the completion code, by keys and buttons, through failures."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("uvicorn")
from srgan_study.server.server import running
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.browsing import Open, Seen, agree, painted, panel, served, start, titled
from tests.helpers.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


# Record when an image appears or goes, and press a key at once.
HASTY = """() => {
    const stage = document.getElementById("stage");
    window.changes = [];
    new MutationObserver(() => {
        window.changes.push([stage.childElementCount, performance.now()]);
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "5", code: "Digit5" }));
    }).observe(stage, { childList: true });
}"""


def scores(folder: Path, *phases: Any) -> list[tuple[int, int]]:
    """Return scores and numbers of revisions in the order of voting."""
    return [(rating.score, rating.revisions) for rating in read_ratings(folder).of(*phases)]


def test_a_rater_goes_from_the_link_to_the_code(window: Callable[..., "Page"], tmp_path: Path) -> None:
    seen = Seen()
    with served(tmp_path / "study", "/below/a-path", calibration=2, practice=2, raters=1) as open_:
        link = open_.link()
        page = window(link, seen=seen)
        panel(page, "consent")
        seen.gather(page)
        page.select_option("[name=age]", "30 to 44")
        agree(page)
        panel(page, "examples")
        page.wait_for_selector("#pair img")
        assert page.locator("#pair figcaption").all_inner_texts() == ["This is 1 (Bad)", "This is 5 (Excellent)"]
        seen.gather(page)
        page.keyboard.press("Tab")
        page.click("#example-next")
        page.click("#example-next")
        panel(page, "ready")
        seen.gather(page)
        page.keyboard.press("Enter")  # it is in focus
        painted(page, 1)
        seen.gather(page)
        page.keyboard.press("2")
        painted(page, 2)
        page.click("#scale button >> nth=3")
        titled(page, "Now the ratings")
        page.click("#go")
        painted(page, 1)
        assert page.inner_text("#count") == "1 / 4"
        page.keyboard.press("1")
        painted(page, 2)
        page.keyboard.press("5")
        painted(page, 3)
        page.keyboard.press("u")
        painted(page, 2)
        page.keyboard.press("Numpad4")
        painted(page, 3)

        seen.gather(page)
        page.reload()
        titled(page, "Welcome back")
        page.click("#go")
        painted(page, 3)

        other = window(link, seen=seen, viewport={"width": 1000, "height": 700})
        panel(other, "ready")
        page.keyboard.press("1")  # comes too late
        panel(page, "elsewhere")
        other.click("#go")
        for number, key in enumerate("25", 3):
            painted(other, number)
            other.keyboard.press(key)
        panel(other, "done")
        seen.gather(other)
        with Store.open(open_.folder) as store:
            code = store.raters()[0].completion_code
        assert other.inner_text("#code") == code
        page.click("#take-back")
        panel(page, "done")

        assert scores(open_.folder, "practice") == [(2, 0), (4, 0)]
        assert scores(open_.folder, "main") == [(1, 0), (4, 1), (2, 0), (5, 0)]
        assert all(rating.zoom_ok and rating.response_ms >= 20 for rating in read_ratings(open_.folder).rows)
        assert [asked.failure for asked in seen.requests if asked.failure] == []
        reveals_nothing(open_, seen)


def reveals_nothing(open_: Open, seen: Seen) -> None:
    """Assert that nothing the browser received names a method, a dataset or an image."""
    assert {"text/html", "text/css", "text/javascript", "application/json", "image/png"} <= seen.kinds
    assert not [line for line in seen.told if re.match("(etag|last-modified|content-disposition):", line)]
    pictures = [stimulus.shown for stimulus in (*open_.study.stimuli, *open_.study.practice)]
    pictures += [example.shown for example in open_.study.calibration]
    secrets = {"quux", "Zyx", "nearest", "bicubic", "study.json", "pictures/", str(open_.folder)}
    secrets |= {Path(shown.file).stem for shown in pictures} | {shown.sha256[:12] for shown in pictures}
    for text in seen.told:
        assert not [word for word in secrets if word in text]
        assert not re.search(r"(?<![\w-])HR(?![\w-])", text)


def test_only_a_deliberate_key_counts(
    window: Callable[..., "Page"], short: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # this one is about time
    link = short.link()
    page = window(link)
    agree(page)
    page.evaluate(HASTY)
    page.click("#go")
    painted(page, 1)
    page.keyboard.press("Control+1")
    page.keyboard.press("6")
    assert page.request.get(f"{link}/state").json()["done"] == 0
    page.keyboard.down("4")
    for _ in range(15):  # held down all the while
        page.keyboard.down("4")
        page.wait_for_timeout(50)
    painted(page, 2)
    page.keyboard.up("4")
    shown, gone, next_ = page.evaluate("changes")
    assert [shown[0], gone[0], next_[0]] == [1, 0, 1]
    assert gone[1] - shown[1] >= 300
    assert next_[1] - gone[1] >= 399  # of gray
    page.focus("#scale button >> nth=1")
    page.keyboard.press(" ")  # even there
    titled(page, "Paused")
    assert "You have rated 1 of 4 pictures." in page.inner_text("#ready")
    assert page.request.get(f"{link}/state").json()["done"] == 1
    page.keyboard.press(" ")
    painted(page, 2)
    page.focus("#scale button >> nth=1")
    page.keyboard.press("Enter")
    painted(page, 3)
    page.keyboard.press("Backspace")
    painted(page, 2)
    assert page.request.get(f"{link}/state").json()["done"] == 1
    assert short.events("pause", "") == [""]


def test_a_vote_arrives_once_whatever_happens_on_the_way(window: Callable[..., "Page"], tmp_path: Path) -> None:
    folder = tmp_path / "study"
    with served(folder, calibration=0, practice=0, raters=1) as open_:
        link = open_.link()
        page = window(link)
        start(page)

        def lose(route: "Route") -> None:
            route.fetch()  # stored, but not acknowledged
            route.abort()

        page.route("**/votes", lose)
        page.keyboard.press("4")
        page.wait_for_selector("#trouble:not([hidden])")
        assert page.inner_text("#count") == "1 / 4"  # it does not go on
        assert page.locator("#stage img").count() == 0
    with running(folder, port=open_.port):
        page.unroute("**/votes")
        painted(page, 2)
        assert page.is_hidden("#trouble")
        page.route("**/votes", lambda route: route.abort())
        page.keyboard.press("2")
        page.wait_for_selector("#trouble:not([hidden])")
        page.unroute("**/votes")
        page.reload()  # the vote outlives the page
        titled(page, "Welcome back")
        assert page.inner_text("#ready-text") == "You have rated 2 of 4 pictures."
    assert [(rating.score, rating.revisions) for rating in read_ratings(folder).rows] == [(4, 0), (2, 0)]


def test_an_answer_that_is_not_the_studys_is_none(window: Callable[..., "Page"], short: Open) -> None:
    page = window(short.link())
    start(page)
    login = "<p>Log in to this network</p>"
    page.route("**/votes", lambda route: route.fulfill(content_type="text/html", body=login))
    page.keyboard.press("4")
    page.wait_for_selector("#trouble:not([hidden])")
    page.unroute("**/votes")
    painted(page, 2)
    assert page.is_hidden("#trouble")


def test_a_rater_needs_no_mouse_and_a_finger_hits_every_button(window: Callable[..., "Page"], short: Open) -> None:
    page = window(short.link(), viewport={"width": 700, "height": 900}, has_touch=True)
    names = []
    for name, last in (("consent", "Agree and go on"), ("instructions", "Go on"), ("ready", "Start")):
        panel(page, name)
        page.wait_for_timeout(50)
        for button in page.locator("button:visible, select:visible, .tick:visible").all():
            edges = button.bounding_box()
            assert edges is not None
            assert min(edges["width"], edges["height"]) >= 44
        for _ in range(10):
            focused = page.evaluate("document.activeElement.textContent.trim()")
            if page.evaluate("document.activeElement.type") == "checkbox":
                page.keyboard.press(" ")
            if focused == last:
                break
            page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        names.append(focused)
        page.keyboard.press("Enter")
    assert names == ["Agree and go on", "Go on", "Start"]
    painted(page, 1)
    buttons = page.locator("#trial button")
    assert buttons.count() == 7
    for edges in (button.bounding_box() for button in buttons.all()):
        assert edges is not None
        assert min(edges["width"], edges["height"]) >= 44
    assert page.get_by_role("group", name="Quality of the picture").get_by_role("button").count() == 5
    page.get_by_role("button", name="4, Good").tap()
    painted(page, 2)
    page.get_by_role("button", name="Undo").tap()
    painted(page, 1)


def test_an_unknown_link_is_not_found(browser: "Browser", short: Open) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    answer = page.goto(f"{short.base}/r/{'A' * 22}")
    assert answer is not None
    assert answer.status == 404
    context.close()
