"""The main screen: a question, the panel that walks for it, and the answer with its sources."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import OptionList

from engine.errors import PersonaMoeError
from engine.run.asked_again import asked_again
from engine.run.state import Outcome
from engine.text.safe import one_line
from tui.ask.answer_actions import copy_answer, judge_answer
from tui.ask.ask_input import AskInput
from tui.ask.player import REPLAY_KEYS, RunPlayer
from tui.ask.question_bar import QuestionBar
from tui.ask.status_text import embedding_text, status_text
from tui.ask.welcome import Welcome
from tui.navigation.screen_bar import ScreenBar
from tui.run.waiting import Silence, waiting_for
from tui.source.opening import open_citation, open_passage
from tui.terminal.frame_pacing import Pace
from tui.widgets.key_bar import KeyBar
from tui.widgets.message_line import MessageLine
from tui.widgets.steady_text import SteadyText

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.worker import Worker

    from engine.events import Citation, RecordedEvent
    from engine.question.follow_up import Conversation
    from tui.ask.library_opening import LibraryOpening
    from tui.ask.run_panes import RunPanes
    from tui.ask.source_list import SourceList
    from tui.ask.walk_log import WalkLog
    from tui.run.feed import RunFeed
    from tui.session.session import Session
    from tui.terminal.frame_pacing import AskTerminal

LIKE = "Judge the answer as good, or the source under the cursor: then the question is asked again for more like it"
DISLIKE = "Judge it as bad: the personas that found it lose; the question is asked again without the words of a source"
AS_WRITTEN = "Ask the question as it is written, without the ones before it"
LEGEND = """
Enter asks; a number and enter asks a suggestion; in answer and sources 1-9 opens a citation, + and - judge it or the \
answer. After a source was judged, the question is asked again by your marks, unless you like a source of a text that \
a model has finished; a question that you enter anew has no marks. Tab takes the title that is offered, or goes to the \
next pane. To begin a question with ?, type a blank first. Without function keys: ^o and a number goes to a screen, as \
does alt and its letter. ^p finds every command.
Panel: ● called, ▸ walks, ✓ back, ○ not called (with the reason), then the number that picks it in the walk. earned: \
its share in what the answer cites, where what a plain search finds counts half; vs usual: that less what was expected \
of it at such questions; gate: what was expected less its cost. agrees, new, on topic, has names: scores that count \
only with a weight in the settings.
Walk: how each cited passage was found; s shows every step, r plays them again. z shows one pane on the whole screen."""

TICK_SECONDS = 1.0
"""How often the screen looks whether a run has told something."""


class AskScreen(Screen[None]):
    """Shows one run, live or replayed; the run itself belongs to the session."""

    TITLE = "Ask"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#ask"
    LEGEND = LEGEND
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy(False)", "Copy", id="copy", tooltip="Copy the quotation under the cursor, or the answer"),
        Binding("Y", "copy(True)", "Copy all", show=False, id="copy.all", tooltip="Copy the answer and its sources"),
        Binding("w", "save", "Save", show=False, id="save", tooltip="Write the answer to a Markdown or JSON file"),
        Binding("escape", "cancel", "Cancel", id="cancel", tooltip="Cancel the question, the indexing, or a replay"),
        Binding("escape", "back", "Back", id="back", tooltip="To the input, or from the suggestions to the answer"),
        Binding("ctrl+n", "new", "New", id="new", tooltip="Begin anew; esc shows the answer again"),
        Binding("plus,equals_sign", "judge(True)", "Judge", id="like", key_display="+/-", tooltip=LIKE),
        Binding("minus", "judge(False)", "Bad", show=False, id="dislike", tooltip=DISLIKE),
        Binding("down", "below", "Answer", show=False, id="below", tooltip="From the question to what is below it"),
        Binding("ctrl+t", "as_written", "As written", show=False, id="as_written", tooltip=AS_WRITTEN),
        *REPLAY_KEYS,
    ]

    def __init__(self, session: Session, feed: RunFeed, library: LibraryOpening, ask_terminal: AskTerminal) -> None:
        super().__init__()
        self.session = session
        self.pace = Pace(self, self._draw, ask=partial(ask_terminal, self))
        self.feed, self.library = feed, library
        for source in (feed, library, session.meaning):
            source.watchers.append(self.pace.mark)
        self.player = RunPlayer(self, feed, session.runs, library_ready=library.ready, started=self._on_start)
        self._opening: Worker[None] | None = None
        self._conversation: Conversation | None = None
        self._silence = Silence()
        self._prepared = self._begins_anew = self._goes_on_in_sources = False

    @property
    def _line(self) -> AskInput:
        return self.query_one(AskInput)

    @property
    def opening(self) -> bool:
        """Whether the library is being indexed."""
        return self._opening is not None and not self._opening.is_finished

    def compose(self) -> ComposeResult:
        """The question on top; below it the suggestions, or the run."""
        yield ScreenBar("ask", self.session.settings.screen.keymap)
        yield QuestionBar(self.session.runs, self.session.library, id="question")
        yield Welcome(id="welcome")
        yield MessageLine(id="message")
        yield SteadyText(id="status")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the question's line; everything else comes after it was painted."""
        self.query_one(MessageLine).clear()
        self._ticks = self.set_interval(TICK_SECONDS, self._tick, pause=True)
        self._draw()

    async def complete(self) -> None:
        """Mount the panes of a run, and open the library: the first paint needs neither."""
        from tui.ask.run_panes import RunPanes  # noqa: PLC0415 - not needed for the first paint

        await self.mount(RunPanes(self.session.library, id="run"), after="#welcome")
        self.pace.mark()
        self._opening = self._open_library()

    @work(group="library")
    async def _open_library(self) -> None:
        await self.library.open()

    def ask(self, question: str, *, as_written: bool = False) -> None:
        """Start a run, unless one is running; the question may refer to the run before, if it is not `as_written`."""
        if not question.strip():
            return
        if self.player.asking:
            self.notify("A question is running: esc cancels it.", markup=False)
            return
        self.query_one(QuestionBar).note(one_line(question))
        self.player.ask(question, None if as_written else self._conversation)

    def show_run(self, recorded: Sequence[RecordedEvent], *, play: bool = True) -> None:
        """Replay a recorded run, or show its end; the keys of the replay work while no question is being typed."""
        self.player.show(recorded, play=play)
        self.query_one("#walk").focus()

    def _on_start(self) -> None:
        """Forget what belonged to the run before."""
        self.query_one(MessageLine).clear()
        self._conversation = None
        self._silence = Silence()
        self._begins_anew = False
        self._ticks.resume()
        self.refresh_bindings()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Other keys work when a run is over."""
        if event.worker is self.player.worker:
            if not self.player.busy:
                self._ticks.pause()
                self._conclude()
            self.refresh_bindings()
        elif event.worker is self._opening:
            self.refresh_bindings()

    @property
    def _suggests(self) -> bool:
        """Whether the suggestions are shown, not a run."""
        return self._begins_anew or not (self.player.busy or self.feed.state.question)

    def _tick(self) -> None:
        """While a run tells nothing, say what it waits for, once a second at most."""
        if self._silence.lasts(self.feed.state):
            self.pace.mark()

    @work(group="conclude", exclusive=True)
    async def _conclude(self) -> None:
        """After a run: what it was about is the context of the next question, and what was said of it is shown."""
        from engine.run.conversation import conversation_of  # noqa: PLC0415 - not needed for the first paint

        state = self.feed.state
        self._conversation = conversation_of(state)
        if state.answer is not None:
            state.judge((await asyncio.to_thread(self.session.runs.judgements)).get(state.run_id, {}))
        self.pace.mark()
        if self._goes_on_in_sources:
            self._goes_on_in_sources = False
            self.call_after_refresh(self.query_one("#sources").focus)

    def _draw(self) -> None:
        """Suggestions or the run, and below them how things stand."""
        if not self.query(AskInput):  # a timer ended while the application closes
            return
        started = not self._suggests
        line, bar = self._line, self.query_one(QuestionBar)
        bar.completing = self.library.ready.is_set() and not self.library.problem
        line.follow_up(self._conversation.names if self._conversation else ())
        self.query_one(Welcome).display = not started
        self.query_one(Welcome).offer(self.library.suggestions, problem=self.library.problem)
        for panes in self.query("#run").results():
            panes.display = started
            weights, rate = self.session.settings.scoring.weights, self.session.runs.reading_rate
            cast("RunPanes", panes).show(self.feed.state, weights, rate.tokens_per_second)
        self._draw_status()

    def _draw_status(self) -> None:
        state, waits_for_library = self.feed.state, self.player.busy and not self.library.ready.is_set()
        waiting = "waiting for the library" if waits_for_library else waiting_for(state, self._silence.seconds)
        words = status_text(
            state,
            library=" · ".join(filter(None, (self.library.line(), embedding_text(self.session.meaning.progress)))),
            progress=(str(self.player.replay or ""), waiting),
            problems=tuple(filter(None, (self.library.problem, self.library.note))),
            is_opening=not self.library.ready.is_set(),
        )
        self.query_one(SteadyText).show(words)

    def on_question_bar_asked(self, event: QuestionBar.Asked) -> None:
        """Enter asks what was typed, or the suggestion with this number."""
        picked = self.query_one(Welcome).picked(event.question) if self._suggests else ""
        self.ask(picked or event.question)

    def on_question_bar_told(self, event: QuestionBar.Told) -> None:
        """What happened to the line, or cannot."""
        message = self.query_one(MessageLine)
        (message.say if event.done else message.complain)(event.words)

    def on_question_bar_filled(self, event: QuestionBar.Filled) -> None:
        """Get ready for the first question."""
        if event.filled and not self._prepared:
            self._prepared = True
            self._prepare()

    @work(group="prepare")
    async def _prepare(self) -> None:
        """While a question is typed, get ready for it; what goes wrong there, the run tells."""
        with suppress(PersonaMoeError):
            await asyncio.to_thread(self.session.runs.prepare)

    def on_welcome_picked(self, event: Welcome.Picked) -> None:
        """The digit of a suggestion asks it."""
        self._line.focus()
        self.ask(event.question)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a suggestion asks it."""
        self._line.focus()
        self.ask(self.library.suggestions[event.option_index])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        offered: dict[str, Callable[[], bool]] = {
            "replay": lambda: not self._suggests and self.player.can_be_steered(str(parameters[0])),
            "cancel": lambda: self.player.busy or self.opening,
            "as_written": lambda: not self.player.busy and self.feed.state.understood != "",
            "back": lambda: not self._line.has_focus or self._begins_anew,
            "new": lambda: not self.player.busy and not self._suggests,
            "judge": lambda: bool(self._citations) and not self._line.has_focus and self._can_be_judged,
            **dict.fromkeys(("copy", "save", "cited"), lambda: self.feed.state.answer is not None),
        }
        if action in offered:
            return offered[action]()
        return super().check_action(action, parameters)

    # -- the answer ---------------------------------------------------------------------------------------

    @property
    def _citations(self) -> tuple[Citation, ...]:
        return self.feed.state.sources

    @property
    def _chosen(self) -> Citation | None:
        return cast("SourceList", self.query_one("#sources")).chosen

    def on_source_list_opened(self, event: SourceList.Opened) -> None:
        """Open the source of a citation at its quote."""
        open_citation(self.app, self.session.library, self._citations or (event.citation,), event.citation)

    def action_cited(self, n: int) -> None:
        """Open the source of the citation with this number."""
        for citation in self._citations:
            if citation.n == n:
                open_citation(self.app, self.session.library, self._citations, citation)

    @work(group="passage", exclusive=True)
    async def on_walk_log_opened(self, event: WalkLog.Opened) -> None:
        """Open the passage that a step came to."""
        step = event.step
        if problem := await open_passage(self.app, self.session.library, step.target_id, step.title):
            self.query_one(MessageLine).complain(problem)

    def on_walk_log_replay_wanted(self) -> None:
        """Play the run again; the keys of a replay slow it down."""
        self.show_run(list(self.feed.events))

    def action_copy(self, whole: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Copy the quotation under the cursor with its place; the answer with its sources if `whole` or without one."""
        if self.feed.state.answer is not None:
            chosen = None if whole else self._chosen
            copy_answer(self.app, self.feed.state.answer, chosen, self.query_one(MessageLine))

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        """Write the result to a file, for OSC 52 does not work everywhere."""
        from tui.run.result import result_of  # noqa: PLC0415 - not needed for the first paint
        from tui.widgets.save_prompt import SaveScreen  # noqa: PLC0415 - not needed for the first paint

        result = await asyncio.to_thread(result_of, self.feed.state, self.session.library.passage)
        self.app.push_screen(SaveScreen(result), self._saved)

    def _saved(self, path: Path | None) -> None:
        if path is not None:
            self.query_one(MessageLine).say(f"written to {path}")

    @property
    def _can_be_judged(self) -> bool:
        """Whether it is an answer and no replay plays; while a question is running, only a quotation is judged."""
        if self.feed.state.outcome is Outcome.UNANSWERED:
            return False
        return not self.player.busy or (self.player.asking and self._chosen is not None)

    @work(group="judge")
    async def action_judge(self, liked: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Judge the citation under the cursor, or else the answer, and ask again by what was marked.

        A text that a model has finished is not written again for a source that is good.
        """
        message, state, chosen = self.query_one(MessageLine), self.feed.state, self._chosen
        if chosen is not None and state.marked().get(chosen.n) is liked:
            message.complain(f"citation {chosen.n} was judged so already")
            return
        if self.player.asking:
            await self.player.end()
        try:
            words = await judge_answer(self.session.runs, state, liked=liked, citation=chosen.n if chosen else None)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        if chosen is not None and not (liked and state.is_written):
            self.player.ask(state.question, None, asked_again(state, chosen, liked=liked))
            self._goes_on_in_sources = True
            words = f"asked again by your marks · {words}"
        message.say(words)
        self.pace.mark()

    # -- the run ------------------------------------------------------------------------------------------

    def action_cancel(self) -> None:
        """End what runs: the question or the replay, else the indexing."""
        if self.player.busy:
            self.player.cancel()
        elif self._opening is not None:
            self._opening.cancel()

    def action_back(self) -> None:
        """Make a large pane small, or leave it for the input; from the suggestions, go back to the answer."""
        if self.maximized is not None:
            self.minimize()
            return
        self._begins_anew = self._begins_anew and not self._line.has_focus
        self._line.focus()
        self.pace.mark()
        self.refresh_bindings()

    def action_new(self) -> None:
        """Show the suggestions; the answer is only hidden."""
        self._begins_anew = True
        self._conversation = None
        self.query_one(MessageLine).clear()
        self._line.focus()
        self.pace.mark()
        self.refresh_bindings()

    def action_as_written(self) -> None:
        """Ask the question of the run that is shown as it is written."""
        self.ask(self.feed.state.question, as_written=True)

    def action_below(self) -> None:
        """From the question into the list below it, at its first line."""
        result = "#sources" if self.query_one("#sources").display else "#answer"
        below = self.query_one("#suggestions" if self._suggests else result)
        if isinstance(below, OptionList) and below.highlighted is None:
            below.action_first()
        below.focus()

    def action_replay(self, how: str) -> None:
        """Steer the replay (`tui.ask.player.STEERING`)."""
        self.player.steer(how)
        self.pace.mark()
