"""Flags: planted bad raters are flagged, and good ones hardly ever."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from srgan_study.analysis.rater_outliers import Flag, correlate_raters, flag_raters
from srgan_study.votes.ratings import Phase, Ratings
from tests.helpers.votes import NAN, rating, ratings_of, study_of, table_of, thinned, votes_by_chance

METHODS = ("nearest", "bicubic", "c", "d", "e", "f", "g", "h", "HR")
MEANS = np.array([1.1, 1.5, 2.0, 2.2, 2.3, 2.9, 3.2, 3.6, 4.5])
STUDY = study_of({"Set": 30}, METHODS)


def make_panel(seed: int, missing: float = 0.0) -> Ratings:
    """Return votes of 23 good raters, then of a constant, a random and an inverted one."""
    rng = np.random.default_rng(seed)
    quality = np.tile(MEANS, 30) + rng.normal(0, 0.3, 270)
    good = votes_by_chance(quality, 24, rng, bias=0.4, noise=0.6)
    votes = np.vstack([good[:23], np.full((1, 270), 3), rng.integers(1, 6, (1, 270)), 6 - good[23:]])
    orders = np.array([rng.permutation(270) for _ in range(26)])
    return ratings_of(STUDY, thinned(votes, missing, rng), orders=orders)


def rules_of(flags: tuple[Flag, ...], rater: str = "R01") -> set[str]:
    return {flag.rule for flag in flags if flag.rater == rater}


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_bad_raters_are_flagged_and_good_ones_hardly_ever(missing: float) -> None:
    wrong = 0
    for seed in range(20):
        flags = flag_raters(make_panel(seed, missing))
        assert [flag.rater for flag in flags] == sorted(flag.rater for flag in flags)
        assert ("R24", "constant", 0.0, 0.4) in [(flag.rater, flag.rule, flag.value, flag.limit) for flag in flags]
        assert "correlation" in rules_of(flags, "R25")
        assert "inverted" not in rules_of(flags, "R25")
        assert {"correlation", "inverted"} <= rules_of(flags, "R26")
        assert missing or "outliers" in rules_of(flags, "R26")
        wrong += sum(flag.rater not in ("R24", "R25", "R26") for flag in flags)
        for flag in flags:
            assert abs(flag.value) > flag.limit if flag.rule in ("outliers", "drift") else flag.value < flag.limit
    assert wrong <= 2, "of 20 panels of 23"


def test_random_raters_are_hardly_ever_flagged_as_inverted_in_a_tiny_study() -> None:
    rng, tiny = np.random.default_rng(0), study_of({"Set": 2}, METHODS[:4])
    good = np.tile([1.0, 2, 3, 5], (9, 2))
    random = inverted = 0
    for _ in range(500):
        flags = flag_raters(ratings_of(tiny, np.vstack([good, rng.integers(1, 6, (1, 8)), 6 - good[:1]])))
        random += "inverted" in rules_of(flags, "R10")
        inverted += "inverted" in rules_of(flags, "R11")
    assert random <= 9, "one in a thousand of normal numbers; of eight votes it is 8 in a thousand"
    assert inverted == 500


def test_a_correlation_is_judged_by_common_votes() -> None:
    votes = np.full((3, 270), NAN)
    votes[0] = np.tile(np.arange(1, 6), 54)  # of these, all but eight stand alone
    votes[1:, :8] = [3, 2, 5, 1, 2, 3, 2, 4]
    ratings = ratings_of(STUDY, votes)
    assert -0.8 < correlate_raters(ratings.table())["R01"] < -0.2
    assert rules_of(flag_raters(ratings)) == {"correlation"}


def test_correlations_are_with_the_mean_of_the_others() -> None:
    table = make_panel(3, missing=0.2).table()
    correlations = correlate_raters(table)
    for row, rater in enumerate(table.raters):
        own, panel = table.scores[row], np.nanmean(np.delete(table.scores, row, axis=0), axis=0)
        cast = ~np.isnan(own)
        expected = math.nan if rater == "R24" else np.corrcoef(own[cast], panel[cast])[0, 1]
        assert correlations[rater] == pytest.approx(expected, nan_ok=True)
    few = table_of(np.tile(np.arange(7.0), (2, 1)))
    assert all(math.isnan(r) for r in correlate_raters(few).values())


def make_good(**changes: Any) -> Ratings:
    """Return votes of five good raters; those of the first are changed."""
    rng = np.random.default_rng(0)
    orders = np.array([rng.permutation(270) for _ in range(5)])
    ratings = ratings_of(STUDY, votes_by_chance(np.tile(MEANS, 30), 5, rng, noise=0.4), orders=orders)
    rows = tuple(replace(row, **changes) if row.rater == "R01" else row for row in ratings.rows)
    return replace(ratings, rows=rows)


def add_votes(phase: Phase, votes: dict[int, int], **more: Any) -> Ratings:
    """Return votes of good raters with more votes of the first."""
    good = make_good()
    extra = (rating("R01", place, *vote, phase, **more) for place, vote in enumerate(votes.items()))
    return replace(good, rows=(*extra, *good.rows))


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (make_good(), ()),
        (make_good(response_ms=600), ()),
        (add_votes("practice", {0: 1, 1: 3, 2: 5}), ()),
        (add_votes("practice", {0: 3, 2: 3}), ()),
        (add_votes("practice", {0: 4}), ()),
        (add_votes("practice", {1: 3}, zoom_ok=False), ()),
        (ratings_of(STUDY, np.empty((0, 270))), ()),
        (ratings_of(STUDY, np.full((2, 270), NAN)), ()),
        (ratings_of(STUDY, np.where(np.eye(3, 270) > 0, 3, NAN)), ()),
        (make_good(response_ms=450), ("fast", 450, 600)),
        (make_good(zoom_ok=False), ("zoom", 1, 0)),
        (add_votes("practice", {0: 4, 1: 3, 2: 2}), ("practice", 2, 0)),
    ],
)
def test_unusual_votes_are_flagged(ratings: Ratings, expected: tuple[Any, ...]) -> None:
    flags = [(flag.rater, flag.rule, flag.value, flag.limit) for flag in flag_raters(ratings)]
    assert flags == ([("R01", *expected)] if expected else [])


@pytest.mark.parametrize(("raters", "flagged"), [(12, False), (13, True)])
def test_outliers_need_a_panel_of_thirteen(raters: int, flagged: bool) -> None:
    votes = np.tile(np.tile([1.0, 2, 3, 4], 10), (raters, 1))
    votes[0, ::5] += 1  # a fifth of the votes are one off
    flags = [flag for flag in flag_raters(ratings_of(study_of({"Set": 10}), votes)) if flag.rule == "outliers"]
    assert [(flag.rater, flag.value) for flag in flags] == [("R01", 0.2)] * flagged
    votes[0], votes[0, :2] = votes[1], 5  # 5 % are not more than 5 %
    assert "outliers" not in rules_of(flag_raters(ratings_of(study_of({"Set": 10}), votes)))


@pytest.mark.parametrize(("others", "flagged"), [(27, True), (81, False)])
def test_nearly_constant_scores(others: int, flagged: bool) -> None:
    votes = votes_by_chance(np.tile(MEANS, 30), 5, np.random.default_rng(0))
    votes[0] = 3
    votes[0, :others] = 4  # a standard deviation of 0.30, or 0.46
    assert ("constant" in rules_of(flag_raters(ratings_of(STUDY, votes)))) == flagged


def test_votes_that_drift_are_flagged() -> None:
    ratings = make_good()
    lower = tuple(
        replace(row, score=max(1, row.score - 2)) if row.rater == "R01" and row.position > 135 else row
        for row in ratings.rows
    )
    flags = [flag for flag in flag_raters(replace(ratings, rows=lower)) if flag.rule == "drift"]
    assert [flag.rater for flag in flags] == ["R01"]
    assert flags[0].value < -0.5
