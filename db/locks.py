"""Lock files: sessions that work in the same folder take turns."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import StoreError

WAIT_SECONDS = 20.0


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold `lock` exclusively among all threads and processes; the thread that holds it may enter again.

    The system releases it when a process dies. Raises StoreError if it is not free within `WAIT_SECONDS`.
    """
    file_lock = FileLock(lock, timeout=WAIT_SECONDS, poll_interval=0.002, mode=0o600, is_singleton=True)
    try:
        file_lock.acquire()
    except Timeout as error:
        raise StoreError(
            f"{lock}: held by another session for {WAIT_SECONDS:.0f} s", hint="end that session"
        ) from error
    except OSError as error:
        raise StoreError(f"{lock}: {error.strerror or error}", hint="the folder must be writable") from error
    try:
        yield
    finally:
        file_lock.release()


def is_held(lock: Path) -> bool:
    """Whether another session holds the lock at this moment."""
    probe = FileLock(lock, timeout=0, mode=0o600)
    try:
        probe.acquire()
    except (Timeout, OSError):
        return True
    probe.release()
    return False
