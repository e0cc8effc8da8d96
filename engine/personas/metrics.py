"""Average scores, and summarise the rewards of a persona over many runs."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class PersonaPerformance:
    """The rewards of a persona as running moments: samples, mean, and sum of squared differences from the mean.

    `moved_at` is the number of samples at the last change of its state.
    """

    samples: int = 0
    mean: float = 0.0
    m2: float = 0.0
    moved_at: int = 0

    @property
    def since_move(self) -> int:
        """The number of samples since the last change of state."""
        return self.samples - self.moved_at

    def moved(self) -> "PersonaPerformance":
        """Return the performance just after a change of state."""
        return replace(self, moved_at=self.samples)

    def with_reward(self, reward: float, weight: int = 1) -> "PersonaPerformance":
        """Add a reward in [0, 1] that counts as `weight` samples, by the weighted form of Welford's update.

        West, CACM 22(9), 1979; for a weight of 1, Welford, Technometrics 4(3), 1962.
        """
        samples = self.samples + weight
        mean = self.mean + (reward - self.mean) * weight / samples
        m2 = self.m2 + weight * (reward - self.mean) * (reward - mean)
        return PersonaPerformance(samples, mean, m2, self.moved_at)

    def bounds(self, confidence: float) -> tuple[float, float]:
        """Return lower and upper bound of the mean: `confidence` standard errors to each side, within [0, 1].

        (0, 1) with fewer than two samples.
        """
        if self.samples < 2:  # noqa: PLR2004 - a variance needs two
            return 0.0, 1.0
        error = confidence * math.sqrt(self.m2 / (self.samples - 1) / self.samples)
        return max(0.0, self.mean - error), min(1.0, self.mean + error)


def calculate_average_score(scores: Sequence[float]) -> float:
    """Return the arithmetic mean of `scores`; 0 for none."""
    return math.fsum(scores) / len(scores) if scores else 0.0


def calculate_weighted_score(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the mean of `scores` weighted by name; names without a weight do not count, 0 if no weight is positive."""
    total = math.fsum(weights.get(name, 0.0) for name in scores)
    return math.fsum(score * weights.get(name, 0.0) for name, score in scores.items()) / total if total > 0 else 0.0


def aggregate_persona_performance(persona_scores: Sequence[float]) -> PersonaPerformance:
    """Return the performance after a sequence of rewards in [0, 1], oldest first."""
    performance = PersonaPerformance()
    for score in persona_scores:
        performance = performance.with_reward(score)
    return performance


def jaccard(a: AbstractSet[Any], b: AbstractSet[Any]) -> float:
    """Return the Jaccard index of two sets, in [0, 1]; 1 for two empty sets."""
    return len(a & b) / len(a | b) if a | b else 1.0
