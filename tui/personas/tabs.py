"""The detail of the highlighted persona: card, chart, ledger, receipts; the disk is read in a thread."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.message import Message

from engine.errors import PersonaMoeError
from engine.personas.outlook import Outlook, outlook
from tui.drawing.ascii import may_draw_unicode
from tui.personas.card import card_lines
from tui.personas.detail_pane import PersonaDetail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.personas.persona import RosterEntry
    from tui.personas.detail_pane import Build
    from tui.session.session import Session

CARD, CHART, LEDGER, RECEIPTS = range(4)
SETTLED_SECONDS = 0.06
"""The disk is read for a persona once the cursor has rested on it so long."""


class PersonaTabs(PersonaDetail):
    """Shows one tab of one persona; nothing is read again before the persona, the tab or the roster changed."""

    @dataclass
    class Failed(Message):
        """What a tab needs cannot be read."""

        problem: str

    def __init__(self, session: Session, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._session = session
        self._tab = CARD
        self._shown = ("", -1)
        self._forgotten = False

    def open(self, tab: int) -> None:
        """Another tab from the next `show` on."""
        self._tab = tab

    def forget(self) -> None:
        """The roster was read anew: what is shown may be old."""
        self._forgotten = True

    def show(self, entry: RosterEntry | None, entries: Sequence[RosterEntry]) -> None:
        """The open tab of this persona among `entries`, the whole roster."""
        wanted = (entry.persona.persona_id if entry else "", self._tab)
        if wanted == self._shown and not self._forgotten:
            return
        again, self._shown, self._forgotten = wanted == self._shown, wanted, False
        if entry is None:
            self.draw(self._tab, lambda _width, _height: [Text("There is no such persona.", "dim")])
            return
        view = outlook(entry, entries, self._session.settings.thresholds)
        if self._tab == CARD:
            self.draw(CARD, lambda width, _height: card_lines(entry, entries, view, width), again=again)
        else:
            self._look_up(entry.persona.persona_id, view, again=again)

    @work(group="detail", exclusive=True)
    async def _look_up(self, persona_id: str, view: Outlook, *, again: bool) -> None:
        tab = self._tab
        await asyncio.sleep(SETTLED_SECONDS)
        try:
            build = await asyncio.to_thread(self._built, tab, persona_id, view)
        except PersonaMoeError as error:
            self.post_message(self.Failed(str(error)))
            return
        if self._shown == (persona_id, tab):
            self.draw(tab, build, again=again)

    def _built(self, tab: int, persona_id: str, view: Outlook) -> Build:
        from tui.personas.text import chart_text, ledger_text, receipts_text  # noqa: PLC0415 - when first asked for

        if tab == RECEIPTS:
            parts = [each[persona_id] for each in self._session.runs.parts_of([persona_id])]
            return lambda width, _height: receipts_text(parts, width)
        record = self._session.personas.record_of(persona_id)
        if tab == LEDGER:
            return lambda _width, _height: ledger_text(record)
        unicode = may_draw_unicode(self._session.settings.screen.ascii, os.environ)
        return lambda width, height: chart_text(record, view, width, height, unicode=unicode)
