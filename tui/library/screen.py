"""The library: its folders, what each of their files gave, and the keys that add, read again and remove."""

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
from tui.drawing.cells import plain, title
from tui.library.file_pane import FilePane
from tui.library.ingest_job import IngestView
from tui.library.path_input import PathInput
from tui.navigation.screen_bar import ScreenBar
from tui.terminal.frame_pacing import Pace
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from engine.index.catalogue import IngestReport, KnownFile
    from tui.session.session import Session

Files = dict[str, "KnownFile"]


def report_text(report: IngestReport) -> str:
    """What an ingest did, in a line."""
    told = f"{report.files:,} files: {report.added:,} added, {report.changed:,} changed, {report.removed:,} removed"
    skipped = f", {len(report.skipped):,} skipped" if report.skipped else ""
    return f"{told}{skipped}{'; cancelled, what was read in whole is kept' if report.cancelled else ''}"


def root_cells(root: str, files: Files) -> list[Text]:
    """The row of one folder or file of the library."""
    passages = sum(file.passages for file in files.values())
    words = sum(file.words for file in files.values())
    skipped = sum(bool(file.reason) for file in files.values())
    there = "" if Path(root).exists() else "! not there now  "
    figures = (f"{len(files):>7,}", f"{passages:>9,}", f"{words:>11,}", f"{skipped:>7,}" if skipped else "      ·")
    return [*map(Text, figures), Text(f"{there}{plain(root)}")]


class LibraryScreen(Screen[None]):
    """A table of folders; below it the files of the highlighted one."""

    TITLE = "Library"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#roots"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="library.cancel", tooltip="Stop reading; what was read is kept"),
        Binding("escape", "back", "Back", id="library.back", tooltip="Leave the line that is typed in, or go back"),
        Binding("a", "add", "Add", id="library.add", tooltip="Add a folder or file of documents"),
        Binding("s", "rescan", "Rescan", id="library.rescan", tooltip="Read what changed in the highlighted folder"),
        Binding("x", "remove", "Remove", id="library.remove", tooltip="Forget the folder; its files are not touched"),
        Binding("u", "undo", "Undo", id="library.undo", tooltip="Add again what was removed last"),
        Binding("f", "skipped", "Skipped", id="library.skipped", tooltip="Only files that were left out, or all"),
        Binding("slash", "find", "Find", id="library.find", tooltip="Only files whose path holds these words"),
        Binding("j", "cursor(1)", "Down", show=False, id="library.down", tooltip="The next folder"),
        Binding("k", "cursor(-1)", "Up", show=False, id="library.up", tooltip="The folder before"),
    ]

    class Changed(Message):
        """What can be asked is not what it was."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.pace = Pace(self, self._draw)
        self.ingest = IngestView(self.pace.mark)
        self._files: dict[str, Files] = {}
        self._removed: list[str] = []
        self._words = ""
        self._only_skipped = False

    def compose(self) -> ComposeResult:
        """Folders, files, how far the reading is, and the two lines that can be typed in."""
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
        """The columns; the rows come with every visit."""
        self.query_one("#reading").display = False
        self.query_one(MessageLine).clear()
        self.query_one(DataTable).add_columns("  files", " passages", "      words", "skipped", "folder or file")

    async def on_screen_resume(self) -> None:
        """Another session may have changed the library since the last visit."""
        await self._reload()

    async def _reload(self) -> None:
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
        table.border_title = title(f"Library · {total:,} files · {passages:,} passages")
        table.move_cursor(row=min(row, max(len(self._files) - 1, 0)))
        self._show_files()

    def _read(self) -> dict[str, Files]:
        library = self.session.library.documents
        library.retriever()  # looks again where another session wrote
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
        wanted = self._words.casefold().split()
        shown = [
            (name, file)
            for name, file in named
            if (file.reason or not self._only_skipped) and all(word in name.casefold() for word in wanted)
        ]
        kind = "Skipped files" if self._only_skipped else "Files"
        found = f" with “{self._words}”" if self._words else ""
        self.query_one(FilePane).show(sorted(shown, key=lambda each: not each[1].reason), f"{kind}{found}")

    def _draw(self) -> None:
        reading, line = self.ingest.reading, self.query_one("#reading", Static)
        line.display = reading is not None
        line.update(reading.text() if reading is not None else "")
        self.refresh_bindings()

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        """The files follow the cursor."""
        self._show_files()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
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
        """Leave the line that is typed in, then the search, then the screen."""
        typed = isinstance(self.focused, Input)
        if not typed and not self._words:
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
        """Add the folder, or keep the words."""
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
        """Add again what was removed last."""
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
        await self._reload()

    def action_remove(self) -> None:
        """Forget the highlighted folder."""
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
        message.say(f"{root}: {files:,} files left the library, not the disk; u adds them again")
        self.post_message(self.Changed())
        await self._reload()

    def action_skipped(self) -> None:
        """Only the skipped files, or all."""
        self._only_skipped = not self._only_skipped
        self._show_files()

    def action_cursor(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        table = self.query_one(DataTable)
        table.move_cursor(row=max(0, table.cursor_row + by))


def _inside(name: str, root: str) -> str:
    return name.removeprefix(root).lstrip("/") or Path(name).name
