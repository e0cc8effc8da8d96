"""Averages of scores, and what they say of a persona over many runs."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PersonaPerformance:
    """The rewards a persona earned, as running moments: samples, mean, and sum of squared differences."""

    samples: int = 0
    mean: float = 0.0
    m2: float = 0.0

    def with_reward(self, reward: float, weight: int = 1) -> "PersonaPerformance":
        """One more reward in [0, 1] that counts as `weight` samples, by the weighted form of Welford's update.

        West, CACM 22(9), 1979; for a weight of 1, Welford, Technometrics 4(3), 1962.
        """
        samples = self.samples + weight
        mean = self.mean + (reward - self.mean) * weight / samples
        return PersonaPerformance(samples, mean, self.m2 + weight * (reward - self.mean) * (reward - mean))

    def bounds(self, confidence: float) -> tuple[float, float]:
        """Lower and upper bound of the mean: `confidence` standard errors to each side, inside [0, 1].

        With fewer than two samples nothing is known: (0, 1).
        """
        if self.samples < 2:  # noqa: PLR2004 - a variance needs two
            return 0.0, 1.0
        error = confidence * math.sqrt(self.m2 / (self.samples - 1) / self.samples)
        return max(0.0, self.mean - error), min(1.0, self.mean + error)


def calculate_average_score(scores: Sequence[float]) -> float:
    """The arithmetic mean of `scores`; 0 for none."""
    return math.fsum(scores) / len(scores) if scores else 0.0


def calculate_weighted_score(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The mean of `scores` weighted by `weights` of the same names; names without a weight do not count.

    0 when no weight is positive.
    """
    total = math.fsum(weights.get(name, 0.0) for name in scores)
    return math.fsum(score * weights.get(name, 0.0) for name, score in scores.items()) / total if total > 0 else 0.0


def aggregate_persona_performance(persona_scores: Sequence[float]) -> PersonaPerformance:
    """The performance that a sequence of rewards in [0, 1], oldest first, adds up to."""
    performance = PersonaPerformance()
    for score in persona_scores:
        performance = performance.with_reward(score)
    return performance


def jaccard(left: AbstractSet[Any], right: AbstractSet[Any]) -> float:
    """The share of all members that both sets have, in [0, 1]; 1 for two empty ones."""
    return len(left & right) / len(left | right) if left | right else 1.0
