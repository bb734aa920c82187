"""Wilcoxon signed-rank tests of many samples of whole numbers at once, as power simulations need.

The same test as `srgan.evaluation.wilcoxon`, computed from counts of each size of difference. The exact distribution
given ties is computed here because scipy has it only for samples without ties, or by enumerating all signs.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

EXACT_UP_TO = 25
"""Number of nonzero differences up to which p is exact; beyond, the normal approximation is used."""


def count_differences(samples: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how often each difference occurs in samples (samples, differences).

    Returns:
        Counts (samples, 2, sizes), positive differences first, of size 1, 2 and so on.
    """
    most = max(int(np.abs(samples).max(initial=0)), 1)
    width = 2 * most + 1
    places = samples.astype(np.int64) + most + width * np.arange(len(samples))[:, None]
    counts = np.bincount(places.ravel(), minlength=width * len(samples)).reshape(-1, width)
    return np.stack([counts[:, most + 1 :], counts[:, most - 1 :: -1]], axis=1)


def compute_p_values(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the two-sided p of each of the counted samples, and whether its differences tend to be positive."""
    ties = counts.sum(axis=1)
    ranks = np.cumsum(ties, axis=1) - (ties - 1) / 2
    above, below = ((counts[:, side] * ranks).sum(axis=1) for side in (0, 1))
    n, statistic = ties.sum(axis=1), np.minimum(above, below)
    cubes = (ties.astype(np.float64) ** 3 - ties).sum(axis=1)
    variance = np.maximum((n * (n + 1.0) * (2 * n + 1) - cubes / 2) / 24, 1e-12)
    ps = np.asarray(erfc(np.abs(statistic - n * (n + 1) / 4) / np.sqrt(2 * variance)))
    for place in np.flatnonzero(n <= EXACT_UP_TO):
        sizes = ties[place]
        ps[place] = _compute_exact_p(tuple(sizes[sizes > 0].tolist()))[round(2 * float(statistic[place]))]
    return ps, above > below


@lru_cache(maxsize=4096)  # at most 10 kB each
def _compute_exact_p(ties: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the two-sided p by twice the smaller rank sum, for groups of so many tied differences."""
    doubled, before = [], 0
    for size in ties:
        doubled += [2 * before + size + 1] * size
        before += size
    chances = np.zeros(sum(doubled) + 1)
    chances[0] = 1.0
    for rank in doubled:
        chances /= 2
        chances[rank:] += chances[:-rank].copy()
    return np.asarray(np.minimum(1.0, 2 * np.cumsum(chances)))
