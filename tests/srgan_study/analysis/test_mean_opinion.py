"""Opinion scores against loops over votes, SciPy, sureal, and votes whose true means are known."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.errors import UsageError
from srgan_study.analysis import mean_opinion
from srgan_study.analysis.mean_opinion import (
    compute_differential_opinions,
    compute_image_opinions,
    compute_opinions,
    estimate_mean,
    subtract_reference,
)
from tests.helpers.sureal_reference import by_sureal
from tests.helpers.votes import NAN, rating, ratings_of, study_of, thinned, votes_by_chance

STUDY = study_of({"Small": 6, "Smaller": 4})
QUALITY = np.tile([1.3, 2.2, 3.4, 4.4], 10)


def make_votes(raters: int = 9, missing: float = 0.0, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return thinned(votes_by_chance(QUALITY, raters, rng), missing, rng)


@pytest.mark.parametrize("data", [None, "Small", "Smaller"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_opinions_equal_loops_over_votes(data: str | None, missing: float) -> None:
    voted = ratings_of(STUDY, make_votes(missing=missing), again={3: np.ones(9)})
    more = (rating("R01", 90, 0, 5, "warm-up"), rating("R01", 0, 0, 5, "practice"))  # these do not count
    opinions = compute_opinions(replace(voted, rows=voted.rows + more), data=data)
    assert [one.method for one in opinions] == ["nearest", "bicubic", "good", "HR"]
    for one in opinions:
        kinds = {each.id for each in STUDY.stimuli if each.method == one.method and data in (None, each.data)}
        votes = [(row.rater, row.score) for row in voted.of("main") if row.stimulus in kinds]
        scores = [score for _, score in votes]
        by_rater = [np.mean([score for who, score in votes if who == rater]) for rater in {who for who, _ in votes}]
        low, high = stats.t.interval(0.95, len(by_rater) - 1, np.mean(by_rater), stats.sem(by_rater))
        assert (one.votes, one.raters, one.data) == (len(votes), len(by_rater), data)
        assert (one.mean, one.sd) == pytest.approx((np.mean(scores), np.std(scores, ddof=1)), abs=1e-12)
        assert dict(zip(one.scale, one.counts, strict=True)) == {score: Counter(scores)[score] for score in range(1, 6)}
        assert (one.by_rater.mean, one.by_rater.low, one.by_rater.high) == pytest.approx((np.mean(by_rater), low, high))
        assert one.by_rater_and_image.mean == pytest.approx(one.mean, abs=1e-12)


def test_bootstrap_agrees_with_one_that_draws_single_votes() -> None:
    votes = make_votes(missing=0.2, seed=4)
    columns = [place for place in range(40) if place % 4 == 2]
    rng = np.random.default_rng(99)
    means = [np.nanmean(votes[rng.choice(9, 9)][:, rng.choice(columns, 10)]) for _ in range(4000)]
    ratings = ratings_of(STUDY, votes)
    estimate = compute_opinions(ratings)[2].by_rater_and_image
    assert (estimate.low, estimate.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), abs=0.03)
    assert compute_opinions(ratings) == compute_opinions(ratings)


def test_intervals_cover_the_truth_as_often_as_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mean_opinion, "RESAMPLES", 999)
    rng, study, hits = np.random.default_rng(0), study_of({"Set": 20}, ("only",)), []
    for _ in range(300):
        images = rng.normal(3.0, 0.4, 20)  # another sample of raters and of images each time
        opinion = compute_opinions(ratings_of(study, votes_by_chance(images, 20, rng, bias=0.4)))[0]
        both, raters_only = opinion.by_rater_and_image, opinion.by_rater
        hits.append((both.low <= 3.0 <= both.high, raters_only.low <= images.mean() <= raters_only.high))
    shares = np.mean(hits, axis=0)
    assert 0.90 < shares[0] <= 0.99
    assert 0.91 < shares[1] <= 0.98


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_image_opinions_agree_with_sureal(missing: float) -> None:
    votes = make_votes(missing=missing)
    opinions = compute_image_opinions(ratings_of(STUDY, votes))
    theirs = by_sureal(votes, "MosModel")
    assert [one.score.mean for one in opinions] == pytest.approx(theirs["quality_scores"], abs=1e-9)
    for one, column, error in zip(opinions, votes.T, theirs["quality_scores_std"], strict=True):
        stimulus, n = STUDY.stimuli[one.stimulus], int(np.count_nonzero(~np.isnan(column)))
        assert (one.data, one.content, one.method) == (stimulus.data, stimulus.content, stimulus.method)
        assert (one.votes, sum(one.counts), one.score.n) == (n, n, n)
        assert one.score.high - one.score.mean == pytest.approx(stats.t.ppf(0.975, n - 1) * error)
    assert len(compute_image_opinions(ratings_of(STUDY, votes), data="Smaller")) == 16


def test_differential_opinions_agree_with_sureal() -> None:
    votes = make_votes()
    ratings = ratings_of(STUDY, votes)
    theirs = by_sureal(votes, "DmosModel", reference=np.arange(40) // 4 * 4 + 3)
    assert subtract_reference(ratings).scores.mean(axis=0) == pytest.approx(theirs["quality_scores"], abs=1e-9)
    opinions = {one.method: one for one in compute_differential_opinions(ratings)}
    assert list(opinions) == ["nearest", "bicubic", "good"]
    assert opinions["good"].mean == pytest.approx(np.mean(theirs["quality_scores"][2::4]))


def test_a_version_may_be_better_than_the_reference() -> None:
    ratings = ratings_of(study_of({"Set": 2}, ("good", "HR")), np.array([[5, 2, 4, 4], [4, NAN, 3, 5.0]]))
    differences = subtract_reference(ratings).scores[:, ::2]
    assert differences == pytest.approx(np.array([[8, 5], [NAN, 3]]), nan_ok=True)
    opinion = compute_differential_opinions(ratings)[0]
    assert (opinion.scale, opinion.counts) == (tuple(range(1, 10)), (0, 0, 1, 0, 1, 0, 0, 1, 0))
    assert opinion.mean == pytest.approx(16 / 3)


def test_differential_opinions_need_a_reference() -> None:
    with pytest.raises(UsageError):
        compute_differential_opinions(ratings_of(study_of({"Set": 2}, ("a", "b")), np.ones((2, 4))))
    kept = [one for one in STUDY.stimuli if (one.data, one.method) != ("Smaller", "HR")]
    only_in_one = replace(STUDY, stimuli=tuple(replace(one, id=place) for place, one in enumerate(kept)))
    opinions = compute_differential_opinions(ratings_of(only_in_one, make_votes()[:, :36]))
    assert {one.images for one in opinions} == {6}


def test_what_is_unknown_with_few_votes() -> None:
    alone = compute_opinions(ratings_of(STUDY, make_votes(raters=1)))[0]
    assert math.isfinite(alone.mean)
    assert all(math.isnan(bound) for one in (alone.by_rater, alone.by_rater_and_image) for bound in (one.low, one.high))
    one_image = compute_opinions(ratings_of(study_of({"Set": 1}), make_votes()[:, :4]))[0]
    assert one_image.by_rater.low < one_image.mean < one_image.by_rater.high
    assert math.isnan(one_image.by_rater_and_image.low)
    assert math.isnan(estimate_mean(np.array([NAN]), "raters").mean)
    nobody = ratings_of(STUDY, np.empty((0, 40)))
    opinions = compute_opinions(nobody)
    assert [(one.votes, one.raters, one.images, sum(one.counts)) for one in opinions] == [(0, 0, 0, 0)] * 4
    assert all(math.isnan(one.mean) for one in opinions)
    assert {one.votes for one in compute_image_opinions(nobody)} == {0}
