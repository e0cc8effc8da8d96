"""The library screen: the folders, the files of one of them, and the keys that add, rescan and remove folders."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static

from engine.errors import PersonaMoeError
from tui.drawing.cells import bar, counted, plain, title
from tui.library.file_pane import FilePane
from tui.library.ingest_job import BAR_CELLS, IngestJob
from tui.library.path_input import PathInput
from tui.navigation.screen_bar import ScreenBar
from tui.terminal.frame_pacing import Pace
from tui.widgets.cursor_rest import CursorRest
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from engine.index.catalogue import IngestReport, KnownFile
    from tui.session.meaning import EmbeddingProgress
    from tui.session.session import Session

Files = dict[str, "KnownFile"]


def report_text(report: IngestReport) -> str:
    """The result of an ingest in one line."""
    changes = f"{report.added:,} added, {report.changed:,} changed, {report.removed:,} removed"
    skipped = f", {len(report.skipped):,} skipped" if report.skipped else ""
    cancelled = "; cancelled, files that were read are kept" if report.cancelled else ""
    return f"{counted(report.files, 'file')}: {changes}{skipped}{cancelled}"


def root_cells(root: str, files: Files) -> list[Text]:
    """The row of one folder or single file of the library."""
    passages = sum(file.passages for file in files.values())
    words = sum(file.words for file in files.values())
    skipped = sum(bool(file.reason) for file in files.values())
    missing = "" if Path(root).exists() else "! missing  "
    figures = (f"{len(files):>7,}", f"{passages:>9,}", f"{words:>11,}", f"{skipped:>7,}" if skipped else "      ·")
    return [*map(Text, figures), Text(f"{missing}{plain(root)}")]


def embedding_line(progress: EmbeddingProgress) -> Text:
    """How many passages are found by their meaning, too, and what the others wait for."""
    model = f"by {plain(progress.model)}"
    if progress.problem:
        return Text(f"embedding waits, {progress.done:,} of {progress.total:,} {model} · {plain(progress.problem)}")
    if progress.is_complete:
        return Text(f"found by meaning, too: all {counted(progress.total, 'passage')}, {model}", "dim")
    filled = bar(progress.done, full=progress.total, width=BAR_CELLS)
    return Text.assemble((filled, "cyan"), f" {progress.done:,} of {progress.total:,} passages embedded {model}")


class LibraryScreen(Screen[None]):
    """A table of folders; below it the files of the highlighted one."""

    TITLE = "Library"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#roots"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "cancel", "Cancel", id="library.cancel", tooltip="Stop reading; files that were read are kept"
        ),
        Binding("escape", "back", "Back", id="library.back", tooltip="Close the line or the search, or go back to Ask"),
        Binding("a", "add", "Add", id="library.add", tooltip="Add a folder or file of documents"),
        Binding("s", "rescan", "Rescan", id="library.rescan", tooltip="Read what changed in the highlighted folder"),
        Binding("x", "remove", "Remove", id="library.remove", tooltip="Remove the folder; its files are not touched"),
        Binding("u", "undo", "Undo", id="library.undo", tooltip="Add the folder again that was removed last"),
        Binding("f", "skipped", "Skipped", id="library.skipped", tooltip="Show only skipped files, or all"),
        Binding("slash", "find", "Find", id="library.find", tooltip="Show only files with these words in the path"),
        Binding(
            "t", "topics", "Topics", id="library.topics", tooltip="Show what the library is about, with quotations"
        ),
        Binding("j", "cursor(1)", "Down", show=False, id="library.down", tooltip="The next folder"),
        Binding("k", "cursor(-1)", "Up", show=False, id="library.up", tooltip="The previous folder"),
    ]

    class Changed(Message):
        """The documents of the library are others now."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.pace = Pace(self, self._draw)
        self.ingest = IngestJob(self.pace.mark)
        session.meaning.watchers.append(self.pace.mark)
        self._files: dict[str, Files] = {}
        self._removed: list[str] = []
        self._words = ""
        self._only_skipped = False
        self._cursor_rest = CursorRest(self, self._show_files)

    def compose(self) -> ComposeResult:
        """Folders, files, the progress of a job, and the lines for a path and for words."""
        yield ScreenBar("library", self.session.settings.screen.keymap)
        yield DataTable[Text](id="roots", cursor_type="row")
        yield FilePane(id="files")
        yield Static(markup=False, id="reading")
        yield PathInput(
            placeholder="a folder or file to add; tab completes, enter adds, esc leaves", pane="#roots", id="path"
        )
        yield LineInput(placeholder="words of the path; enter keeps them, esc shows all", pane="#roots", id="words")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Add the columns; the rows come with every visit."""
        self.query_one("#reading").display = False
        self.query_one(MessageLine).clear()
        self.query_one(DataTable).add_columns("  files", " passages", "      words", "skipped", "folder or file")

    async def on_screen_resume(self) -> None:
        """Show what another session may have changed."""
        self.pace.mark()
        await self.reload()

    async def reload(self) -> None:
        """Show the library as it is on disk now."""
        try:
            self._files = await asyncio.to_thread(self._read)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        for root, files in self._files.items():
            table.add_row(*root_cells(root, files))
        passages = sum(file.passages for files in self._files.values() for file in files.values())
        total = sum(map(len, self._files.values()))
        others = self.session.library.others
        also = f" · also asked: {', '.join(map(plain, others.names))}" if others else ""
        table.border_title = title(f"Library · {counted(total, 'file')} · {counted(passages, 'passage')}{also}")
        table.move_cursor(row=min(row, max(len(self._files) - 1, 0)))
        self._show_files()

    def _read(self) -> dict[str, Files]:
        library = self.session.library.documents
        library.retriever()  # reads again what another session wrote
        return {root: library.files(root) for root in library.roots}

    @property
    def _root(self) -> str | None:
        """The highlighted folder or file."""
        row = self.query_one(DataTable).cursor_row
        roots = list(self._files)
        return roots[row] if 0 <= row < len(roots) else None

    def _show_files(self) -> None:
        root = self._root
        named = [] if root is None else [(_inside(name, root), file) for name, file in self._files[root].items()]
        words = self._words.casefold().split()
        listed = [
            (name, file)
            for name, file in named
            if (file.reason or not self._only_skipped) and all(word in name.casefold() for word in words)
        ]
        kind = "Skipped files" if self._only_skipped else "Files"
        filtered = f" with “{self._words}”" if self._words else ""
        self.query_one(FilePane).show(sorted(listed, key=lambda item: not item[1].reason), f"{kind}{filtered}")

    def _draw(self) -> None:
        reading, embedding = self.ingest.progress, self.session.meaning.progress
        line = self.query_one("#reading", Static)
        line.display = reading is not None or embedding is not None
        if reading is not None:
            line.update(reading.text())
        elif embedding is not None:
            line.update(embedding_line(embedding))
        self.refresh_bindings()

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        """Show the files of the folder under the cursor, once it rests."""
        self._cursor_rest.moved()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only keys that can do something at the moment."""
        if action in {"cancel", "back"}:
            return self.ingest.busy == (action == "cancel")
        if action in {"add", "rescan", "remove", "undo"}:
            return not self.ingest.busy and (action != "undo" or bool(self._removed))
        return super().check_action(action, parameters)

    def on_file_pane_chosen(self, event: FilePane.Chosen) -> None:
        """Show what the index holds of a file."""
        event.stop()
        root, name = self._root, event.name
        if root is not None:
            self._open(name, next(path for path in self._files[root] if _inside(path, root) == name))

    @work(group="file", exclusive=True)
    async def _open(self, name: str, path: str) -> None:
        from engine.index.file_contents import contents_of  # noqa: PLC0415 - not needed before
        from tui.library.file_screen import FileScreen  # noqa: PLC0415 - not needed before

        contents = await asyncio.to_thread(contents_of, self.session.library.documents.index, path)
        self.app.push_screen(FileScreen(name, contents))

    # -- keys ---------------------------------------------------------------------------------------------

    def action_cancel(self) -> None:
        """Stop reading."""
        self.ingest.cancel()

    def action_back(self) -> None:
        """Close the line that is open, then the search, then the screen."""
        is_typing = isinstance(self.focused, Input)
        if not is_typing and not self._words:
            self.app.switch_mode("ask")
            return
        if self.focused is not self.query_one("#path"):
            self._words = ""
            self._show_files()
        self._close_lines()

    def _close_lines(self) -> None:
        for line in self.query(LineInput):
            line.close()

    def action_add(self) -> None:
        """Open the line for a path."""
        self.query_one("#path", LineInput).open()

    def action_find(self) -> None:
        """Open the line for words."""
        self.query_one("#words", LineInput).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Add the folder, or filter by the words."""
        event.stop()
        if event.input.id == "words":
            self._words = event.value.strip()
            self._show_files()
        elif event.value.strip():
            self._add([Path(event.value.strip())])
        self._close_lines()

    def action_rescan(self) -> None:
        """Read what changed in the highlighted folder."""
        if self._root is not None:
            self._add([Path(self._root)])

    def action_undo(self) -> None:
        """Add the folder again that was removed last."""
        self._add([Path(self._removed[-1])])

    @work(group="ingest")
    async def _add(self, paths: Sequence[Path]) -> None:
        message = self.query_one(MessageLine)
        message.clear()
        try:
            report = await self.ingest.carry_out(partial(self.session.library.add, paths))
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        self._removed = [root for root in self._removed if root != str(paths[0])]
        message.say(report_text(report))
        self.post_message(self.Changed())
        await self.reload()

    def action_remove(self) -> None:
        """Remove the highlighted folder from the library."""
        if self._root is not None:
            self._remove(self._root)

    @work(group="ingest")
    async def _remove(self, root: str) -> None:
        message = self.query_one(MessageLine)
        try:
            files = await self.ingest.carry_out(partial(self.session.library.remove, root))
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        self._removed.append(root)
        message.say(f"{root}: removed with {counted(files, 'file')}, which stay on the disk; u adds it again")
        self.post_message(self.Changed())
        await self.reload()

    def action_skipped(self) -> None:
        """Show only the skipped files, or all."""
        self._only_skipped = not self._only_skipped
        self._show_files()

    def action_topics(self) -> None:
        """Show what the library is about."""
        from tui.library.topics_screen import TopicsScreen  # noqa: PLC0415 - not needed before

        self.app.push_screen(TopicsScreen(self.session.library))

    def action_cursor(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        table = self.query_one(DataTable)
        table.move_cursor(row=max(0, table.cursor_row + by))


def _inside(name: str, root: str) -> str:
    """The path of a file inside its folder."""
    return name.removeprefix(root).lstrip("/") or Path(name).name
