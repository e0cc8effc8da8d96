"""The rewards paid for one question, from which the gate's bandit learns."""

from collections.abc import Mapping
from typing import NamedTuple

REMEMBERED = 500  # latest experiences that the bandit uses


class Experience(NamedTuple):
    """The rewards in [0, 1] of personas for a question with these features, counting as `weight` samples each."""

    features: tuple[float, ...]
    rewards: Mapping[str, float]
    weight: int = 1

    def without(self, persona_id: str) -> "Experience":
        """Return the experience without the reward of one persona, whose record starts again."""
        return self._replace(rewards={name: reward for name, reward in self.rewards.items() if name != persona_id})
