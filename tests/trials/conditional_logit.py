"""Fit a conditional logit (McFadden 1974): which of a question's candidates is right, by their features."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_STEPS, _RATE = 300, 0.1  # of Adam (Kingma and Ba, 2015)


class Choice(NamedTuple):
    """A question's candidates: features, shape (candidates, features); which are right; the weight of the question."""

    features: np.ndarray
    right: np.ndarray
    weight: float


def fitted(choices: Sequence[Choice], penalty: float = 1e-3) -> np.ndarray:
    """Return the weights, shape (features,), that maximise the mean log probability of the right candidates.

    The probability is shared between several right candidates; questions without a right or a wrong one are left out.
    """
    useful = [choice for choice in choices if choice.right.any() and not choice.right.all()]
    table = np.vstack([choice.features for choice in useful])
    scale = table.std(0) + 1e-6
    table = table / scale
    lengths = [len(choice.right) for choice in useful]
    starts = np.cumsum([0, *lengths[:-1]])
    group = np.repeat(np.arange(len(useful)), lengths)
    right = np.concatenate([choice.right for choice in useful]).astype(float)
    total = sum(choice.weight for choice in useful)
    weight = np.repeat([choice.weight / total for choice in useful], lengths)
    solution, mean, square = (np.zeros(table.shape[1]) for _ in range(3))
    for step in range(1, _STEPS + 1):
        value = table @ solution
        share = np.exp(value - np.maximum.reduceat(value, starts)[group])
        among_all = share / np.add.reduceat(share, starts)[group]
        among_right = share * right / np.add.reduceat(share * right, starts)[group]
        gradient = (weight * (among_all - among_right)) @ table + penalty * solution
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        solution -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return np.asarray(solution / scale)
