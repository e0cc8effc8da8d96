"""One-shot timers that always fire.

Textual's own give up for good when their time has passed before they begin to wait, as it has for a short one on a
busy machine: a draw that was due then never comes, and a new size of the terminal is never laid out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.timer import Timer


def sure(timer: Timer) -> Timer:
    """The timer that `set_timer` just gave, made to fire however late it is; its task has not begun yet."""
    timer._skip = False  # noqa: SLF001 - `set_timer` has no argument for it
    return timer
