"""A contextual bandit: what reward to expect of each persona at a question, learned from the rewards so far.

Disjoint LinUCB (Li, Chu, Langford and Schapire, WWW 2010): one ridge regression per persona from the features of
a question to the reward, and the width of its confidence as a bonus for what is not known yet. Older rewards are
discounted (as in D-LinUCB of Russac, Vernade and Cappe, NeurIPS 2019), for a library and its questions change.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.personas.experience import REMEMBERED, Experience

if TYPE_CHECKING:
    import numpy as np

_DISCOUNT = 0.99  # of a reward, for each later one of the same persona


_RIDGE = 1.0


_EXPLORATION = 0.1  # of the width of the confidence, added as a bonus


_UNKNOWN = 0.5  # reward that is expected before there was any


class Expectation(NamedTuple):
    """The reward expected at a question, and the bonus for how little is known of it."""

    reward: float
    bonus: float


class Bandit:
    """Learned from `experiences`, oldest first; those with another number of features than `features` are left out.

    Of a persona that was never rewarded it expects the mean of all rewards (the first feature is the bias).
    Deterministic: the same experiences give the same expectations.
    """

    def __init__(self, experiences: Sequence[Experience], features: int) -> None:
        import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

        self._numpy = np
        usable = [each for each in experiences[-REMEMBERED:] if len(each.context) == features]
        self._contexts = np.array([each.context for each in usable]).reshape(len(usable), features)
        self._rewarded: dict[str, list[tuple[int, float, int]]] = {}  # by persona: row, reward, weight
        for row, each in enumerate(usable):
            for name, reward in each.rewards.items():
                self._rewarded.setdefault(name, []).append((row, reward, each.weight))
        rewards = [reward for rewarded in self._rewarded.values() for _, reward, _ in rewarded]
        self._prior = np.eye(1, features)[0] * (math.fsum(rewards) / len(rewards) if rewards else _UNKNOWN)
        self._learned: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def expect(self, persona_id: str, context: Sequence[float]) -> Expectation:
        """What to expect of a persona at the question with this context; the reward in [0, 1]."""
        features = self._numpy.array(context)
        coefficients, covariance = self._fit(persona_id)
        bonus = _EXPLORATION * math.sqrt(max(0.0, float(features @ covariance @ features)))
        return Expectation(min(1.0, max(0.0, float(features @ coefficients))), bonus)

    def _fit(self, persona_id: str) -> "tuple[np.ndarray, np.ndarray]":
        """The coefficients of the features, and the inverse of the precision matrix."""
        if persona_id not in self._learned:
            numpy, rewarded = self._numpy, self._rewarded.get(persona_id, [])
            rows = self._contexts[[row for row, _, _ in rewarded]]
            ages = numpy.arange(len(rewarded) - 1, -1, -1)
            weights = numpy.array([weight for *_, weight in rewarded]) * _DISCOUNT**ages
            surprise = numpy.array([reward for _, reward, _ in rewarded]) - rows @ self._prior
            covariance = numpy.linalg.inv(_RIDGE * numpy.eye(len(self._prior)) + (rows.T * weights) @ rows)
            coefficients = self._prior + covariance @ (rows.T @ (weights * surprise))
            self._learned[persona_id] = coefficients, covariance
        return self._learned[persona_id]
