"""What was paid and marked at one question, from which the gate and the loudness of the kinds of evidence learn."""

from collections.abc import Mapping
from typing import NamedTuple

REMEMBERED = 500  # latest experiences that count
RANKED = 20  # passages of a ranking that are recorded


class MarkedRanking(NamedTuple):
    """A ranking in which the user liked passages: what each column of evidence adds to the value of each passage.

    `values` has the shape (passages, columns), best passage first; `liked` are rows of it.
    """

    values: tuple[tuple[float, ...], ...]
    liked: tuple[int, ...]


class Experience(NamedTuple):
    """The rewards in [0, 1] of personas for a question with these features, counting as `weight` samples each.

    `marked` is the ranking, if the user liked a passage of it.
    """

    features: tuple[float, ...]
    rewards: Mapping[str, float]
    weight: int = 1
    marked: MarkedRanking | None = None

    def without(self, persona_id: str) -> "Experience":
        """Return the experience without the reward of one persona, whose record starts again."""
        return self._replace(rewards={name: reward for name, reward in self.rewards.items() if name != persona_id})
