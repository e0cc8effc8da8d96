"""A titled pane of prepared lines: only the visible ones are drawn, whatever their number."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class LinePane(ScrollView, can_focus=True):
    """Base of the panes that follow a run; a subclass gives `line_at` and calls `resized_to` when it grew."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="pane.up", tooltip="One line up"),
        Binding("j", "scroll_down", "Down", show=False, id="pane.down", tooltip="One line down"),
        Binding("g", "scroll_home", "Top", show=False, id="pane.top", tooltip="To the first line"),
        Binding("G", "scroll_end", "End", show=False, id="pane.end", tooltip="To the last line"),
    ]

    _following = False

    def line_at(self, index: int, width: int) -> Text:
        """The line `index` for this width in cells."""
        raise NotImplementedError

    def resized_to(self, lines: int, *, follow: bool = False) -> None:
        """There are `lines` lines now; with `follow`, a reader who is at the end stays there."""
        height = self.size.height
        at_end = not height or self.scroll_offset.y + height >= self.virtual_size.height
        self.virtual_size = Size(self.size.width, lines)
        self._following = follow and at_end
        self.on_resize()
        self.refresh()

    def on_resize(self) -> None:
        """Keep the end in sight when the pane itself changes its height."""
        if self._following:
            end = max(self.virtual_size.height - self.size.height, 0)
            self.scroll_to(y=end, animate=False, immediate=True, force=True)

    def render_line(self, y: int) -> Strip:
        """One visible line, filled up to the pane's width."""
        index, width = self.scroll_offset.y + y, self.size.width
        if index >= self.virtual_size.height:
            return Strip.blank(width, self.rich_style)
        line = self.line_at(index, width)
        strip = Strip(line.render(self.app.console, end=""))
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)
