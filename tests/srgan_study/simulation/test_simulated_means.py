"""Means to plant: requested ones, those printed in the paper, and even steps for the rest."""

from itertools import pairwise

import pytest

from srgan.errors import UsageError
from srgan_study.simulation.simulated_means import BEST, WORST, choose_means, parse_means
from tests.helpers.votes import study_of


def test_the_papers_means_are_chosen_where_it_prints_some() -> None:
    methods = ("nearest", "bicubic", "srresnet", "SRGAN-VGG22", "srgan-vgg54", "HR")
    study = study_of({"Set5": 1, "BSD100": 1}, methods)
    means = {(mean.data, mean.method): (mean.value, mean.source) for mean in choose_means(study, {})}
    assert means["Set5", "HR"] == (4.32, "the paper's")
    assert means["Set5", "srresnet"] == (3.37, "the paper's")  # the model that stands for SRResNet
    assert means["Set5", "srgan-vgg54"] == (3.58, "the paper's")
    assert means["BSD100", "srgan-vgg54"] == (3.56, "the paper's")  # the table's SRGAN
    value, source = means["BSD100", "SRGAN-VGG22"]  # not shown on BSD100 in the paper
    assert (source, 1.11 < value < 4.46) == ("evenly spread", True)


def test_unknown_methods_lie_in_even_steps_in_the_studys_order() -> None:
    means = choose_means(study_of({"Mine": 2}, ("a", "b", "c", "HR")), {})
    assert [mean.method for mean in means] == ["a", "b", "c", "HR"]
    values = [mean.value for mean in means]
    assert (values[0], values[-1]) == (WORST, BEST)
    steps = [after - before for before, after in pairwise(values)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.02)


def test_requested_means_come_first() -> None:
    requested = parse_means(["HR=4.5,good=3.2", "Set14/HR=4.1", ""])
    study = study_of({"Set5": 1, "Set14": 1})
    means = {(mean.data, mean.method): (mean.value, mean.source) for mean in choose_means(study, requested)}
    assert (means["Set5", "HR"], means["Set14", "HR"]) == ((4.5, "as asked"), (4.1, "as asked"))
    assert means["Set14", "good"] == (3.2, "as asked")
    assert means["Set5", "nearest"][1] == "the paper's"


@pytest.mark.parametrize(
    "word", ["HR", "HR=good", "=3", "HR=3=", "HR=5", "HR=0", "HR=nan", "HR=inf", "EDSR=3", "A/HR=3"]
)
def test_invalid_means_are_refused(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose_means(study_of({"Set": 2}), parse_means([word]))
    assert caught.value.parameter == "means"
