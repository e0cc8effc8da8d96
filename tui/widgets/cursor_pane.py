"""A pane of lines with a cursor: moving it redraws two lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from tui.widgets.line_pane import LinePane

if TYPE_CHECKING:
    from textual.events import Click


class CursorPane(LinePane):
    """Base of the panes in which a line can be chosen; a subclass gives `entry_at` instead of `line_at`.

    The keys that scroll a `LinePane` move the cursor here, and the pane follows it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", id="pane.open", tooltip="Open what the cursor is on"),
    ]

    cursor = 0

    @dataclass
    class Moved(Message):
        """The cursor is on line `index`."""

        pane: CursorPane
        index: int

    @dataclass
    class Chosen(Message):
        """Enter was pressed on line `index`."""

        pane: CursorPane
        index: int

    def entry_at(self, index: int, width: int) -> Text:
        """The line `index` for this width in cells, without the cursor."""
        raise NotImplementedError

    def line_at(self, index: int, width: int) -> Text:
        """The line `index`; the one under the cursor reversed, and underlined while another pane is used."""
        entry = self.entry_at(index, width)
        if index != self.cursor:
            return entry
        return Text(entry.plain, "bold reverse" if self.has_focus else "bold underline")

    def point_to(self, index: int) -> None:
        """Put the cursor on a line and show it; nothing is told."""
        before, self.cursor = self.cursor, max(0, min(index, self.lines - 1))
        if not self._reveal() and before != self.cursor:
            width = self.size.width
            self.refresh(*(Region(0, line - self.top, width, 1) for line in (before, self.cursor)))

    @property
    def place(self) -> int:
        """The cursor."""
        return self.cursor

    def go(self, to: int) -> None:
        """Put the cursor on a line, and tell it."""
        before = self.cursor
        self.point_to(to)
        if before != self.cursor:
            self.post_message(self.Moved(self, self.cursor))

    def _reveal(self) -> bool:
        """Scroll until the cursor is in sight; whether that was necessary."""
        height, before = max(self.size.height, 1), self.top
        self._scroll(min(max(self.top, self.cursor - height + 1), self.cursor))
        return self.top != before

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        super().on_resize()
        self._reveal()

    def on_click(self, event: Click) -> None:
        """To the line that was clicked."""
        self.go(self.top + event.y - 1)  # below the title

    def action_choose(self) -> None:
        """Tell that the line under the cursor was chosen."""
        if self.lines:
            self.post_message(self.Chosen(self, self.cursor))
