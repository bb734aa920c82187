"""Which means are planted: those asked for, those that the paper printed, and even steps for the rest."""

from itertools import pairwise
from pathlib import Path

import pytest

from srgan.errors import UsageError
from srgan_study.simulation.simulated_means import BEST, WORST, planted_means, read_means
from tests.helpers.studies_made_up import make_study


def test_the_papers_means_are_planted_where_it_printed_some(tmp_path: Path) -> None:
    methods = ("nearest", "bicubic", "srresnet", "SRGAN-VGG22", "srgan-vgg54", "HR")
    study = make_study(tmp_path / "study", sets={"Set5": 1, "BSD100": 1}, methods=methods)
    found = {(mean.data, mean.method): (mean.value, mean.source) for mean in planted_means(study, {})}
    assert found["Set5", "HR"] == (4.32, "the paper's")
    assert found["Set5", "srresnet"] == (3.37, "the paper's")  # the model that stands for SRResNet
    assert found["Set5", "srgan-vgg54"] == (3.58, "the paper's")
    assert found["BSD100", "srgan-vgg54"] == (3.56, "the paper's")  # the table's SRGAN
    value, source = found["BSD100", "SRGAN-VGG22"]  # which the paper did not show on BSD100
    assert source == "evenly spread"
    assert 1.11 < value < 4.46


def test_methods_of_which_nothing_is_known_lie_in_even_steps_in_the_studys_order(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", sets={"Mine": 2}, methods=("a", "b", "c", "HR"))
    means = planted_means(study, {})
    assert [mean.method for mean in means] == ["a", "b", "c", "HR"]
    values = [mean.value for mean in means]
    assert (values[0], values[-1]) == (WORST, BEST)
    steps = [after - before for before, after in pairwise(values)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.02)


def test_means_that_are_asked_for_come_first(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", sets={"Set5": 1, "Set14": 1})
    asked = read_means(["HR=4.5,good=3.2", "Set14/HR=4.1"])
    found = {(mean.data, mean.method): mean for mean in planted_means(study, asked)}
    assert (found["Set5", "HR"].value, found["Set14", "HR"].value) == (4.5, 4.1)
    assert found["Set14", "good"].value == 3.2
    assert found["Set5", "HR"].source == "as asked"
    assert found["Set5", "nearest"].source == "the paper's"


@pytest.mark.parametrize("word", ["HR", "HR=good", "=3", "HR=3=", ""])
def test_a_mean_that_cannot_be_read_is_refused(word: str) -> None:
    if not word:
        assert read_means([word]) == {}
        return
    with pytest.raises(UsageError, match=r"is not NAME=MOS: give a method and a number, as in HR=4.5"):
        read_means([word])


@pytest.mark.parametrize("value", ["5", "0", "nan", "inf", "-3"])
def test_a_mean_off_the_scale_is_refused(tmp_path: Path, value: str) -> None:
    study = make_study(tmp_path / "study")
    with pytest.raises(UsageError, match=r"cannot be planted for HR: give one from 1.02 to 4.98"):
        planted_means(study, read_means([f"HR={value}"]))


def test_a_method_that_the_study_does_not_have_is_refused(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study")
    for name in ("EDSR", "Nowhere/HR"):
        with pytest.raises(UsageError, match=r"no method .* choose from nearest, bicubic, good, HR"):
            planted_means(study, {name: 3.0})
