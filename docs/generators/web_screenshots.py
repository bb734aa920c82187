"""Write the images of docs/web.md: the pages of `srgan web` in Chromium, with CC0 photos of scikit-image.

python -m docs.generators.web_screenshots
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from skimage import data

from srgan.data.compression import Compression, encode
from srgan.images.resize import imresize
from srgan_web.enlarging import Enlarger
from srgan_web.limits import WebLimits
from srgan_web.web_server import ServedSite, WebPlace, serving_site

IMAGES = Path(__file__).resolve().parents[1] / "images"
DESKTOP, PHONE = {"width": 1100, "height": 800}, {"width": 390, "height": 1540}  # the phone scrolled to its end
QUALITY = 80


def main() -> None:
    """Walk through the pages and write an image of each."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        (folder / "photos" / "holiday").mkdir(parents=True)
        for photo in ("chelsea", "coffee", "astronaut"):
            low = imresize(np.asarray(getattr(data, photo)()), 1 / 2.5)
            (folder / "photos" / "holiday" / f"{photo}.jpg").write_bytes(encode(low, Compression("jpeg", 75)))
        (folder / "photos" / "holiday" / "damaged.jpg").write_bytes(b"no image")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        limits = WebLimits()
        place = WebPlace(folder=folder / "photos")
        with serving_site(place, Enlarger(limits), limits, tell=lambda line: None) as site:
            photos = [str(folder / "photos" / "holiday" / f"{name}.jpg") for name in ("chelsea", "coffee")]
            with opened(browser, site, DESKTOP) as page:
                enlarge(page, photos)
                page.screenshot(path=IMAGES / "web.png")
                compare(page)
                page.screenshot(path=IMAGES / "web-compare.jpg", quality=QUALITY)
                page.keyboard.press("Escape")
                show_folder(page)
                page.screenshot(path=IMAGES / "web-folder.png", full_page=True)
            with opened(browser, site, PHONE, color_scheme="dark", has_touch=True, is_mobile=True) as page:
                enlarge(page, photos[:1])
                page.screenshot(path=IMAGES / "web-phone.png")
        browser.close()


@contextmanager
def opened(browser: Browser, site: ServedSite, viewport: dict[str, int], **options: object) -> Iterator[Page]:
    """Open the page as a new visitor."""
    context = browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.link)
    yield page
    context.close()


def enlarge(page: Page, photos: list[str]) -> None:
    """Add photos and enlarge them."""
    page.set_input_files("#files", photos)
    page.wait_for_selector(f".card.held:nth-child({len(photos)})")
    page.locator("#enlarge-all").click()
    page.wait_for_selector(f".card.done:nth-child({len(photos)})", timeout=300_000)


def compare(page: Page) -> None:
    """Show three results side by side."""
    page.locator('[data-do="compare"]').first.click()
    page.locator("#other-kind").click()
    page.get_by_label("Side by side").check()
    page.locator("#third-pane .caption", has_text="photo-real").wait_for(timeout=300_000)
    page.wait_for_selector("#compare-state:empty", state="attached", timeout=300_000)
    page.get_by_role("button", name="Show every pixel, 1:1").click()


def show_folder(page: Page) -> None:
    """Enlarge a folder and show its ledger."""
    page.get_by_role("link", name="Folder").click()
    page.get_by_role("button", name="holiday").click()
    page.get_by_role("button", name="Enlarge the folder").click()
    page.locator(".state", has_text="4 of 4 files").wait_for(timeout=300_000)
    page.get_by_text("Files", exact=True).click()
    page.locator("td", has_text="damaged.jpg is not a picture").wait_for()


if __name__ == "__main__":
    main()
