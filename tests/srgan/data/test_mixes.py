"""Mixes: what a name stands for, and ranges that make no image are refused."""

from typing import Any

import pytest

from srgan.data.mixes import EVERYDAY, MIXES, Round, shares
from srgan.errors import UsageError


def test_a_name_stands_for_its_mix_alone() -> None:
    for name, mix in MIXES.items():
        assert shares(name) == ((mix, 1.0),)
    assert MIXES["clean"].rounds == ()


def test_everyday_draws_from_all_of_them() -> None:
    drawn = shares("everyday")
    assert {mix.name: share for mix, share in drawn} == EVERYDAY
    assert sum(share for _, share in drawn) == pytest.approx(1.0)
    assert {mix.name for mix, _ in drawn} == set(MIXES)


def test_an_unknown_name_lists_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"mesenger.*messenger"):
        shares("mesenger")


@pytest.mark.parametrize(
    "setting",
    [
        {"blur_share": 1.1},
        {"webp_share": -0.1},
        {"blur": (2.0, 1.0)},
        {"noise": (-1.0, 1.0)},
        {"size": (0.0, 1.0)},
        {"quality": (0, 50)},
        {"quality": (50, 101)},
    ],
)
def test_ranges_that_make_no_image_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(setting))):
        Round(**setting)
