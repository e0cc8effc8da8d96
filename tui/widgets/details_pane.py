"""Paragraphs of foreign text, wrapped to the pane; lines that stay as they were are not sent again."""

from collections.abc import Sequence

from rich.text import Text
from textual.geometry import Region

from tui.drawing.cells import title
from tui.widgets.line_pane import LinePane


class DetailsPane(LinePane):
    """Shows what it is given, from its first line on."""

    BORDER_TITLE = " Passage "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._paragraphs: Sequence[Text] = ()
        self._rows: list[Text] = []
        self._heading = ""

    def show(self, paragraphs: Sequence[Text], heading: str) -> None:
        """Draw these paragraphs if they are others than before."""
        if heading != self._heading:  # setting it sends the whole pane
            self._heading, self.border_title = heading, title(heading)
        if paragraphs == self._paragraphs:
            return
        self._paragraphs = paragraphs
        before, self._rows = self._rows, self._wrapped()
        scrolled, self.top, self.lines = self.top, 0, len(self._rows)
        if scrolled:
            self.refresh()
        elif changed := self._changed(before):
            self.refresh(*changed)

    def _changed(self, before: list[Text]) -> list[Region]:
        height, width = self.size.height, self.size.width
        old, new = ([*rows[:height], *[Text()] * (height - len(rows))] for rows in (before, self._rows))
        return [Region(0, y, width, 1) for y in range(height) if old[y] != new[y]]

    def _wrapped(self) -> list[Text]:
        width = max(self.size.width, 10)
        return [row for paragraph in self._paragraphs for row in paragraph.wrap(self.app.console, width)]

    def on_resize(self) -> None:
        """Other rows for another width."""
        self._rows = self._wrapped()
        self.lines = len(self._rows)
        super().on_resize()

    def line_at(self, index: int, width: int) -> Text:
        """One row."""
        del width
        return self._rows[index]
