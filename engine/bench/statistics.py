"""Percentiles, confidence intervals of differences, and rank correlation."""

from collections.abc import Sequence
from typing import NamedTuple

RESAMPLES = 10_000
_AT_ONCE = 2**16
"""Values drawn in one call: many for few pairs, and no more memory for many pairs."""


class Interval(NamedTuple):
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    def in_points(self) -> "Interval":
        """Convert shares in [0, 1] to percentage points with two decimals."""
        return Interval(*(round(100 * value, 2) for value in self))


def median_and_p95(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile; (0, 0) for no values."""
    ordered = sorted(values) or [0.0]
    return ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]


def paired_bootstrap(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the mean of `first - second` over the pairs, with its percentile bootstrap interval.

    The interval comes from 10,000 resamples (Efron, Annals of Statistics 7(1), 1979). Raises ValueError if the two
    differ in length.
    """
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    differences = np.array(first, dtype=float) - np.array(second, dtype=float)
    if not len(differences):
        return Interval(0.0, 0.0, 0.0)
    generator, pairs = np.random.default_rng(seed), len(differences)
    rows = max(1, _AT_ONCE // pairs)
    sizes = [(min(rows, RESAMPLES - drawn), pairs) for drawn in range(0, RESAMPLES, rows)]
    means = np.concatenate([differences[generator.integers(0, pairs, size)].mean(axis=1) for size in sizes])
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(differences.mean()), float(low), float(high))


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation, in [-1, 1]; None if one side is constant. Ties share their mean rank."""
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    if len(first) < 2 or len(set(first)) < 2 or len(set(second)) < 2:  # noqa: PLR2004 - a correlation needs two
        return None
    ranks = []
    for values in (first, second):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts + 1) / 2)[inverse])
    x, y = (rank - rank.mean() for rank in ranks)
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))
