"""One run, live or replayed, fed into the view that the screen shows."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import cast

from engine.errors import PersonaMoeError
from engine.events import RecordedEvent, RunCancelled, RunEvent, RunFailed
from tui.run.state import RunView


class RunFeed:
    """Reads a stream of events into `view`, keeps them in `events`, and calls each of `watchers` after each one.

    However the stream ends, the view ends with it: cancelled, failed with a message and a hint, or finished.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.view = RunView()
        self.events: list[RunEvent] = []
        self.watchers = [changed]

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher()

    def reset(self, question: str = "", events: Iterable[RunEvent] = ()) -> None:
        """Begin a new view, empty or as it is after `events`; `question` is shown until the run names its own."""
        self.view, self.events = RunView(question=question), list(events)
        for event in self.events:
            self.view.apply(event)
        self._changed()

    async def follow(self, events: AsyncIterator[RecordedEvent]) -> None:
        """Read `events` to their end; cancelling this cancels the run that makes them."""
        view, kept = self.view, self.events
        try:
            async with aclosing(cast("AsyncGenerator[RecordedEvent]", events)) as stream:
                async for recorded in stream:
                    view.apply(recorded.event)
                    kept.append(recorded.event)
                    self._changed()
        except PersonaMoeError as error:
            self._fail(view, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - the task ends here; the user must see why
            from db.log import record  # noqa: PLC0415 - after the first paint

            record(error)
            self._fail(view, f"{type(error).__name__}: {error}", "this is a defect of persona-moe: please report it")
        finally:
            if not view.finished:
                view.apply(RunCancelled())
            self._changed()

    def _fail(self, view: RunView, message: str, hint: str) -> None:
        if not view.finished:
            view.apply(RunFailed(message, hint))
