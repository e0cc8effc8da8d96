"""Put a letter on each pane and a number on each screen's name; pressing one goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Label

from tui.navigation.screens import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

LETTERS = "asdfghjklweruiozxcvbnm"


class JumpScreen(ModalScreen["Widget | str | None"]):
    """Dismissed with the pane whose letter was pressed, the mode of the screen whose number was, or with None."""

    DEFAULT_CSS = """
    JumpScreen { background: transparent; }
    JumpScreen Label { position: absolute; text-style: bold reverse; }
    JumpScreen #screens { text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+o", "dismiss", "Stay", id="jump.stay", tooltip="Keep the focus where it is"),
    ]

    def __init__(self, panes: Sequence[Widget]) -> None:
        super().__init__()
        self._panes = dict(zip(LETTERS, panes, strict=False))
        self._modes = dict(zip("123456789", TITLES, strict=False))

    def compose(self) -> ComposeResult:
        """Name the screens in the first line, and place each letter in the corner of its pane."""
        screens = Text()
        for number, mode in self._modes.items():
            screens.append(f" {number} ", "bold reverse").append(f" {TITLES[mode]} ")
        yield Label(screens, id="screens")
        for letter, pane in self._panes.items():
            label = Label(f" {letter} ", markup=False)
            label.styles.offset = pane.region.offset
            yield label

    def on_key(self, event: events.Key) -> None:
        """Choose the pane of a letter or the screen of a number; other keys do nothing."""
        if event.key in self._panes:
            event.stop()
            self.dismiss(self._panes[event.key])
        elif event.key in self._modes:
            event.stop()
            self.dismiss(self._modes[event.key])
