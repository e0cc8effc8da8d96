"""The document of the citation under the cursor, at its quotation, beside the list of citations."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from engine.documents.cited_source import SourceText, locate_quote
from tui.drawing.cells import plain, title
from tui.source.pane import SourcePane
from tui.source.rows import WrappedText

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from engine.events import Citation
    from tui.session.library import ScopedLibrary

REMEMBERED = 8
"""Documents that stay read while the cursor is in the list: it moves to and fro between the citations of an answer."""


class SourcePreview(Vertical):
    """Shows a part of a document; it cannot have the focus, for the cursor is in the list of citations."""

    def __init__(self, library: ScopedLibrary, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._read = lru_cache(maxsize=REMEMBERED)(self._read_source)
        self._library = library
        self._citation: Citation | None = None

    def compose(self) -> ComposeResult:
        """Lay out the note on a document that cannot be read above the document."""
        yield Static(markup=False, id="preview-note")
        pane = SourcePane(id="preview-source")
        pane.can_focus = False
        yield pane

    def show(self, citation: Citation | None) -> None:
        """Show the document of a citation, read in a thread; None forgets all documents, for they may change."""
        if citation is None:
            self._read.cache_clear()
        elif citation != self._citation:
            self.run_worker(self._load(citation), group="preview", exclusive=True)
        self._citation = citation

    async def _load(self, citation: Citation) -> None:
        source, content = await asyncio.to_thread(self._read, citation.source)
        where = f" · {plain(citation.place)}" if citation.place else ""
        self.border_title = title(f"[{citation.n}] {plain(citation.title)}{where}")
        self._note(source.problem)
        pane = self.query_one(SourcePane)
        if source.problem:
            pane.show(WrappedText(citation.quote), (0, len(citation.quote)), numbered=False)
        else:
            location = locate_quote(source.text, citation)
            pane.show(content, (location.start, location.end), numbered=True)

    def _note(self, problem: str) -> None:
        note = self.query_one("#preview-note", Static)
        note.update(f"! {plain(problem)}" if problem else "")
        note.display = bool(problem)

    def _read_source(self, source: str) -> tuple[SourceText, WrappedText]:
        text = self._library.read_source(source)
        return text, WrappedText(text.text)
