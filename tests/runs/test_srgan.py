"""A new release says of a model what its shipped card says."""

import pytest

from runs.pictures import OPEN, OPEN_PHOTOS, PHOTOS, Pictures
from runs.srgan import limits_of, name_of, summary_of
from srgan.weights.catalogue import shipped


@pytest.mark.parametrize("pictures", [OPEN, PHOTOS, OPEN_PHOTOS])
def test_a_release_keeps_the_words_of_the_shipped_card(pictures: Pictures) -> None:
    card = shipped()[name_of("srgan", pictures)].card
    assert (card.summary, card.limits) == (summary_of("srgan", pictures), limits_of("srgan", pictures))
