"""A titled pane of prepared lines: only the visible ones are drawn, whatever their number."""

from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip

from tui.widgets.scroll_keys import ScrollKeys

WHEEL_LINES = 3


class LinePane(ScrollKeys, can_focus=True):
    """Base of the panes that draw lines; a subclass gives `line_at` and calls `resized_to` when their number changes.

    It scrolls by itself: Textual's `ScrollView` lays out the screen at every new line and paints twice.
    """

    lines = 0
    top = 0

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._sent: dict[int, Text] = {}
        self._style = Style.null()

    @property
    def last_top(self) -> int:
        """The first visible line when the pane shows its end."""
        return max(self.lines - self.size.height, 0)

    def line_at(self, index: int, width: int) -> Text:
        """Build the line `index` for this width in cells."""
        raise NotImplementedError

    def resized_to(self, lines: int) -> None:
        """Draw the pane, which has `lines` lines from now on."""
        grown = lines != self.lines and self.styles.is_auto_height
        self.lines = lines
        self.top = min(self.top, self.last_top)
        self.refresh(layout=grown)

    def refresh_changed(self) -> None:
        """Draw only those visible lines that differ from what was drawn last."""
        height, width = self.size.height, self.size.width
        lines = {y: self.line_at(self.top + y, width) for y in range(min(height, self.lines - self.top))}
        changed = [Region(0, y, width, 1) for y in range(height) if lines.get(y) != self._sent.get(y)]
        if changed:
            self.refresh(*changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Count all lines, where the style leaves the height to the content."""
        del container, viewport, width
        return self.lines

    def on_resize(self) -> None:
        """Keep the end in sight when the pane itself changes its height."""
        self.set_top(self.top)
        self.refresh()

    def set_top(self, line: int) -> None:
        """Scroll until `line`, or the nearest possible one, is the first visible one."""
        top = max(0, min(line, self.last_top))
        if top != self.top:
            self.top = top
            self.refresh()

    @property
    def position(self) -> int:
        """The line from which the keys move: the first visible one, or the cursor in a pane that has one."""
        return self.top

    def move_to(self, line: int) -> None:
        """Bring a line to the top, or put the cursor on it: the effect of every key that moves."""
        self.set_top(line)

    def action_scroll_lines(self, by: int) -> None:
        """Move by some lines."""
        self.move_to(self.position + by)

    def action_scroll_pages(self, by: int) -> None:
        """Move by some heights of the pane."""
        self.move_to(self.position + by * max(self.size.height - 1, 1))

    def action_scroll_to_top(self) -> None:
        """Move to the first line."""
        self.move_to(0)

    def action_scroll_to_end(self) -> None:
        """Move to the last line."""
        self.move_to(self.lines - 1)

    def wheel(self, by: int) -> None:
        """Scroll by some lines; a cursor stays on its line."""
        self.set_top(self.top + by)

    def on_mouse_scroll_up(self) -> None:
        """Turn the wheel up."""
        self.wheel(-WHEEL_LINES)

    def on_mouse_scroll_down(self) -> None:
        """Turn the wheel down."""
        self.wheel(WHEEL_LINES)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw visible lines. Textual computes the style of a widget at each use: here once for all lines."""
        self._style = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one visible line, filled up to the pane's width."""
        index, width = self.top + y, self.size.width
        self._sent.pop(y, None)
        if index >= self.lines:
            return Strip.blank(width, self._style)
        line = self._sent[y] = self.line_at(index, width)
        return self._strip(line)

    def _strip(self, line: Text) -> Strip:
        """Draw a line. (Rich draws the style of a whole text only where that is a part of another one.)"""
        strip = Strip(Text().append_text(line).render(self.app.console, end=""))
        return strip.apply_style(self._style).adjust_cell_length(self.size.width, self._style)
