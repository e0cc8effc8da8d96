"""The detail of the highlighted persona in five tabs: card, chart, ledger, receipts, and what it alone found."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.message import Message

from engine.errors import PersonaMoeError
from engine.personas.outlook import Outlook, outlook
from tui.drawing.ascii import may_draw_unicode
from tui.personas.card import card_lines
from tui.widgets.line_pane import LinePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.personas.persona import RosterEntry
    from tui.session.session import Session

Build = Callable[[int, int], list[Text]]
"""The content of a tab: gives its lines for a width and a height in cells."""

TABS = ("Card", "Chart", "Ledger", "Receipts", "Finds")
CARD, CHART, LEDGER, RECEIPTS, FINDS = range(5)


class PersonaDetail(LinePane):
    """Shows one tab of one persona. It is built anew when the persona, the tab, the roster or the size changes."""

    @dataclass
    class Failed(Message):
        """The ledger or the history cannot be read."""

        problem: str

    def __init__(self, session: Session, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._session = session
        self._tab = CARD
        self._current = ("", -1)
        self._is_stale = False
        self._build: Build = lambda _width, _height: []
        self._lines: list[Text] = []

    def open(self, tab: int) -> None:
        """Choose the tab that the next `show` draws."""
        self._tab = tab

    def invalidate(self) -> None:
        """Let the next `show` draw, although persona and tab are the same: the roster was read anew."""
        self._is_stale = True

    def show(self, entry: RosterEntry | None, entries: Sequence[RosterEntry]) -> None:
        """Draw the open tab of this persona among `entries`, the whole roster."""
        current = (entry.persona.persona_id if entry else "", self._tab)
        if current == self._current and not self._is_stale:
            return
        keep_top, self._current, self._is_stale = current == self._current, current, False
        if entry is None:
            self._draw(self._tab, lambda _width, _height: [Text("There is no such persona.", "dim")], keep_top=False)
            return
        view = outlook(entry, entries, self._session.settings.thresholds)
        if self._tab == CARD:
            self._draw(CARD, lambda width, _height: card_lines(entry, entries, view, width), keep_top=keep_top)
        else:
            self._read(entry.persona.persona_id, view, keep_top=keep_top)

    @work(group="detail", exclusive=True)
    async def _read(self, persona_id: str, view: Outlook, *, keep_top: bool) -> None:
        tab = self._tab
        try:
            build = await asyncio.to_thread(self._tab_content, tab, persona_id, view)
        except PersonaMoeError as error:
            self.post_message(self.Failed(str(error)))
            return
        if self._current == (persona_id, tab):
            self._draw(tab, build, keep_top=keep_top)

    def _tab_content(self, tab: int, persona_id: str, view: Outlook) -> Build:
        """Read what the tab needs from the disk."""
        from tui.personas.text import chart_text, ledger_text, receipts_text  # noqa: PLC0415 - when first asked for

        if tab == FINDS:
            from tui.personas.finds import finds_of, finds_text  # noqa: PLC0415 - as above

            finds = finds_of(self._session.runs, persona_id)
            return lambda _width, _height: finds_text(finds)
        if tab == RECEIPTS:
            parts = [parts_of_run[persona_id] for parts_of_run in self._session.runs.parts_of([persona_id])]
            return lambda width, _height: receipts_text(parts, width)
        record = self._session.personas.record_of(persona_id)
        if tab == LEDGER:
            return lambda _width, _height: ledger_text(record)
        unicode = may_draw_unicode(self._session.settings.screen.ascii, os.environ)
        return lambda width, height: chart_text(record, view, width, height, unicode=unicode)

    def _draw(self, tab: int, build: Build, *, keep_top: bool) -> None:
        self.border_title = tabs_title(tab)
        self._build = build
        if not keep_top:
            self.top = 0
        self._rebuild()

    def on_resize(self) -> None:
        """Build the lines for the new size."""
        self._rebuild()

    def _rebuild(self) -> None:
        width, height = self.size
        lines = self._build(width, height) if width and height else []
        console = self.app.console
        self._lines = [part for line in lines for part in (line.wrap(console, width) if line.plain else [line])]
        self.resized_to(len(self._lines))

    def line_at(self, index: int, width: int) -> Text:
        """A line of the tab."""
        del width
        return self._lines[index]


def tabs_title(current: int) -> Text:
    """The names of the tabs with their keys; the open one has a mark instead of its key."""
    text = Text(" ")
    for n, name in enumerate(TABS):
        is_open = n == current
        text.append(f"{'▸' if is_open else f'{n + 1} '}{name}", "bold reverse" if is_open else "")
        text.append(" " if n == len(TABS) - 1 else "  ")
    return text
