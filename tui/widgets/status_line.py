"""One line of text that is redrawn only when its words change."""

from rich.text import Text
from textual.widgets import Static


class StatusLine(Static):
    """Shows `status_text`, and redraws only when its words changed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(markup=False, id=id)
        self._words: Text | None = None

    def show(self, words: Text) -> None:
        """Draw these words if they are new."""
        if words != self._words:
            self._words = words
            self.update(words)
