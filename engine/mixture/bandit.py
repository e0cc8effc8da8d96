"""Predict the reward of each persona for a question from past rewards: a contextual bandit.

Disjoint LinUCB (Li, Chu, Langford and Schapire, WWW 2010): one ridge regression per persona from the features of a
question to the reward, and the width of its confidence interval as an exploration bonus. Older rewards are discounted
(as in D-LinUCB of Russac, Vernade and Cappe, NeurIPS 2019), because a library and its questions change.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.personas.experience import REMEMBERED, Experience

if TYPE_CHECKING:
    import numpy as np

_DISCOUNT = 0.99  # factor of a reward for each later one of the same persona
_RIDGE = 1.0
_EXPLORATION = 0.1  # share of the confidence interval's width that is added as a bonus
_UNKNOWN = 0.5  # expected reward before there was any


class Expectation(NamedTuple):
    """The expected reward for a question, and the exploration bonus."""

    reward: float
    bonus: float


class Bandit:
    """Learns from `experiences`, oldest first; those with another number of features than `count` are ignored.

    For a persona without rewards it expects the mean of all rewards (the first feature is the bias). Deterministic:
    the same experiences give the same expectations.
    """

    def __init__(self, experiences: Sequence[Experience], count: int) -> None:
        import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

        self._numpy = np
        usable = [experience for experience in experiences[-REMEMBERED:] if len(experience.features) == count]
        self._features = np.array([experience.features for experience in usable]).reshape(len(usable), count)
        self._question_of = _questions_of(usable)
        self._rewarded: dict[str, list[tuple[int, float, int]]] = {}  # by persona: row, reward, weight
        for row, experience in enumerate(usable):
            for name, reward in experience.rewards.items():
                self._rewarded.setdefault(name, []).append((row, reward, experience.weight))
        rewards = [reward for rewarded in self._rewarded.values() for _, reward, _ in rewarded]
        self._prior = np.eye(1, count)[0] * (math.fsum(rewards) / len(rewards) if rewards else _UNKNOWN)
        self._learned: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def expect(self, persona_id: str, features: Sequence[float]) -> Expectation:
        """Return the expectation of a persona for the question with these features; the reward is in [0, 1]."""
        vector = self._numpy.array(features)
        coefficients, covariance = self._fit(persona_id)
        bonus = _EXPLORATION * math.sqrt(max(0.0, float(vector @ covariance @ vector)))
        return Expectation(min(1.0, max(0.0, float(vector @ coefficients))), bonus)

    def idle(self, persona_id: str) -> int:
        """Return the number of questions since the last one at which a persona earned something; all, if at none."""
        rewarded = self._rewarded.get(persona_id)
        last = self._question_of[rewarded[-1][0]] if rewarded else -1
        return self._question_of[-1] - last if self._question_of else 0

    def _fit(self, persona_id: str) -> "tuple[np.ndarray, np.ndarray]":
        """Return the coefficients of the features, and the inverse of the precision matrix."""
        if persona_id not in self._learned:
            numpy, rewarded = self._numpy, self._rewarded.get(persona_id, [])
            rows = self._features[[row for row, _, _ in rewarded]]
            ages = numpy.arange(len(rewarded) - 1, -1, -1)
            weights = numpy.array([weight for *_, weight in rewarded]) * _DISCOUNT**ages
            residuals = numpy.array([reward for _, reward, _ in rewarded]) - rows @ self._prior
            covariance = numpy.linalg.inv(_RIDGE * numpy.eye(len(self._prior)) + (rows.T * weights) @ rows)
            coefficients = self._prior + covariance @ (rows.T @ (weights * residuals))
            self._learned[persona_id] = coefficients, covariance
        return self._learned[persona_id]


def _questions_of(experiences: Sequence[Experience]) -> list[int]:
    """Return the number of the question of each experience, from 0.

    A judgement of the user, which weighs more, and a further round, which has the same features and other personas,
    belong to the question before.
    """
    numbers: list[int] = []
    features: tuple[float, ...] = ()
    personas: set[str] = set()
    for experience in experiences:
        names, is_round = experience.rewards.keys(), experience.weight == 1
        if not numbers or (is_round and (experience.features != features or personas & names)):
            numbers.append(numbers[-1] + 1 if numbers else 0)
            features, personas = experience.features, set(names)
        else:
            numbers.append(numbers[-1])
            personas |= names if is_round else set()
    return numbers
