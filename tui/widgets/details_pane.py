"""Paragraphs of foreign text, wrapped to the pane; lines that stay as they were are not sent again."""

from collections.abc import Sequence

from rich.text import Text

from tui.drawing.cells import title
from tui.widgets.line_pane import LinePane


class DetailsPane(LinePane):
    """Shows some paragraphs, from the first line on."""

    BORDER_TITLE = " Passage "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._paragraphs: Sequence[Text] = ()
        self._rows: list[Text] = []
        self._heading = ""

    def show(self, paragraphs: Sequence[Text], heading: str) -> None:
        """Draw these paragraphs unless they are shown already."""
        if heading != self._heading:  # setting it sends the whole pane
            self._heading, self.border_title = heading, title(heading)
        if paragraphs == self._paragraphs:
            return
        self._paragraphs, self.top = paragraphs, 0
        self._wrap()
        self.refresh_changed()

    def _wrap(self) -> None:
        width = max(self.size.width, 10)
        self._rows = [row for paragraph in self._paragraphs for row in paragraph.wrap(self.app.console, width)]
        self.lines = len(self._rows)

    def on_resize(self) -> None:
        """Wrap the paragraphs to another width; Textual then calls the handler of the base class too."""
        self._wrap()

    def line_at(self, index: int, width: int) -> Text:
        """Return one row."""
        del width
        return self._rows[index]
