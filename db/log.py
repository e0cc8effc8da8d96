"""The workspace's log: what went wrong and where, as JSON lines in a few small files that only their owner reads.

Everything is written through the standard library's `logging`; `begin` adds the one handler that knows the
file. No file is made and nothing more is imported before there is something to write.
"""

import io
import json
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from engine.atomic_files import append_whole, private_folder
from engine.errors import InputError, PersonaMoeError, StoreError
from engine.text.safe import one_line

if TYPE_CHECKING:
    from logging.handlers import RotatingFileHandler

FILE_BYTES = 1_000_000
OLDER_FILES = 3
TEXT_BYTES = 16_000  # of a message or a traceback as JSON
LOCK_SECONDS = 1.0
LAST_ERRORS = 3

_FIELDS = {"at", "level", "message"}

logger = logging.getLogger("persona_moe")
logger.addHandler(logging.NullHandler())  # before `begin` nothing may reach the screen either


def begin(path: Path, level: str) -> None:
    """From now on what is logged goes to `path`; ours from `level` on, of others only what they warn of."""
    _close()
    if logger.level != logging.DEBUG:  # else `keep_everything` came first
        logger.setLevel(level)
    handler = _Handler(path)
    handler.setLevel(logger.level)
    logging.getLogger().addHandler(handler)


def keep_everything() -> None:
    """Whatever level `begin` is given, log from DEBUG on, until `end`."""
    logger.setLevel(logging.DEBUG)


def end() -> str:
    """Close the log; returns in one line what kept it from being written, if anything did."""
    logger.setLevel(logging.NOTSET)
    return _close()


def record(error: BaseException, **fields: object) -> Path | None:
    """Log an error, once: a defect with its traceback; bad usage is only worth an INFO.

    Returns the file that holds it; None if there is no log, or if it could not be written.
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
    """The files of a log that are there, newest first."""
    names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, OLDER_FILES + 1))]
    return [name for name in names if name.is_file()]


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """What the log holds, newest first; a line that was torn is left out. Raises StoreError."""
    for file in files(path):
        try:
            lines = file.read_bytes().splitlines()
        except FileNotFoundError:  # rotated away meanwhile
            continue
        except OSError as error:
            raise StoreError(f"{file}: {error.strerror or error}", hint="the log must be readable") from error
        for line in reversed(lines):
            with suppress(ValueError, RecursionError):
                if isinstance(entry := json.loads(line), dict):
                    yield entry


def last_errors(path: Path) -> list[dict[str, Any]]:
    """The newest `LAST_ERRORS` errors in the log, newest first. Raises StoreError."""
    failed = (
        entry for entry in entries(path) if entry.get("level") in {"ERROR", "CRITICAL"} and entry.keys() >= _FIELDS
    )
    return list(islice(failed, LAST_ERRORS))


def why_not_writable(path: Path) -> str:
    """What keeps the log from being written; empty if nothing does."""
    try:
        private_folder(path.parent)
        _open(path).close()
    except (StoreError, OSError) as error:
        return _told(path, error)
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


def _told(path: Path, error: Exception) -> str:
    reason = error.message if isinstance(error, StoreError) else getattr(error, "strerror", None) or str(error)
    return one_line(f"the log {path} cannot be written: {reason}")


def _open(path: Path) -> io.TextIOWrapper:
    """The file to append to, for its owner only."""
    return io.TextIOWrapper(io.FileIO(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab"))


class _Handler(logging.Handler):
    """Makes the rotating handler at the first record; what the disk refuses is kept in `problem`, never raised."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.problem = path, ""
        self.setFormatter(_Line())
        self._writer: RotatingFileHandler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line."""
        try:
            stream = self._stream()
            line = self.format(record) + "\n"
            if self._was_rotated(stream):
                self._shut()
                stream = self._stream()
            if os.fstat(stream.fileno()).st_size + len(line) > FILE_BYTES:
                stream = self._rotated(stream)
            append_whole(stream.fileno(), line.encode("ascii"))  # two processes do not mix theirs
        except Exception as error:  # noqa: BLE001 - a log that fails must not stop the work it is about
            self.problem = _told(self.path, error)
            self._shut()

    def close(self) -> None:
        """Let go of the file."""
        self._shut()
        super().close()

    def _stream(self) -> io.TextIOWrapper:
        if self._writer is None:
            from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - 5 ms that a run without trouble saves

            private_folder(self.path.parent)
            self._writer = RotatingFileHandler(self.path, backupCount=OLDER_FILES, delay=True)
        if self._writer.stream is None:
            self._writer.stream = _open(self.path)
        return self._writer.stream

    def _was_rotated(self, stream: io.TextIOWrapper) -> bool:
        """Whether another process put a new file in the place of the open one."""
        try:
            return self.path.stat().st_ino != os.fstat(stream.fileno()).st_ino
        except FileNotFoundError:
            return True

    def _rotated(self, stream: io.TextIOWrapper) -> io.TextIOWrapper:
        """One process makes room, and the others find the new file; while none can, the old one grows on."""
        assert self._writer is not None
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=LOCK_SECONDS, mode=0o600)
        with suppress(Timeout), lock:
            if self._was_rotated(stream):
                self._shut()
            else:
                self._writer.doRollover()
        return self._stream()

    def _shut(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(OSError, ValueError):
                writer.close()


class _Line(logging.Formatter):
    """A record as one line of ASCII JSON: what could steer a terminal stands in it as an escape."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit
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
    """At most `TEXT_BYTES` of JSON; of a traceback the end says most."""
    while len(json.dumps(text)) > TEXT_BYTES:
        half = len(text) // 2
        text = "…" + text[-half:] if keep_end else text[:half] + "…"
    return text
