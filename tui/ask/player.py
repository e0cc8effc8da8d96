"""The run that the ask screen shows: a question that is being asked, or a replay; one at a time."""

from __future__ import annotations

from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType
from textual.worker import WorkerCancelled, WorkerFailed

from tui.run.replay import Replay

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.screen import Screen
    from textual.worker import Worker

    from engine.events import RecordedEvent
    from engine.question.follow_up import Conversation
    from engine.run.asked_again import AskedAgain
    from tui.run.feed import RunFeed
    from tui.session.runs import Runs

STEERING = {
    "toggle": Replay.toggle, "faster": Replay.faster, "slower": Replay.slower,
    "step": Replay.step, "step_back": Replay.step_back, "forward": Replay.forward, "back": Replay.back,
    "start": Replay.to_start, "end": Replay.to_end,
}  # fmt: skip

WHILE_PLAYING = frozenset({"faster", "slower"})
"""At its end a recorded run is judged by the keys of its speed."""

REPLAY_KEYS: tuple[BindingType, ...] = (
    Binding("space", "replay('toggle')", "Play", id="replay.pause", tooltip="Play the recorded run, or pause it"),
    Binding("full_stop", "replay('step')", "Step", id="replay.step", tooltip="One event more, then wait"),
    Binding("comma", "replay('step_back')", "Step back", show=False, id="replay.step_back", tooltip="One less"),
    Binding("right", "replay('forward')", "Ahead", show=False, id="replay.forward", tooltip="A tenth of it ahead"),
    Binding("left", "replay('back')", "Rewind", show=False, id="replay.back", tooltip="A tenth of it back"),
    Binding("less_than_sign", "replay('start')", "Start", show=False, id="replay.start", tooltip="To its start"),
    Binding("greater_than_sign", "replay('end')", "End", show=False, id="replay.end", tooltip="To its end"),
    Binding("plus,equals_sign", "replay('faster')", "Speed", id="replay.faster", key_display="+/-", tooltip="Faster"),
    Binding("minus", "replay('slower')", "Slower", show=False, id="replay.slower", tooltip="Slower"),
)
"""The keys of a replay, for the bindings of its screen."""


class RunPlayer:
    """Lets `feed` follow a run in a worker of `screen`, and calls `started` whenever it begins to follow another.

    A question waits until `library_ready`.
    """

    def __init__(
        self,
        screen: Screen[None],
        feed: RunFeed,
        runs: Runs,
        *,
        library_ready: asyncio.Event,
        started: Callable[[], None],
    ) -> None:
        self._screen, self._feed, self._runs = screen, feed, runs
        self._library_ready, self._started = library_ready, started
        self.worker: Worker[None] | None = None
        self.replay: Replay | None = None

    @property
    def busy(self) -> bool:
        """Whether a question or a replay is running, or waits for the library."""
        return self.worker is not None and not self.worker.is_finished

    @property
    def asking(self) -> bool:
        """Whether a question is running: a replay may be left for another run."""
        return self.busy and self.replay is None

    def ask(self, question: str, conversation: Conversation | None, again: AskedAgain | None = None) -> None:
        """Ask a question, which may refer to a conversation, or is asked again by the user's marks."""
        self.replay = None
        self._start(question, self._live(question, conversation, again))

    async def _live(
        self, question: str, conversation: Conversation | None, again: AskedAgain | None
    ) -> AsyncIterator[RecordedEvent]:
        await self._library_ready.wait()
        async with aclosing(self._runs.ask(question, conversation, again=again, keeps_quotations=True)) as events:
            async for recorded in events:
                yield recorded

    def show(self, recorded: Sequence[RecordedEvent], *, play: bool) -> None:
        """Replay a recorded run from its beginning, or show its end."""
        self.replay = Replay(recorded, ended=not play)
        self._play(self.replay)

    def can_be_steered(self, action: str) -> bool:
        """Whether there is a replay on which one of `STEERING` works now."""
        return self.replay is not None and (self.busy or action not in WHILE_PLAYING)

    def steer(self, action: str) -> None:
        """Carry out one of `STEERING` on the replay."""
        if self.replay is None:
            return
        position = self.replay.position
        STEERING[action](self.replay)
        if self.replay.position != position:
            self._play(self.replay)

    def _play(self, replay: Replay) -> None:
        self._start("", replay.events(), replay.recorded[: replay.position])

    def _start(self, question: str, events: AsyncIterator[RecordedEvent], past: Sequence[RecordedEvent] = ()) -> None:
        self._feed.reset(question, past)
        self.worker = self._screen.run_worker(partial(self._feed.follow, events), group="run", exclusive=True)
        self._started()

    async def end(self) -> None:
        """Cancel the question, and wait until its run is stored."""
        if self.worker is not None:
            self.worker.cancel()
            with suppress(WorkerFailed, WorkerCancelled):
                await self.worker.wait()

    def cancel(self) -> None:
        """Cancel the question, or show the rest of the replay at once."""
        if self.replay is not None:
            self.replay.finish()
        elif self.worker is not None:
            self.worker.cancel()
