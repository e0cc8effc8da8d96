"""A titled pane of prepared lines: only the visible ones are drawn, whatever their number."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

WHEEL_LINES = 3


class LinePane(Widget, can_focus=True):
    """Base of the panes that follow a run; a subclass gives `line_at` and calls `resized_to` when it changed.

    It scrolls by itself: textual's `ScrollView` lays out the screen at every new line and paints twice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "Up", show=False, id="pane.up", tooltip="One line up"),
        Binding("down,j", "scroll_lines(1)", "Down", show=False, id="pane.down", tooltip="One line down"),
        Binding("pageup,ctrl+u", "scroll_pages(-1)", "Page up", show=False, id="pane.page_up", tooltip="A page up"),
        Binding(
            "pagedown,ctrl+d", "scroll_pages(1)", "Page down", show=False, id="pane.page_down", tooltip="A page down"
        ),
        Binding("home,g", "scroll_to_top", "Top", show=False, id="pane.top", tooltip="To the first line"),
        Binding("end,G", "scroll_to_end", "End", show=False, id="pane.end", tooltip="To the last line"),
    ]

    lines = 0
    top = 0
    _following = False

    @property
    def last_top(self) -> int:
        """The first visible line when the pane shows its end."""
        return max(self.lines - self.size.height, 0)

    def line_at(self, index: int, width: int) -> Text:
        """The line `index` for this width in cells."""
        raise NotImplementedError

    def resized_to(self, lines: int, *, follow: bool = False) -> None:
        """There are `lines` lines now; with `follow`, a reader who is at the end stays there."""
        self._following = follow and self.top >= self.last_top
        grown = lines != self.lines and self.styles.is_auto_height
        self.lines = lines
        self._settle()
        self.refresh(layout=grown)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All lines, where the style leaves the height to the content."""
        del container, viewport, width
        return self.lines

    def on_resize(self) -> None:
        """Keep the end in sight when the pane itself changes its height."""
        self._settle()
        self.refresh()

    def _settle(self) -> None:
        self.top = self.last_top if self._following else min(self.top, self.last_top)

    def _scroll(self, top: int) -> None:
        settled = max(0, min(top, self.last_top))
        if settled != self.top:
            self.top = settled
            self._following = False
            self.refresh()

    @property
    def place(self) -> int:
        """The line that the keys start from: the first visible one, or the cursor in a pane that has one."""
        return self.top

    def go(self, to: int) -> None:
        """What the keys do: bring a line to the top, or put the cursor on it."""
        self._scroll(to)

    def action_scroll_lines(self, by: int) -> None:
        """Go on by some lines."""
        self.go(self.place + by)

    def action_scroll_pages(self, by: int) -> None:
        """Go on by some heights of the pane."""
        self.go(self.place + by * max(self.size.height - 1, 1))

    def action_scroll_to_top(self) -> None:
        """To the first line."""
        self.go(0)

    def action_scroll_to_end(self) -> None:
        """To the last line."""
        self.go(self.lines)

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self._scroll(self.top - WHEEL_LINES)

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self._scroll(self.top + WHEEL_LINES)

    def render_line(self, y: int) -> Strip:
        """One visible line, filled up to the pane's width."""
        index, width = self.top + y, self.size.width
        if index >= self.lines:
            return Strip.blank(width, self.rich_style)
        return self._strip(self.line_at(index, width))

    def _strip(self, line: Text) -> Strip:
        """A line as it is drawn here. (Rich draws the style of a whole text only where it stands as a part of one.)"""
        strip = Strip(Text().append_text(line).render(self.app.console, end=""))
        return strip.apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)
