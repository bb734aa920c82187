"""Raters who were made bad are flagged, and good ones hardly ever."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan_study.analysis.rater_outliers import Flag, correlations, flags
from srgan_study.votes.ratings import Phase, Ratings, ScoreTable
from tests.helpers.votes import NAN, rating, ratings_of, study_of, thinned, votes_by_chance

METHODS = ("nearest", "bicubic", "c", "d", "e", "f", "g", "h", "HR")
MEANS = np.array([1.1, 1.5, 2.0, 2.2, 2.3, 2.9, 3.2, 3.6, 4.5])
STUDY = study_of({"Set": 30}, METHODS)
BAD = {"R24": "constant", "R25": "random", "R26": "inverted"}


def _panel(seed: int, missing: float = 0.0) -> Ratings:
    """23 good raters, then one who always says 3, one who says anything and one who has the scale upside down."""
    generator = np.random.default_rng(seed)
    quality = np.tile(MEANS, 30) + generator.normal(0, 0.3, 270)
    good = votes_by_chance(quality, 24, generator, bias=0.4, noise=0.6)
    votes = np.vstack([good[:23], np.full((1, 270), 3), generator.integers(1, 6, (1, 270)), 6 - good[23:]])
    orders = np.array([generator.permutation(270) for _ in range(26)])
    return ratings_of(STUDY, thinned(votes, missing, generator), orders=orders)


def _of(found: tuple[Flag, ...], rater: str) -> set[str]:
    return {flag.rule for flag in found if flag.rater == rater}


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_planted_raters_are_flagged_and_good_ones_hardly_ever(missing: float) -> None:
    wrongly = 0
    for seed in range(20):
        found = flags(_panel(seed, missing))
        assert "constant" in _of(found, "R24")
        assert "correlation" in _of(found, "R25")
        assert "inverted" not in _of(found, "R25"), "no agreement is not the opposite"
        assert {"correlation", "inverted"} <= _of(found, "R26")
        assert missing or "outliers" in _of(found, "R26")
        wrongly += sum(flag.rater not in BAD for flag in found)
    assert wrongly <= 2, "of 20 panels of 23"


def test_raters_by_chance_hardly_ever_have_the_scale_upside_down_in_a_tiny_study() -> None:
    generator, tiny = np.random.default_rng(0), study_of({"Set": 2}, METHODS[:4])
    good = np.tile([1.0, 2, 3, 5], (9, 2))
    found = {"random": 0, "inverted": 0}
    for _ in range(500):
        votes = np.vstack([good, generator.integers(1, 6, (1, 8)), 6 - good[:1]])
        flagged = flags(ratings_of(tiny, votes))
        found["random"] += "inverted" in _of(flagged, "R10")
        found["inverted"] += "inverted" in _of(flagged, "R11")
    assert found["random"] <= 9, "chance in a thousand by the normal rule; of eight votes it is 8 in a thousand"
    assert found["inverted"] == 500


def test_a_correlation_is_judged_by_the_votes_that_others_cast_too() -> None:
    votes = np.full((3, 270), NAN)
    votes[0] = np.tile(np.arange(1, 6), 54)  # many votes, of which all but eight stand alone
    votes[1:, :8] = [3, 2, 5, 1, 2, 3, 2, 4]
    ratings = ratings_of(STUDY, votes)
    assert -0.8 < correlations(ratings.table())["R01"] < -0.2
    assert {flag.rule for flag in flags(ratings) if flag.rater == "R01"} == {"correlation"}


def test_every_flag_says_what_was_found_and_what_is_the_limit() -> None:
    found = flags(_panel(0))
    assert [flag.rater for flag in found] == sorted(flag.rater for flag in found)
    for flag in found:
        assert abs(flag.value) > flag.limit if flag.rule in ("outliers", "drift") else flag.value < flag.limit
        assert "\n" not in flag.words
    constant = next(flag for flag in found if flag.rule == "constant")
    assert constant == Flag(
        "R24", "constant", 0.0, 0.4, "nearly always gives the same score: votes have a standard deviation of 0.00"
    )


def test_correlations_are_with_the_mean_of_the_others() -> None:
    table = _panel(3, missing=0.2).table()
    found = correlations(table)
    for row, rater in enumerate(table.raters):
        own, panel = table.scores[row], np.nanmean(np.delete(table.scores, row, axis=0), axis=0)
        cast = ~np.isnan(own)
        if rater == "R24":
            assert math.isnan(found[rater])
        else:
            assert found[rater] == pytest.approx(np.corrcoef(own[cast], panel[cast])[0, 1])
    few = ScoreTable(("a", "b"), tuple(range(7)), np.tile(np.arange(7.0), (2, 1)))
    assert all(math.isnan(r) for r in correlations(few).values())


def _good(**more: object) -> Ratings:
    """Five good raters; the first one's votes are as said."""
    generator = np.random.default_rng(0)
    orders = np.array([generator.permutation(270) for _ in range(5)])
    ratings = ratings_of(STUDY, votes_by_chance(np.tile(MEANS, 30), 5, generator, noise=0.4), orders=orders)
    rows = tuple(replace(row, **more) if row.rater == "R01" else row for row in ratings.rows)  # type: ignore[arg-type]
    return replace(ratings, rows=rows)


def _with(ratings: Ratings, phase: Phase, votes: dict[int, int], **more: object) -> Ratings:
    extra = tuple(
        rating("R01", place, stimulus, score, phase, **more) for place, (stimulus, score) in enumerate(votes.items())
    )
    return replace(ratings, rows=extra + ratings.rows)


def test_good_raters_have_no_flags() -> None:
    assert flags(_good()) == ()
    assert flags(_with(_good(), "practice", {0: 1, 1: 3, 2: 5})) == ()
    assert flags(_with(_good(), "practice", {0: 3, 2: 3})) == ()


@pytest.mark.parametrize(("raters", "flagged"), [(12, False), (13, True)])
def test_outliers_need_a_panel_of_thirteen(raters: int, flagged: bool) -> None:
    votes = np.tile(np.tile([1.0, 2, 3, 4], 10), (raters, 1))
    votes[0, ::5] += 1  # a fifth of the votes are one off
    found = [flag for flag in flags(ratings_of(study_of({"Set": 10}), votes)) if flag.rule == "outliers"]
    assert [(flag.rater, flag.value) for flag in found] == [("R01", 0.2)] * flagged
    votes[0], votes[0, :2] = votes[1], 5  # 5 % are not more than 5 %
    assert "outliers" not in _of(flags(ratings_of(study_of({"Set": 10}), votes)), "R01")


@pytest.mark.parametrize(("others", "flagged"), [(27, True), (81, False)])
def test_nearly_the_same_score_throughout(others: int, flagged: bool) -> None:
    votes = votes_by_chance(np.tile(MEANS, 30), 5, np.random.default_rng(0))
    votes[0] = 3
    votes[0, :others] = 4  # a standard deviation of 0.30, or 0.46
    found = flags(ratings_of(STUDY, votes))
    assert ("constant" in _of(found, "R01")) == flagged


def test_votes_too_fast() -> None:
    found = flags(_good(response_ms=450))
    assert [(flag.rater, flag.rule, flag.value, flag.limit) for flag in found] == [("R01", "fast", 450, 600)]
    assert flags(_good(response_ms=600)) == ()


def test_votes_in_a_zoomed_window() -> None:
    ratings = _good()
    zoomed = replace(ratings, rows=(replace(ratings.rows[0], zoom_ok=False), *ratings.rows[1:]))
    found = flags(zoomed)
    assert [(flag.rater, flag.rule, flag.value) for flag in found] == [("R01", "zoom", 1 / 270)]
    assert "1 of 270" in found[0].words
    assert flags(_with(ratings, "practice", {1: 3}, zoom_ok=False)) == (), "practice does not count"


def test_practice_upside_down() -> None:
    found = flags(_with(_good(), "practice", {0: 4, 1: 3, 2: 2}))
    assert [(flag.rater, flag.rule, flag.value, flag.limit) for flag in found] == [("R01", "practice", 2, 0)]
    assert flags(_with(_good(), "practice", {0: 4})) == (), "only one of the two was rated"


def test_votes_that_drift() -> None:
    ratings = _good()
    lower = tuple(
        replace(row, score=max(1, row.score - 2)) if row.rater == "R01" and row.position > 135 else row
        for row in ratings.rows
    )
    found = [flag for flag in flags(replace(ratings, rows=lower)) if flag.rule == "drift"]
    assert [flag.rater for flag in found] == ["R01"]
    assert found[0].value < -0.5


@pytest.mark.parametrize(
    "votes",
    [np.empty((0, 270)), np.full((2, 270), NAN), np.where(np.eye(3, 270) > 0, 3, NAN)],
)
def test_too_few_votes_to_judge(votes: NDArray[np.float64]) -> None:
    assert flags(ratings_of(STUDY, votes)) == ()
