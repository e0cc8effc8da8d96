"""The main screen: a question, the panel that walks for it, and the answer with its sources."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from engine.errors import PersonaMoeError
from engine.text.safe import one_line
from tui.ask.answer_actions import AnswerScreen
from tui.ask.ask_input import AskInput
from tui.ask.library_opening import LibraryView
from tui.ask.question_bar import QuestionBar
from tui.ask.status_text import PATIENCE, status_text, waiting_for
from tui.ask.welcome import Welcome
from tui.navigation.screen_bar import ScreenBar
from tui.run.feed import RunFeed
from tui.run.replay import Replay
from tui.terminal.frame_pacing import Pace
from tui.widgets.key_bar import KeyBar
from tui.widgets.message_line import MessageLine
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.app import ComposeResult
    from textual.worker import Worker

    from engine.events import RecordedEvent, RunEvent
    from engine.question.follow_up import Conversation
    from tui.ask.run_panes import RunPanes
    from tui.session.session import Session

STEERING = {
    "toggle": Replay.toggle, "faster": Replay.faster, "slower": Replay.slower,
    "step": Replay.step, "step_back": Replay.step_back, "forward": Replay.forward, "back": Replay.back,
    "start": Replay.to_start, "end": Replay.to_end,
}  # fmt: skip
WHILE_PLAYING = frozenset({"faster", "slower"})
"""At its end a recorded run is judged by the keys of its speed."""

LEGEND = """
Enter asks; 1-8 asks a suggestion while the input is empty, and opens a citation in answer and sources; tab takes the \
title that is offered, or goes to the next pane; + and - judge an answer, or the citation under the cursor; ^p finds \
every command by name.
Panel: ● called, ▸ walks, ✓ back, ○ resting (with the gate's reason), then the number that picks it in the walk; \
A active, S stable, E experimental. gate = expected gain - cost; rel relevance, con consistency, nov novelty, \
ent entity grounding, tot their weighted total, crd what the panel loses without it, chg what it earned less what \
was expected of it by its earlier runs at questions like this."""

TICK_SECONDS = 1.0
"""How often the screen looks whether a run has told something."""


class AskScreen(AnswerScreen):
    """Shows one run, live or replayed; the run itself belongs to the session."""

    TITLE = "Ask"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#ask"
    LEGEND = LEGEND
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="cancel", tooltip="Cancel the question, the indexing, or a replay"),
        Binding("escape", "back", "Back", id="back", tooltip="Back to the input, then to the suggestions"),
        Binding("ctrl+n", "new", "New", show=False, id="new", tooltip="Clear the answer and show the suggestions"),
        Binding(
            "plus,equals_sign",
            "judge(True)",
            "Judge",
            id="like",
            key_display="+/-",
            tooltip="The answer is good, or the citation under the cursor: who brought it earns by it",
        ),
        Binding("minus", "judge(False)", "Bad", show=False, id="dislike", tooltip="It is not: who brought it loses"),
        Binding("down", "below", "Answer", show=False, id="below", tooltip="From the question to what is below it"),
        Binding(
            "ctrl+t",
            "context",
            "Context",
            show=False,
            id="context",
            tooltip="Ask the next question without what was talked of, or with it again",
        ),
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
        super().__init__(session)
        self.pace = Pace(self, self._draw, ask=ask_terminal)
        self.feed = RunFeed(self.pace.mark)
        self.library = LibraryView(session.library, self.pace.mark)
        self.replay: Replay | None = None
        self._run: Worker[None] | None = None
        self._opening: Worker[None] | None = None
        self._before: Conversation | None = None
        self._is_follow_up = True
        self._silence = 0
        self._told: tuple[object, ...] = ()
        self._prepared = False

    @property
    def busy(self) -> bool:
        """Whether a question or a replay is running, or waits for the library."""
        return self._run is not None and not self._run.is_finished

    @property
    def _line(self) -> AskInput:
        return self.query_one(AskInput)

    @property
    def opening(self) -> bool:
        """Whether the library is being indexed."""
        return self._opening is not None and not self._opening.is_finished

    @property
    def asking(self) -> bool:
        """Whether a question is running: a replay may be left for another run."""
        return self.busy and self.replay is None

    def compose(self) -> ComposeResult:
        """The question on top; below it the suggestions, or the run."""
        yield ScreenBar("ask", self.session.settings.screen.keymap)
        yield QuestionBar(self.session.runs, self.session.library, id="question")
        yield Welcome(id="welcome")
        yield MessageLine(id="message")
        yield StatusLine(id="status")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the question's line; everything else comes after it was painted."""
        self.query_one(MessageLine).clear()
        self._ticks = self.set_interval(TICK_SECONDS, self._tick, pause=True)
        self._draw()
        self.call_after_refresh(self._after_first_paint)

    async def _after_first_paint(self) -> None:
        from tui.ask.run_panes import RunPanes  # noqa: PLC0415 - not needed for the first paint

        await self.mount(RunPanes(id="run"), after="#welcome")
        self.pace.mark()
        self._opening = self._open_library()

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
        before = self._before if self._is_follow_up else None
        self.query_one(QuestionBar).note(one_line(question))
        self.replay = None
        self._start(question, self._live(question, before))

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
        self._forget_conversation()
        self._silence = 0
        self._ticks.resume()
        self._offer_keys()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Other keys work when a run is over."""
        if event.worker is self._run:
            if not self.busy:
                self._ticks.pause()
                self._conclude()
            self._offer_keys()
        elif event.worker is self._opening:
            self.refresh_bindings()

    def _offer_keys(self) -> None:
        self._line.judging = self.can_be_judged
        self.refresh_bindings()

    def _tick(self) -> None:
        """While a run tells nothing, say what it waits for, once a second at most."""
        view = self.feed.view
        told = (view.phase, view.panel_changes, view.log_changes, view.answer_changes, len(view.degraded))
        self._silence, self._told = (self._silence + 1 if told == self._told else 0), told
        if self._silence >= PATIENCE:
            self.pace.mark()

    @work(group="conclude", exclusive=True)
    async def _conclude(self) -> None:
        """After a run: what it was about is the context of the next question, and what was said of it is shown."""
        from engine.question.follow_up import conversation_of  # noqa: PLC0415 - not needed for the first paint

        view = self.feed.view
        self._before = conversation_of(self.feed.events)
        if view.answer is not None:
            view.judge((await asyncio.to_thread(self.session.runs.judgements)).get(view.run_id, {}))
        self.pace.mark()

    def _forget_conversation(self) -> None:
        self._before, self._is_follow_up = None, True

    async def _live(self, question: str, before: Conversation | None) -> AsyncIterator[RecordedEvent]:
        await self.library.ready.wait()
        async with aclosing(self.session.runs.ask(question, before)) as events:
            async for recorded in events:
                yield recorded

    def _draw(self) -> None:
        """Suggestions or the run, and below them how things stand."""
        started = self.busy or self.feed.view.question != ""
        line, bar = self._line, self.query_one(QuestionBar)
        bar.completing = self.library.ready.is_set() and not self.library.problem
        line.picking = 0 if started else len(self.library.suggestions)
        line.follow_up(self._before.names if self._before and self._is_follow_up else ())
        self.query_one(Welcome).display = not started
        self.query_one(Welcome).offer(self.library.suggestions, problem=self.library.problem)
        for panes in self.query("#run").results():
            panes.display = started
            cast("RunPanes", panes).show(self.feed.view)
        self._draw_status()

    def _draw_status(self) -> None:
        waits_for_library = self.busy and not self.library.ready.is_set()
        waiting = "waiting for the library" if waits_for_library else waiting_for(self.feed.view, self._silence)
        words = status_text(
            self.feed.view,
            library=self.library.line(),
            progress=(str(self.replay or ""), waiting),
            problems=tuple(filter(None, (self.library.problem, self.library.note))),
        )
        self.query_one(StatusLine).show(words)

    def on_question_bar_asked(self, event: QuestionBar.Asked) -> None:
        """Enter asks."""
        self.ask(event.question)

    def on_question_bar_told(self, event: QuestionBar.Told) -> None:
        """What happened to the line, or cannot."""
        message = self.query_one(MessageLine)
        (message.say if event.done else message.complain)(event.words)

    def on_question_bar_filled(self, event: QuestionBar.Filled) -> None:
        """Get ready for the first question; plus and minus are offered only while nothing is typed."""
        if event.filled and not self._prepared:
            self._prepared = True
            self._prepare()
        if self.can_be_judged:
            self.refresh_bindings()

    @work(group="prepare")
    async def _prepare(self) -> None:
        """While a question is typed, get ready for it; what goes wrong there, the run tells."""
        with suppress(PersonaMoeError):
            await asyncio.to_thread(self.session.runs.prepare)

    def on_ask_input_picked(self, event: AskInput.Picked) -> None:
        """A digit asks a suggestion."""
        self.ask(self.library.suggestions[event.index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a suggestion asks it."""
        self._line.focus()
        self.ask(self.library.suggestions[event.option_index])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        offered: dict[str, Callable[[], bool]] = {
            "replay": lambda: self.replay is not None and (self.busy or parameters[0] not in WHILE_PLAYING),
            "cancel": lambda: self.busy or self.opening,
            "context": lambda: self._before is not None and bool(self._before.names),
            "back": lambda: not self.busy and self.feed.view.question != "",
            "new": lambda: not self.busy and self.feed.view.question != "",
        }
        if action in offered:
            return offered[action]()
        return super().check_action(action, parameters)

    def action_cancel(self) -> None:
        """End what runs: a question is cancelled, the rest of a replay is shown at once."""
        if self.replay is not None:
            self.replay.finish()
        elif self.busy and self._run is not None:
            self._run.cancel()
        elif self._opening is not None:
            self._opening.cancel()

    def action_back(self) -> None:
        """Leave the pane for the input; from there, leave the answer."""
        if not self._line.has_focus:
            self._line.focus()
        else:
            self.action_new()

    def action_new(self) -> None:
        """Back to the empty screen."""
        if not self.busy:
            self.replay = None
            self.feed.reset()
            self._forget_conversation()
            self.query_one(MessageLine).clear()
            self._line.focus()
            self._offer_keys()

    def action_context(self) -> None:
        """The next question stands alone, or not."""
        self._is_follow_up = not self._is_follow_up
        message = self.query_one(MessageLine)
        if self._is_follow_up:
            message.say("the next question may refer to this one")
        else:
            message.say("the next question stands alone")
        self.pace.mark()

    def action_below(self) -> None:
        """From the question into the list below it, at its first line."""
        result = "#sources" if self.query_one("#sources").display else "#answer"
        below = self.query_one(result if self.feed.view.question else "#suggestions")
        if isinstance(below, OptionList) and below.highlighted is None:
            below.action_first()
        below.focus()

    def action_replay(self, how: str) -> None:
        """Steer the replay by one of `STEERING`."""
        if self.replay is None:
            return
        before = self.replay.position
        STEERING[how](self.replay)
        if self.replay.position != before:
            self._play(self.replay)
        self.pace.mark()
