"""Tables of differences between methods."""

import re
from dataclasses import replace

import numpy as np

from srgan_study.analysis.study_analysis import SetAnalysis, analyse
from srgan_study.report.difference_tables import list_hopeless_units, make_difference_matrix, make_test_table
from tests.helpers.votes import ratings_of, study_of, votes_by_chance


def analyse_votes(methods: tuple[str, ...], quality: list[float]) -> SetAnalysis:
    votes = votes_by_chance(np.tile(quality, 4), 8, np.random.default_rng(0))
    return analyse(ratings_of(study_of({"Set5": 4}, methods), votes)).sets[0]


def test_a_p_too_small_for_a_float_is_not_called_zero() -> None:
    found = analyse_votes(("a", "b"), [2.0, 3.0])
    assert "5e-324" not in make_test_table(found).markdown()
    test = found.differences["pooled"][0]
    tiny = replace(found, differences={"pooled": (replace(test, test=replace(test.test, p=0.0), adjusted=0.0),)})
    text = make_test_table(tiny).markdown()
    assert "| <.001 | <.001 |" in text
    assert "5e-324" in text


def test_the_matrix_marks_units_and_what_so_few_images_cannot_show() -> None:
    found = analyse_votes(("a", "b", "c"), [1.2, 3.0, 4.6])
    text = make_difference_matrix(found).markdown()
    assert re.search(r"^\| a \|  \| -1\.\d\d vr \| -3\.\d\d vr \|$", text, re.MULTILINE)
    (hopeless,) = list_hopeless_units(found)
    assert hopeless.startswith("4 images are too few")
    assert hopeless in text
