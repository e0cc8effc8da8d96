"""The files of a library folder: how many passages each gave, or why it was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.drawing.cells import fit, plain, title
from tui.widgets.cursor_pane import CursorPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.index.catalogue import KnownFile

NARROW, WIDE = 40, 60


class FilePane(CursorPane):
    """One line a file, those that were skipped first; only the visible ones are drawn."""

    BORDER_TITLE = " Files "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", id="pane.open", tooltip="Open what the cursor is on"),
    ]

    @dataclass
    class Chosen(Message):
        """Enter was pressed on an indexed file; `name` is its name in the folder."""

        name: str

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._files: Sequence[tuple[str, KnownFile]] = ()

    def action_choose(self) -> None:
        """Post the file under the cursor; nothing for one that was skipped."""
        name, file = self._files[self.cursor] if self._files else ("", None)
        if file is not None and not file.reason:
            self.post_message(self.Chosen(name))

    def show(self, files: Sequence[tuple[str, KnownFile]], name: str) -> None:
        """Show these files, each with its name in the folder; `name` says which they are."""
        self._files = files
        self.border_title = title(f"{plain(name)} · {len(files):,} files")
        self.resized_to(len(files))
        self.point_to(0)

    def entry_at(self, index: int, width: int) -> Text:
        """Name and figures, or name and reason."""
        name, file = self._files[index]
        if file.reason:
            shown = max(width // 2, NARROW) if width > NARROW else width // 2
            return Text.assemble(
                ("! ", "bold yellow"), fit(name, shown - 2), (f" {fit(file.reason, width - shown - 1)}", "dim")
            )
        units = (" passages", " words") if width >= WIDE else ("", "")
        figures = f"{file.passages:>7,}{units[0]} {file.words:>8,}{units[1]}"
        return Text.assemble(f"  {fit(name, width - 2 - len(figures))}", (figures, "dim"))
