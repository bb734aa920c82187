"""The report: one file that asks for nothing, in which names are only text, and that moves and sorts in a browser."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srgan.errors import OutputError
from srgan.evaluation.evaluation_report import write_report
from tests.helpers.elements import Elements
from tests.helpers.patience import PATIENCE
from tests.helpers.scores_made_up import METHODS, SETS, made_up

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
POSITION = "Number(document.getElementById('divider').getAttribute('aria-valuenow'))"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    return write_report(made_up(folder), folder)


def blocks(page: str) -> list[dict[str, Any]]:
    """What the page holds for its script, a document a picture."""
    found = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in found]


def test_the_report_is_one_file_in_place_of_the_older(report: Path) -> None:
    assert report.name == "report.html"
    assert not list(report.parent.glob(".*"))  # nothing temporary is left
    before = report.read_bytes()
    assert write_report(made_up(report.parent), report.parent).read_bytes() == before


def test_names_are_text_and_nothing_else(report: Path) -> None:
    elements = Elements(report.read_text())
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 1 + 5  # the page's own and one block of data a picture
    assert "b" not in tags
    assert "i" not in tags
    assert all(fields.get("src") != "x" for _, fields in elements.found)
    words = " ".join(elements.text)
    assert all(method.name in words and method.note in words for method in METHODS)
    assert all(picture in words for pictures in SETS.values() for picture in pictures)
    assert [block["picture"] for block in blocks(report.read_text())] == [
        name for names in SETS.values() for name in names
    ]


def test_nothing_in_the_file_points_out_of_it(report: Path) -> None:
    for tag, fields in Elements(report.read_text()).found:
        for name in ("src", "href", "action", "srcset", "poster"):
            assert (fields.get(name) or "#").startswith(("#", "data:")), (tag, fields)
        assert not any(name.startswith("on") or name == "style" for name in fields), (tag, fields)
    policies = [fields["content"] or "" for _, fields in Elements(report.read_text()).found if "http-equiv" in fields]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; ")
    assert "unsafe" not in policies[0]
    assert "http" not in policies[0]


def test_every_number_has_its_protocol(report: Path) -> None:
    words = " ".join(Elements(report.read_text()).text)
    assert "PSNR [dB] and SSIM by the paper protocol" in words
    assert "daala" in words
    assert "PSNR [dB] (paper)" in words
    assert "by the matlab protocol" not in words  # it was not measured


def test_a_page_too_large_shows_centre_crops_and_says_so(tmp_path: Path) -> None:
    page = write_report(made_up(tmp_path), tmp_path, limit=100_000).read_text()
    assert 0 < len(blocks(page)) <= 5
    assert "centre crops of at most" in page


def test_a_picture_without_its_reference_is_counted(tmp_path: Path) -> None:
    results = made_up(tmp_path)
    (tmp_path / "reference" / "SetA" / "ape.png").unlink()
    assert "Not shown: 1 of the 5 pictures" in write_report(results, tmp_path).read_text()


def test_pictures_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    results = made_up(tmp_path / "inside")
    (tmp_path / "inside" / "pictures").rename(tmp_path / "pictures")
    (tmp_path / "inside" / "pictures").mkdir()
    (tmp_path / "inside" / "pictures" / "0").symlink_to(tmp_path / "pictures" / "0")
    first = blocks(write_report(results, tmp_path / "inside").read_text())[0]
    assert [choice["name"] for choice in first["choices"]] == ["HR", "LR"]


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    results = made_up(tmp_path)
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OutputError):
        write_report(results, tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "Browser", report: Path) -> Iterator["Page"]:
    """The report, opened; fails if it asked for anything, or complained."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(report.as_uri())
    yield opened
    context.close()
    assert not complaints
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]


def test_the_divider_follows_the_mouse(page: "Page") -> None:
    page.locator("#stage").scroll_into_view_if_needed()
    edges = page.locator("#stage").bounding_box()
    assert edges is not None
    assert (edges["width"], edges["height"]) == (192, 144)  # a pixel to a pixel
    middle = edges["y"] + 20
    page.mouse.move(edges["x"] + 96, middle)
    page.mouse.down()
    page.mouse.move(edges["x"] + 48, middle, steps=5)
    assert page.locator("#over").evaluate("node => node.clientWidth") == 48
    page.mouse.move(edges["x"] - 500, middle, steps=2)
    page.mouse.up()
    assert page.evaluate(POSITION) == 0
    page.mouse.move(edges["x"] + 96, middle)
    assert page.evaluate(POSITION) == 0  # let go of


def test_the_divider_moves_by_keys(page: "Page") -> None:
    divider = page.locator("#divider")
    assert divider.get_attribute("role") == "slider"
    divider.focus()
    for key, expected in [
        ("ArrowRight", 51), ("ArrowLeft", 50), ("Shift+ArrowLeft", 40), ("PageUp", 50), ("End", 100), ("ArrowUp", 100),
        ("Home", 0),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(POSITION) == expected
        assert page.locator("#over").evaluate("node => node.clientWidth") == round(1.92 * expected)
    assert divider.get_attribute("aria-valuetext") == "0 % of the width is bicubic"


def test_the_list_sorts_by_any_column_and_filters(page: "Page") -> None:
    def column(place: int) -> list[str]:
        cells = page.locator(f"#scores tbody tr:not([hidden]) td:nth-child({place})")
        return [str(text) for text in cells.evaluate_all("nodes => nodes.map(node => node.dataset.value)")]

    head = page.locator("#scores th").nth(3)
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    scores = [float(text) for text in column(4)]
    assert scores == sorted(scores)
    assert scores[-1] == float("inf")
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert [float(text) for text in column(4)] == scores[::-1]
    page.locator("#scores th button").last.click()
    assert head.get_attribute("aria-sort") == "none"
    assert column(7)[-5:] == [""] * 5  # what has no time comes last
    page.locator("#scores th button").last.click()
    assert column(7)[-5:] == [""] * 5
    page.select_option("#filter-set", label="SetB")
    page.select_option("#filter-method", label=METHODS[1].name)
    assert column(2) == list(SETS["SetB"])[::-1]
    assert page.locator("#count").inner_text() == "2 of 20 lines"


def test_pictures_and_methods_are_chosen(page: "Page") -> None:
    page.locator("#scores tbody button").last.click()
    assert page.locator("#picture option:checked").inner_text() == f"SetB: {SETS['SetB'][1]}"
    page.select_option("#left", label="LR")
    page.select_option("#right", label="HR")
    page.locator("#next").click()
    assert page.locator("#picture option:checked").inner_text() == "SetA: ape"
    assert page.locator("#left-name").inner_text() == "LR"  # kept from picture to picture
    assert page.locator("#over-image").evaluate("node => [node.naturalWidth, node.width]") == [48, 192]
    assert page.locator("#over-image").evaluate("node => getComputedStyle(node).imageRendering") == "pixelated"
    page.select_option("#zoom", "2")
    assert page.locator("#stage").evaluate("node => node.clientWidth") == 384


def test_the_crop_is_shown_by_all_and_moves(page: "Page") -> None:
    captions = page.locator("#crops figcaption b").all_inner_texts()
    assert captions == ["HR", "LR", *(method.name for method in METHODS[:3])]
    assert "24.00 dB, .7000 (paper)" in page.locator("#crops figcaption").nth(2).inner_text()
    corner = "[parseInt(document.getElementById('box').style.left), parseInt(document.getElementById('box').style.top)]"
    assert page.evaluate(corner) == [96, 48]
    page.locator("#stage").click(position={"x": 60, "y": 60})
    assert page.evaluate(corner) == [12, 12]
    page.locator("#box").press("ArrowDown")
    assert page.evaluate(corner) == [12, 20]
    assert page.locator(".crop img").first.evaluate("node => [node.style.left, node.style.top]") == ["-12px", "-20px"]


def test_a_pixel_stays_a_pixel_on_a_finer_screen(browser: "Browser", report: Path) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800}, device_scale_factor=2)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("#stage").evaluate("node => node.getBoundingClientRect().width") == 96
    assert page.evaluate("document.documentElement.scrollWidth") <= 400  # nothing is wider than a phone
    context.close()
