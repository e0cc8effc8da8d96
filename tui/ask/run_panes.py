"""The four panes of a run, side by side or below each other as the width allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container

from tui.ask.answer_pane import AnswerPane
from tui.ask.panel_table import PanelTable
from tui.ask.source_list import SourceList
from tui.ask.walk_log import WalkLog
from tui.source.preview import SourcePreview
from tui.widgets.cursor_rest import CursorRest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.events import Resize

    from engine.events import Citation
    from engine.run.state import RunState
    from tui.session.library import ScopedLibrary


BROAD = 160
"""Columns from which on the document of a citation has room beside panel and walk."""


class RunPanes(Container):
    """The answer and its sources first, then panel and walk; mounted after the first paint, which does not show them.

    While the cursor is in the sources, the document of the citation under it is shown, in a wide window in place of
    panel and walk, in a narrow one in place of the answer. A broad window always shows it, without a cursor that of the
    first citation. `library` reads it.
    """

    def __init__(self, library: ScopedLibrary, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._library = library
        self._pointed: Citation | None = None
        self._cursor_rest = CursorRest(self, self._show_preview)

    def compose(self) -> ComposeResult:
        """Lay out the result, and beside or below it the work."""
        with Container(id="result"):
            yield AnswerPane(id="answer")
            yield SourceList(id="sources")
        yield SourcePreview(self._library, id="preview")
        with Container(id="work"):
            yield PanelTable(id="panel")
            yield WalkLog(id="walk")

    def show(self, view: RunState, weights: Mapping[str, float], tokens_per_second: float) -> None:
        """Give every pane the state of the run; each redraws only if its part changed.

        Until there is an answer, its place belongs to the panel and the walk. `tokens_per_second` is the rate at which
        the model read last, 0 if unknown.
        """
        self.query_one(AnswerPane).tokens_per_second = tokens_per_second
        self.query_one(PanelTable).weights = weights
        self.set_class(not (view.draft or view.quotations or view.answer or view.failure), "-walking")
        self.query_one(PanelTable).show(view)
        self.query_one(WalkLog).show(view)
        self.query_one(AnswerPane).show(view)
        self.query_one(SourceList).show(view)
        if self.has_class("-broad"):
            self._show_preview()

    def on_resize(self, event: Resize) -> None:
        """Give the document of a citation a column of its own if there is room."""
        self.set_class(event.size.width >= BROAD, "-broad")
        self._show_preview()

    def on_source_list_pointed(self, event: SourceList.Pointed) -> None:
        """Show the document of the citation under the cursor once it rests; hide it when the list is left."""
        self._pointed = event.citation
        if event.citation is None:
            self._show_preview()
        else:
            self._cursor_rest.moved()

    def _show_preview(self) -> None:
        citation = self.query_one(SourceList).current if self.has_class("-broad") else self._pointed
        self.set_class(citation is not None, "-previewing")
        self.query_one(SourcePreview).show(citation)
