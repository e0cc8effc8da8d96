"""One lock file, shared by all sessions that work in the same folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import StoreError

WAIT_SECONDS = 20.0


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold `lock` alone among all threads and processes; the thread that holds it may enter again.

    The system frees it when a process dies. Raises StoreError if it cannot be had within `WAIT_SECONDS`.
    """
    held = FileLock(lock, timeout=WAIT_SECONDS, poll_interval=0.002, mode=0o600, is_singleton=True)
    try:
        held.acquire()
    except Timeout as error:
        raise StoreError(
            f"{lock}: held by another session for {WAIT_SECONDS:.0f} s", hint="end that session"
        ) from error
    except OSError as error:
        raise StoreError(f"{lock}: {error.strerror or error}", hint="the folder must be writable") from error
    try:
        yield
    finally:
        held.release()


def is_held(lock: Path) -> bool:
    """Whether another session holds the lock right now."""
    probe = FileLock(lock, timeout=0, mode=0o600)
    try:
        probe.acquire()
    except (Timeout, OSError):
        return True
    probe.release()
    return False
