"""Keep the order of keys that come together: each goes to the pane that the one before it led to."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.widgets import Input

from tui.terminal.textual_fixes import SteadyApp

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.events import Event

PATIENCE = 0.25
"""Seconds after which a key is handed on although the one before it has not come to its end."""


EDITING = frozenset({"backspace", "delete", "left", "right", "home", "end"})
"""Keys that only edit a line of text which has the focus."""


class OrderedKeys(SteadyApp):
    """An application which hands a key on when the one before it has done its work.

    Textual sends a key to the pane that has the focus when the key arrives. If several come in one packet, as from a
    paste or over a slow line, all of them go to the pane of the first one, even if that is Tab. Keys that only edit a
    line of text do not wait for each other: they lead nowhere else.
    """

    def __init__(self) -> None:
        super().__init__()
        self._under_way: Key | Paste | None = None
        self._waiting: deque[Key | Paste] = deque()

    async def on_event(self, event: Event) -> None:
        """Hand a key or a pasted text on, or let it wait."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way is None:
            await self._hand_on(event)
        else:
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._limit_the_wait()

    async def _hand_on(self, event: Key | Paste) -> None:
        if self._is_typed(event):
            await super().on_event(event)
            return
        self._under_way = event
        await super().on_event(event)
        self._follow(event, self.focused or self.screen if event.is_forwarded else None)

    def _is_typed(self, event: Key | Paste) -> bool:
        """Tell whether the pane with the focus takes the key as a character of a text, or edits it."""
        line = self.focused
        if not isinstance(event, Key) or line is None:
            return False
        return line.check_consume_key(event.key, event.character) or (event.key in EDITING and isinstance(line, Input))

    def _follow(self, event: Key | Paste, node: DOMNode | None) -> None:
        """Go the way of a key, behind it in the queue of each node from its pane up to the application."""
        if node is not None and node.call_later(self._follow, event, node.parent):
            return
        self.call_later(self._wait_for_screen, event)

    def _wait_for_screen(self, event: Key | Paste) -> None:
        """Wait for the screen too, behind the focus of a pane: a new screen gives it to its first line."""
        if not (self.screen_stack and self.screen.call_later(self.call_later, self._go_on, event)):
            self.call_later(self._go_on, event)

    def _limit_the_wait(self) -> None:
        self.set_timer(PATIENCE, partial(self._go_on, self._under_way))

    async def _go_on(self, event: Key | Paste | None) -> None:
        """Hand on what waits for this key, unless that happened already."""
        if event is not self._under_way:
            return
        self._under_way = None
        while self._waiting and self._under_way is None:
            await self._hand_on(self._waiting.popleft())
        if self._waiting:
            self._limit_the_wait()
