"""One line of text that is drawn only when it changes."""

from rich.text import Text
from textual.widgets import Static


class StatusLine(Static):
    """Shows one text."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(markup=False, id=id)
        self._drawn: Text | None = None

    def show(self, text: Text) -> None:
        """Draw this text if it is another one."""
        if text != self._drawn:
            self._drawn = text
            self.update(text)
