"""Learn from the user's marks how much each column of evidence counts in this library.

The loudness of a column is multiplied by a factor. The factors maximise the probability of the liked passages in a
conditional logit over the passages of each ranking (McFadden, 1974); a penalty on their logarithms keeps them near 1
while there are few marks. A passage that was disliked teaches nothing: it says which one is wrong, not which is right.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import exp, log
from statistics import fmean
from typing import TYPE_CHECKING

from engine.mixture.evidence import COLUMNS
from engine.personas.experience import Experience, MarkedRanking
from engine.personas.traits import Kind

if TYPE_CHECKING:
    import numpy as np

MARKED = 100  # latest rankings that count
_PENALTY = 1.0
_STEPS, _LONGEST_STEP = 12, 0.5  # of Newton's method, in the logarithm of a factor
_LEAST, _MOST = 0.2, 5.0


def learned_factors(experiences: Iterable[Experience]) -> tuple[float, ...]:
    """Return a factor for each column of evidence, in [0.2, 5], from experiences, oldest first; all 1 without marks.

    Rankings with another number of columns, from another version, are ignored.
    """
    marked = [past.marked for past in experiences if past.marked and past.marked.liked]
    usable = [ranking for ranking in marked if len(ranking.values[0]) == len(COLUMNS)][-MARKED:]
    return _fitted(tuple(usable)) if usable else (1.0,) * len(COLUMNS)


@lru_cache(maxsize=8)
def _fitted(usable: tuple[MarkedRanking, ...]) -> tuple[float, ...]:
    """Return the factors of these rankings; the same rankings are not read again at the next question."""
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    values = np.array([row for ranking in usable for row in ranking.values])
    likes = [[(n in ranking.liked) / len(ranking.liked) for n in range(len(ranking.values))] for ranking in usable]
    starts = np.cumsum([0, *(len(ranking.values) for ranking in usable[:-1])])
    factors = np.exp(_maximum(values, np.concatenate(likes), starts))
    return tuple(round(float(factor), 4) for factor in factors)


def _maximum(values: "np.ndarray", target: "np.ndarray", starts: "np.ndarray") -> "np.ndarray":
    """Return the logarithms of the factors for rankings that begin at `starts`; `target` is the share of each like."""
    import numpy as np  # noqa: PLC0415 - as above

    group = np.repeat(np.arange(len(starts)), np.diff([*starts, len(values)]))
    logs = np.zeros(values.shape[1])
    for _ in range(_STEPS):
        scaled = values * np.exp(logs)
        sums = scaled.sum(1)
        shares = np.exp(sums - np.maximum.reduceat(sums, starts)[group])
        shares /= np.add.reduceat(shares, starts)[group]
        weighted = scaled * shares[:, None]
        means = np.add.reduceat(weighted, starts)
        gradient = scaled.T @ (shares - target) + _PENALTY * logs
        curvature = weighted.T @ scaled - means.T @ means + _PENALTY * np.eye(len(logs))
        step = np.linalg.solve(curvature, gradient)
        step *= min(1.0, _LONGEST_STEP / max(1e-9, float(np.abs(step).max())))
        logs = np.clip(logs - step, np.log(_LEAST), np.log(_MOST))
    return logs


def factors_of_kinds(factors: Sequence[float]) -> dict[Kind, float]:
    """Return the factor of each kind of evidence: the geometric mean of those of its columns."""
    logs: dict[Kind, list[float]] = {}
    for kind, factor in zip(COLUMNS.values(), factors, strict=True):
        logs.setdefault(kind, []).append(log(factor))
    return {kind: round(exp(fmean(own)), 2) for kind, own in logs.items()}
