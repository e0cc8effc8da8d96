"""However a stream of events ends, the view ends with it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.errors import LibraryError
from engine.events import RecordedEvent, RunEvent
from engine.run.state import Outcome
from tests.support import scripted_run as script
from tui.run.feed import RunFeed


class Stream:
    """Events, then an error or an endless wait; notes whether it was closed."""

    def __init__(self, events: list[RunEvent], *, error: Exception | None = None, hold: bool = False) -> None:
        self.events, self.error, self.hold, self.closed = events, error, hold, False

    async def read(self) -> AsyncIterator[RecordedEvent]:
        try:
            for event in self.events:
                yield RecordedEvent(0.0, event)
            if self.error is not None:
                raise self.error
            if self.hold:
                await asyncio.Event().wait()
        finally:
            self.closed = True


def feed_and_changes() -> tuple[RunFeed, list[int]]:
    changes = list[int]()
    feed = RunFeed()
    feed.watchers.append(lambda: changes.append(1))
    return feed, changes


async def test_every_event_is_applied_and_announced():
    feed, changes = feed_and_changes()
    await feed.follow(Stream(script.answered()).read())
    assert feed.state.outcome is Outcome.ANSWERED
    assert len(changes) == len(script.answered()) + 1


async def test_an_error_for_the_user_keeps_its_hint():
    feed, _ = feed_and_changes()
    await feed.follow(Stream([script.STARTED], error=LibraryError("damaged", hint="rebuild it")).read())
    assert feed.state.failure is not None
    assert (feed.state.failure.message, feed.state.failure.hint) == ("damaged", "rebuild it")


async def test_a_defect_is_shown_and_named():
    feed, _ = feed_and_changes()
    await feed.follow(Stream([], error=ZeroDivisionError("oh")).read())
    assert feed.state.failure is not None
    assert feed.state.failure.message == "ZeroDivisionError: oh"


async def test_an_error_after_the_failure_event_does_not_hide_it():
    feed, _ = feed_and_changes()
    await feed.follow(Stream(script.failed(), error=LibraryError("again")).read())
    assert feed.state.failure is not None
    assert feed.state.failure.message == "the search index is damaged"


async def test_cancelling_closes_the_stream_and_says_so():
    feed, stream = feed_and_changes()[0], Stream([script.STARTED], hold=True)
    task = asyncio.create_task(feed.follow(stream.read()))
    for _ in range(10):
        await asyncio.sleep(0)
    assert feed.state.run_id
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (feed.state.outcome, stream.closed) == (Outcome.CANCELLED, True)


async def test_a_stream_that_just_stops_counts_as_cancelled():
    feed, _ = feed_and_changes()
    await feed.follow(Stream([script.STARTED]).read())
    assert feed.state.outcome is Outcome.CANCELLED


def test_a_reset_view_shows_the_question_at_once():
    feed, changes = feed_and_changes()
    feed.reset("why?")
    assert (feed.state.question, len(changes)) == ("why?", 1)


def test_a_view_can_begin_in_the_middle_of_a_run():
    feed, changes = feed_and_changes()
    events = script.recorded(script.answered()[:-1])
    feed.reset("", events)
    assert (feed.state.outcome, feed.state.finished, len(changes)) == (Outcome.ANSWERED, False, 1)
    assert feed.events == events
