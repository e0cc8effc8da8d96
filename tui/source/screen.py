"""The source screen: the document of a citation, opened at the quote."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.documents.cited_source import QuoteLocation, QuoteState, SourceText, is_picture, locate_quote
from engine.errors import PersonaMoeError
from engine.text.safe import printable
from tui.remote.address import is_remote
from tui.source.copied import copied_quotation, copy_text
from tui.source.pane import SourcePane
from tui.source.picture_pane import PicturePane
from tui.source.rows import WrappedText
from tui.source.text import head_text, note_text
from tui.terminal.editor import editor_command, run_in_terminal
from tui.terminal.graphics import Graphics
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
    """Shows one of `citations`; a citation with `n` 0 is a passage that no answer cites."""

    TITLE = "Source"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#source"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="source.back", tooltip="Close the search, or go back"),
        Binding(
            "right_square_bracket", "go(1)", "Next", id="source.next", key_display="[]",
            tooltip="The next citation of the answer",
        ),
        Binding(
            "left_square_bracket", "go(-1)", "Previous", show=False, id="source.previous",
            tooltip="The previous citation of the answer",
        ),
        Binding("slash", "find", "Find", id="source.find", tooltip="Find words in the document"),
        Binding("n", "again(False)", "Next match", show=False, id="source.again", tooltip="The next match"),
        Binding("N", "again(True)", "Previous match", show=False, id="source.before", tooltip="The previous match"),
        Binding("c", "quote", "Quote", id="source.quote", tooltip="Scroll back to the quote"),
        Binding("i", "index", "Index", id="source.index", tooltip="Show the indexed passage, or the file again"),
        Binding("o", "editor", "Editor", id="source.editor", tooltip="Open the file in $EDITOR or $PAGER at the line"),
        Binding("y", "copy", "Copy", id="source.copy", tooltip="Copy the quote and its source (OSC 52)"),
    ]  # fmt: skip

    def __init__(self, library: ScopedLibrary, citations: Sequence[Citation], index: int = 0) -> None:
        super().__init__()
        self.library = library
        self._citations, self._index = citations, index
        self._source: SourceText | None = None
        self._content = WrappedText("")
        self._loaded_source = ""
        self._passage: Passage | None = None
        self._words = ""

    @property
    def citation(self) -> Citation:
        """The citation that is shown."""
        return self._citations[self._index]

    def compose(self) -> ComposeResult:
        """Heading, the recorded quote if the file no longer has it, the document, the search, a message."""
        yield Static(markup=False, id="source-head")
        yield Static(markup=False, id="source-quote")
        with Container(id="source-body"):
            yield PicturePane(self.library, id="picture")
            yield SourcePane(id="source")
        yield LineInput(placeholder="find words in this document", pane="#source", id="source-find")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the heading, then read the file."""
        self.query_one(MessageLine).clear()
        self._open()

    @work(group="source", exclusive=True)
    async def _open(self) -> None:
        """Read the source in a thread, unless the last citation has the same one."""
        self._passage = None
        self._show_picture()
        if self.citation.source != self._loaded_source:
            self._source, self._loaded_source = None, ""
            self._show()
            self._source, self._content = await asyncio.to_thread(self._read, self.citation.source)
            self._loaded_source = self.citation.source
        if self._source is not None and self._source.problem:
            await self._read_passage()
        self._show()

    def _show_picture(self) -> None:
        """Show the picture above or beside its text, if the source is one and can be drawn here."""
        picture = self.query_one(PicturePane)
        picture.display = is_picture(self.citation.source) and picture.graphics is not Graphics.NONE
        if picture.display:
            picture.show(self.citation.source, self.citation.box)

    def _read(self, source: str) -> tuple[SourceText, WrappedText]:
        text = self.library.read_source(source)
        return text, WrappedText(text.text)

    async def _read_passage(self) -> None:
        """Read the indexed passage in a thread."""
        cited = self.citation
        try:
            self._passage = await asyncio.to_thread(self.library.passage, cited.passage, cited.title)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))

    # -- what is shown ------------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.query(SourcePane):  # the screen was closed while the file was read
            return
        location = self._location()
        pane, recorded = self.query_one(SourcePane), self.query_one("#source-quote", Static)
        self.query_one("#source-head", Static).update(self._heading(location))
        recorded.update(Text(f"“{printable(self.citation.quote)}”", "bold"))
        awaits_text = self._source is None and self.query_one(PicturePane).display  # beside a picture of its final size
        recorded.display = not awaits_text and (location is None or location.state is QuoteState.CHANGED)
        content = WrappedText(self._passage.text if self._passage else "")
        if self._passage is None and self._source is not None:
            content = self._content
        pane.show(content, (location.start, location.end) if location else (0, 0), numbered=content is self._content)
        is_readable = self._source is not None and not self._source.problem
        pane.display = self._passage is not None or is_readable or awaits_text
        self.refresh_bindings()

    def _location(self) -> QuoteLocation | None:
        """Where the quote is in the text that is shown; None while there is no text."""
        if self._passage is not None:
            return locate_quote(self._passage.text, self.citation)
        if self._source is None or self._source.problem:
            return None
        return locate_quote(self._source.text, self.citation)

    def _heading(self, location: QuoteLocation | None) -> Text:
        """The lines above the document."""
        cited, total = self.citation, len(self._citations)
        position = f"characters {cited.start:,} to {cited.end:,}"
        if cited.place:
            position = f"{cited.place}, {position}"
        if location is not None and self._passage is None:
            position = f"line {self._content.line_of(location.start):,}, {position}"
        heading = head_text(cited, f" · citation {self._index + 1} of {total}" if total > 1 else "", position)
        return heading.append_text(note_text(self._source, location, indexed=self._passage is not None))

    # -- keys ---------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only keys that can do something at the moment."""
        source = self._source
        is_readable = source is not None and not source.problem
        match action:
            case "go":
                return len(self._citations) > 1
            case "index" | "find" | "again" | "quote":
                return is_readable
            case "editor":
                has_lines = source is not None and source.path.suffix.lower() != ".pdf"
                return is_readable and has_lines and not self.app.is_web and not is_remote(self.citation.source)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Close the search, or else the screen."""
        if (line := self.query_one(LineInput)).is_open:
            line.close(keep=True)
        else:
            self.dismiss()

    def action_go(self, by: int) -> None:
        """Show another citation of the answer; the first one follows the last."""
        self._index = (self._index + by) % len(self._citations)
        self.query_one(MessageLine).clear()
        self._open()

    def action_quote(self) -> None:
        """Scroll back to the quote."""
        pane = self.query_one(SourcePane)
        pane.reveal(pane.quote[0])

    @work(group="source", exclusive=True)
    async def action_index(self) -> None:
        """Show the indexed passage, or the file again."""
        if self._passage is not None:
            self._passage = None
        else:
            await self._read_passage()
            if self._passage is None:
                self.query_one(MessageLine).complain("the index does not have this passage any more")
        self._show()

    def action_find(self) -> None:
        """Open the search."""
        self.query_one(LineInput).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search for the words from the first visible row on."""
        event.stop()
        self._words = event.value.strip()
        self.query_one(LineInput).close(keep=True)
        self._search(self.query_one(SourcePane).offset_in_sight, backwards=False)

    def action_again(self, backwards: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Go to the next or the previous match."""
        pane = self.query_one(SourcePane)
        start, end = pane.match if pane.match[1] else (pane.offset_in_sight,) * 2
        self._search(start if backwards else end, backwards=backwards)

    @work(group="find", exclusive=True)
    async def _search(self, start: int, *, backwards: bool) -> None:
        if not self._words:
            return
        pane, message = self.query_one(SourcePane), self.query_one(MessageLine)
        match = await asyncio.to_thread(pane.content.find, self._words, start, backwards=backwards)
        if match is None:
            message.complain(f"“{self._words}” is not in this document")
            return
        pane.reveal(match[0], match=match)
        message.say(f"“{self._words}”: line {pane.content.line_of(match[0]):,}")

    def action_editor(self) -> None:
        """Open the file in the user's editor at the quote; the application waits for it."""
        source, location = self._source, self._location()
        if source is None:
            return
        line = 0 if source.form or location is None else self._content.line_of(location.start)
        try:
            run_in_terminal(self.app, editor_command(os.environ, source.path, line, may_page=True))
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))

    def action_copy(self) -> None:
        """Copy the quote with its place."""
        hint = copy_text(self.app, copied_quotation(self.citation))
        self.query_one(MessageLine).say(f"Quotation copied{hint}")
