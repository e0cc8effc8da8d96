"""The keys that work now, in the last line of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Footer

if TYPE_CHECKING:
    from textual.app import ComposeResult


class KeyBar(Footer):
    """Textual's footer, which exchanges its widgets only when it has other keys to show.

    Textual's own exchanges one widget for each key whenever the focus moves or a screen comes to the front, and
    computes the styles of each new widget twice. That was more than half the work of going to another screen.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._keys: list[tuple[object, ...]] = []

    def compose(self) -> ComposeResult:
        """Yield one widget for each key, with the class that textual would only add after it is mounted."""
        for key in super().compose():
            key.set_class(True, "-compact", update=False)
            yield key

    async def recompose(self) -> None:
        """Exchange the widgets if the keys to show are others than before; nothing on a screen that was left."""
        if not self.is_attached:
            return
        keys: list[tuple[object, ...]] = [
            (active.binding, active.enabled, active.tooltip)
            for active in self.screen.active_bindings.values()
            if active.binding.show
        ]
        if keys != self._keys:
            self._keys = keys
            await super().recompose()
