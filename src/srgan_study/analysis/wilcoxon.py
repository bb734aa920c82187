"""Wilcoxon's signed-rank test of many samples at once, of whole numbers: what a simulation needs a million times.

It is the test of evaluation/significance.py, reckoned from how often each size of difference occurs. This module does
not know what the numbers are.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

EXACT_UP_TO = 25
"""Differences up to which signs are counted; beyond, the normal approximation is nearer than simulations can see."""

Whole = NDArray[np.int64]
Numbers = NDArray[np.float64]


def tally(samples: NDArray[np.integer]) -> Whole:
    """How often each difference occurs: (samples, 2, sizes), those above zero first, of size 1, 2 and so on.

    Args:
        samples: (samples, differences).
    """
    most = max(int(np.abs(samples).max(initial=0)), 1)
    width = 2 * most + 1
    places = samples.astype(np.int64) + most + width * np.arange(len(samples))[:, None]
    counts = np.bincount(places.ravel(), minlength=width * len(samples)).reshape(-1, width)
    return np.stack([counts[:, most + 1 :], counts[:, most - 1 :: -1]], axis=1)


def signed_ranks(tallies: Whole) -> tuple[Numbers, NDArray[np.bool_]]:
    """The two-sided p of each sample, and whether its differences tend to lie above zero.

    Args:
        tallies: as `tally` makes them.
    """
    ties = tallies.sum(axis=1)
    ranks = np.cumsum(ties, axis=1) - (ties - 1) / 2
    above, below = ((tallies[:, side] * ranks).sum(axis=1) for side in (0, 1))
    n, statistic = ties.sum(axis=1), np.minimum(above, below)
    cubes = (ties.astype(np.float64) ** 3 - ties).sum(axis=1)
    variance = np.maximum((n * (n + 1.0) * (2 * n + 1) - cubes / 2) / 24, 1e-12)
    ps = np.asarray(erfc(np.abs(statistic - n * (n + 1) / 4) / np.sqrt(2 * variance)))
    for place in np.flatnonzero(n <= EXACT_UP_TO):
        sizes = ties[place]
        ps[place] = _tail(tuple(sizes[sizes > 0].tolist()))[round(2 * float(statistic[place]))]
    return ps, above > below


@lru_cache(maxsize=4096)  # at most 10 kB each
def _tail(ties: tuple[int, ...]) -> Numbers:
    """Two-sided p by twice the smaller sum of ranks, where groups of so many differences share their rank."""
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
