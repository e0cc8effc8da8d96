"""Paces the drawing: at most 12 frames a second, no more than the terminal can take, and none when idle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

from tui.terminal.textual_fixes import sure

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.timer import Timer

AskTerminal: TypeAlias = "Callable[[Screen[None]], bool]"
"""Asks the terminal for an answer after a draw of a screen; returns whether one will come (`Pace`)."""

DRAWS_PER_SECOND = 12.0
FIRST_DRAWS, FIRST_SECONDS, IDLE_SECONDS = 4, 0.02, 1.0
"""After so many seconds without a draw, the first few come sooner: the effect of a key is visible at once."""

ANSWER_SECONDS = 1.0
"""How long to wait for a terminal's answer before drawing anyway: a lost answer must not freeze the screen."""

SLOW_ANSWER_SECONDS = 5.0
"""The same for a terminal that has answered before: on a very slow line a frame takes longer than a second."""

FIRST_FRAME_FACTOR, FRAME_FACTOR = 1.25, 4.0
"""Times the duration of a frame before the next one is sent, for the first few and later: keys need the rest."""


class Pace:
    """Turns any number of `mark` calls into at most 12 calls of `draw` a second; no timer runs when none is due.

    `ask` is called after a draw and may ask the terminal for an answer; if it returns True, the next draw waits for
    `acknowledged`. Without that, Textual's output queue fills up on a slow line and keys echo late.
    """

    def __init__(self, owner: MessagePump, draw: Callable[[], None], *, ask: Callable[[], bool] | None = None) -> None:
        self._owner = owner
        self._draw = draw
        self._ask = ask
        self._due = False
        self._timer: Timer | None = None
        self._awaited_until = 0.0
        self._last_draw = 0.0
        self._quick_draws = 0
        self._answer_seconds = ANSWER_SECONDS
        self._frame_seconds = 0.0

    @property
    def due(self) -> bool:
        """Whether a draw is still to come."""
        return self._due

    def mark(self) -> None:
        """Ask for a draw, soon."""
        if not self._due:
            self._due = True
            if time.monotonic() - self._last_draw > IDLE_SECONDS:
                self._quick_draws = FIRST_DRAWS
            self._schedule(self._last_draw + self._interval())

    def acknowledged(self) -> None:
        """Note that the terminal has printed everything up to the last draw."""
        if self._awaited_until:
            self._frame_seconds, self._answer_seconds = time.monotonic() - self._last_draw, SLOW_ANSWER_SECONDS
        self._awaited_until = 0.0
        if self._due:
            self._schedule(self._last_draw + self._interval())

    def _interval(self) -> float:
        """Seconds between the last draw and the next one."""
        if self._quick_draws:
            return max(FIRST_SECONDS, FIRST_FRAME_FACTOR * self._frame_seconds)
        return max(1 / DRAWS_PER_SECOND, FRAME_FACTOR * self._frame_seconds)

    def _schedule(self, at: float) -> None:
        if self._timer is not None:  # an earlier one would draw sooner than a frame may follow the last
            self._timer.stop()
        self._timer = sure(self._owner.set_timer(max(at - time.monotonic(), 0.001), self._draw_if_due))

    def _draw_if_due(self) -> None:
        now = time.monotonic()
        if not self._due:
            return
        if now < self._awaited_until:
            self._schedule(self._awaited_until)
            return
        self._due, self._last_draw = False, now
        self._quick_draws = max(self._quick_draws - 1, 0)
        self._draw()
        if self._ask is not None and self._ask():
            self._awaited_until = now + self._answer_seconds
