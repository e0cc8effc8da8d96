"""A dialog about one file of the library: the names in it, and its passages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.drawing.cells import counted, fit, plain
from tui.widgets.scroll_keys import TextPane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from engine.index.file_contents import FileContents

MOST_NAMES = 100
NAME_CELLS = 34


def names_text(contents: FileContents) -> Text:
    """One line for each name: in how many passages of the library it is, and of how many it is the title."""
    text = Text(f"{counted(len(contents.names), 'name')}\n", "bold")
    for name in contents.names[:MOST_NAMES]:
        title = f", the title of {name.titled:,}" if name.titled else ""
        text.append(f"{fit(name.key, NAME_CELLS)} ")
        text.append(f"in {counted(name.in_library, 'passage')}{title}\n", "dim")
    if len(contents.names) > MOST_NAMES:
        text.append("…\n", "dim")
    return text


def passages_text(contents: FileContents) -> Text:
    """Each passage: its characters in the file, its heading and its text."""
    text = Text(f"\n{counted(len(contents.passages), 'passage')}\n", "bold")
    for passage in contents.passages:
        text.append(f"{passage.start:,}-{passage.end:,} ", "cyan")
        text.append(f"{plain(passage.heading)} " if passage.heading else "", "bold")
        text.append(f"{plain(passage.text)}\n")
    return text


class FileScreen(ModalScreen[None]):
    """Shows the names first, because walks reach the file by them."""

    CSS_PATH = "../widgets/dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "Close", id="file.close", tooltip="Back to the library"),
    ]

    def __init__(self, name: str, contents: FileContents) -> None:
        super().__init__()
        self._heading = name
        self._contents = contents

    def compose(self) -> ComposeResult:
        """The names, then the passages."""
        with TextPane(id="dialog") as dialog:
            dialog.border_title = Text(plain(self._heading))
            dialog.border_subtitle = "esc closes"
            yield Static(names_text(self._contents), markup=False)
            yield Static(passages_text(self._contents), markup=False)
