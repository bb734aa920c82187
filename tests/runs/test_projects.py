"""The shortened trainings of two projects: as published but for their length, and features that are at hand."""

import pytest

from runs.projects import SHORTENED, data_of, shortened
from srgan.training.recipes import RECIPES

CHANGED = {"updates", "epochs", "content"}


@pytest.mark.parametrize("name", SHORTENED)
def test_only_length_and_features_differ(name: str) -> None:
    published, own = RECIPES[name].flat(), shortened(name, rehearse=False).flat()
    assert {setting for setting in own if own[setting] != published[setting]} <= CHANGED
    assert own["updates"] == SHORTENED[name] < 20_000
    assert own["content"] != "vgg54"


def test_each_has_the_photos_that_stand_in() -> None:
    assert data_of("ucsd-srgan").folders == ("open_licence",)
    assert data_of("loridan-pre").folders == ("dogs",)
