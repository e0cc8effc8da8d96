"""The rate at which the language model read its last prompt, from which the time until its first word is estimated."""

from collections.abc import Callable, Iterable

from engine.events import ModelReplied, RunEvent

_MEASURABLE_MS = 200  # a shorter time means that the server had read the prompt before


class ReadingRate:
    """Keeps `tokens_per_second`, 0 while no reading was measured."""

    def __init__(self) -> None:
        self.tokens_per_second = 0.0
        self._was_recalled = False

    def measure(self, event: RunEvent) -> None:
        """Take the rate of a reply, if it can be measured."""
        if isinstance(event, ModelReplied) and event.prompt_ms > _MEASURABLE_MS:
            self.tokens_per_second = event.prompt_tokens / event.prompt_ms * 1000

    def recall(self, recorded_events: Callable[[], Iterable[RunEvent]]) -> None:
        """Take the rate from the events of an earlier run, once."""
        if not self._was_recalled and not self.tokens_per_second:
            for event in recorded_events():
                self.measure(event)
        self._was_recalled = True
