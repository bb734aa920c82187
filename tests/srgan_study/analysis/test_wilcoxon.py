"""Many Wilcoxon tests at once against single ones, and SciPy's."""

import numpy as np
import pytest
from scipy.stats import wilcoxon as reference

from srgan.evaluation import wilcoxon
from srgan_study.analysis.wilcoxon import EXACT_UP_TO, compute_p_values, count_differences


@pytest.mark.parametrize("n", [1, 2, 5, 14, EXACT_UP_TO])
@pytest.mark.parametrize("most", [1, 4, 300])
def test_few_differences_are_tested_exactly(n: int, most: int) -> None:
    samples = np.random.default_rng(n).integers(-most, most + 1, (40, n))
    samples[0] = 0  # without differences p is 1
    ps, above = compute_p_values(count_differences(samples))
    for sample, p, higher in zip(samples, ps, above, strict=True):
        test = wilcoxon(sample.tolist(), [0] * n)
        assert p == pytest.approx(test.p, abs=1e-12)
        assert higher == (test.effect > 0) or test.n == 0


@pytest.mark.parametrize("n", [60, 400])
def test_many_differences_have_scipys_normal_approximation(n: int) -> None:
    samples = np.random.default_rng(n).integers(-4, 6, (30, n))
    ps, _ = compute_p_values(count_differences(samples))
    expected = [reference(sample, method="asymptotic", correction=False).pvalue for sample in samples]
    np.testing.assert_allclose(ps, expected, rtol=1e-9)


@pytest.mark.parametrize("n", [26, 30, 40])
def test_the_approximation_is_close_just_beyond_the_exact_range(n: int) -> None:
    samples = np.random.default_rng(n).normal(0.3, 1, (60, n)).round(2) * 100
    ps, _ = compute_p_values(count_differences(samples.astype(np.int64)))
    exact = np.array([wilcoxon(sample.tolist(), [0.0] * n).p for sample in samples])
    near = exact < 0.1
    assert near.sum() > 20
    np.testing.assert_allclose(ps[near], exact[near], atol=0.003)
