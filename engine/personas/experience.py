"""One payment to a persona, as the bandit learns from it."""

from collections.abc import Mapping
from typing import NamedTuple

REMEMBERED = 500  # experiences that are learned from


class Experience(NamedTuple):
    """The rewards in [0, 1] that personas earned at a question with this context, counting as `weight` samples."""

    context: tuple[float, ...]
    rewards: Mapping[str, float]
    weight: int = 1

    def without(self, persona_id: str) -> "Experience":
        """The same for everyone but one, who starts afresh."""
        return self._replace(rewards={name: reward for name, reward in self.rewards.items() if name != persona_id})
