"""Put a letter on each pane; pressing it gives the focus to the pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

LETTERS = "asdfghjklweruiozxcvbnm"


class JumpScreen(ModalScreen["Widget | None"]):
    """Dismissed with the pane whose letter was pressed, or with None."""

    DEFAULT_CSS = """
    JumpScreen { background: transparent; }
    JumpScreen Label { position: absolute; text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+o", "dismiss", "Stay", id="jump.stay", tooltip="Keep the focus where it is"),
    ]

    def __init__(self, panes: Sequence[Widget]) -> None:
        super().__init__()
        self._panes = dict(zip(LETTERS, panes, strict=False))

    def compose(self) -> ComposeResult:
        """Place each letter in the corner of its pane."""
        for letter, pane in self._panes.items():
            label = Label(f" {letter} ", markup=False)
            label.styles.offset = pane.region.offset
            yield label

    def on_key(self, event: events.Key) -> None:
        """Choose the pane of a letter; other keys do nothing."""
        if event.key in self._panes:
            event.stop()
            self.dismiss(self._panes[event.key])
