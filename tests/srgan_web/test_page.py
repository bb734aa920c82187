"""The page in a browser: from adding photos to saving results, by mouse and by keyboard."""

import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srgan_web.enlarging import Enlarger
from srgan_web.limits import WebLimits
from srgan_web.web_server import ServedSite
from tests.helpers.patience import PATIENCE
from tests.srgan_web.conftest import StubEnlarger, make_photo, serve_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BY = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def page(chromium: "Browser", site: ServedSite) -> Iterator["Page"]:
    """The page of a new visitor."""
    with visit(chromium, site) as page:
        yield page


@contextmanager
def visit(chromium: "Browser", site: ServedSite) -> Iterator["Page"]:
    """Open the page as a new visitor; nothing may go wrong in it, and it may ask no other server."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
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
    """Run axe-core by the rules of WCAG 2.2 AA."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []


def test_from_a_photo_to_its_enlargement(page: "Page", photos: list[str], tmp_path: Path) -> None:
    check_accessibility(page)
    add(page, photos)
    assert "Model srresnet-photo, because it is a JPEG of quality 50" in card(page, "dog.jpg").inner_text()
    assert "Seen: JPEG quality 50" in card(page, "dog.jpg").inner_text()
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


def test_a_dropped_photo_is_followed_to_its_end(chromium: "Browser", photos: list[str]) -> None:
    stub = StubEnlarger(WebLimits())
    with serve_site(stub) as site, visit(chromium, site) as page:
        drop(page, Path(photos[0]))
        page.wait_for_selector(".card.held")
        page.set_input_files("#files", photos[1:])
        page.wait_for_selector(".card.held:nth-child(2)")
        page.get_by_role("button", name="Enlarge 2 photos").click()
        card(page, "dog.jpg").get_by_text("50%").wait_for()
        assert page.get_by_role("progressbar", name="Progress of dog.jpg").get_attribute("value") == "50"
        card(page, "bird.png").get_by_text("Number 1 in the queue").wait_for()
        check_accessibility(page)
        page.reload()  # nothing is lost
        card(page, "dog.jpg").get_by_text("50%").wait_for()
        card(page, "bird.png").get_by_role("button", name="Cancel").click()
        page.wait_for_selector(".card:nth-child(2)", state="detached")
        stub.permits.release()
        page.wait_for_selector(".card.done")
        assert page.locator("#status").inner_text() == "dog.jpg is done."


def test_a_card_outlives_a_list_that_is_older_than_its_photo(page: "Page", photos: list[str]) -> None:
    connections: list[Any] = []

    def say(number: int, text: str) -> None:
        while len(connections) <= number:
            page.wait_for_timeout(10)
        body = f"retry: 10\nevent: ready\ndata: []\n\n{text}"
        connections[number].fulfill(content_type="text/event-stream", body=body)

    page.route("**/v1/events", lambda connection: connections.append(connection))
    page.reload()
    add(page, photos[:1])
    shown = page.query_selector(".card")
    assert shown is not None
    job = page.evaluate("fetch('/v1/jobs').then(response => response.json())")["jobs"][0]
    say(0, f"event: job\ndata: {json.dumps(job | {'name': 'later.jpg'})}\n\n")
    page.locator("h3", has_text="later.jpg").wait_for()
    assert shown.evaluate("card => card.isConnected")
    say(1, "")  # a list asked for after the photo was added
    page.wait_for_selector(".card", state="detached")


def drop(page: "Page", photo: Path) -> None:
    """Drop a file on the page."""
    page.evaluate(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
            document.getElementById("drop").dispatchEvent(
                new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        [photo.name, list(photo.read_bytes())],
    )


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
    assert page.eval_on_selector_all(".pane:not([hidden]) img", "all => all.map(one => one.naturalWidth)") == [192, 192]
    check_accessibility(page)
    page.get_by_label("Side by side").check()
    page.get_by_role("button", name="Show every pixel, 1:1").click()
    transforms = page.eval_on_selector_all(".pane img", "images => images.map(image => image.style.transform)")
    assert transforms[0] == transforms[1]
    assert transforms[0].endswith("scale(1)")
    page.get_by_role("button", name="Also make it photo-real").click()
    page.locator("#third-pane .caption", has_text="Enlarged, photo-real").wait_for()
    places = page.eval_on_selector_all(".pane", "all => all.map(one => Math.round(one.getBoundingClientRect().width))")
    assert places[0] == places[1] == places[2] > 300
    page.select_option("#left", label="Map: faithful against photo-real")
    page.wait_for_selector("#compare-state:empty", state="attached")
    assert page.locator("#left-pane img").evaluate("image => image.naturalWidth") == 192
    assert "where the two results differ" in page.locator("#compare-note").inner_text()
    page.select_option("#left", label="Map of added detail")
    assert "finer than the pixels of the small photo" in page.locator("#compare-note").inner_text()
    check_accessibility(page)
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
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(site.link)
    add(page, photos)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.get_by_role("button", name="Take a photo").is_visible()
    heights = page.eval_on_selector_all("button, .button, select", "all => all.map(one => one.offsetHeight)")
    assert min(height for height in heights if height) >= 24  # the others are hidden
    check_accessibility(page)
    context.close()


def test_a_folder_is_enlarged_and_failed_files_tried_again(chromium: "Browser", tmp_path: Path) -> None:
    (tmp_path / "album" / "dogs").mkdir(parents=True)
    (tmp_path / "album" / "dogs" / "a.jpg").write_bytes(make_photo())
    damaged = tmp_path / "album" / "dogs" / "b.jpg"
    damaged.write_bytes(b"no image")
    with serve_site(folder=tmp_path / "album") as site, visit(chromium, site) as page:
        page.get_by_role("link", name="Folder").click()
        page.get_by_role("button", name="dogs").click()
        assert page.locator("#path").input_value() == "dogs"
        page.select_option("#size", "2")
        page.get_by_role("button", name="Enlarge the folder").click()
        page.locator(".state", has_text="2 of 2 files: 1 enlarged, 1 failed, 0 left out").wait_for()
        page.get_by_text("Files", exact=True).click()
        page.locator("td", has_text="dogs-x2/a.jpg").wait_for()
        page.get_by_label("Show").select_option("failed")
        page.locator("tbody tr:only-child", has_text="b.jpg is not a picture").wait_for()
        check_accessibility(page)
        damaged.write_bytes(make_photo())
        page.get_by_role("button", name="Try failed files again").click()
        page.locator(".state", has_text="2 enlarged, 0 failed").wait_for()
        page.reload()
        page.locator(".state", has_text="2 enlarged, 0 failed").wait_for()
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.get_by_role("button", name="Remove from the list").click()
        page.locator("#empty").wait_for()
    assert sorted(path.name for path in (tmp_path / "album" / "dogs-x2").iterdir()) == ["a.jpg", "b.jpg"]


def test_a_batch_is_followed_again_after_its_events_were_refused(chromium: "Browser", tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "a.jpg").write_bytes(make_photo())
    with serve_site(folder=tmp_path / "album") as site, visit(chromium, site) as page:
        page.get_by_role("link", name="Folder").click()
        # 204 ends an EventSource as any other refusal does, and the console says nothing.
        page.route("**/v1/batches/*/events", lambda connection: connection.fulfill(status=204), times=1)
        page.get_by_role("button", name="Enlarge the folder").click()
        page.locator(".state", has_text="1 of 1 files: 1 enlarged").wait_for()


def test_a_batch_is_followed_by_one_stream_also_after_failed_files_were_tried_again(
    chromium: "Browser", tmp_path: Path
) -> None:
    class Held(StubEnlarger):
        last = threading.Event()

        def enlarge_file(self, source: Path, *words: Any) -> tuple[str, ...]:
            if source.name == "z.jpg":
                self.last.wait(60)
            return super().enlarge_file(source, *words)

    (tmp_path / "album").mkdir()
    for name in ("bad", "z"):
        (tmp_path / "album" / f"{name}.jpg").write_bytes(make_photo())
    enlarger = Held(WebLimits())
    with serve_site(enlarger, folder=tmp_path / "album") as site, visit(chromium, site) as page:
        page.add_init_script(RECORD_STREAMS)
        page.get_by_role("link", name="Folder").click()
        page.get_by_role("button", name="Enlarge the folder").click()
        page.locator(".state", has_text="1 of 2 files: 0 enlarged, 1 failed").wait_for()
        enlarger.bad = "none"
        page.get_by_role("button", name="Try failed files again").click()
        page.locator(".state", has_text="0 of 2 files: 0 enlarged, 0 failed").wait_for()
        assert page.evaluate("streams.map(each => each.readyState === EventSource.CLOSED)") == [True, False]
        enlarger.last.set()
        page.locator(".state", has_text="2 of 2 files: 2 enlarged").wait_for()


RECORD_STREAMS = """
window.streams = [];
window.EventSource = class extends EventSource { constructor(address) { super(address); streams.push(this); } };
"""


def test_model_cards_and_reports_are_linked(chromium: "Browser", tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "results.json").write_text("{}")
    (tmp_path / "first" / "report.html").write_text(REPORT)
    with serve_site(reports=tmp_path) as site, visit(chromium, site) as page:
        page.get_by_text("Models, and how programs use this service").click()
        page.get_by_role("link", name="srresnet-photo").click()
        assert Enlarger(WebLimits()).cards["srresnet-photo"].limits in page.locator("main").inner_text()
        check_accessibility(page)
        page.get_by_role("link", name="Reports").click()
        assert "evaluation, first" in page.locator("main").inner_text()
        check_accessibility(page)
        page.get_by_role("link", name="Scores & pictures").click()
        page.locator("#said", has_text="kept out: null").wait_for()  # it has an origin of its own


REPORT = """<!doctype html><html lang="en"><title>Scores &amp; pictures</title><p id="said"></p><script>
document.getElementById("said").textContent = "kept out: " + self.origin;
</script></html>"""
