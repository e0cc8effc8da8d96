"""Draw a source with line numbers; quoted rows have a mark, the quote itself is reversed."""

from itertools import pairwise

from rich.text import Text
from textual.strip import Strip

from tui.drawing.cells import steady
from tui.drawing.marks import QUOTED
from tui.source.rows import Anchor, Row, WrappedText
from tui.widgets.line_pane import WHEEL_LINES
from tui.widgets.scroll_keys import ScrollKeys

ABOVE = 3
"""Rows above the quote that stay in sight."""


class SourcePane(ScrollKeys, can_focus=True):
    """Shows a text from any row on; `quote` and `match` are spans of characters that are highlighted."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self.content = WrappedText("")
        self.quote = self.match = (0, 0)
        self.top = Anchor()
        self._numbered = True
        self._is_placed = True

    def show(self, content: WrappedText, quote: tuple[int, int], *, numbered: bool) -> None:
        """Show this text at its quote."""
        self.content, self.quote, self.match, self._numbered = content, quote, (0, 0), numbered
        self._is_placed = False
        self._place()
        self.refresh()

    def _place(self) -> None:
        """Go to the quote; while the pane has no size yet, its first layout does so."""
        if not self._is_placed and self.size.width:
            self._is_placed = True
            self._measure()
            self.reveal(self.quote[0])

    def reveal(self, offset: int, *, match: tuple[int, int] | None = None) -> None:
        """Scroll to a character, with some rows above it; `match` is highlighted from now on."""
        self.match = match or self.match
        if not (match and any(row.start <= offset < row.end for row in self._visible())):
            self.top = self._bounded(self.content.moved(self.content.at(offset), -min(ABOVE, self.size.height // 3)))
        self.refresh()

    @property
    def offset_in_sight(self) -> int:
        """The first character of the first row in sight."""
        return next((row.start for row in self._visible()), 0)

    def _visible(self) -> list[Row]:
        return list(self.content.rows(self.top, self.size.height))

    def _bounded(self, top: Anchor) -> Anchor:
        return min(top, self.content.last_top(max(self.size.height, 1)))

    @property
    def _gutter(self) -> int:
        return len(str(self.content.lines)) + 2 if self._numbered else 2

    def _measure(self) -> None:
        self.content.width = max(self.size.width - self._gutter, 8)

    def on_resize(self) -> None:
        """Keep the same words at the top."""
        if not self._is_placed:
            self._place()
            return
        first = self.offset_in_sight
        self._measure()
        self.top = self._bounded(self.content.at(first))
        self.refresh()

    def _scroll(self, top: Anchor) -> None:
        if (settled := self._bounded(top)) != self.top:
            self.top = settled
            self.refresh()

    def action_scroll_lines(self, by: int) -> None:
        """Scroll by some rows."""
        self._scroll(self.content.moved(self.top, by))

    def action_scroll_pages(self, by: int) -> None:
        """Scroll by some heights of the pane."""
        self._scroll(self.content.moved(self.top, by * max(self.size.height - 1, 1)))

    def action_scroll_to_top(self) -> None:
        """Show the first row."""
        self._scroll(Anchor())

    def action_scroll_to_end(self) -> None:
        """Show the last row."""
        self._scroll(self.content.last_top(max(self.size.height, 1)))

    def on_mouse_scroll_up(self) -> None:
        """Scroll by the wheel."""
        self.action_scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self) -> None:
        """Scroll by the wheel."""
        self.action_scroll_lines(WHEEL_LINES)

    def render_line(self, y: int) -> Strip:
        """Draw one visible row."""
        self._place()
        width, rows = self.size.width, self._visible()
        if y >= len(rows):
            return Strip.blank(width, self.rich_style)
        strip = Strip(self._text(rows[y]).render(self.app.console, end=""))
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def _text(self, row: Row) -> Text:
        start, end = self.quote
        quoted = start < end and row.start < end and row.end > start
        number = str(row.number) if row.number and self._numbered else ""
        text = Text.assemble((f"{number:>{self._gutter - 2}}", "dim"), (QUOTED if quoted else " ", "bold"), " ")
        cuts = sorted({row.start, row.end, *(c for c in (*self.quote, *self.match) if row.start < c < row.end)})
        for a, b in pairwise(cuts):
            text.append(steady(self.content.text[a:b]), self._style(a))
        return text

    def _style(self, offset: int) -> str:
        if self.match[0] <= offset < self.match[1]:
            return "bold underline"
        return "bold reverse" if self.quote[0] <= offset < self.quote[1] else ""
