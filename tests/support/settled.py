"""Wait for an application by its state, in place of textual's guess from the time that the processor was busy.

Textual's pilot takes an application for idle when the process computed little in the last 20 ms. On a busy machine a
process computes little although it has much to do, so a test looked at a screen that was not drawn yet.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from textual._context import active_app
from textual.app import App

from tui.terminal.frame_pacing import Pace

ROUNDS = 5_000
"""Of the event loop, after which something must be at work that never ends, as the growth of a graph that plays."""

PATIENCE = 0.3
"""Seconds for a thread or a timer; the tests in which they wait for a key wait for a state of their own."""


async def settled(_min_sleep: float = 0, _max_sleep: float = 0) -> None:
    """Wait until the application has nothing left to do: no message, no thread, no draw.

    It takes the place of textual's `wait_for_idle` and ignores its times.
    """
    app = active_app.get()
    end = time.monotonic() + PATIENCE
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
        if asyncio.get_running_loop()._ready:  # type: ignore[attr-defined]
            continue
        if _is_undrawn(app):
            app.screen._on_timer_update()
        elif _is_awaited(app) and time.monotonic() < end:
            await asyncio.sleep(0.001)
        else:
            return


def _is_undrawn(app: App[Any]) -> bool:
    """Whether the screen in front will be laid out or painted by textual's timer."""
    if not app.is_running or not app.screen_stack or app._batch_count:
        return False
    screen = app.screen
    return bool(screen._layout_required or screen._repaint_required or screen._dirty_widgets or screen._callbacks)


def _is_awaited(app: App[Any]) -> bool:
    """Whether a thread is at work or a draw is due."""
    pace = getattr(app.screen, "pace", None) if app.is_running and app.screen_stack else None
    return _has_busy_thread() or (isinstance(pace, Pace) and pace.due)


def _has_busy_thread() -> bool:
    executor = getattr(asyncio.get_running_loop(), "_default_executor", None)
    if not isinstance(executor, ThreadPoolExecutor):
        return False
    return len(executor._threads) > executor._idle_semaphore._value


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another process, thread or task brings about."""
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
