"""The files of a library folder: the number of passages of each, or the reason why it was skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.drawing.cells import counted, fit, plain, title
from tui.widgets.cursor_pane import CursorPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.index.catalogue import KnownFile

NARROW, WIDE = 40, 60


class FilePane(CursorPane):
    """One line for each file, skipped ones first."""

    BORDER_TITLE = " Files "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", id="pane.open", tooltip="Show the names and passages of the file"),
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
        """Show these files, each with its path in the folder; `name` is the title of the list."""
        self._files = files
        self.border_title = title(f"{plain(name)} · {counted(len(files), 'file')}")
        self.resized_to(len(files))
        self.point_to(0)

    def entry_at(self, index: int, width: int) -> Text:
        """The name with its counts, or with the reason why the file was skipped."""
        name, file = self._files[index]
        if file.reason:
            cells = max(width // 2, NARROW) if width > NARROW else width // 2
            reason = f" {fit(file.reason, width - cells - 1)}"
            return Text.assemble(("! ", "bold yellow"), fit(name, cells - 2), (reason, "dim"))
        units = (_unit(file.passages, "passage"), _unit(file.words, "word")) if width >= WIDE else ("", "")
        figures = f"{file.passages:>7,}{units[0]} {file.words:>8,}{units[1]}"
        return Text.assemble(f"  {fit(name, width - 2 - len(figures))}", (figures, "dim"))


def _unit(number: int, noun: str) -> str:
    """Return a noun after a number, as wide as its plural."""
    return f" {noun}{' ' if number == 1 else 's'}"
