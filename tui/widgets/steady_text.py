"""A text that is drawn only when it changes, and lays out the screen only where its size may change with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

if TYPE_CHECKING:
    from rich.console import RenderableType


class SteadyText(Static):
    """Shows one text, which is not read as markup."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(markup=False, id=id)
        self._drawn: RenderableType | None = None

    def show(self, text: RenderableType) -> None:
        """Draw this text if it is another one."""
        if text != self._drawn:
            self._drawn = text
            self.update(text, layout=self.styles.is_auto_height)
