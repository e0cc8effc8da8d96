"""Earlier questions: newest first, fifty at a time, to be found and replayed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, assert_never

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from engine.errors import PersonaMoeError
from engine.text import printable
from tui.cells import fit, plain, title
from tui.widgets.message_line import MessageLine
from tui.widgets.places_bar import PlacesBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from db.history import RunSummary
    from engine.events import RecordedEvent
    from tui.composition import Session

PAGE = 50
FOUND = 200
MOST_CHARACTERS = 300
SOON = 10
"""The next page is read when the cursor is this near to the end."""

EMPTY = "No question was asked here yet. Esc goes back; ask one, and it will stand here with everything it did."


def outcome(run: RunSummary) -> str:
    """How a run ended, as a mark and a word."""
    match run.status:
        case "cancelled":
            return "■ cancelled"
        case "failed":
            return "✗ failed"
        case "done":
            return "○ no answer" if run.abstained else "● answered"
        case _ as never:
            assert_never(never)


def local_time(at: str) -> str:
    """The store's UTC time where the reader is; what cannot be read as a time is shown as it is."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return fit(at, 16)


def run_text(run: RunSummary, judged: str = "") -> Text:
    """Question and answer of one run, what it was made of, and what the user said of it."""
    best = f"best persona {plain(run.top_persona)} · " if run.top_persona else ""
    made_of = f"{best}{run.passages} passages · {plain(run.model) if run.model else 'no model'}"
    made_of += f" · judged {judged}" if judged else ""
    return Text.assemble((f"{plain(run.question)}\n", "bold"), f"{printable(run.answer)}\n", (made_of, "dim"))


class HistoryScreen(Screen[None]):
    """A table of runs; the answer of the highlighted one stands below it."""

    TITLE = "History"
    CSS_PATH = "history.tcss"
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="history.back", tooltip="Leave the search, or go back to the question"),
        Binding("slash", "find", "Find", id="find", tooltip="Find words in questions and answers"),
        Binding("enter", "replay", "Replay", id="replay", tooltip="Replay the run on the Ask screen"),
        Binding("j", "cursor(1)", "Down", show=False, id="history.down", tooltip="The run before"),
        Binding("k", "cursor(-1)", "Up", show=False, id="history.up", tooltip="The run after"),
    ]

    @dataclass
    class ReplayWanted(Message):
        """A run was chosen; `recorded` are its events."""

        recorded: Sequence[RecordedEvent]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._runs: list[RunSummary] = []
        self._judged: dict[str, str] = {}
        self._words = ""
        self._complete = False

    def compose(self) -> ComposeResult:
        """Search, table, the highlighted answer, and what the last key did."""
        yield PlacesBar("history", self.session.settings.screen.keymap)
        yield Input(placeholder="find words in questions and answers", compact=True, id="find")
        yield DataTable[Text](id="runs", cursor_type="row")
        yield Static(EMPTY, markup=False, id="empty")
        yield Static(markup=False, id="run-answer")
        yield MessageLine(id="message")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The columns; the rows come with every visit."""
        self.query_one("#find", Input).cursor_blink = False
        self.query_one("#find").display = False
        self.query_one(DataTable).add_columns("when", "outcome", "     ms", "question")

    def on_screen_resume(self) -> None:
        """There may be new runs since the last visit."""
        self._read(again=True)

    @work(group="history", exclusive=True)
    async def _read(self, *, again: bool) -> None:
        """Read the next page, or the first one again; the disk is read in a thread."""
        offset = 0 if again else len(self._runs)
        try:
            page, self._judged = await asyncio.to_thread(self._page, offset)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        self._complete = bool(self._words) or len(page) < PAGE
        self._show(page, again=again)

    def _page(self, offset: int) -> tuple[Sequence[RunSummary], dict[str, str]]:
        history = self.session.history
        page = history.search(self._words, FOUND) if self._words else history.recent(PAGE, offset)
        return page, self.session.judgements()

    def _show(self, page: Sequence[RunSummary], *, again: bool) -> None:
        table = self.query_one(DataTable)
        if again:
            table.clear()
            self._runs = []
        self._runs.extend(page)
        for run in page:
            table.add_row(*self._cells(run))
        name = f"Found “{plain(self._words)}”" if self._words else "History"
        table.border_title = title(f"{name} · {len(self._runs)}{'' if self._complete else '+'}")
        table.display = bool(self._runs)
        self.query_one("#empty").display = not self._runs
        self.query_one("#empty", Static).update("Nothing found. Esc ends the search." if self._words else EMPTY)
        self._show_answer()

    def _cells(self, run: RunSummary) -> list[Text]:
        texts = (local_time(run.at), outcome(run), f"{run.duration_ms:>7,.0f}", plain(run.question)[:MOST_CHARACTERS])
        return [Text(text) for text in texts]

    def _highlighted(self) -> RunSummary | None:
        row = self.query_one(DataTable).cursor_row
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _show_answer(self) -> None:
        run = self._highlighted()
        text = Text() if run is None else run_text(run, self._judged.get(run.run_id, ""))
        self.query_one("#run-answer", Static).update(text)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show its answer; read on when the end is near."""
        self._show_answer()
        if self._runs and not self._complete and event.cursor_row >= len(self._runs) - SOON:
            self._read(again=False)

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Enter replays."""
        self.action_replay()

    def action_replay(self) -> None:
        """Read the run's events and hand them to the ask screen."""
        run = self._highlighted()
        if run is not None:
            self._replay(run.run_id)

    @work(group="replay", exclusive=True)
    async def _replay(self, run_id: str) -> None:
        try:
            recorded = await asyncio.to_thread(self.session.replay, run_id)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
        else:
            self.post_message(self.ReplayWanted(recorded))

    def action_find(self) -> None:
        """Open the search."""
        self.query_one("#find").display = True
        self.query_one("#find", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search; no words show everything again."""
        event.stop()
        self._words = event.value.strip()
        self.query_one("#find").display = bool(self._words)
        self._read(again=True)
        self.query_one(DataTable).focus()

    def action_back(self) -> None:
        """Leave the search first, then the screen."""
        find = self.query_one("#find", Input)
        if not find.display:
            self.app.switch_mode("ask")
            return
        find.clear()
        find.display = False
        if self._words:
            self._words = ""
            self._read(again=True)
        self.query_one(DataTable).focus()

    def action_cursor(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        table = self.query_one(DataTable)
        table.move_cursor(row=max(0, table.cursor_row + by))
