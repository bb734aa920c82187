"""Intervals, tests and corrections against SciPy, enumeration and their definitions."""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pytest

from srgan.errors import DataError, UsageError
from srgan.evaluation import significance
from srgan.evaluation.results import MethodInfo, Results, Row
from srgan.evaluation.significance import Interval, compare, holm, interval, mean, measured, wilcoxon

INF, NAN = math.inf, math.nan


def _results(scores: Mapping[str, Sequence[float]], measure: str = "paper/psnr") -> Results:
    """One set, a score of each image for each method; the method `HR` is the reference."""
    pictures = tuple(f"picture {number}" for number in range(max(map(len, scores.values()))))
    methods = tuple(MethodInfo(name, "reference" if name == "HR" else "model", name, "") for name in scores)
    rows = tuple(
        Row(name, "Set", picture, None, "", {measure: score})
        for name, values in scores.items()
        for picture, score in zip(pictures, values, strict=False)
    )
    return Results("1", methods, {"Set": pictures, "Empty": ()}, rows)


def _by_enumeration(differences: Sequence[float]) -> float:
    """Two-sided p of the signed-rank test: all signs, ranks by sorting, zeros left out."""
    sizes = [abs(difference) for difference in differences if difference]
    ranks = [sum(o < s for o in sizes) + (sizes.count(s) + 1) / 2 for s in sizes]
    above = sum(r for r, d in zip(ranks, [d for d in differences if d], strict=True) if d > 0)
    sums = [
        sum(r for r, sign in zip(ranks, signs, strict=True) if sign) for signs in product((0, 1), repeat=len(sizes))
    ]
    at_most, at_least = sum(s <= above for s in sums), sum(s >= above for s in sums)
    return min(1.0, 2 * min(at_most, at_least) / len(sums))


def test_interval_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(3).gamma(1.0, 2.0, 40)
    ours = interval(values.tolist())
    drawing = np.random.default_rng(0)  # SciPy draws the same images from it
    theirs = stats.bootstrap((values,), np.mean, method="BCa", random_state=drawing).confidence_interval
    assert ours.mean == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.high - ours.mean > ours.mean - ours.low, "leans to the side of the tail"


@pytest.mark.parametrize(("images", "least", "most"), [(5, 0.79, 0.89), (30, 0.91, 0.97)])
def test_interval_covers_the_truth_as_often_as_it_says(images: int, least: float, most: float) -> None:
    generator = np.random.default_rng(0)
    found = [interval(generator.normal(size=images).tolist()) for _ in range(400)]
    assert least < np.mean([one.low <= 0 <= one.high for one in found]) < most


def test_large_sets_are_resampled_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=20).tolist()
    whole = interval(values)
    monkeypatch.setattr(significance, "_DRAWS", 1000)
    assert interval(values) == whole


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([28.43], Interval(28.43, NAN, NAN)),
        ([0.1, 0.1, 0.1], Interval(0.1, 0.1, 0.1)),
        ([INF, INF], Interval(INF, INF, INF)),
        ([INF], Interval(INF, NAN, NAN)),
        ([30.0, INF, 31.0], Interval(INF, NAN, NAN)),
        ([30.0, -INF], Interval(-INF, NAN, NAN)),
        ([INF, -INF], Interval(NAN, NAN, NAN)),
    ],
)
def test_values_that_have_no_ordinary_interval(values: list[float], expected: Interval) -> None:
    found = interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx(
        (expected.mean, expected.low, expected.high), nan_ok=True
    )
    assert mean(values) == pytest.approx(expected.mean, nan_ok=True)


def test_what_is_no_number_has_no_mean() -> None:
    for values in ([], [1.0, NAN]):
        with pytest.raises(UsageError, match="leave out"):
            interval(values)


def test_wilcoxon_is_exact_with_ties_and_zeros() -> None:
    generator = np.random.default_rng(0)
    for _ in range(60):
        differences = generator.integers(-3, 4, generator.integers(1, 10)).tolist()
        found = wilcoxon(differences, [0] * len(differences))
        assert found.p == pytest.approx(_by_enumeration(differences), abs=1e-12)
        assert found.zeros == differences.count(0)
        assert found.n + found.zeros == len(differences)
        assert found.exact


@pytest.mark.parametrize("images", [5, 14, 50])
def test_wilcoxon_agrees_with_scipys_exact_test_without_ties(images: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    first, second = np.random.default_rng(images).normal(30, 2, (2, images))
    theirs = stats.wilcoxon(first, second, method="exact")
    found = wilcoxon(first.tolist(), second.tolist())
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_wilcoxon_of_many_agrees_with_scipys_approximation() -> None:
    stats = pytest.importorskip("scipy.stats")
    first, second = np.random.default_rng(0).integers(1, 6, (2, 400))
    theirs = stats.wilcoxon(first - second, zero_method="wilcox")
    found = wilcoxon(first.tolist(), second.tolist())
    assert found.n > significance.EXACT_UP_TO
    assert not found.exact
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_exact_test_of_hundreds_is_near_its_approximation(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = np.random.default_rng(1).normal((30.0, 30.3), 2, (200, 2)).T.tolist()
    exact = wilcoxon(first, second)
    monkeypatch.setattr(significance, "EXACT_UP_TO", 199)
    assert exact.exact
    assert not wilcoxon(first, second).exact
    assert exact.p == pytest.approx(wilcoxon(first, second).p, rel=0.05)


def test_methods_that_never_differ() -> None:
    found = wilcoxon([30.1, INF, 28.0], [30.1, INF, 28.0])
    assert (found.statistic, found.p, found.effect, found.n, found.zeros) == (0, 1, 0, 0, 3)


def test_effect_is_the_difference_of_the_rank_sums() -> None:
    higher = wilcoxon([31.0, 32.0, 33.0], [30.0, 30.0, 30.0])
    assert (higher.effect, higher.p, higher.statistic) == (1, 0.25, 0)
    assert wilcoxon([30.0, 30.0, 30.0], [31.0, 32.0, 33.0]).effect == -1
    assert wilcoxon([1.0, 2.0, 3.0], [0.0, 0.0, 6.5]).effect == pytest.approx((1 + 2 - 3) / 6)
    assert wilcoxon([5.0, 2.0], [0.0, 3.0]).effect == pytest.approx((2 - 1) / 3)


def test_rounding_of_floats_makes_neither_differences_nor_ranks() -> None:
    found = wilcoxon([0.1 + 0.2, 1.1, 2.2, 30.0], [0.3, 1.0, 2.1, 30.1])
    assert (found.n, found.zeros) == (3, 1)
    assert found.statistic == 2  # three differences of 0.1 share rank 2


def test_infinite_difference_is_the_largest() -> None:
    found = wilcoxon([INF, 30.0, 29.0], [40.0, 31.0, 31.0])
    assert (found.statistic, found.n) == (3, 3)
    assert found.p == pytest.approx(_by_enumeration([9, -1, -2]))


def test_scores_that_are_no_pairs() -> None:
    for first, second in (([], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(UsageError, match="no pairs"):
            wilcoxon(first, second)
    with pytest.raises(UsageError, match="needs numbers"):
        wilcoxon([NAN, 1.0], [1.0, 2.0])


def test_holm_rejects_what_stepping_down_rejects() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.7, 0.6]) == [1.0, 1.0]
    generator = np.random.default_rng(0)
    for _ in range(50):
        ps = (generator.integers(0, 40, 6) / 100).tolist()  # some are equal
        for level in (0.01, 0.055, 0.105, 0.2):
            rejected: set[int] = set()
            for step, place in enumerate(sorted(range(6), key=lambda place: ps[place])):
                if ps[place] > level / (6 - step):
                    break
                rejected.add(place)
            assert {place for place, p in enumerate(holm(ps)) if p <= level + 1e-12} == rejected


def test_all_pairs_are_compared_and_corrected_together() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(28, 3, 14)
    scores = {name: (truth + generator.normal(gain, 0.5, 14)).tolist() for name, gain in (("a", 0), ("b", 3), ("c", 0))}
    found = compare(_results({**scores, "HR": [INF] * 14}), "Set", "paper/psnr")
    assert [(one.first, one.second) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [one.adjusted for one in found] == holm([one.test.p for one in found])
    assert [one.adjusted < 0.05 for one in found] == [True, False, True]
    assert found[0].test == wilcoxon(scores["a"], scores["b"])
    assert found[0].difference.low < found[0].difference.mean < found[0].difference.high < 0


def test_reference_is_compared_only_where_it_is_no_reference() -> None:
    scores = {"a": [5.0, 6.0], "HR": [3.0, 4.0]}
    assert compare(_results(scores), "Set", "paper/psnr") == ()
    assert len(compare(_results(scores, "niqe"), "Set", "niqe")) == 1


def test_methods_without_all_numbers_take_no_part() -> None:
    results = _results({"a": [1.0, 2.0], "b": [2.0, 1.0], "c": [1.0, NAN], "d": []})
    assert [(one.first, one.second) for one in compare(results, "Set", "paper/psnr")] == [("a", "b")]
    assert measured(results, "a", "Set", "paper/psnr") == [1.0, 2.0]
    assert measured(results, "c", "Set", "paper/psnr") == measured(results, "d", "Set", "paper/psnr") == []
    with pytest.raises(DataError, match="1 of 2"):
        compare(_results({"a": [1.0, 2.0], "b": [2.0]}), "Set", "paper/psnr")


def test_sets_and_measures_that_are_not_there() -> None:
    results = _results({"a": [1.0, 2.0]})
    with pytest.raises(UsageError, match="choose from Set, Empty"):
        compare(results, "Set7", "paper/psnr")
    for data, measure in (("Set", "niqe"), ("Empty", "paper/psnr")):
        with pytest.raises(DataError, match="measure it first"):
            compare(results, data, measure)
