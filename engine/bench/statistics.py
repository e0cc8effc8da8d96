"""How sure a measured figure is: intervals of differences, and correlation by rank."""

from collections.abc import Sequence
from typing import NamedTuple

RESAMPLES = 10_000


class Interval(NamedTuple):
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Is the sign of the mean beyond doubt?"""
        return self.low > 0 or self.high < 0

    def in_points(self) -> "Interval":
        """Of shares, in percentage points with two decimals."""
        return Interval(*(round(100 * value, 2) for value in self))


def median_and_p95(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile; (0, 0) of nothing."""
    ordered = sorted(values) or [0.0]
    return ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]


def paired_bootstrap(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Interval:
    """Of the mean of `first - second`, pair by pair: percentiles of 10,000 resamples (Efron, Ann. Stat. 7(1), 1979)."""
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    differences = np.array(first, dtype=float) - np.array(second, dtype=float)
    if not len(differences):
        return Interval(0.0, 0.0, 0.0)
    chance = np.random.default_rng(seed)
    means = [differences[chance.integers(0, len(differences), len(differences))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(differences.mean()), float(low), float(high))


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, in [-1, 1], ties sharing their mean rank; None where one side never varies."""
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    if len(first) < 2 or len(set(first)) < 2 or len(set(second)) < 2:  # noqa: PLR2004 - a correlation needs two
        return None
    ranks = []
    for values in (first, second):
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts + 1) / 2)[place])
    left, right = (rank - rank.mean() for rank in ranks)
    return float(left @ right / np.sqrt((left @ left) * (right @ right)))
