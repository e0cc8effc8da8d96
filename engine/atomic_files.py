"""Files that are either the old or the new one, whatever happens in between, and private to their owner."""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from engine.errors import StoreError

STALE_SECONDS = 60.0


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what the file system refuses (disk full, no permission) into a StoreError that names `path`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}", hint="check the disk's free space and rights") from error


def private_folder(folder: Path) -> Path:
    """The folder itself, made if it is not there, for its owner only (0700). Raises StoreError."""
    with store_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def write_atomically(path: Path, data: bytes, *, keep_previous: bool = False, aside: Path | None = None) -> None:
    """Replace `path` by `data`, durably: a crash leaves the old file or the new one, never a part.

    Temporary file in the same folder, fsync, `os.replace`, fsync of the folder. The file is for its owner
    only (0600). `keep_previous` keeps one older generation as `name.bak`. `aside` is another folder of the
    same disk for the temporary file, where its own is too large to be swept. Writers of one path take turns
    by a lock of their own, or the last one wins. Raises StoreError, and then `path` is unchanged.
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
    """Where `write_atomically` keeps the older generation of `path`."""
    return path.with_name(f"{path.name}.bak")


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable (what was renamed stays renamed after a power cut). Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_whole(descriptor: int, line: bytes) -> None:
    """Append to an open file in one write, or not at all; raises OSError, also when the disk takes only a part.

    The part is taken back, unless somebody without a lock appended to it meanwhile.
    """
    written = os.write(descriptor, line)
    if written != len(line):
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        if end == os.fstat(descriptor).st_size:
            os.ftruncate(descriptor, end - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@cache  # once per process
def sweep(folder: Path) -> None:
    """Remove temporary files that killed processes left in `folder` over `STALE_SECONDS` ago."""
    oldest = time.time() - STALE_SECONDS
    with suppress(OSError):
        for left in folder.glob(".*.tmp"):
            if left.lstat().st_mtime < oldest:
                left.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _keep_previous(path: Path) -> None:
    """A second name for the file that is about to be replaced; a copy where there are no hard links."""
    if not path.exists():
        return
    temporary = _temporary(previous(path))
    try:
        os.link(path, temporary)
    except OSError:
        _write_new(temporary, path.read_bytes())
    temporary.replace(previous(path))
