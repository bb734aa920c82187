"""The order of a study: everything once, nothing twice in a row, another for every rater and always the same."""

import time
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srgan_study.server.presentation_order import Presentation, Spacing, narrowest, presentations, spacing
from srgan_study.study import Study
from tests.helpers.studies_made_up import PAPER, study_of

RATERS = [f"R{number:02}" for number in range(1, 27)]


def check(study: Study, order: tuple[Presentation, ...]) -> None:
    """Assert what holds of every order, whatever the design."""
    phases = [shown.phase for shown in order]
    begin = len(study.practice) + study.design.warm_up
    assert phases[:begin] == ["practice"] * len(study.practice) + ["warm-up"] * study.design.warm_up
    assert set(phases[begin:]) <= {"main", "retest"}
    seen = {phase: [shown.stimulus for shown in order if shown.phase == phase] for phase in set(phases)}
    assert sorted(seen.get("practice", [])) == [stimulus.id for stimulus in study.practice]
    assert sorted(seen["main"]) == [stimulus.id for stimulus in study.stimuli]
    assert sorted(seen.get("retest", [])) == sorted(study.retest)
    assert len(set(seen.get("warm-up", []))) == study.design.warm_up
    places = {(shown.phase, shown.stimulus): place for place, shown in enumerate(order)}
    assert all(places["main", one] < places["retest", one] for one in study.retest)


def narrowest_by_hand(study: Study, order: tuple[Presentation, ...]) -> tuple[int, int]:
    """Return the gap and the distance of an order, by comparing every two ratings."""
    rated = [(shown.phase, study.stimuli[shown.stimulus]) for shown in order if shown.phase != "practice"]
    places: dict[tuple[str, str], list[int]] = {}
    for place, (_, stimulus) in enumerate(rated):
        places.setdefault((stimulus.data, stimulus.content), []).append(place)
    gap, distance = 10**9, 10**9
    for earlier, later in (pair for own in places.values() for pair in combinations(own, 2)):
        gap = min(gap, later - earlier - 1)
        (before, first), (after, second) = rated[earlier], rated[later]
        if first.id == second.id and (before, after) == ("main", "retest"):
            distance = min(distance, later - earlier - 1)
    return gap, distance


@pytest.mark.parametrize("gap", [1, 2, 3])
@pytest.mark.parametrize("blocked", [False, True])
def test_the_papers_design(gap: int, blocked: bool) -> None:
    study = study_of(PAPER, retest=tuple(range(100, 1100, 50)), gap=gap, blocked=blocked, warm_up=5)
    order = presentations(study, "R01")
    check(study, order)
    assert spacing(study, order) == Spacing(gap, 50)
    sets = [study.stimuli[shown.stimulus].data for shown in order if shown.phase != "practice"]
    changes = sum(one != other for one, other in pairwise(sets))
    assert changes == 2 if blocked else changes > 100


def test_the_papers_design_is_ordered_at_once() -> None:
    study = study_of(PAPER)
    assert study.ratings_per_rater == 1128
    started = time.process_time()
    presentations(study, "R01")
    assert time.process_time() - started < 0.5


def test_an_order_depends_on_the_rater_and_the_seed_alone() -> None:
    study = study_of({"A": (6, 4)}, warm_up=2)
    orders = {rater: presentations(study, rater) for rater in RATERS}
    assert len(set(orders.values())) == len(RATERS)
    assert {rater: presentations(study, rater) for rater in reversed(RATERS)} == orders
    other = replace(study, design=replace(study.design, seed=1))
    assert presentations(other, "R01") != orders["R01"]


def test_the_sets_of_blocks_come_in_different_orders() -> None:
    study = study_of({"A": (3, 3), "B": (3, 3), "C": (3, 3)}, blocked=True)
    orders = [presentations(study, rater) for rater in RATERS]
    assert {study.stimuli[order[len(study.practice)].stimulus].data for order in orders} == {"A", "B", "C"}


def test_every_version_is_as_likely_at_the_beginning_as_at_the_end() -> None:
    study = study_of({"A": (5, 4)})
    halves = Counter[int]()
    for number in range(400):
        order = [shown.stimulus for shown in presentations(study, f"rater {number}") if shown.phase == "main"]
        halves.update(order[:10])
    # Binomial of 400 draws of a half: standard deviation 10.
    assert all(abs(halves[stimulus.id] - 200) < 45 for stimulus in study.stimuli)


@given(
    sets=st.dictionaries(st.sampled_from("ABC"), st.tuples(st.integers(1, 6), st.integers(1, 5)), min_size=1),
    gap=st.integers(0, 5),
    blocked=st.booleans(),
    share=st.floats(0, 1),
    warm_up=st.integers(0, 5),
    rater=st.text(max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_any_design(
    sets: dict[str, tuple[int, int]], gap: int, blocked: bool, share: float, warm_up: int, rater: str
) -> None:
    sizes = [contents * versions for contents, versions in sets.values()]
    room, retest = min(sizes) if blocked else sum(sizes), tuple(range(int(sum(sizes) * share)))
    study = study_of(sets, retest=retest, gap=gap, blocked=blocked, warm_up=min(warm_up, room))
    order = presentations(study, rater)
    check(study, order)
    by_hand = narrowest_by_hand(study, order)
    assert spacing(study, order) == Spacing(min(gap, by_hand[0]), min(50, by_hand[1]))


@given(contents=st.integers(1, 5), versions=st.integers(2, 5), gap=st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_the_gap_is_the_largest_that_can_be(contents: int, versions: int, gap: int) -> None:
    """With as many versions of each, others can stand between two of one: all but itself, and no more."""
    study = study_of({"A": (contents, versions)}, gap=gap)
    assert spacing(study, presentations(study, "R01")).gap == min(gap, contents - 1)


def test_a_picture_with_far_more_versions_than_the_others() -> None:
    study = study_of({"A": (1, 6), "B": (5, 1)}, gap=1)
    order = presentations(study, "R01")
    check(study, order)
    assert spacing(study, order).gap == 1  # there is but one way: it comes first, last and every other time
    assert study.stimuli[order[len(study.practice)].stimulus].data == "A"


def test_what_is_rated_twice_comes_as_late_as_a_small_study_allows() -> None:
    kept = narrowest(study_of({"A": (4, 5)}, retest=(0, 7, 13)), RATERS)
    assert (kept.gap, 5 <= kept.repeat_distance <= 10) == (1, True)
    every = study_of({"A": (4, 5)}, retest=tuple(range(20)))
    assert narrowest(every, RATERS[:3]).repeat_distance >= 5
