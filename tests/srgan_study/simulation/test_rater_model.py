"""Rater model: planted means are the means of votes, and the same seed gives the same raters."""

from dataclasses import replace

import numpy as np
import pytest

from srgan_study.simulation.rater_model import LEAST, MOST, Planted, RaterModel, make_rater, plant
from srgan_study.simulation.simulated_means import choose_means
from srgan_study.study import Study
from tests.helpers.studies_made_up import make_study
from tests.helpers.votes import study_of

MEANS = {"nearest": 1.28, "bicubic": 1.97, "good": 3.58, "HR": 4.32}
STUDY = study_of({"Small": 3, "Smaller": 2})


def plant_means(study: Study) -> Planted:
    return plant(study, choose_means(study, MEANS))


@pytest.fixture(scope="module")
def planted() -> Planted:
    return plant_means(STUDY)


@pytest.mark.parametrize("psi", [-1.0, 1.3, 2.5, 3.0, 4.8, 7.0])
@pytest.mark.parametrize(
    "model", [RaterModel(), RaterModel(bias=0.0, taste=0.0, inconsistencies=(0.1,)), RaterModel(taste=0.8)]
)
def test_the_expected_vote_is_that_of_very_many_raters(model: RaterModel, psi: float) -> None:
    rng, many = np.random.default_rng(0), 400_000
    perceived = psi + rng.normal(0, model.bias, many) + rng.normal(0, model.taste, many)
    perceived += rng.choice(model.inconsistencies, many) * rng.normal(0, 1, many)
    votes = np.array([1, 2, 3, 4, 5])[np.searchsorted([1.5, 2.5, 3.5, 4.5], perceived)]
    assert abs(float(model.expect(psi)) - votes.mean()) < 4 * votes.std() / np.sqrt(many) + 2e-5


@pytest.mark.parametrize("mean", [LEAST, 1.11, 2.29, 3.0, 4.32, MOST])
def test_the_planted_mean_is_the_mean_of_rounded_votes(mean: float) -> None:
    effects, model = np.random.default_rng(1).normal(0, 0.5, 20), RaterModel()
    assert model.expect(model.solve_level(mean, effects) + effects).mean() == pytest.approx(mean, abs=1e-6)


def test_many_raters_give_a_method_its_planted_mean_and_differ_as_the_model_says(planted: Planted) -> None:
    raters = [make_rater(planted, f"R{number:03}") for number in range(1500)]
    votes = np.array([rater.scores["main"] for rater in raters])
    for (method, data), mean in planted.means.items():
        places = [each.id for each in STUDY.stimuli if (each.method, each.data) == (method, data)]
        of_raters = votes[:, places].mean(axis=1)
        assert abs(of_raters.mean() - mean) < 4 * of_raters.std() / np.sqrt(len(of_raters)), (method, data)
    assert np.std([rater.bias for rater in raters]) == pytest.approx(planted.model.bias, rel=0.1)
    assert {rater.inconsistency for rater in raters} == set(planted.model.inconsistencies)
    milliseconds = np.concatenate([rater.milliseconds["main"] for rater in raters])
    assert np.median(milliseconds) == pytest.approx(1000 * planted.model.seconds, rel=0.05)
    assert milliseconds.min() >= 300
    first, second = (np.concatenate([rater.scores[phase] for rater in raters[:50]]) for phase in ("main", "retest"))
    assert (first != second).any()
    assert np.corrcoef(first, second)[0, 1] > 0.7


def test_a_rater_depends_on_seed_and_code_alone(planted: Planted) -> None:
    alone = make_rater(planted, "R02")
    make_rater(planted, "R01", "random")
    again = make_rater(planted, "R02")
    for phase in ("practice", "warm-up", "main", "retest"):
        np.testing.assert_array_equal(alone.scores[phase], again.scores[phase])
        np.testing.assert_array_equal(alone.milliseconds[phase], again.milliseconds[phase])
    others = [make_rater(planted, "R03"), make_rater(replace(planted, seed=1), "R02")]
    assert all((other.scores["main"] != alone.scores["main"]).any() for other in others)


def test_a_known_rater_votes_as_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A change of these numbers breaks the continuation of earlier dry runs."""
    study = make_study(tmp_path_factory.mktemp("raters") / "study", repeats=3, warm_up=2)
    assert make_rater(plant_means(study), "R01").scores["main"][:12].tolist() == [1, 1, 2, 5, 1, 1, 5, 5, 2, 2, 3, 5]


def test_bad_raters_vote_as_their_kind_says(planted: Planted) -> None:
    good = make_rater(planted, "R01")
    constant, random, inverted = (make_rater(planted, "R01", kind) for kind in ("constant", "random", "inverted"))
    assert np.ptp(constant.scores["main"]) == 0
    np.testing.assert_array_equal(inverted.scores["main"], 6 - good.scores["main"])
    votes = np.concatenate([make_rater(planted, f"R{n}", "random").scores["main"] for n in range(200)])
    np.testing.assert_allclose(np.bincount(votes, minlength=6)[1:] / len(votes), 0.2, atol=0.03)
    assert np.median(random.milliseconds["main"]) < 0.3 * np.median(good.milliseconds["main"])


def test_a_study_without_practice_can_be_planted() -> None:
    assert make_rater(plant_means(replace(STUDY, practice=())), "R01").scores["practice"].tolist() == []
