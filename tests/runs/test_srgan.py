"""A new release says of a model what its shipped card says."""

import pytest

from runs.pictures import EVERYTHING, OPEN, Pictures
from runs.srgan import LIMITS, summary_of
from srgan.weights.catalogue import shipped


@pytest.mark.parametrize("pictures", [EVERYTHING, OPEN])
def test_a_release_keeps_the_words_of_the_shipped_card(pictures: Pictures) -> None:
    card = shipped()[f"srgan{pictures.name}"].card
    assert (card.summary, card.limits) == (summary_of("srgan", pictures), LIMITS["srgan"])
