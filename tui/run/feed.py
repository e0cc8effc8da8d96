"""One run, live or replayed, read into the state that screens show."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import cast

from engine.errors import PersonaMoeError
from engine.events import RecordedEvent, RunCancelled, RunFailed
from engine.run.state import RunState


class RunFeed:
    """Reads a stream of events into `state`, keeps them in `events`, and calls each of `watchers` after each one.

    However the stream ends, the state ends with it: cancelled, failed with a message and a hint, or finished.
    """

    def __init__(self) -> None:
        self.state = RunState()
        self.events: list[RecordedEvent] = []
        self.watchers: list[Callable[[], None]] = []

    def _notify(self) -> None:
        for watcher in self.watchers:
            watcher()

    def reset(self, question: str = "", events: Iterable[RecordedEvent] = ()) -> None:
        """Begin a new state, empty or as it is after `events`; `question` is shown until the run names its own."""
        self.events = list(events)
        self.state = RunState.of(self.events, question=question)
        self._notify()

    async def follow(self, events: AsyncIterator[RecordedEvent]) -> None:
        """Read `events` to their end; cancelling this cancels the run that makes them."""
        state, read = self.state, self.events
        try:
            async with aclosing(cast("AsyncGenerator[RecordedEvent]", events)) as stream:
                async for recorded in stream:
                    state.apply(recorded.event)
                    read.append(recorded)
                    self._notify()
        except PersonaMoeError as error:
            _fail(state, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - the task ends here; the user must see why
            from db.log import record  # noqa: PLC0415 - after the first paint

            record(error)
            _fail(state, f"{type(error).__name__}: {error}", "this is a defect of persona-moe: please report it")
        finally:
            if not state.finished:
                state.apply(RunCancelled(keeps_quotations=True))
            self._notify()


def _fail(state: RunState, message: str, hint: str) -> None:
    if not state.finished:
        state.apply(RunFailed(message, hint))
