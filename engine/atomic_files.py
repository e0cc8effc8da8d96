"""Write files atomically and durably, readable by their owner only, and report disk errors as StoreError."""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from engine.errors import PersonaMoeError, StoreError

STALE_SECONDS = 60.0


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn an OSError (disk full, no permission) into a StoreError that names `path`."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror or error}", hint="check the free space of the disk and your permissions"
        ) from error


@contextmanager
def only_writer(lock: Path, refusal: PersonaMoeError) -> Iterator[None]:
    """Hold the file `lock`, whose folder is made if missing; raise `refusal` at once while another process holds it."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is written

    with store_errors(lock.parent):
        file_lock = FileLock(private_folder(lock.parent) / lock.name, timeout=0)
        try:
            file_lock.acquire()
        except Timeout as error:
            raise refusal from error
    try:
        yield
    finally:
        file_lock.release()


def private_folder(folder: Path) -> Path:
    """Create the folder if it is missing, for its owner only (0700), and return it. Raises StoreError."""
    with store_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def write_atomically(path: Path, data: bytes, *, keep_previous: bool = False, aside: Path | None = None) -> None:
    """Write `data` to `path`, durably: after a crash `path` is the old file or the new one, never a part.

    A temporary file in the same folder is written and synced, then renamed to `path` (`os.replace`), then the folder is
    synced. The file is readable by its owner only (0600). `keep_previous` keeps the replaced file as `name.bak`.
    `aside` is another folder of the same disk for the temporary file, if the folder of `path` has too many files to be
    swept. Of several writers the last one wins, unless callers lock. Raises StoreError, and then `path` is unchanged.
    """
    private_folder(path.parent)
    sweep(private_folder(aside or path.parent))
    temporary = _temporary((aside or path.parent) / path.name)
    with store_errors(path):
        try:
            _write_new(temporary, data)
            if keep_previous:
                _keep_previous(path)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def previous(path: Path) -> Path:
    """The path under which `write_atomically` keeps the replaced file."""
    return path.with_name(f"{path.name}.bak")


def sync_folder(folder: Path) -> None:
    """Sync the folder itself, so that a rename in it survives a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_whole(descriptor: int, line: bytes) -> None:
    """Append to an open file in one write, or not at all; raises OSError, also if only a part could be written.

    That part is cut off again, unless another writer appended after it.
    """
    written = os.write(descriptor, line)
    if written != len(line):
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        if end == os.fstat(descriptor).st_size:
            os.ftruncate(descriptor, end - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@cache  # once per process
def sweep(folder: Path) -> None:
    """Remove temporary files in `folder` that are older than `STALE_SECONDS`: a killed process left them."""
    oldest = time.time() - STALE_SECONDS
    with suppress(OSError):
        for temporary in folder.glob(".*.tmp"):
            if temporary.lstat().st_mtime < oldest:
                temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _keep_previous(path: Path) -> None:
    """Link the file that is about to be replaced to its `.bak` name; copy it where links are not supported."""
    if not path.exists():
        return
    temporary = _temporary(previous(path))
    try:
        os.link(path, temporary)
    except OSError:
        _write_new(temporary, path.read_bytes())
    temporary.replace(previous(path))
