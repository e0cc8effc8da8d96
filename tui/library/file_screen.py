"""One file of the library: its passages, and its names with how many passages of the library know each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.drawing.cells import fit, plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from engine.index.file_contents import FileContents

MOST_NAMES = 100
NAME_CELLS = 34


def names_text(contents: FileContents) -> Text:
    """One line a name: where else it is mentioned, and whether a document is about it."""
    text = Text(f"{len(contents.names):,} names\n", "bold")
    for name in contents.names[:MOST_NAMES]:
        about = f", {name.titled} about it" if name.titled else ""
        text.append(f"{fit(name.key, NAME_CELLS)} ")
        text.append(f"in {name.in_library:,} passage{'s' * (name.in_library != 1)}{about}\n", "dim")
    if len(contents.names) > MOST_NAMES:
        text.append("…\n", "dim")
    return text


def passages_text(contents: FileContents) -> Text:
    """Each passage by its place and its words."""
    text = Text(f"\n{len(contents.passages):,} passages\n", "bold")
    for passage in contents.passages:
        text.append(f"{passage.start:,}-{passage.end:,} ", "cyan")
        text.append(f"{plain(passage.heading)} " if passage.heading else "", "bold")
        text.append(f"{plain(passage.text)}\n")
    return text


class FileScreen(ModalScreen[None]):
    """Names first: they are why a walk comes here."""

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
        with VerticalScroll(id="dialog") as dialog:
            dialog.border_title = Text(plain(self._heading))
            dialog.border_subtitle = "esc closes"
            yield Static(names_text(self._contents), markup=False)
            yield Static(passages_text(self._contents), markup=False)
