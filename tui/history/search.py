"""A screen with the runs of the history: newest first, as many as there are, found while one types."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from db.runs.query import KINDS, RunQuery
from engine.errors import InputError, PersonaMoeError
from tui.drawing.cells import fit, plain, title
from tui.history.pages import PAGE, RunPages
from tui.history.run_table import RunRow, RunTable, run_facts
from tui.navigation.screen_bar import ScreenBar
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from db.runs.found_runs import RunList
    from db.runs.history import RunSummary
    from engine.run.feedback import Judgements
    from tui.session.session import Session

LOOK_SECONDS = 0.1
"""How long a search goes on in its thread before what it found is shown first."""

TELL_SECONDS = 0.5
"""And then between two such times: each draws the table again."""

TYPING_SECONDS = 0.15
"""How long nothing is typed before what stands there is looked for."""

SHOWN_QUERY = 30
EMPTY = "No question was asked here yet: esc goes back, to ask one."
NOTHING = "Nothing found. Esc ends the search."
HINT = f'words  "a phrase"  date:2026-11  after:  before:  persona:  model:  is:{",".join(KINDS)}'


class RunsScreen(Screen[None]):
    """A table of runs, and below it the answer of the highlighted one; the disk is read in threads."""

    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False, id="history.back", tooltip="Leave the search, or go back"),
        Binding("slash", "find", "Find", id="find", tooltip="Find runs by words, date, persona, model and outcome"),
        Binding("down", "to_runs", "To the runs", show=False, id="history.runs", tooltip="From the search to the runs"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.chosen: RunSummary | None = None
        self._pages: RunPages | None = None
        self._query = self._wanted = RunQuery()
        self._judged: dict[str, Judgements] = {}
        self._judged_is_old = True
        self._answered: RunRow | None = None

    def compose(self) -> ComposeResult:
        """Search, table, the highlighted answer, and what the last key did."""
        yield ScreenBar("history", self.session.settings.screen.keymap)
        yield LineInput(placeholder="what to find", pane="#runs", id="search")
        yield Static(HINT, markup=False, id="hint")
        yield RunTable(self._row, id="runs")
        yield Static(markup=False, id="run-answer")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """There may be other runs than at the last visit, and other judgements."""
        self._judged_is_old = True
        self.look_again()

    def look_again(self, *, at: str = "") -> None:
        """Read the list anew, with the cursor on the run `at`, or where it was."""
        self.look_for(self._wanted, at=at)

    def look_for(self, query: RunQuery, *, at: str = "", delay: float = 0.0) -> None:
        """Look for runs in a thread and show what is found on the way; the next search ends this one.

        The same list as before takes the place of the old one when it is as long as what is in sight, with the
        cursor on the run `at`, or where it was.
        """
        self._wanted = query
        self._look_for(query, at=at, delay=delay)

    @work(group="list", exclusive=True)
    async def _look_for(self, query: RunQuery, *, at: str, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            runs = await asyncio.to_thread(self._begun, query)
            try:
                await self._follow(runs, at=at)
            finally:
                runs.stop()
            if self._judged_is_old:  # the ledger is long, and the list is there before it was read
                await self._read_judged()
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))

    async def _read_judged(self) -> None:
        judged = await asyncio.to_thread(self.session.runs.judgements)
        self._judged_is_old = False
        if judged != self._judged:
            self._judged = judged
            self.query_one(RunTable).refresh()
            self._show_answer()

    async def _follow(self, runs: RunList, *, at: str) -> None:
        """Show a list as soon as there is enough of it, and how it grows, until it is complete."""
        again = runs.query == self._query and self._pages is not None
        enough = self.query_one(RunTable).in_sight.stop + PAGE if again else 1
        await asyncio.to_thread(runs.look_on, LOOK_SECONDS, enough=enough)
        while again and not runs.complete and len(runs) < enough:
            await asyncio.to_thread(runs.look_on, LOOK_SECONDS, enough=enough)
        await self._take(RunPages(runs), at=(at or self._highlighted_id) if again else None)
        self._tell_count()
        while not runs.complete:
            await asyncio.to_thread(runs.look_on, TELL_SECONDS)
            self._tell_count()

    def _begun(self, query: RunQuery) -> RunList:
        from db.runs.found_runs import RunList  # noqa: PLC0415 - it brings TinyDB, which the first paint need not wait for

        if query.of_judged:
            self._judged = self.session.runs.judgements()
        return RunList(self.session.runs.history, query, self._judged)

    async def _take(self, pages: RunPages, *, at: str | None) -> None:
        """Show another list from its top on, or with the cursor on a run if that is near, else where it is."""
        table = self.query_one(RunTable)
        cursor = await asyncio.to_thread(pages.nearest, at, table.cursor) if at is not None else 0
        around = range(max(0, cursor - PAGE // 2), min(cursor + PAGE // 2, len(pages.runs)))
        await asyncio.to_thread(pages.read_all, around)
        self._pages, self._query = pages, pages.runs.query
        table.show(len(pages.runs), cursor=cursor)
        self._show_answer()

    def _tell_count(self) -> None:
        """How many runs there are, or were found so far."""
        if self._pages is None:
            return
        runs, table = self._pages.runs, self.query_one(RunTable)
        words = self._query.text
        name = f"Found “{fit(words, SHOWN_QUERY).rstrip()}”" if words else "History"
        among = "" if runs.complete else f" in the newest {runs.looked_at:,}, looking on" if words else "+"
        table.border_title = title(f"{name} · {len(runs):,}{among}")
        table.note = ("Looking …" if not runs.complete else NOTHING) if words else EMPTY
        table.show(len(runs))
        self._read_in_sight()

    def _row(self, index: int) -> RunRow | None:
        if self._pages is None or index not in self._pages:
            return None
        run = self._pages[index]
        if run is None:
            return RunRow(None)
        return RunRow(run, self._judged.get(run.run_id, {}), chosen=run == self.chosen)

    def highlighted(self) -> RunSummary | None:
        """The run under the cursor."""
        row = self._row(self.query_one(RunTable).cursor)
        return row.run if row is not None else None

    @property
    def _highlighted_id(self) -> str:
        run = self.highlighted()
        return run.run_id if run is not None else ""

    def forget(self, run: RunSummary) -> None:
        """The run is being deleted: its line says so at once, for finding the others again may take a moment."""
        if self._pages is not None:
            self._pages.drop(run.run_id)
        self.query_one(RunTable).refresh()
        self._show_answer()

    def _show_answer(self) -> None:
        """Question and answer of the run under the cursor, in a pane whose title tells what it was made of."""
        row, pane = self._row(self.query_one(RunTable).cursor), self.query_one("#run-answer", Static)
        if row == self._answered:
            return
        self._answered, run = row, row.run if row is not None else None
        pane.border_title = title(run_facts(run, row.judged)) if row is not None and run is not None else None
        words = Text.assemble((plain(run.question), "bold"), "\n", plain(run.answer)) if run is not None else ""
        pane.update(words, layout=False)

    def on_cursor_pane_moved(self) -> None:
        """Show the answer of the run under the cursor; read what came into sight."""
        self._show_answer()
        self._read_in_sight()

    def _read_in_sight(self) -> None:
        if self._pages is not None and self._pages.missing(self.query_one(RunTable).in_sight):
            self._read(self._pages)

    @work(group="pages", exclusive=True)
    async def _read(self, pages: RunPages) -> None:
        table = self.query_one(RunTable)
        try:
            await asyncio.to_thread(pages.read_all, table.in_sight)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
        table.refresh()
        self._show_answer()

    # -- the search -----------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the search."""
        self.query_one(LineInput).open()
        self.query_one("#hint", Static).update(HINT)

    def on_descendant_focus(self) -> None:
        """What can be typed stands below the search while one is there."""
        self.query_one("#hint").display = self.query_one("#search").has_focus
        self.refresh_bindings()

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        """Look while typing: a thread does it, and the next letter ends it. What makes no sense yet is waited for."""
        try:
            query = RunQuery.parse(event.value)
        except InputError:
            return
        if self.query_one(LineInput).is_open and query != self._wanted:
            self.look_for(query, delay=TYPING_SECONDS)

    @on(Input.Submitted, "#search")
    def _entered(self, event: Input.Submitted) -> None:
        self._find(event.value)

    def _find(self, words: str) -> None:
        """Look for words and fields; none show everything again. What cannot be read is told, and can be mended."""
        try:
            query = RunQuery.parse(words)
        except InputError as error:
            self.query_one("#hint", Static).update(Text(f"! {plain(str(error))}"))
            return
        self.query_one(LineInput).leave()
        if query != self._wanted:
            self.look_for(query)

    def action_to_runs(self) -> None:
        """From the search down to what it found."""
        self.query_one(RunTable).focus()

    def action_back(self) -> None:
        """Leave the search, then the screen."""
        if (line := self.query_one(LineInput)).is_open:
            line.close()
            self._find("")
        else:
            self.app.switch_mode("ask")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, its letters are no keys."""
        if action == "find":
            return not isinstance(self.focused, Input)
        if action == "to_runs":
            return self.query_one("#search").has_focus
        return super().check_action(action, parameters)
