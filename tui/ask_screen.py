"""The main screen: a question, the panel that walks for it, and the answer with its sources."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Input, Label, OptionList

from engine.errors import PersonaMoeError
from tui.cells import plain
from tui.library_view import LibraryView
from tui.pace import Pace
from tui.replay import Replay
from tui.run_feed import RunFeed
from tui.widgets.ask_input import AskInput
from tui.widgets.message_line import MessageLine
from tui.widgets.places_bar import PlacesBar
from tui.widgets.status_line import StatusLine, status_text
from tui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.app import ComposeResult
    from textual.worker import Worker

    from engine.events import RecordedEvent, RunEvent
    from tui.composition import Session
    from tui.widgets.run_panes import RunPanes
    from tui.widgets.source_list import SourceList

STEERING = {
    "toggle": Replay.toggle, "faster": Replay.faster, "slower": Replay.slower,
    "step": Replay.step, "step_back": Replay.step_back, "forward": Replay.forward, "back": Replay.back,
    "start": Replay.to_start, "end": Replay.to_end,
}  # fmt: skip
WHILE_PLAYING = frozenset({"faster", "slower"})
"""At its end a recorded run is judged by the keys of its speed."""

LEGEND = """
Enter asks; 1-8 asks a suggestion while the input is empty; down goes to the list below, tab to the next pane; \
+ and - judge an answer, or the citation under the cursor; ^p finds every command by name.
Panel: ● called, ○ resting (with the gate's reason); A active, S stable, E experimental. \
gate = expected gain - cost; rel relevance, con consistency, nov novelty, ent entity grounding, \
tot their weighted total, crd what the panel loses without it."""


class AskScreen(Screen[None]):
    """Shows one run, live or replayed; the run itself belongs to the session."""

    TITLE = "Ask"
    CSS_PATH = "ask.tcss"
    AUTO_FOCUS = "#ask"
    LEGEND = LEGEND
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="cancel", tooltip="Cancel the running question, end a replay"),
        Binding("escape", "back", "Back", id="back", tooltip="Back to the input, then to the suggestions"),
        Binding("ctrl+n", "new", "New", id="new", tooltip="Clear the answer and show the suggestions"),
        Binding(
            "plus,equals_sign",
            "judge(True)",
            "Judge",
            id="like",
            key_display="+/-",
            tooltip="The answer is good, or the citation under the cursor: who brought it earns by it",
        ),
        Binding("minus", "judge(False)", "Bad", show=False, id="dislike", tooltip="It is not: who brought it loses"),
        Binding("y", "copy", "Copy", id="copy", tooltip="Copy the answer and its sources (OSC 52)"),
        Binding("down", "below", "Answer", show=False, id="below", tooltip="From the question to what is below it"),
        Binding("space", "replay('toggle')", "Play", id="replay.pause", tooltip="Play the recorded run, or pause it"),
        Binding("full_stop", "replay('step')", "Step", id="replay.step", tooltip="One event more, then wait"),
        Binding("comma", "replay('step_back')", "Step back", show=False, id="replay.step_back", tooltip="One less"),
        Binding("right", "replay('forward')", "Ahead", show=False, id="replay.forward", tooltip="A tenth of it ahead"),
        Binding("left", "replay('back')", "Rewind", show=False, id="replay.back", tooltip="A tenth of it back"),
        Binding("less_than_sign", "replay('start')", "Start", show=False, id="replay.start", tooltip="To its start"),
        Binding("greater_than_sign", "replay('end')", "End", show=False, id="replay.end", tooltip="To its end"),
        Binding(
            "plus,equals_sign",
            "replay('faster')",
            "Speed",
            id="replay.faster",
            key_display="+/-",
            tooltip="Replay faster",
        ),
        Binding("minus", "replay('slower')", "Slower", show=False, id="replay.slower", tooltip="Replay slower"),
    ]

    def __init__(self, session: Session, *, ask_terminal: Callable[[], bool] | None = None) -> None:
        super().__init__()
        self.session = session
        self.pace = Pace(self, self._draw, ask=ask_terminal)
        self.feed = RunFeed(self.pace.mark)
        self.library = LibraryView(session, self.pace.mark)
        self.replay: Replay | None = None
        self._run: Worker[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a question or a replay is running, or waits for the library."""
        return self._run is not None and not self._run.is_finished

    @property
    def asking(self) -> bool:
        """Whether a question is running: a replay may be left for another run."""
        return self.busy and self.replay is None

    def compose(self) -> ComposeResult:
        """The question on top; below it the suggestions, or the run."""
        yield PlacesBar("ask", self.session.settings.screen.keymap)
        with Horizontal(id="question"):
            yield Label("Ask", id="ask-label")
            yield AskInput(id="ask")
        yield Welcome(id="welcome")
        yield MessageLine(id="message")
        yield StatusLine(id="status")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the question's line; everything else comes after it was painted."""
        self.query_one(MessageLine).clear()
        self._draw()
        self.call_after_refresh(self._after_first_paint)

    async def _after_first_paint(self) -> None:
        from tui.widgets.run_panes import RunPanes  # noqa: PLC0415 - not needed for the first paint

        await self.mount(RunPanes(id="run"), after="#welcome")
        self.pace.mark()
        self._open_library()

    @work(group="library")
    async def _open_library(self) -> None:
        await self.library.open()

    def ask(self, question: str) -> None:
        """Start a run, unless one is running."""
        if not question.strip():
            return
        if self.asking:
            self.notify("A question is running: esc cancels it.", markup=False)
            return
        self.query_one(AskInput).clear()
        self.replay = None
        self._start(question, self._live(question))

    def show_run(self, recorded: Sequence[RecordedEvent], *, play: bool = True) -> None:
        """Replay a recorded run, or show its end; the keys of the replay work while no question is being typed."""
        self.replay = Replay(recorded, ended=not play)
        self._play(self.replay)
        self.query_one("#walk").focus()

    def _play(self, replay: Replay) -> None:
        """Show a replay from its position on."""
        before = [recorded.event for recorded in replay.recorded[: replay.position]]
        self._start("", replay.events(), before)

    def _start(self, question: str, events: AsyncIterator[RecordedEvent], before: Sequence[RunEvent] = ()) -> None:
        self.feed.reset(question, before)
        self.query_one(MessageLine).clear()
        self._run = self.run_worker(partial(self.feed.follow, events), group="run", exclusive=True)
        self._offer_keys()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Other keys work when a run is over."""
        if event.worker is self._run:
            self._offer_keys()

    def _offer_keys(self) -> None:
        self.query_one(AskInput).judging = self._can_be_judged
        self.refresh_bindings()

    async def _live(self, question: str) -> AsyncIterator[RecordedEvent]:
        await self.library.ready.wait()
        async with aclosing(self.session.ask(question)) as events:
            async for recorded in events:
                yield recorded

    def _draw(self) -> None:
        """Suggestions or the run, and below them how things stand."""
        started = self.busy or self.feed.view.question != ""
        self.query_one(AskInput).picking = 0 if started else len(self.library.suggestions)
        self.query_one(Welcome).display = not started
        self.query_one(Welcome).offer(self.library.suggestions, problem=self.library.problem)
        for panes in self.query("#run").results():
            panes.display = started
            cast("RunPanes", panes).show(self.feed.view)
        self._draw_status()

    def _draw_status(self) -> None:
        library = "waiting for the library · " if self.busy and not self.library.ready.is_set() else ""
        problems = tuple(filter(None, (self.library.problem, self.library.note)))
        words = status_text(
            self.feed.view,
            library=library + self.library.line(),
            replay=str(self.replay or ""),
            problems=problems,
        )
        self.query_one(StatusLine).show(words)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter asks."""
        self.ask(event.value)

    def on_input_changed(self) -> None:
        """Plus and minus are offered only while nothing is typed."""
        self.refresh_bindings()

    def on_ask_input_picked(self, event: AskInput.Picked) -> None:
        """A digit asks a suggestion."""
        self.ask(self.library.suggestions[event.index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a suggestion asks it."""
        self.query_one(AskInput).focus()
        self.ask(self.library.suggestions[event.option_index])

    def on_source_list_opened(self, event: SourceList.Opened) -> None:
        """Enter on a source opens the document at its quote."""
        from tui.source_screen import SourceScreen  # noqa: PLC0415 - not needed for the first paint

        citations = self.feed.view.answer.citations if self.feed.view.answer else (event.citation,)
        self.app.push_screen(SourceScreen(self.session, citations, citations.index(event.citation)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        if action == "replay":
            return self.replay is not None and (self.busy or parameters[0] not in WHILE_PLAYING)
        if action == "cancel":
            return self.busy
        if action == "judge":
            return self._can_be_judged
        if action == "copy":
            return self.feed.view.answer is not None
        if action in {"back", "new"}:
            return not self.busy and self.feed.view.question != ""
        return super().check_action(action, parameters)

    def action_cancel(self) -> None:
        """End what runs: a question is cancelled, the rest of a replay is shown at once."""
        if self.replay is not None:
            self.replay.finish()
        elif self._run is not None:
            self._run.cancel()

    def action_back(self) -> None:
        """Leave the pane for the input; from there, leave the answer."""
        if not self.query_one(AskInput).has_focus:
            self.query_one(AskInput).focus()
        else:
            self.action_new()

    def action_new(self) -> None:
        """Back to the empty screen."""
        if not self.busy:
            self.replay = None
            self.feed.reset()
            self.query_one(MessageLine).clear()
            self.query_one(AskInput).focus()
            self._offer_keys()

    def action_below(self) -> None:
        """From the question into the list below it, at its first line."""
        result = "#sources" if self.query_one("#sources").display else "#answer"
        below = self.query_one(result if self.feed.view.question else "#suggestions")
        if isinstance(below, OptionList) and below.highlighted is None:
            below.action_first()
        below.focus()

    def action_copy(self) -> None:
        """The answer with its sources as plain text."""
        answer = self.feed.view.answer
        if answer is None:
            return
        sources = [f"[{c.n}] {plain(c.title)} ({c.source}): “{plain(c.quote)}”" for c in answer.citations]
        self.app.copy_to_clipboard("\n".join((answer.answer, "", *sources)))
        self.notify("Copied. Inside tmux this needs `set -g set-clipboard on`.", markup=False)

    @property
    def _can_be_judged(self) -> bool:
        """Whether a run is over and cites something."""
        answer = self.feed.view.answer
        return not self.busy and answer is not None and bool(answer.citations)

    def action_judge(self, liked: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Say that the citation under the cursor, or else the answer, is good or bad."""
        sources = cast("SourceList", self.query_one("#sources"))
        self._judge(self.feed.view.run_id, liked=liked, citation=sources.chosen)

    @work(group="judge")
    async def _judge(self, run_id: str, *, liked: bool, citation: int | None) -> None:
        message = self.query_one(MessageLine)
        try:
            given = await asyncio.to_thread(self.session.judge, run_id, liked=liked, citation=citation)
        except PersonaMoeError as error:
            message.complain(str(error))
        else:
            message.say(str(given))

    def action_replay(self, how: str) -> None:
        """Steer the replay by one of `STEERING`."""
        if self.replay is None:
            return
        before = self.replay.position
        STEERING[how](self.replay)
        if self.replay.position != before:
            self._play(self.replay)
        self.pace.mark()
