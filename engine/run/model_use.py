"""Sums what a language model cost in a run: tokens, time and rate."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.events import ModelReplied


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Sums over replies: requests, tokens read and written, milliseconds to load the model, to read and to write."""

    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    load_ms: float = 0.0
    prompt_ms: float = 0.0
    output_ms: float = 0.0

    @property
    def tokens_per_second(self) -> float:
        """Tokens written per second; 0 if the server does not tell the time."""
        return round(self.output_tokens / self.output_ms * 1000, 1) if self.output_ms else 0.0


def sum_of(replies: Iterable[ModelReplied]) -> ModelUse:
    """Sum the cost of some replies."""
    every = list(replies)
    return ModelUse(
        requests=len(every),
        prompt_tokens=sum(reply.prompt_tokens for reply in every),
        output_tokens=sum(reply.output_tokens for reply in every),
        load_ms=round(sum(reply.load_ms for reply in every), 3),
        prompt_ms=round(sum(reply.prompt_ms for reply in every), 3),
        output_ms=round(sum(reply.output_ms for reply in every), 3),
    )
