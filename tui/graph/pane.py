"""The tree of the graph with a cursor: only the lines in sight are drawn, and a key redraws two of them."""

from collections.abc import Sequence

from rich.text import Text

from tui.drawing.cells import title
from tui.graph.state import GraphState
from tui.graph.text import Picture, line_text
from tui.graph.tree import TreeLine
from tui.widgets.cursor_pane import CursorPane


class GraphPane(CursorPane):
    """Shows the lines of the tree; the cursor stays on its passage when others come and go."""

    BORDER_TITLE = " Graph "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[TreeLine] = ()
        self._picture = Picture(GraphState())
        self._heading = ""

    @property
    def line(self) -> TreeLine | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if self._lines else None

    def show(self, lines: Sequence[TreeLine], picture: Picture, heading: str) -> None:
        """Draw these lines; the cursor stays on its passage, or goes to the nearest line there is."""
        key = self.line.key if self.line else ""
        self._lines, self._picture = lines, picture
        if heading != self._heading:  # setting it sends the whole pane
            self._heading, self.border_title = heading, title(heading)
        self.lines = len(lines)
        self.cursor = self._index_of(key, max(0, min(self.cursor, self.lines - 1)))
        self.top = min(self.top, self.last_top)
        self.top = self.top_for_cursor
        self.refresh_changed()

    def _index_of(self, key: str, default: int) -> int:
        return next((index for index, line in enumerate(self._lines) if line.key == key), default)

    def select(self, key: str) -> None:
        """Put the cursor on the line with this key, if there is one."""
        self.move_to(self._index_of(key, self.cursor))

    def select_parent(self) -> None:
        """Put the cursor on the line below which this one hangs."""
        level = len(self._lines[self.cursor].rails) if self._lines else 0
        above = range(self.cursor - 1, -1, -1)
        self.move_to(next((index for index in above if len(self._lines[index].rails) < level), self.cursor))

    def entry_at(self, index: int, width: int) -> Text:
        """Build one line of the tree."""
        return line_text(self._lines[index], self._picture, width)
