"""The source of a citation, opened at the quote: the whole document around it, and whether it still says so."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.documents.cited_source import QuoteLocation, QuoteState, SourceText, locate_quote
from engine.errors import PersonaMoeError
from engine.text.safe import printable
from tui.source.pane import SourcePane
from tui.source.rows import WrappedText
from tui.source.text import head_text, note_text
from tui.terminal.editor import editor_command, run_in_terminal
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from engine.documents.passages import Passage
    from engine.events import Citation
    from tui.session.library import ScopedLibrary


class SourceScreen(Screen[None]):
    """Shows one of the citations of an answer; those that are `n` 0 are passages that no answer cites."""

    TITLE = "Source"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#source"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="source.back", tooltip="Leave the search, or go back"),
        Binding(
            "right_square_bracket",
            "go(1)",
            "Next",
            id="source.next",
            key_display="[]",
            tooltip="The next citation of the answer",
        ),
        Binding(
            "left_square_bracket", "go(-1)", "Previous", show=False, id="source.previous", tooltip="The one before"
        ),
        Binding("slash", "find", "Find", id="source.find", tooltip="Find words in the document"),
        Binding("n", "again(False)", "Next found", show=False, id="source.again", tooltip="Where the words stand next"),
        Binding("N", "again(True)", "Last found", show=False, id="source.before", tooltip="Where they stand before"),
        Binding("c", "quote", "Quote", id="source.quote", tooltip="Back to the quoted words"),
        Binding("i", "index", "Index", id="source.index", tooltip="The passage as it was indexed, or the file again"),
        Binding("o", "editor", "Editor", id="source.editor", tooltip="Open the file in $EDITOR or $PAGER at the line"),
        Binding("y", "copy", "Copy", id="source.copy", tooltip="Copy the quote and its source (OSC 52)"),
    ]

    def __init__(self, library: ScopedLibrary, citations: Sequence[Citation], at: int = 0) -> None:
        super().__init__()
        self.library = library
        self._citations, self._at = citations, at
        self._source: SourceText | None = None
        self._view = WrappedText("")
        self._read_from = ""
        self._passage: Passage | None = None
        self._words = ""

    @property
    def citation(self) -> Citation:
        """The one that is shown."""
        return self._citations[self._at]

    def compose(self) -> ComposeResult:
        """What is cited from where, the quote as it was recorded if the file has it no more, the document."""
        yield Static(markup=False, id="source-head")
        yield Static(markup=False, id="source-quote")
        yield SourcePane(id="source")
        yield LineInput(placeholder="find words in this document", pane="#source", id="source-find")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what is known without the disk, then read."""
        self.query_one(MessageLine).clear()
        self._open()

    @work(group="source", exclusive=True)
    async def _open(self) -> None:
        """Read the source, unless it is that of the last citation, in a thread."""
        self._passage = None
        if self.citation.source != self._read_from:
            self._source, self._read_from = None, ""
            self._show()
            self._source, self._view = await asyncio.to_thread(self._read, self.citation.source)
            self._read_from = self.citation.source
        if self._source is not None and self._source.problem:
            await self._look_up()
        self._show()

    def _read(self, source: str) -> tuple[SourceText, WrappedText]:
        read = self.library.read_source(source)
        return read, WrappedText(read.text)

    async def _look_up(self) -> None:
        """Find the passage in the index."""
        cited = self.citation
        try:
            self._passage = await asyncio.to_thread(self.library.passage, cited.passage, cited.title)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))

    # -- what is shown ------------------------------------------------------------------------------------

    def _show(self) -> None:
        place = self._place()
        pane, recorded = self.query_one(SourcePane), self.query_one("#source-quote", Static)
        self.query_one("#source-head", Static).update(self._head(place))
        recorded.update(Text(f"“{printable(self.citation.quote)}”", "bold"))
        recorded.display = place is None or place.state is QuoteState.CHANGED
        view = WrappedText(self._passage.text) if self._passage else self._view
        pane.show(view, (place.start, place.end) if place else (0, 0), numbered=self._passage is None)
        pane.display = self._passage is not None or bool(self._source and not self._source.problem)
        self.refresh_bindings()

    def _place(self) -> QuoteLocation | None:
        """Where the quote stands in what is shown; None while nothing is."""
        if self._passage is not None:
            return locate_quote(self._passage.text, self.citation)
        if self._source is None or self._source.problem:
            return None
        return locate_quote(self._source.text, self.citation)

    def _head(self, place: QuoteLocation | None) -> Text:
        """What stands above the document."""
        cited, several = self.citation, len(self._citations)
        where = f"characters {cited.start:,} to {cited.end:,}"
        if place is not None and self._passage is None:
            where = f"line {self._view.line_of(place.start):,}, {where}"
        head = head_text(cited, f" · citation {self._at + 1} of {several}" if several > 1 else "", where)
        return head.append_text(note_text(self._source, place, indexed=self._passage is not None))

    # -- keys ---------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        there = self._source is not None and not self._source.problem
        match action:
            case "go":
                return len(self._citations) > 1
            case "index" | "find" | "again" | "quote":
                return there
            case "editor":
                return there and self._source is not None and self._source.path.suffix.lower() != ".pdf"
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Leave the search first, then the screen."""
        if (line := self.query_one(LineInput)).is_open:
            line.close(keep=True)
        else:
            self.dismiss()

    def action_go(self, by: int) -> None:
        """To another citation of the answer, round the end."""
        self._at = (self._at + by) % len(self._citations)
        self.query_one(MessageLine).clear()
        self._open()

    def action_quote(self) -> None:
        """Scroll back to the quote."""
        pane = self.query_one(SourcePane)
        pane.reveal(pane.quote[0])

    @work(group="source", exclusive=True)
    async def action_index(self) -> None:
        """Show the passage as it was indexed, or the file again."""
        if self._passage is not None:
            self._passage = None
        else:
            await self._look_up()
            if self._passage is None:
                self.query_one(MessageLine).complain("the index does not have this passage any more")
        self._show()

    def action_find(self) -> None:
        """Open the search."""
        self.query_one(LineInput).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Find the words from what is in sight on."""
        event.stop()
        self._words = event.value.strip()
        self.query_one(LineInput).close(keep=True)
        self._search(self.query_one(SourcePane).offset_in_sight, backwards=False)

    def action_again(self, backwards: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """The next or the last place of the words."""
        pane = self.query_one(SourcePane)
        start, end = pane.found if pane.found[1] else (pane.offset_in_sight,) * 2
        self._search(start if backwards else end, backwards=backwards)

    @work(group="find", exclusive=True)
    async def _search(self, start: int, *, backwards: bool) -> None:
        if not self._words:
            return
        pane, message = self.query_one(SourcePane), self.query_one(MessageLine)
        found = await asyncio.to_thread(pane.view.find, self._words, start, backwards=backwards)
        if found is None:
            message.complain(f"“{self._words}” is not in this document")
            return
        pane.reveal(found[0], found=found)
        message.say(f"“{self._words}”: line {pane.view.line_of(found[0]):,}")

    def action_editor(self) -> None:
        """Hand the terminal to the user's editor until it ends."""
        source, place = self._source, self._place()
        if source is None:
            return
        line = 0 if source.form or place is None else self._view.line_of(place.start)
        try:
            run_in_terminal(self.app, editor_command(os.environ, source.path, line, may_page=True))
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))

    def action_copy(self) -> None:
        """Quote and source as one text, by OSC 52."""
        cited = self.citation
        self.app.copy_to_clipboard(f"“{cited.quote}” ({cited.title}, {cited.source}, {cited.start}-{cited.end})")
        self.notify("Copied. Inside tmux this needs `set -g set-clipboard on`.", markup=False)
