"""Images in a browser: pixel-exact, on gray, complete or not at all; and warnings where a screen cannot show them."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("uvicorn")
from srgan_study.votes.store import read_ratings
from tests.helpers.browsing import Open, agree, painted, panel, start, titled
from tests.helpers.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


@pytest.mark.parametrize("ratio", [1, 1.25, 2])
def test_a_pixel_of_the_picture_is_a_pixel_of_the_screen(
    launch: Callable[..., "Browser"], short: Open, hasty: None, ratio: float
) -> None:
    # A screen of that kind, not the emulation of one: the emulation lays pages out as if the ratio were 1.
    screen_options = f"--force-device-scale-factor={ratio}", f"--screen-info={{3840x2160 devicePixelRatio={ratio}}}"
    browser = launch(*screen_options, "--window-size=1001,701")
    page = browser.new_context(no_viewport=True).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(short.link())
    assert page.evaluate("devicePixelRatio") == ratio
    start(page)
    state = page.request.get(f"{page.url}/state").json()
    picture = pixels(page.request.get(short.base + state["next"][0]["address"]).body())
    screen = pixels(page.screenshot(scale="device"))
    edges = page.locator("#stage img").bounding_box()
    assert edges is not None
    left, top = round(edges["x"] * ratio), round(edges["y"] * ratio)
    height, width = picture.shape[:2]
    assert np.array_equal(screen[top : top + height, left : left + width], picture)
    stage = screen[: round(page.locator("#bar").bounding_box()["y"] * ratio)].copy()  # type: ignore[index]
    assert abs(left - (stage.shape[1] - left - width)) <= 1  # in the middle
    stage[top : top + height, left : left + width] = 0x80
    assert np.all(stage == 0x80)  # and nothing else
    assert page.locator("#stage").evaluate("node => getComputedStyle(node).cursor") == "none"
    page.keyboard.press("3")
    painted(page, 2)
    browser.close()
    votes = [rating.zoom_ok for rating in read_ratings(short.folder).rows if rating.device_pixel_ratio == ratio]
    assert votes == [True]  # for a scaled screen is no fault where the pixels are right


def pixels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def test_a_zoomed_window_is_noticed(window: Callable[..., "Page"], short: Open) -> None:
    link = short.link()
    page = window(link, device_scale_factor=1.5)
    agree(page)
    assert "The page is shown at 150 % of its size" in page.inner_text("#checks")
    page.click("#go")  # a scaled screen cannot be helped; the emulation of one smooths pictures
    painted(page, 1)
    page.keyboard.press("3")
    painted(page, 2)
    assert short.events("zoom", "1.5 at the start")[-1] == "1.5 at the start"
    assert [rating.zoom_ok for rating in read_ratings(short.folder).rows if rating.device_pixel_ratio == 1.5] == [False]
    zoom(page, 1)
    titled(page, "The size of pixels has changed")
    assert page.inner_text("#checks") == ""
    assert short.events("zoom", "1.5 to 1")[-1] == "1.5 to 1"
    page.click("#go")
    painted(page, 2)
    zoom(page, 1.1)
    panel(page, "ready")
    assert "110 %" in page.inner_text("#checks")


def zoom(page: "Page", ratio: float) -> None:
    client = page.context.new_cdp_session(page)
    metrics = {"width": round(1201 / ratio), "height": round(801 / ratio), "deviceScaleFactor": ratio, "mobile": False}
    client.send("Emulation.setDeviceMetricsOverride", {**metrics, "screenWidth": 1920, "screenHeight": 1080})


def test_a_window_without_room_waits_until_it_has(window: Callable[..., "Page"], short: Open) -> None:
    page = window(short.link(), viewport={"width": 900, "height": 100})
    agree(page)
    assert "This window is too small" in page.inner_text("#checks")
    assert "F11" in page.inner_text("#checks")
    assert page.is_disabled("#go")
    page.set_viewport_size({"width": 900, "height": 600})
    page.wait_for_selector("#go:enabled")
    assert page.inner_text("#checks") == ""
    page.click("#go")
    painted(page, 1)
    page.set_viewport_size({"width": 1100, "height": 500})  # still room: nothing happens but that the picture moves
    page.wait_for_function("() => document.querySelector('#stage img').getBoundingClientRect().x === (1100 - 48) / 2")
    assert page.is_visible("#trial")
    page.set_viewport_size({"width": 900, "height": 90})
    titled(page, "too small")
    assert short.events("small-window", "900x90") == ["900x90"]


def test_small_screens_are_refused(window: Callable[..., "Page"], short: Open) -> None:
    phone = {"width": 390, "height": 844}
    page = window(short.link(), viewport=phone, screen=phone, device_scale_factor=3, has_touch=True, is_mobile=True)
    panel(page, "small")
    assert "Open your link on a computer" in page.inner_text("#small")


def test_no_picture_is_shown_in_part(window: Callable[..., "Page"], short: Open) -> None:
    failures = iter(["abort", "half", "error"])

    def spoil(route: "Route") -> None:
        failure = next(failures, None)
        if failure == "abort":
            route.abort()
        elif failure == "half":
            response = route.fetch()
            route.fulfill(status=200, content_type="image/png", body=response.body()[:200])
        elif failure == "error":
            route.fulfill(status=503)
        else:
            route.continue_()

    page = window(short.link(), before=lambda page: page.route("**/i/*", spoil))
    start(page)
    assert next(failures, None) is None
    assert page.locator("#stage img").evaluate("node => [node.complete, node.naturalWidth]") == [True, 48]
