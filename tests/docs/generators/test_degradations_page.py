"""The page of the degradations says what the mixes are, and its image is small."""

from dataclasses import replace

import numpy as np
import pytest

from docs.generators.degradations_page import IMAGE, PAGE, drawing, page
from srgan.data.mixes import MIXES
from srgan.images.image import read


def test_the_page_is_what_the_mixes_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
    assert all(mix.summary in page() for mix in MIXES.values())


def test_a_range_that_changes_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    before, photo = page(), MIXES["photo"]
    monkeypatch.setitem(MIXES, "photo", replace(photo, rounds=(replace(photo.rounds[0], quality=(31, 98)),)))
    assert "95 %: 31 to 98" in page()
    assert "95 %: 31 to 98" not in before


def test_the_image_is_small_and_is_what_is_drawn() -> None:
    assert IMAGE.stat().st_size < 300_000
    drawn, kept = drawing(), read(IMAGE).pixels
    assert kept.shape == drawn.shape
    # Other processors round some pixels before compression otherwise.
    assert np.mean(np.abs(kept.astype(int) - drawn)) < 2.0
