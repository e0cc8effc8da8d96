"""End a command that reads files in order, on ctrl+C, SIGTERM or a hang-up: what was read completely is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn signals into an event while this lasts; raise KeyboardInterrupt, or SystemExit with 128 + n, at its end."""
    interrupted = threading.Event()
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        interrupted.set()

    handlers = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield interrupted
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if signal.SIGINT in received:
        raise KeyboardInterrupt
    if received:
        raise SystemExit(128 + received[0])
