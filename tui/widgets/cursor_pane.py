"""A pane of lines with a cursor: moving it draws two lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.geometry import Region
from textual.message import Message

from tui.widgets.line_pane import LinePane

if TYPE_CHECKING:
    from textual.events import Click


class CursorPane(LinePane):
    """Base of the panes in which a line can be chosen; a subclass gives `entry_at` instead of `line_at`.

    The keys that scroll a `LinePane` move the cursor here, and the pane scrolls to keep it in sight.
    """

    cursor = 0

    class Moved(Message):
        """The user has moved the cursor to another line."""

    def entry_at(self, index: int, width: int) -> Text:
        """Build the line `index` for this width in cells, without the cursor."""
        raise NotImplementedError

    def under_cursor(self, entry: Text) -> Text:
        """Mark the line of the cursor: reversed, and underlined while another pane has the focus."""
        return Text().append(entry.plain, "bold reverse" if self.has_focus else "bold underline")

    def line_at(self, index: int, width: int) -> Text:
        """Build the line `index`, marked if the cursor is on it."""
        entry = self.entry_at(index, width)
        return self.under_cursor(entry) if index == self.cursor else entry

    def point_to(self, line: int) -> None:
        """Put the cursor on a line, or on the nearest one there is, and bring it into sight; nothing is posted."""
        previous, self.cursor = self.cursor, max(0, min(line, self.lines - 1))
        if self.top != self.top_for_cursor:
            self.set_top(self.top_for_cursor)
        elif previous != self.cursor:
            self._refresh_lines(previous, self.cursor)

    @property
    def position(self) -> int:
        """The cursor."""
        return self.cursor

    def move_to(self, line: int) -> None:
        """Put the cursor on a line, and post `Moved` if that is another one."""
        previous = self.cursor
        self.point_to(line)
        if previous != self.cursor:
            self.post_message(self.Moved())

    @property
    def top_for_cursor(self) -> int:
        """The first visible line, moved as little as possible, with which the cursor is in sight."""
        return min(max(self.top, self.cursor - max(self.size.height, 1) + 1), self.cursor)

    def _refresh_lines(self, *lines: int) -> None:
        self.refresh(*(Region(0, line - self.top, self.size.width, 1) for line in lines))

    def resized_to(self, lines: int) -> None:
        """Draw the pane, which has `lines` lines from now on; the cursor stays on one of them, in sight."""
        super().resized_to(lines)
        self.point_to(self.cursor)

    def on_resize(self) -> None:
        """Keep the cursor in sight; Textual then calls the handler of the base class too."""
        self.point_to(self.cursor)

    def on_focus(self) -> None:
        """Draw the cursor as that of the pane in use."""
        self._refresh_lines(self.cursor)

    def on_blur(self) -> None:
        """Draw the cursor as that of a pane that is not in use."""
        self._refresh_lines(self.cursor)

    def on_click(self, event: Click) -> None:
        """Put the cursor on the line that was clicked."""
        if (offset := event.get_content_offset(self)) is not None:
            self.move_to(self.top + offset.y)
