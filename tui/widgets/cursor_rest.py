"""Draw the details of a cursor's line when the cursor rests: a held key then costs the line of the cursor alone."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from tui.terminal.textual_fixes import sure

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.timer import Timer

REST_SECONDS = 0.15
"""Moves that follow each other faster are one movement: keys repeat every 30 to 100 ms, fingers are slower."""


class CursorRest:
    """Calls `draw` at once for a single move; in a faster movement once more, after its last move."""

    def __init__(self, owner: MessagePump, draw: Callable[[], object]) -> None:
        self._owner, self._draw = owner, draw
        self._last_move = -math.inf
        self._timer: Timer | None = None

    def moved(self) -> None:
        """Take note of a move."""
        now = time.monotonic()
        is_single, self._last_move = now - self._last_move >= REST_SECONDS, now
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if is_single:
            self._draw()
        else:
            self._timer = sure(self._owner.set_timer(REST_SECONDS, self._draw))
