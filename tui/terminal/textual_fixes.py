"""Textual's application without two of its races, in which a new size of the terminal or a frame was lost for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen
    from textual.timer import Timer


class SteadyApp(App[None]):
    """What is drawn while widgets are exchanged, as those of a footer, textual drops; here all is drawn afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self._has_dropped = False

    def set_timer(self, *args: Any, **options: Any) -> Timer:
        """As textual's, but sure: by such a timer it lays out a new size of the terminal."""
        return sure(super().set_timer(*args, **options))

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        self._has_dropped |= bool(self._batch_count) and renderable is not None
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        super()._end_batch()
        if self._has_dropped and not self._batch_count:
            self._has_dropped = False
            self.screen.refresh()


def sure(timer: Timer) -> Timer:
    """Make the timer that `set_timer` just returned fire however late it is; its task has not begun yet.

    Textual's one-shot timers never fire when their time has passed before they begin to wait, as it has for a short
    one on a busy machine: a draw that was due then never comes, and a new size of the terminal is never laid out.
    """
    timer._skip = False  # noqa: SLF001 - `set_timer` has no argument for it
    return timer
