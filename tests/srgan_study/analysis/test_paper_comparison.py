"""Methods of a study that stand for rows of the paper's tables."""

from srgan.paper import TABLE1, TABLE2
from srgan.paper.published import SEEDS
from srgan_study.analysis.paper_comparison import find_printed_score, match_rows


def test_methods_stand_for_rows_of_their_own_name_first() -> None:
    assert match_rows(TABLE2, ["srgan", "SRGAN", "HR"]) == {"SRGAN": "SRGAN", "HR": "HR"}
    assert match_rows(TABLE1, ["SRResNet", "srgan-vgg54"]) == {"SRResNet-MSE": "SRResNet", "SRGAN-VGG54": "srgan-vgg54"}
    assert match_rows(SEEDS, ["mine"]) == {}


def test_printed_scores_are_found_by_either_name() -> None:
    assert find_printed_score("srresnet", "BSD100") == 2.29
    assert find_printed_score("SRGAN-MSE", "Set5") == 3.77
    assert find_printed_score("SRGAN-MSE", "BSD100") is None
    assert find_printed_score("mine", "Set5") is None
