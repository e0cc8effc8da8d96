"""The topics of the library: names that belong together, with quoted sentences."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from engine.errors import PersonaMoeError
from tui.drawing.cells import bar, title
from tui.library.ingest_job import BAR_CELLS
from tui.library.topics_pane import TopicsPane
from tui.library.topics_text import heading_of
from tui.source.opening import open_citation
from tui.terminal.frame_pacing import Pace
from tui.widgets.key_bar import KeyBar
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from engine.index.topics import LibraryTopics
    from tui.session.library import ScopedLibrary


class TopicsScreen(Screen[None]):
    """Reads the topics in a thread; leaving the screen cancels that."""

    TITLE = "Topics"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#topics"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="topics.back", tooltip="Back to the library; reading stops"),
    ]

    def __init__(self, library: ScopedLibrary) -> None:
        super().__init__()
        self.library = library
        self.pace = Pace(self, self._draw)
        self._cancelled = threading.Event()
        self._read_passages = (0, 0)  # and how many there are

    def compose(self) -> ComposeResult:
        """Lay out the topics, the progress of reading, and a message."""
        yield TopicsPane(id="topics")
        yield Static(markup=False, id="reading")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one(MessageLine).clear()
        self._show()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._cancelled.set()

    @work(group="topics", exclusive=True)
    async def _show(self) -> None:
        loop, line, message = asyncio.get_running_loop(), self.query_one("#reading"), self.query_one(MessageLine)

        def progress(done: int, total: int, _path: str) -> None:
            self._read_passages = (done, total)
            loop.call_soon_threadsafe(self.pace.mark)

        def read() -> LibraryTopics | None:
            return self.library.documents.topics(progress=progress, cancelled=self._cancelled.is_set)

        try:
            topics = await asyncio.to_thread(read)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        finally:
            line.display = False
        if topics is not None:
            pane = self.query_one(TopicsPane)
            pane.border_title = title(f"Topics · {heading_of(topics)}")
            pane.show(topics.topics)

    def _draw(self) -> None:
        done, total = self._read_passages
        filled = bar(done, full=max(total, 1), width=BAR_CELLS)
        self.query_one("#reading", Static).update(f"{filled} {done:,} of {total:,} passages")

    def on_topics_pane_chosen(self, event: TopicsPane.Chosen) -> None:
        """Open the source of the sentence; its other citations are the sentences of the topic."""
        event.stop()
        open_citation(self.app, self.library, event.topic.sentences, event.sentence)
