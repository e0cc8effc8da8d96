"""Handle ctrl+c while files are read: finish and keep the present file, then end the command."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn ctrl+c into an event within the block; raises KeyboardInterrupt after it if ctrl+c was pressed."""
    interrupted = threading.Event()
    previous = signal.signal(signal.SIGINT, lambda _number, _frame: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)
    if interrupted.is_set():
        raise KeyboardInterrupt
