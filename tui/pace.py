"""Draw often enough to look alive, never more often than the terminal can take it, and not at all when idle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump

DRAWS_PER_SECOND = 12.0
PATIENCE = 1.0
"""Seconds to wait for a terminal's answer before drawing anyway: a lost answer must not freeze the screen."""


class Pace:
    """Turns any number of `mark` calls into at most 12 calls of `draw` a second; no timer runs when none is due.

    `ask` is called after a draw and may ask the terminal for a sign of life; if it says that it did, the next
    draw waits for `acknowledged`. Without that, Textual's output queue fills up on a slow line and keys echo late.
    """

    def __init__(self, owner: MessagePump, draw: Callable[[], None], *, ask: Callable[[], bool] | None = None) -> None:
        self._owner = owner
        self._draw = draw
        self._ask = ask
        self._due = False
        self._awaited_until = 0.0
        self._last = 0.0

    @property
    def due(self) -> bool:
        """Whether a draw is still to come."""
        return self._due

    def mark(self) -> None:
        """Something changed: draw soon."""
        if not self._due:
            self._due = True
            self._later(self._last + 1 / DRAWS_PER_SECOND)

    def acknowledged(self) -> None:
        """The terminal has printed everything up to the last draw."""
        self._awaited_until = 0.0
        if self._due:
            self._later(self._last + 1 / DRAWS_PER_SECOND)

    def _later(self, at: float) -> None:
        self._owner.set_timer(max(at - time.monotonic(), 0.001), self._turn)

    def _turn(self) -> None:
        now = time.monotonic()
        if not self._due:
            return
        if now < self._awaited_until:
            self._later(self._awaited_until)
            return
        self._due, self._last = False, now
        self._draw()
        if self._ask is not None and self._ask():
            self._awaited_until = now + PATIENCE
