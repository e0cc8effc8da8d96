"""Searches the history in threads, and fills the table of runs while the search goes on."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from db.runs.query import RunQuery
from engine.errors import PersonaMoeError
from tui.drawing.cells import fit, title
from tui.history.pages import PAGE, RunPages
from tui.history.run_table import RunRow, RunTable
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.screen import Screen
    from textual.worker import Worker

    from db.runs.found_runs import FoundRuns
    from db.runs.summary import RunSummary
    from engine.run.state import Judgements
    from tui.session.runs import Runs

FIRST_SECONDS = 0.1
"""How long a search goes on in its thread before its runs are shown first."""

SECONDS = 0.5
"""How long it goes on between two later times: each draws the table again."""

SHOWN_QUERY = 30
EMPTY = "No question was asked here yet: esc goes back, to ask one."
NOTHING = "Nothing found. Esc ends the search."


class RunSearch:
    """Fills the `RunTable` of `screen`, and calls `moved` when another run may be under its cursor.

    `query` is that of the table, `requested` the last one that was asked for. `chosen` is the run that waits for
    another to be compared with.
    """

    def __init__(self, screen: Screen[None], runs: Runs, moved: Callable[[], None]) -> None:
        self._screen, self._runs, self._moved = screen, runs, moved
        self.pages: RunPages | None = None
        self.query = self.requested = RunQuery()
        self.chosen: RunSummary | None = None
        self._judgements: dict[str, Judgements] = {}
        self._are_judgements_old = True

    @property
    def _table(self) -> RunTable:
        return self._screen.query_one(RunTable)

    def row(self, index: int) -> RunRow | None:
        """Return the content of a line of the table; None until it was read."""
        if self.pages is None or index not in self.pages:
            return None
        run = self.pages[index]
        if run is None:
            return RunRow(None)
        return RunRow(run, self._judgements.get(run.run_id, {}), chosen=run == self.chosen)

    def row_under_cursor(self) -> RunRow | None:
        """Return the content of the line under the cursor; None if there is none yet."""
        return self.row(self._table.cursor)

    def run_under_cursor(self) -> RunSummary | None:
        """Return the run under the cursor; None if there is none."""
        row = self.row_under_cursor()
        return row.run if row is not None else None

    def forget(self, run: RunSummary) -> None:
        """Show at once that a run is deleted: to search again may take a moment."""
        if self.pages is not None:
            self.pages.drop(run.run_id)
        self._redraw()

    def _redraw(self) -> None:
        self._table.refresh()
        self._moved()

    # -- searching ------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Read everything again: other sessions may have added runs and judgements."""
        self._are_judgements_old = True
        self.repeat()

    def repeat(self, *, at: str = "") -> None:
        """Search again, with the cursor on the run `at`, or where it is."""
        self.begin(self.requested, at=at)

    def begin(self, query: RunQuery, *, at: str = "", delay: float = 0.0) -> None:
        """Search in a thread, after `delay` seconds, and end the search that goes on.

        A repeated search replaces the table once it is as long as the visible part, with the cursor on the run `at`, or
        where it is.
        """
        self.requested = query
        self._start(partial(self._search, query, at, delay), group="list")

    def _start(self, job: Callable[[], Coroutine[None, None, None]], *, group: str) -> Worker[None]:
        return self._screen.run_worker(job, group=group, exclusive=True)

    async def _search(self, query: RunQuery, at: str, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            runs = await asyncio.to_thread(self._found_runs, query)
            try:
                await self._follow(runs, at)
            finally:
                runs.stop()
            if self._are_judgements_old:  # the ledger is long: the table is shown before it is read
                await self._read_judgements()
        except PersonaMoeError as error:
            self._screen.query_one(MessageLine).complain(str(error))

    def _found_runs(self, query: RunQuery) -> FoundRuns:
        from db.runs.found_runs import FoundRuns  # noqa: PLC0415 - it imports TinyDB, which the first paint does not need

        if query.needs_judgements:
            self._judgements = self._runs.judgements()
        return FoundRuns(self._runs.history, query, self._judgements)

    async def _read_judgements(self) -> None:
        judgements = await asyncio.to_thread(self._runs.judgements)
        self._are_judgements_old = False
        if judgements != self._judgements:
            self._judgements = judgements
            self._redraw()

    async def _follow(self, runs: FoundRuns, at: str) -> None:
        """Show runs as soon as there are enough, and then their growing number, until the search is complete."""
        is_repeated = runs.query == self.query and self.pages is not None
        enough = self._table.in_sight.stop + PAGE if is_repeated else 1
        await asyncio.to_thread(runs.search_on, FIRST_SECONDS, enough=enough)
        while is_repeated and not runs.complete and len(runs) < enough:
            await asyncio.to_thread(runs.search_on, FIRST_SECONDS, enough=enough)
        current = self.run_under_cursor()
        await self._take(RunPages(runs), at or (current.run_id if current else "") if is_repeated else None)
        self.draw_count()
        while not runs.complete:
            await asyncio.to_thread(runs.search_on, SECONDS)
            self.draw_count()

    async def _take(self, pages: RunPages, at: str | None) -> None:
        """Show another list: from its top, or with the cursor on a run if that is near, else where it is."""
        cursor = await asyncio.to_thread(pages.nearest, at, self._table.cursor) if at is not None else 0
        visible = range(max(0, cursor - PAGE // 2), min(cursor + PAGE // 2, len(pages.runs)))
        await asyncio.to_thread(pages.read_all, visible)
        self.pages, self.query = pages, pages.runs.query
        self._table.show(len(pages.runs), cursor=cursor)
        self._moved()

    def draw_count(self) -> None:
        """Show how many runs there are, or were found so far."""
        if self.pages is None:
            return
        runs, table, words = self.pages.runs, self._table, self.query.text
        name = f"Found “{fit(words, SHOWN_QUERY).rstrip()}”" if words else "History"
        searched = "" if runs.complete else f" in the newest {runs.searched:,}, looking on" if words else "+"
        table.border_title = title(f"{name} · {len(runs):,}{searched}")
        table.note = ("Looking …" if not runs.complete else NOTHING) if words else EMPTY
        table.show(len(runs))
        self.read_visible()

    def read_visible(self) -> None:
        """Read the runs that came into sight, in a thread."""
        if self.pages is not None and self.pages.missing(self._table.in_sight):
            self._start(partial(self._read, self.pages), group="pages")

    async def _read(self, pages: RunPages) -> None:
        try:
            await asyncio.to_thread(pages.read_all, self._table.in_sight)
        except PersonaMoeError as error:
            self._screen.query_one(MessageLine).complain(str(error))
        self._redraw()
