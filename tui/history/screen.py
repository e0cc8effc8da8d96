"""The history screen: earlier runs, and what can be done with one of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from db.runs.query import KINDS, RunQuery
from engine.errors import InputError, PersonaMoeError
from engine.run.state import RunState
from tui.drawing.cells import plain, title
from tui.history.run_table import RunRow, RunTable, run_facts
from tui.history.search import RunSearch
from tui.navigation.screen_bar import ScreenBar
from tui.run.comparison import compare, compared
from tui.run.result import result_of
from tui.widgets.cursor_rest import CursorRest
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult

    from db.runs.summary import RunSummary
    from engine.events import RecordedEvent
    from tui.session.session import Session

TYPING_SECONDS = 0.15
"""How long nothing has to be typed before the search for it begins."""

HINT = f'words  "a phrase"  date:2026-11  after:  before:  persona:  model:  is:{",".join(KINDS)}'
KEYS_OF_A_RUN = frozenset({"open", "ask", "compare", "export", "delete", "undo", "find"})


class HistoryScreen(Screen[None]):
    """A table of runs, the answer of the run under the cursor, and the keys of that run; threads read the disk."""

    TITLE = "History"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#runs"
    LEGEND = "outcome: what became of the question; + and - behind it are your own judgements."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False, id="history.back", tooltip="Leave the search, or go back"),
        Binding("slash", "find", "Find", id="find", tooltip="Find runs by words, date, persona, model and outcome"),
        Binding("down", "to_runs", "To the runs", show=False, id="history.runs", tooltip="From the search to the runs"),
        Binding("enter", "open(False)", "Open", id="open", tooltip="Open the finished run with its sources"),
        Binding("p", "open(True)", "Replay", id="replay", tooltip="Watch the run again, from its beginning"),
        Binding("a", "ask", "Ask again", id="history.ask", tooltip="Ask the same question again, now"),
        Binding("c", "compare", "Compare", id="history.compare", tooltip="Choose one run, then another to compare"),
        Binding("e", "export", "Export", id="export", tooltip="Write the run to a Markdown or JSON file"),
        Binding("D,delete", "delete", "Delete", id="delete", tooltip="Delete the run; u brings it back"),
        Binding("u", "undo", "Undo", show=False, id="undo", tooltip="Bring back the run that was deleted last"),
    ]

    @dataclass
    class RunWanted(Message):
        """A run is to be shown: its end, or from its beginning on; `recorded` are its events."""

        recorded: Sequence[RecordedEvent]
        play: bool

    @dataclass
    class QuestionWanted(Message):
        """A question is to be asked again."""

        question: str

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.search = RunSearch(self, session.runs, self._draw_answer)
        self._answered: RunRow | None = None
        self._cursor_rest = CursorRest(self, self._draw_answer)

    def compose(self) -> ComposeResult:
        """Lay out the search, the table, the answer of a run, and the message of the last key."""
        yield ScreenBar("history", self.session.settings.screen.keymap)
        yield LineInput(placeholder="what to find", pane="#runs", id="search")
        yield Static(HINT, markup=False, id="hint")
        yield RunTable(self.search.row, id="runs")
        yield Static(markup=False, id="run-answer")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """Read the history and the judgements again."""
        self.search.renew()

    def on_cursor_pane_moved(self) -> None:
        """Draw the answer of the run under the cursor once it rests, and read the runs that came into sight."""
        self._cursor_rest.moved()
        self.search.read_visible()

    def _draw_answer(self) -> None:
        """Draw question and answer of the run under the cursor, in a pane whose title has its facts."""
        row, pane = self.search.row_under_cursor(), self.query_one("#run-answer", Static)
        if row == self._answered:
            return
        self._answered, run = row, row.run if row is not None else None
        pane.border_title = title(run_facts(run, row.judged)) if row is not None and run is not None else None
        words = Text.assemble((plain(run.question), "bold"), "\n", plain(run.answer)) if run is not None else ""
        pane.update(words, layout=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no letter as a key while text is typed."""
        if action in KEYS_OF_A_RUN:
            return not isinstance(self.focused, Input)
        if action == "to_runs":
            return self.query_one("#search").has_focus
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Leave the search, the chosen run, then the screen: one at a time."""
        if (line := self.query_one(LineInput)).is_open:
            line.close()
            self._find("")
        elif self.search.chosen is not None:
            self._choose(None)
        else:
            self.app.switch_mode("ask")

    # -- the search -----------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the line of the search."""
        self.query_one(LineInput).open()
        self.query_one("#hint", Static).update(HINT)

    def on_descendant_focus(self) -> None:
        """Show below the search what can be typed, while it has the focus."""
        self.query_one("#hint").display = self.query_one("#search").has_focus
        self.refresh_bindings()

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        """Search while text is typed, unless it is no query yet."""
        try:
            query = RunQuery.parse(event.value)
        except InputError:
            return
        if self.query_one(LineInput).is_open and query != self.search.requested:
            self.search.begin(query, delay=TYPING_SECONDS)

    @on(Input.Submitted, "#search")
    def _entered(self, event: Input.Submitted) -> None:
        self._find(event.value)

    def _find(self, text: str) -> None:
        """Search for a query; an empty one finds all runs. An invalid one is explained, and stays to be corrected."""
        try:
            query = RunQuery.parse(text)
        except InputError as error:
            self.query_one("#hint", Static).update(Text(f"! {plain(str(error))}"))
            return
        self.query_one(LineInput).leave()
        if query != self.search.requested:
            self.search.begin(query)

    def action_to_runs(self) -> None:
        """Go from the search down to its runs."""
        self.query_one(RunTable).focus()

    # -- one run --------------------------------------------------------------------------------------------

    def action_open(self, play: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Show the run on the ask screen: its end, or from its beginning."""
        if (run := self.search.run_under_cursor()) is not None:
            self._open(run, play=play)

    @work(group="run", exclusive=True)
    async def _open(self, run: RunSummary, *, play: bool) -> None:
        recorded = await self._recorded(run)
        if recorded:
            self.post_message(self.RunWanted(recorded, play))

    async def _recorded(self, run: RunSummary) -> Sequence[RecordedEvent]:
        """Load the events of a run; nothing, and a message, if there are none."""
        try:
            recorded = await asyncio.to_thread(self.session.runs.replay, run.run_id)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return ()
        if not recorded:
            self.query_one(MessageLine).complain("nothing of this run was recorded")
        return recorded

    def action_ask(self) -> None:
        """Ask the question of the run again."""
        if (run := self.search.run_under_cursor()) is not None:
            self._ask(run)

    @work(group="run", exclusive=True)
    async def _ask(self, run: RunSummary) -> None:
        try:
            question = await asyncio.to_thread(self.session.runs.question_of, run)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
        else:
            self.post_message(self.QuestionWanted(question))

    def action_compare(self) -> None:
        """Choose the run, or compare it with the chosen one."""
        run, chosen = self.search.run_under_cursor(), self.search.chosen
        if run is None:
            return
        self._choose(run if chosen is None else None)
        if chosen is not None and chosen != run:
            self.query_one(MessageLine).clear()
            self._compare(chosen, run)

    def _choose(self, run: RunSummary | None) -> None:
        self.search.chosen = run
        words = "chosen: c on another run compares the two, esc forgets it" if run else "no run is chosen any more"
        self.query_one(MessageLine).say(words)
        self.query_one(RunTable).refresh()

    @work(group="run", exclusive=True)
    async def _compare(self, first: RunSummary, second: RunSummary) -> None:
        from tui.history.compare_screen import RunCompareScreen  # noqa: PLC0415 - only now

        first_events, second_events = await self._recorded(first), await self._recorded(second)
        if first_events and second_events:
            states = [RunState.of(events) for events in (first_events, second_events)]
            comparison = compare(compared(first, states[0]), compared(second, states[1]))
            self.app.push_screen(RunCompareScreen(comparison, self.session.settings.screen.keymap))

    def action_delete(self) -> None:
        """Delete the run; it can be restored."""
        if (run := self.search.run_under_cursor()) is not None:
            self.search.forget(run)
            self._delete(run)

    @work(group="trash")
    async def _delete(self, run: RunSummary) -> None:
        message = self.query_one(MessageLine)
        try:
            await asyncio.to_thread(self.session.runs.trash.delete, [run.run_id])
        except PersonaMoeError as error:
            message.complain(str(error))
        else:
            message.say("deleted; u brings it back for a day (the ledger keeps what personas earned)")
            self.search.chosen = None if self.search.chosen == run else self.search.chosen
        self.search.repeat()

    @work(group="trash")
    async def action_undo(self) -> None:
        """Restore the runs that were deleted last."""
        message = self.query_one(MessageLine)
        try:
            restored = await asyncio.to_thread(self.session.runs.trash.restore)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        more = f" and {len(restored) - 1} more" if restored[1:] else ""
        message.say(f"back again: {restored[0].question}{more}")
        self.search.repeat(at=restored[0].run_id)

    def action_export(self) -> None:
        """Ask for the name of a file, and write the run to it."""
        if (run := self.search.run_under_cursor()) is not None:
            self._export(run)

    @work(group="run", exclusive=True)
    async def _export(self, run: RunSummary) -> None:
        from tui.widgets.save_prompt import SaveScreen  # noqa: PLC0415 - only now

        self.query_one(MessageLine).clear()
        if recorded := await self._recorded(run):
            state = RunState.of(recorded, question=run.question, run_id=run.run_id)
            result = await asyncio.to_thread(result_of, state, self.session.library.passage)
            self.app.push_screen(SaveScreen(result), self._exported)

    def _exported(self, path: Path | None) -> None:
        if path is not None:
            self.query_one(MessageLine).say(f"written to {path}")
