"""Draw often enough to look alive, never more often than the terminal can take it, and not at all when idle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.terminal.textual_fixes import sure

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump

DRAWS_PER_SECOND = 12.0
SOON = 0.02
"""Seconds between the first draws after a rest: what a key has set going is seen at once."""

FIRST_DRAWS = 4
RESTED = 1.0
PATIENCE = 1.0
"""Seconds to wait for a terminal's answer before drawing anyway: a lost answer must not freeze the screen."""

LONG_PATIENCE = 5.0
"""The same for a terminal that has answered before: on a very slow line a frame takes longer than a second."""

SHARE = 1.5
"""Of the time that a frame took to arrive, before the next one is sent: keys need a part of the line as well."""


class Pace:
    """Turns any number of `mark` calls into at most 12 calls of `draw` a second; no timer runs when none is due.

    After a rest of a second the first four draws come sooner: what a key has set going is seen at once.

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
        self._quickly = 0
        self._patience = PATIENCE
        self._took = 0.0

    @property
    def due(self) -> bool:
        """Whether a draw is still to come."""
        return self._due

    def mark(self) -> None:
        """Something changed: draw soon."""
        if not self._due:
            self._due = True
            if time.monotonic() - self._last > RESTED:
                self._quickly = FIRST_DRAWS
            self._later(self._last + self._distance())

    def acknowledged(self) -> None:
        """The terminal has printed everything up to the last draw."""
        if self._awaited_until:
            self._took, self._patience = time.monotonic() - self._last, LONG_PATIENCE
        self._awaited_until = 0.0
        if self._due:
            self._later(self._last + self._distance())

    def _distance(self) -> float:
        """Seconds that the next draw has to be away from the last one."""
        return max(SOON if self._quickly else 1 / DRAWS_PER_SECOND, SHARE * self._took)

    def _later(self, at: float) -> None:
        sure(self._owner.set_timer(max(at - time.monotonic(), 0.001), self._turn))

    def _turn(self) -> None:
        now = time.monotonic()
        if not self._due:
            return
        if now < self._awaited_until:
            self._later(self._awaited_until)
            return
        self._due, self._last = False, now
        self._quickly = max(self._quickly - 1, 0)
        self._draw()
        if self._ask is not None and self._ask():
            self._awaited_until = now + self._patience
