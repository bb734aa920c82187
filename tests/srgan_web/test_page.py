"""The page in a browser: from adding photos to saving results, by mouse and by keyboard."""

import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srgan_web.web_server import ServedSite
from tests.srgan_web.conftest import make_photo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = os.environ.get("SRGAN_AXE")
"""Path of axe.min.js; accessibility is checked where it is set."""
BY = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def page(chromium: "Browser", site: ServedSite) -> Iterator["Page"]:
    """The page of a new visitor; nothing may go wrong in it, and it may ask no other server."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page, problems = context.new_page(), list[str]()
    page.on(
        "console", lambda said: problems.append(said.text) if said.type == "error" and "422" not in said.text else None
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(site.address) else problems.append(sent.url))
    page.goto(site.link)
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    """Paths of a JPEG and a PNG."""
    (tmp_path / "dog.jpg").write_bytes(make_photo(quality=50))
    (tmp_path / "bird.png").write_bytes(make_photo(40, 40, format="PNG", seed=1))
    return [str(tmp_path / "dog.jpg"), str(tmp_path / "bird.png")]


def add(page: "Page", photos: list[str]) -> None:
    """Choose photos and wait for their cards."""
    page.set_input_files("#files", photos)
    page.wait_for_selector(f".card.held:nth-child({len(photos)})")


def card(page: "Page", name: str) -> Any:
    return page.locator(".card", has=page.locator("h3", has_text=re.compile(f"^{re.escape(name)}$")))


def check_accessibility(page: "Page") -> None:
    """Run axe-core, where there is one, by the rules of WCAG 2.2 AA."""
    if AXE is None:
        return
    page.evaluate(Path(AXE).read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []


def test_from_a_photo_to_its_enlargement(page: "Page", photos: list[str], tmp_path: Path) -> None:
    check_accessibility(page)
    add(page, photos)
    assert "Model srresnet-photo, because it is a JPEG of quality 50" in card(page, "dog.jpg").inner_text()
    assert f"Becomes 192 {BY} 144 pixels" in card(page, "dog.jpg").inner_text()
    page.select_option("#size", "2")
    assert f"Becomes 96 {BY} 72 pixels" in card(page, "dog.jpg").inner_text()
    page.get_by_role("button", name="Enlarge 2 photos").click()
    page.wait_for_selector(".card.done:nth-child(2)")
    check_accessibility(page)
    with page.expect_download() as started:
        card(page, "dog.jpg").get_by_role("link", name="Save").click()
    assert started.value.suggested_filename == "dog-x2.jpg"
    with page.expect_download() as started:
        page.get_by_role("link", name="Save all as ZIP").click()
    started.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert sorted(archive.namelist()) == ["bird-x2.png", "dog-x2.jpg"]
    page.reload()  # nothing is lost
    page.wait_for_selector(".card.done:nth-child(2)")
    assert page.locator("#size").input_value() == "2"
    card(page, "dog.jpg").get_by_role("button", name="Remove").click()
    page.wait_for_selector(".card:nth-child(2)", state="detached")


def test_comparing_by_keyboard_and_mouse(page: "Page", photos: list[str]) -> None:
    add(page, photos[:1])
    card(page, "dog.jpg").get_by_role("button", name="Enlarge dog.jpg").click()
    page.wait_for_selector(".card.done")
    page.locator('[data-do="compare"]').focus()
    page.keyboard.press("Enter")
    divider = page.get_by_role("slider", name="Divider between the images")
    assert divider.evaluate("element => element === document.activeElement")
    page.keyboard.press("ArrowLeft")
    assert divider.get_attribute("aria-valuenow") == "48"
    page.keyboard.press("End")
    assert divider.get_attribute("aria-valuetext") == "100% Plain enlargement (bicubic), then Enlarged, faithful"
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert divider.get_attribute("aria-valuenow") == "25"
    page.mouse.down()
    page.mouse.move(box["x"] + 1, box["y"] + 100, steps=3)
    page.mouse.up()
    page.wait_for_selector("#compare-state:empty", state="attached")
    assert page.eval_on_selector_all(".pane img", "all => all.map(one => one.naturalWidth)") == [192, 192]
    check_accessibility(page)
    page.get_by_label("Side by side").check()
    page.get_by_role("button", name="Show every pixel, 1:1").click()
    transforms = page.eval_on_selector_all(".pane img", "images => images.map(image => image.style.transform)")
    assert transforms[0] == transforms[1]
    assert transforms[0].endswith("scale(1)")
    page.keyboard.press("Escape")
    assert page.locator("#compare").is_hidden()


def test_a_part_is_chosen_and_enlarged_photo_real(page: "Page", photos: list[str]) -> None:
    add(page, photos[1:])
    page.get_by_role("button", name="Crop bird.png").click()
    image = page.locator("#crop-stage img")
    page.wait_for_selector("#crop-stage img[style]")
    assert image.evaluate("image => image.clientWidth") == 320  # 8 times
    check_accessibility(page)
    box = image.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 80, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 200, steps=3)
    page.mouse.up()
    assert [page.locator(f"#crop-{name}").input_value() for name in ("left", "top", "width", "height")] == [
        "10", "5", "10", "20",
    ]  # fmt: skip
    page.fill("#crop-width", "12")
    page.get_by_role("button", name="Use this part").click()
    page.locator(".facts", has_text=f"Part of 12 {BY} 20").wait_for()
    page.get_by_label("Photo-real").check()
    assert page.locator("#fidelity").input_value() == "0"
    card(page, "bird.png").get_by_role("button", name="Enlarge bird.png").click()
    page.wait_for_selector(".card.done")
    assert f"48 {BY} 80 pixels, photo-real" in page.locator(".card .state").inner_text()


def test_files_that_are_no_images_are_reported(page: "Page", tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_bytes(b"no image")
    page.set_input_files("#files", str(tmp_path / "notes.jpg"))
    page.wait_for_selector("#problems p")
    assert "notes.jpg is not a picture" in page.locator("#problems").inner_text()
    assert page.locator(".card").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(scheme: Any, chromium: "Browser", site: ServedSite, photos: list[str]) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(site.link)
    add(page, photos)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    heights = page.eval_on_selector_all("button, .button, select", "all => all.map(one => one.offsetHeight)")
    assert min(height for height in heights if height) >= 24  # the others are hidden
    check_accessibility(page)
    context.close()
