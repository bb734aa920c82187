"""The page of the models says what the cards say, in the order of use, and each has its picture."""

from dataclasses import replace

import numpy as np
import pytest

from docs.generators.failure_cases import DESCRIPTIONS, SHOWN, SIDE, FailureCase, encode_palette, failure_sheet
from docs.generators.model_pages import PAGE, order, page, picture
from runs.models import released
from srgan.images.image import read
from srgan.upscale.upscaler import Upscaler
from srgan.weights.card import Card, CardScore
from srgan.weights.catalogue import find


@pytest.fixture
def card() -> Card:
    """The smallest, of ESPCN."""
    return find("espcn").card


def test_the_page_is_what_the_cards_say() -> None:
    cards = [model.card for model in released().values()]
    assert PAGE.read_text(encoding="utf-8") == page(cards), "run `make docs`"
    assert all(f"`{card.identity}`" in page(cards) for card in cards)


def test_each_model_has_its_picture_and_no_other_has() -> None:
    pictures = {model.card.name: picture(model.card) for model in released().values()}
    assert set(pictures.values()) == set(PAGE.parent.joinpath("failure_cases").iterdir()), "run `make docs`"
    sizes = [path.stat().st_size for path in pictures.values()]
    assert max(sizes) < 150_000


def test_models_that_most_people_use_come_first(card: Card) -> None:
    expected = ["srresnet", "srgan", "srresnet-open", "srgan-open", "srgan-mse", "srresnet-vgg22", "drcn", "espcn"]
    summaries = {"drcn": "Baseline: DRCN", "espcn": "Baseline: ESPCN"}
    cards = [replace(card, name=name, summary=summaries.get(name, "for comparison")) for name in sorted(expected)]
    assert [found.name for found in sorted(cards, key=order)] == expected
    headings = [line.removeprefix("## ") for line in page(cards).splitlines() if line.startswith("## ")]
    assert headings == expected


def test_all_that_is_known_is_said(card: Card) -> None:
    training = replace(card.training, recipe={"batch": 4}, updates=1200, hours=0.5, machine="an abacus", data="dogs")
    scores = (CardScore("Set5", "paper", 12.3, 0.45),)
    text = page([replace(card, training=training, scores=scores, summary="this | that", limits="it sees cats")])
    said = ("it sees cats", "batch: 4", "1,200 updates in 0.5 hours on an abacus", "dogs", "Apache-2.0")
    assert all(words in text for words in (*said, *DESCRIPTIONS))
    assert "| paper | 12.30 / 0.4500 | - | - |" in text
    assert "| this \\| that |" in text


def test_a_sheet_shows_every_subject_and_survives_being_packed() -> None:
    high = np.full((SIDE, SIDE, 3), 90, np.uint8)
    found = [FailureCase(name, high, high[::4, ::4]) for name in DESCRIPTIONS]
    sheet = failure_sheet(found, "espcn", Upscaler("espcn"))
    assert sheet.shape[1] > 4 * SHOWN
    assert sheet.shape[0] > len(DESCRIPTIONS) * SHOWN
    assert np.abs(read(encode_palette(sheet)).pixels.astype(int) - sheet).mean() < 1
