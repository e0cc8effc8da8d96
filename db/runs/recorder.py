"""Records the events of a run as they happen, and finishes the files of runs that were killed."""

import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from db.locks import exclusive
from db.runs.run_files import _SAFE_NAME, _content, _packed, _paths, unfinished
from engine.atomic_files import append_whole, private_folder, store_errors, write_atomically
from engine.errors import StoreError, UnknownRunError
from engine.events import (
    QuestionRead,
    RecordedEvent,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    from_json,
    to_json,
)

_CLOSED = -1


class RunRecorder:
    """Writes the events of one run to a plain file as they come, so that a killed session loses none.

    Each event is written without a buffer (2 us); `close` packs the file. The plain file is removed when the `with`
    block ends, in which the history has to enter the run: a plain file that is left belongs to a killed session
    (`finish_unfinished`). A `question` is written at once, as a `RunStarted` that the run's own replaces. Raises
    StoreError if the disk refuses, or if the run was recorded already.
    """

    def __init__(self, folder: Path, run_id: str, question: str = "") -> None:
        self._plain, self._gzipped = _paths(folder, run_id)
        self._open = True
        self._placeholder = (
            to_json(RecordedEvent(0.0, RunStarted(run_id, question, 0, 0, None))) + b"\n" if question else b""
        )
        self._replaced_bytes = 0  # of the placeholder, once the run's own event is written
        with exclusive(private_folder(self._plain.parent) / ".lock"), store_errors(self._plain):
            self._descriptor = os.open(self._plain, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)  # the system frees it when this process dies
                append_whole(self._descriptor, self._placeholder)
            except OSError:
                os.close(self._descriptor)
                self._plain.unlink(missing_ok=True)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
            if not isinstance(error, StoreError):  # the history may not have the run
                self._plain.unlink(missing_ok=True)
        finally:
            if self._descriptor != _CLOSED:
                os.close(self._descriptor)
                self._descriptor = _CLOSED

    def append(self, recorded: RecordedEvent) -> None:
        """Write one event; raises StoreError, also after `close`."""
        if not self._open:
            raise StoreError(f"{self._gzipped}: this run is closed")
        with store_errors(self._plain):
            append_whole(self._descriptor, to_json(recorded) + b"\n")
        if isinstance(recorded.event, RunStarted):
            self._replaced_bytes = len(self._placeholder)

    def close(self) -> None:
        """Pack the events durably into `<run_id>.jsonl.gz`; closing again does nothing."""
        if not self._open:
            return
        self._open = False
        with store_errors(self._plain):
            events = self._plain.read_bytes()
        write_atomically(self._gzipped, _packed(events[self._replaced_bytes :]), aside=self._plain.parent)


def finish_unfinished(folder: Path, enter: Callable[[str, Sequence[RecordedEvent]], None]) -> list[str]:
    """Finish the runs of killed sessions; returns a line for each.

    A run is packed, with a `RunFailed` as last event if it has no end, and `enter` puts it into the history unless it
    is there. A run without a question is removed; damaged events are set aside. Raises StoreError.
    """
    if not (files := _plain_files(folder)):
        return []
    with exclusive(unfinished(folder) / ".lock"):
        return list(filter(None, (_finished(folder, path, enter) for path in files)))


def _plain_files(folder: Path) -> list[Path]:
    with store_errors(folder), suppress(FileNotFoundError), os.scandir(unfinished(folder)) as files:
        return sorted(Path(file) for file in files if file.name.endswith(".jsonl") and _SAFE_NAME.fullmatch(file.name))
    return []


def _finished(folder: Path, plain: Path, enter: Callable[[str, Sequence[RecordedEvent]], None]) -> str:
    """Finish one run, and say so; a run that goes on in another session, which holds its lock, is left alone."""
    with suppress(FileNotFoundError, BlockingIOError), plain.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with store_errors(plain):
            try:
                events = load_events(folder, plain.stem)
            except StoreError as error:
                plain.rename(plain.with_name(f"{plain.name}.damaged"))
                return f"the events of a killed run are damaged and were set aside: {error.message}"
            if has_begun := any(isinstance(recorded.event, RunStarted) for recorded in events):
                if not isinstance(events[-1].event, RunFinished | RunFailed | RunCancelled):
                    killed = RunFailed("the session was killed in the middle of this run", "ask again")
                    events.append(RecordedEvent(events[-1].at_ms, killed))
                data = b"".join(to_json(recorded) + b"\n" for recorded in events)
                write_atomically(_paths(folder, plain.stem)[1], _packed(data), aside=plain.parent)
                enter(plain.stem, events)
            plain.unlink(missing_ok=True)
            return f"run {plain.stem} was finished" if has_begun else ""
    return ""


def load_events(folder: Path, run_id: str) -> list[RecordedEvent]:
    """Load the events of a run, oldest first; of a killed run, those that were written whole.

    Raises UnknownRunError for an unknown run, StoreError with file and line for an event that cannot be read.
    """
    plain, gzipped = _paths(folder, run_id)
    for path in (gzipped, plain, gzipped):  # it may be packed meanwhile
        if (data := _content(path)) is not None:
            lines = data.split(b"\n")[:-1]  # the text after the last newline is an incomplete line
            events = [_event(path, number, line) for number, line in enumerate(lines, start=1)]
            has_placeholder = [isinstance(recorded.event, RunStarted) for recorded in events[:2]] == [True, True]
            return events[int(has_placeholder) :]
    raise UnknownRunError(f"there are no events of run {run_id!r}", hint="they were removed, or never written")


def load_features(folder: Path, run_id: str) -> tuple[float, ...] | None:
    """Load the features of a run's question for the gate; None if the run or its features were not recorded.

    Decodes no other event. Raises StoreError.
    """
    for path in reversed(_paths(folder, run_id)):
        for number, line in enumerate((_content(path) or b"").split(b"\n")[:-1], start=1):
            if b'"event":"QuestionRead"' in line and isinstance(read := _event(path, number, line).event, QuestionRead):
                return read.context or None
    return None


def _event(path: Path, number: int, line: bytes) -> RecordedEvent:
    try:
        return from_json(line)
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"{path}: line {number}: {error}", hint="the run cannot be replayed") from error
