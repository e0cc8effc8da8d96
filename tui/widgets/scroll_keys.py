"""The keys that scroll, the same in every pane of lines and every page of text."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget


class ScrollKeys(Widget):
    """Base of whatever scrolls; a subclass gives the four actions."""

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

    def action_scroll_lines(self, by: int) -> None:
        """Move by some lines."""
        raise NotImplementedError

    def action_scroll_pages(self, by: int) -> None:
        """Move by some heights of the pane."""
        raise NotImplementedError

    def action_scroll_to_top(self) -> None:
        """Move to the first line."""
        raise NotImplementedError

    def action_scroll_to_end(self) -> None:
        """Move to the last line."""
        raise NotImplementedError


class TextPane(ScrollKeys, can_focus=True):
    """A page of widgets that scrolls as a whole, vertically."""

    DEFAULT_CSS = "TextPane { width: 1fr; height: 1fr; layout: vertical; overflow: hidden auto; }"

    def action_scroll_lines(self, by: int) -> None:
        """Scroll by some lines."""
        self.scroll_relative(y=by, animate=False)

    def action_scroll_pages(self, by: int) -> None:
        """Scroll by some heights of the pane."""
        self.scroll_relative(y=by * max(self.size.height - 1, 1), animate=False)

    def action_scroll_to_top(self) -> None:
        """Scroll to the first line."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_to_end(self) -> None:
        """Scroll to the last line."""
        self.scroll_to(y=self.max_scroll_y, animate=False)
