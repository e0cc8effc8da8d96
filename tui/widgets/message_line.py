"""One line with the result of the last action: calmer than a pop-up, and it stays until the next one."""

from rich.text import Text
from textual.widgets import Static

from tui.drawing.cells import plain
from tui.drawing.marks import DONE, PROBLEM


class MessageLine(Static):
    """The last message, with a mark beside its colour."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(markup=False, id=id)

    def say(self, message: str) -> None:
        """Report that something was done."""
        self._show(Text.assemble((f"{DONE} ", "green"), plain(message)))

    def complain(self, message: str) -> None:
        """Report that something cannot be done."""
        self._show(Text.assemble((f"{PROBLEM} ", "bold yellow"), plain(message)))

    def clear(self) -> None:
        """Hide the line."""
        self.display = False

    def _show(self, text: Text) -> None:
        self.update(text)
        self.display = True
