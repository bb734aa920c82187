"""Opinion scores against loops over votes, SciPy, sureal, and votes whose true means are known."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from srgan.errors import UsageError
from srgan_study.analysis import mean_opinion as opinion
from srgan_study.analysis.mean_opinion import differential, differential_table, mean_of, per_image, scores
from srgan_study.votes.ratings import Ratings
from tests.helpers.sureal_reference import by_sureal
from tests.helpers.votes import NAN, rating, ratings_of, study_of, thinned, votes_by_chance

STUDY = study_of({"Small": 6, "Smaller": 4})
QUALITY = np.tile([1.3, 2.2, 3.4, 4.4], 10)


def _votes(raters: int = 9, missing: float = 0.0, seed: int = 0) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    return thinned(votes_by_chance(QUALITY, raters, generator), missing, generator)


def _cast(ratings: Ratings, method: str, data: str | None) -> list[tuple[str, int]]:
    """The votes on a method, by going through them all."""
    kinds = ratings.study.stimuli
    return [
        (row.rater, row.score)
        for row in ratings.rows
        if kinds[row.stimulus].method == method and data in (None, kinds[row.stimulus].data) and row.phase == "main"
    ]


@pytest.mark.parametrize("data", [None, "Small", "Smaller"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_scores_are_what_the_votes_say(data: str | None, missing: float) -> None:
    ratings = ratings_of(STUDY, _votes(missing=missing))
    found = scores(ratings, data=data)
    assert [one.method for one in found] == ["nearest", "bicubic", "good", "HR"]
    for one in found:
        votes = _cast(ratings, one.method, data)
        given = [score for _, score in votes]
        by_rater = [np.mean([score for who, score in votes if who == rater]) for rater in {who for who, _ in votes}]
        low, high = stats.t.interval(0.95, len(by_rater) - 1, np.mean(by_rater), stats.sem(by_rater))
        assert (one.votes, one.raters, one.data) == (len(votes), len(by_rater), data)
        assert (one.mean, one.sd) == pytest.approx((np.mean(given), np.std(given, ddof=1)), abs=1e-12)
        assert dict(zip(one.scale, one.counts, strict=True)) == {score: Counter(given)[score] for score in range(1, 6)}
        assert (one.by_rater.mean, one.by_rater.low, one.by_rater.high) == pytest.approx((np.mean(by_rater), low, high))
        assert one.by_rater_and_image.mean == pytest.approx(one.mean, abs=1e-12)
        assert (one.by_rater.n, one.by_rater.unit, one.by_rater.how) == (len(by_rater), "raters", "t")
        assert (one.by_rater_and_image.unit, one.by_rater_and_image.how) == ("raters and images", "bootstrap")


def test_bootstrap_agrees_with_one_that_draws_votes_one_by_one() -> None:
    votes = _votes(missing=0.2, seed=4)
    columns = [place for place in range(40) if place % 4 == 2]
    generator = np.random.default_rng(99)
    means = []
    for _ in range(4000):
        rows, images = generator.choice(9, 9), generator.choice(columns, 10)
        means.append(np.nanmean(votes[rows][:, images]))
    found = scores(ratings_of(STUDY, votes))[2].by_rater_and_image
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), abs=0.03)


def test_bootstrap_is_that_of_its_seed() -> None:
    ratings = ratings_of(STUDY, _votes())
    assert scores(ratings) == scores(ratings, seed=0) != scores(ratings, seed=1)


def test_intervals_cover_the_truth_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opinion, "RESAMPLES", 999)
    generator, study, hits = np.random.default_rng(0), study_of({"Set": 20}, ("only",)), []
    for _ in range(300):
        pictures = generator.normal(3.0, 0.4, 20)  # another sample of raters and of pictures each time
        found = scores(ratings_of(study, votes_by_chance(pictures, 20, generator, bias=0.4)))[0]
        both, raters_only = found.by_rater_and_image, found.by_rater
        hits.append((both.low <= 3.0 <= both.high, raters_only.low <= pictures.mean() <= raters_only.high))
    shares = np.mean(hits, axis=0)
    assert 0.90 < shares[0] <= 0.99
    assert 0.91 < shares[1] <= 0.98


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_each_image_has_its_own_score(missing: float) -> None:
    votes = _votes(missing=missing)
    found = per_image(ratings_of(STUDY, votes))
    theirs = by_sureal(votes, "MosModel")
    assert [one.score.mean for one in found] == pytest.approx(theirs["quality_scores"], abs=1e-9)
    for one, column, error in zip(found, votes.T, theirs["quality_scores_std"], strict=True):
        stimulus, given = STUDY.stimuli[one.stimulus], column[~np.isnan(column)]
        assert (one.data, one.content, one.method) == (stimulus.data, stimulus.content, stimulus.method)
        assert (one.votes, sum(one.counts), one.score.n) == (len(given),) * 3
        assert one.score.high - one.score.mean == pytest.approx(stats.t.ppf(0.975, len(given) - 1) * error)
    assert len(per_image(ratings_of(STUDY, votes), data="Smaller")) == 16


def test_differences_from_the_reference_agree_with_sureal() -> None:
    votes = _votes()
    ratings = ratings_of(STUDY, votes)
    theirs = by_sureal(votes, "DmosModel", reference=np.arange(40) // 4 * 4 + 3)
    table = differential_table(ratings).scores
    assert table.mean(axis=0) == pytest.approx(theirs["quality_scores"], abs=1e-9)
    found = {one.method: one for one in differential(ratings)}
    assert list(found) == ["nearest", "bicubic", "good"], "of the reference itself there is nothing to say"
    assert found["good"].mean == pytest.approx(np.mean(theirs["quality_scores"][2::4]))


def test_a_version_may_be_better_than_the_reference() -> None:
    study = study_of({"Set": 2}, ("good", "HR"))
    ratings = ratings_of(study, np.array([[5, 2, 4, 4], [4, NAN, 3, 5.0]]))
    found = differential(ratings)[0]
    assert differential_table(ratings).scores[:, ::2].tolist() == pytest.approx(
        np.array([[8, 5], [NAN, 3]]), nan_ok=True
    )
    assert (found.scale, found.counts) == (tuple(range(1, 10)), (0, 0, 1, 0, 1, 0, 0, 1, 0))
    assert found.mean == pytest.approx(16 / 3)


def test_without_a_reference_there_are_no_differences() -> None:
    with pytest.raises(UsageError, match="hidden reference"):
        differential(ratings_of(study_of({"Set": 2}, ("a", "b")), np.ones((2, 4))))
    only_in_one = replace(
        STUDY, stimuli=tuple(one for one in STUDY.stimuli if (one.data, one.method) != ("Smaller", "HR"))
    )
    found = differential(ratings_of(only_in_one, _votes()[:, :36]))
    assert {one.images for one in found} == {6}


def test_only_votes_of_the_main_phase_count() -> None:
    ratings = ratings_of(STUDY, _votes(), again={3: np.ones(9)})
    more = [rating("R01", 90, 0, 5, "warm-up"), rating("R01", 0, 0, 5, "practice")]
    assert scores(replace(ratings, rows=ratings.rows + tuple(more))) == scores(ratings_of(STUDY, _votes()))


def test_what_one_rater_or_one_picture_cannot_tell() -> None:
    alone = scores(ratings_of(STUDY, _votes(raters=1)))[0]
    assert math.isfinite(alone.mean)
    assert all(math.isnan(bound) for one in (alone.by_rater, alone.by_rater_and_image) for bound in (one.low, one.high))
    one_picture = scores(ratings_of(study_of({"Set": 1}), _votes()[:, :4]))[0]
    assert one_picture.by_rater.low < one_picture.mean < one_picture.by_rater.high
    assert math.isnan(one_picture.by_rater_and_image.low)
    nobody = scores(ratings_of(STUDY, np.empty((0, 40))))
    assert [(one.votes, one.raters, one.images, sum(one.counts)) for one in nobody] == [(0, 0, 0, 0)] * 4
    assert all(math.isnan(one.mean) for one in nobody)
    assert {one.votes for one in per_image(ratings_of(STUDY, np.empty((0, 40))))} == {0}
    assert math.isnan(mean_of(np.array([NAN]), "raters").mean)


def test_an_unknown_set() -> None:
    for function in (scores, differential, per_image):
        with pytest.raises(UsageError, match="choose from Small, Smaller"):
            function(ratings_of(STUDY, _votes()), data="Large")
