"""The tree of the graph with a cursor: only the lines in sight are drawn, and a key redraws two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region
from textual.message import Message

from tui.drawing.cells import title
from tui.graph.state import GraphView
from tui.graph.text import Picture, line_text
from tui.graph.tree import TreeLine
from tui.widgets.line_pane import LinePane


class GraphPane(LinePane, inherit_bindings=False):
    """Shows the lines that it is given; the cursor stays on its passage when others come and go."""

    BORDER_TITLE = " Graph "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "Up", show=False, id="graph.up", tooltip="One line up"),
        Binding("down,j", "scroll_lines(1)", "Down", show=False, id="graph.down", tooltip="One line down"),
        Binding("pageup,ctrl+u", "scroll_pages(-1)", "Page up", show=False, id="graph.page_up", tooltip="A page up"),
        Binding(
            "pagedown,ctrl+d", "scroll_pages(1)", "Page down", show=False, id="graph.page_down", tooltip="A page down"
        ),
        Binding("g", "scroll_to_top", "Top", show=False, id="graph.top", tooltip="To the question"),
        Binding("G", "scroll_to_end", "End", show=False, id="graph.bottom", tooltip="To the last line"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another line."""

        line: TreeLine

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[TreeLine] = ()
        self._picture = Picture(GraphView())
        self._cursor = 0
        self._heading = ""
        self._seen: dict[int, Text] = {}

    @property
    def line(self) -> TreeLine | None:
        """The line under the cursor."""
        return self._lines[self._cursor] if self._lines else None

    def show(self, lines: Sequence[TreeLine], picture: Picture, heading: str) -> None:
        """Draw these lines; the cursor stays where it was, or on the nearest line there is."""
        key = self.line.key if self.line else ""
        self._lines, self._picture = lines, picture
        if heading != self._heading:  # setting it sends the whole pane
            self._heading, self.border_title = heading, title(heading)
        found = next((n for n, line in enumerate(lines) if line.key == key), self._cursor)
        self._cursor = max(0, min(found, len(lines) - 1))
        self.lines = len(lines)
        self.top = min(self.top, self.last_top)
        self._reveal()
        self._refresh_changed()

    def _refresh_changed(self) -> None:
        """Redraw the lines in sight that are others than those drawn before: growth adds few at a time."""
        before, self._seen = self._seen, self._in_sight()
        height, width = self.size.height, self.size.width
        changed = [y for y in range(height) if before.get(y) != self._seen.get(y)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _in_sight(self) -> dict[int, Text]:
        shown = range(min(self.size.height, self.lines - self.top))
        return {y: self.line_at(self.top + y, self.size.width) for y in shown}

    def point_to(self, key: str) -> bool:
        """Put the cursor on the line with this key; False if there is none."""
        found = next((n for n, line in enumerate(self._lines) if line.key == key), None)
        if found is not None:
            self.go(found)
        return found is not None

    def point_to_parent(self) -> None:
        """Put the cursor on the line that this one hangs on."""
        level = len(self._lines[self._cursor].rails) if self._lines else 0
        above = range(self._cursor - 1, -1, -1)
        self.go(next((n for n in above if len(self._lines[n].rails) < level), self._cursor))

    @property
    def place(self) -> int:
        """The cursor."""
        return self._cursor

    def go(self, to: int) -> None:
        """Put the cursor on a line, and tell it."""
        before, self._cursor = self._cursor, max(0, min(to, self.lines - 1))
        if before == self._cursor or not self._lines:
            return
        self._reveal()
        self._refresh_changed()
        self.post_message(self.Moved(self._lines[self._cursor]))

    def _reveal(self) -> None:
        """Scroll until the cursor is in sight."""
        height = max(self.size.height, 1)
        self.top = min(max(self.top, self._cursor - height + 1), self._cursor)

    def line_at(self, index: int, width: int) -> Text:
        """One line of the tree; the one under the cursor reversed, or underlined while another pane is used."""
        text = line_text(self._lines[index], self._picture, width)
        if index != self._cursor:
            return text
        return Text().append(text.plain, "bold reverse" if self.has_focus else "bold underline")

    def _scroll(self, top: int) -> None:
        self.top = max(0, min(top, self.last_top))
        self._refresh_changed()

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        super().on_resize()  # which draws all of it
        self._reveal()
        self._seen = self._in_sight()

    def on_click(self, event: Click) -> None:
        """To the line that was clicked."""
        self.go(self.top + event.y - 1)  # below the title
