"""Writes and reads the log of a workspace: JSON lines in a few small files, private to their owner.

Records come through the standard library's `logging`; `begin` adds the handler that writes them. No file is made before
the first record. Several processes write to one log, and only a rotation waits for another process, for one second at
most: concurrent-log-handler, which locks for every record and without limit, let a suspended session stop all others.
"""

import json
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from engine.atomic_files import append_whole, private_folder
from engine.errors import InputError, PersonaMoeError, StoreError
from engine.text.safe import one_line

FILE_BYTES = 1_000_000
OLDER_FILES = 3
TEXT_BYTES = 16_000  # of a message or a traceback as JSON
LOCK_SECONDS = 1.0
LAST_ERRORS = 3

_FIELDS = {"at", "level", "message"}

logger = logging.getLogger("persona_moe")
logger.addHandler(logging.NullHandler())  # before `begin` nothing may reach the screen either


def begin(path: Path, level: str) -> None:
    """Write records to `path` from now on: our own from `level` on, those of other packages from WARNING on."""
    _close()
    if logger.level != logging.DEBUG:  # else `keep_everything` came first
        logger.setLevel(level)
    handler = _Handler(path)
    handler.setLevel(logger.level)
    logging.getLogger().addHandler(handler)


def keep_everything() -> None:
    """Log from DEBUG on, whatever level `begin` is given, until `end`."""
    logger.setLevel(logging.DEBUG)


def end() -> str:
    """Close the log; returns in one line why it could not be written, empty if it could."""
    logger.setLevel(logging.NOTSET)
    return _close()


def record(error: BaseException, **fields: object) -> Path | None:
    """Log an error, once: a defect with its traceback, bad usage as INFO.

    Returns the file that holds the record; None if there is no log, or if it could not be written.
    """
    if not vars(error).get("_logged"):
        vars(error)["_logged"] = True
        expected = isinstance(error, PersonaMoeError) and not logger.isEnabledFor(logging.DEBUG)
        logger.log(
            logging.INFO if isinstance(error, InputError) else logging.ERROR,
            "%s" if isinstance(error, PersonaMoeError) else "internal error: %r",
            error,
            exc_info=None if expected else error,
            extra={"fields": fields},
        )
    return next((handler.path for handler in _handlers() if not handler.problem), None)


def files(path: Path) -> list[Path]:
    """Return the existing files of a log, newest first."""
    return [name for name in _names(path) if name.is_file()]


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of the log, newest first, without damaged lines. Raises StoreError."""
    for file in files(path):
        try:
            lines = file.read_bytes().splitlines()
        except FileNotFoundError:  # another process has just rotated it
            continue
        except OSError as error:
            raise StoreError(f"{file}: {error.strerror or error}", hint="the log must be readable") from error
        for line in reversed(lines):
            with suppress(ValueError, RecursionError):
                if isinstance(entry := json.loads(line), dict):
                    yield entry


def last_errors(path: Path) -> list[dict[str, Any]]:
    """Return the newest `LAST_ERRORS` errors in the log, newest first. Raises StoreError."""
    errors = (
        entry for entry in entries(path) if entry.get("level") in {"ERROR", "CRITICAL"} and entry.keys() >= _FIELDS
    )
    return list(islice(errors, LAST_ERRORS))


def why_not_writable(path: Path) -> str:
    """Return in one line why the log cannot be written; empty if it can."""
    try:
        private_folder(path.parent)
        os.close(_open(path))
    except (StoreError, OSError) as error:
        return _problem(path, error)
    return ""


def _close() -> str:
    problem = ""
    for handler in _handlers():
        problem = handler.problem
        logging.getLogger().removeHandler(handler)
        handler.close()
    return problem


def _handlers() -> list["_Handler"]:
    return [handler for handler in logging.getLogger().handlers if isinstance(handler, _Handler)]


def _names(path: Path) -> list[Path]:
    """Return the names that the files of a log can have, newest first."""
    return [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, OLDER_FILES + 1))]


def _problem(path: Path, error: Exception) -> str:
    reason = error.message if isinstance(error, StoreError) else getattr(error, "strerror", None) or str(error)
    return one_line(f"the log {path} cannot be written: {reason}")


def _open(path: Path) -> int:
    """Open the file for appending; it is private to its owner."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


class _Handler(logging.Handler):
    """Writes records to the file and rotates it; keeps what the disk refuses in `problem`, and never raises."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.problem = path, ""
        self.setFormatter(_JsonLine())
        self._descriptor: int | None = None  # opened at the first record

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line."""
        try:
            line = (self.format(record) + "\n").encode("ascii")
            descriptor = self._current_file()
            if os.fstat(descriptor).st_size + len(line) > FILE_BYTES:
                self._rotate(descriptor)
                descriptor = self._current_file()
            append_whole(descriptor, line)  # the lines of two processes do not mix
        except Exception as error:  # noqa: BLE001 - a log that fails must not stop the work that it describes
            self.problem = _problem(self.path, error)
            self._close_file()

    def close(self) -> None:
        """Close the file."""
        self._close_file()
        super().close()

    def _current_file(self) -> int:
        """Open the file, again if another process has rotated or removed it."""
        if self._descriptor is not None and not self._is_current(self._descriptor):
            self._close_file()
        if self._descriptor is None:
            private_folder(self.path.parent)
            self._descriptor = _open(self.path)
        return self._descriptor

    def _is_current(self, descriptor: int) -> bool:
        try:
            return self.path.stat().st_ino == os.fstat(descriptor).st_ino
        except FileNotFoundError:
            return False

    def _rotate(self, descriptor: int) -> None:
        """Rename the files, unless another process has done so; if it holds the lock too long, the file grows on."""
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=LOCK_SECONDS, mode=0o600)
        with suppress(Timeout), lock:
            if self._is_current(descriptor):
                self._close_file()
                names = _names(self.path)
                for old, new in reversed(list(pairwise(names))):
                    with suppress(FileNotFoundError):
                        old.replace(new)

    def _close_file(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)


class _JsonLine(logging.Formatter):
    """Writes a record as one line of ASCII JSON; control characters, which could steer a terminal, are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not match the message
            message = str(record.msg)
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            "message": _cut(message),
        }
        line |= {name: _cut(str(value)) for name, value in getattr(record, "fields", {}).items()}
        if record.exc_info and (error := record.exc_info[1]) is not None:
            line["error"] = _cut(f"{type(error).__name__}: {error}")
            line["traceback"] = _cut("".join(traceback.format_exception(error)), keep_end=True)
        return json.dumps(line)


def _cut(text: str, *, keep_end: bool = False) -> str:
    """Shorten a text to `TEXT_BYTES` of JSON, from its start if `keep_end`: a traceback says most at its end."""
    while len(json.dumps(text)) > TEXT_BYTES:
        half = len(text) // 2
        text = "…" + text[-half:] if keep_end else text[:half] + "…"
    return text
