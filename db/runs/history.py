"""The history of a workspace: summaries of its runs in TinyDB, one file for each thousand runs.

TinyDB rewrites its file at every insert, so the files are short: adding the first run and the hundred-thousandth take
the same time.
"""

import secrets
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

import msgspec
from tinydb.table import Document

from db.locks import exclusive
from db.runs.summary import RunSummary, fitted, summary_from
from db.runs.tinydb_storage import AtomicStorage, AtomicTinyDB
from engine.atomic_files import private_folder, store_errors, write_atomically
from engine.errors import UnknownRunError

RUNS_PER_FILE = 1000
LAST = "last"
"""Names the newest run wherever a run is named by its id."""


@dataclass(frozen=True, slots=True)
class FileMatches:
    """The numbers of the runs in one file that a search finds, newest first; `searched` counts all runs of the file."""

    path: Path
    numbers: Sequence[int]
    searched: int


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run with its file and its `number` in that file."""

    name: str
    number: int
    summary: RunSummary


_Page = dict[int, RunSummary]  # oldest first
_Signature = tuple[int, int, int]
_DECODER = msgspec.json.Decoder(dict[str, dict[int, RunSummary]])


class History:
    """All runs of a workspace, in one folder that threads and processes may use at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._problems: dict[str, None] = {}
        self._page = lru_cache(maxsize=4)(self._decoded)  # 1,000 runs each
        self._numbers = lru_cache(maxsize=10_000)(self._numbered)

    def lock(self) -> AbstractContextManager[None]:
        """Lock the history while it changes; the lock is re-entrant."""
        return exclusive(private_folder(self._folder) / ".lock")

    def add(self, summary: RunSummary) -> None:
        """Add one run, durably; its texts are shortened to fit `MAX_BYTES`. Raises StoreError."""
        with self.lock():
            path, signature = next(self._files(), (self._file(1), None))
            if signature and len(self._numbers(path, signature)) >= RUNS_PER_FILE:
                path = self._file(int(path.stem.removeprefix("runs-")) + 1)
            AtomicTinyDB(path, report=self._report).insert(msgspec.to_builtins(fitted(summary)))

    def runs(self) -> Iterator[RunSummary]:
        """Yield all runs, newest first, with one file in memory at a time. Raises StoreError."""
        return self._newest()

    def recent(self, limit: int = 50, offset: int = 0) -> list[RunSummary]:
        """Return the newest runs, newest first, without the `offset` newest. Raises StoreError."""
        return list(islice(self._newest(offset), limit))

    def search(self, predicate: Callable[[RunSummary], bool], limit: int = 50) -> list[RunSummary]:
        """Return the newest runs for which `predicate` is true. Raises StoreError."""
        return list(islice(filter(predicate, self._newest()), limit))

    def matches(self, predicate: Callable[[RunSummary], bool] | None = None) -> Iterator[FileMatches]:
        """Find the runs for which `predicate` is true, or all, in one file after the other, newest first.

        Raises StoreError.
        """
        for path, signature in self._files():
            if predicate is None:
                numbers = self._numbers(path, signature)
                yield FileMatches(path, numbers, len(numbers))
            else:
                page = self._page(path, signature)
                numbers = array("I", (number for number, run in reversed(page.items()) if predicate(run)))
                yield FileMatches(path, numbers, len(page))

    def at(self, path: Path, numbers: Iterable[int]) -> list[RunSummary | None]:
        """Read runs of a file by their numbers; None for one that was deleted meanwhile. Raises StoreError."""
        with store_errors(path):
            page = self._page(path, _signature(path)) if path.exists() else {}
        return [page.get(number) for number in numbers]

    def find(self, run_id: str) -> RunSummary:
        """Return the run with this id, the only one whose id begins so, or the `last`. Raises UnknownRunError."""
        if run_id == LAST and (newest := self.recent(1)):
            return newest[0]
        candidates = []
        for run in self._newest() if run_id else ():
            if run.run_id == run_id:
                return run
            if run.run_id.startswith(run_id):
                candidates.append(run)
        if len(candidates) == 1:
            return candidates[0]
        names = ", ".join(run.run_id for run in candidates[:3] or self.recent(1))
        hint = f"the newest is {names}" if names else "there are no runs yet"
        if candidates:
            raise UnknownRunError(f"several runs with id {run_id!r}", hint=f"several begin so: {names}")
        raise UnknownRunError(f"no run with id {run_id!r}", hint=hint)

    def count(self) -> int:
        """Count all runs. Raises StoreError."""
        return sum(len(self._numbers(path, signature)) for path, signature in self._files())

    def remove(self, run_ids: Iterable[str]) -> Iterator[StoredRun]:
        """Remove runs, and yield each before it is removed; unknown ids are ignored. Hold `lock` meanwhile.

        Raises StoreError.
        """
        missing = set(run_ids)
        for path, signature in self._files() if missing else ():
            page = self._page(path, signature)
            removed = {number: run for number, run in page.items() if run.run_id in missing}
            for number, run in removed.items():
                yield StoredRun(path.name, number, run)
            if removed:
                AtomicTinyDB(path, report=self._report).remove(doc_ids=list(removed))
                missing.difference_update(run.run_id for run in removed.values())
            if not missing:
                return

    def put_back(self, placed: StoredRun) -> None:
        """Insert a removed run under its old number, or a new one if that is in use now. Hold `lock`."""
        path = self._folder / placed.name
        with store_errors(path):
            in_use = path.exists() and placed.number in self._page(path, _signature(path))
        fields = msgspec.to_builtins(placed.summary)
        AtomicTinyDB(path, report=self._report).insert(fields if in_use else Document(fields, placed.number))

    def has(self, placed: StoredRun) -> bool:
        """Whether the run is in its file. Raises StoreError."""
        path = self._folder / placed.name
        with store_errors(path):
            page = self._page(path, _signature(path)) if path.exists() else {}
        return any(run.run_id == placed.summary.run_id for run in page.values())

    def forget_older(self, name: str) -> None:
        """Overwrite the older generation of a file with the file, so that a removed run is in neither."""
        path = self._folder / name
        with store_errors(path):
            data = path.read_bytes() if path.exists() else b""
        if data:
            write_atomically(path, data, keep_previous=True)

    def problems(self) -> list[str]:
        """Return one line for each damage that was noticed since this history was opened."""
        return list(self._problems)

    def _newest(self, offset: int = 0) -> Iterator[RunSummary]:
        for path, signature in self._files():
            if offset and (size := len(self._numbers(path, signature))) <= offset:
                offset -= size
                continue
            yield from islice(reversed(self._page(path, signature).values()), offset, None)
            offset = 0

    def _files(self) -> Iterator[tuple[Path, _Signature]]:
        """Yield the files, newest first, each with a signature that changes with the file."""
        for path in sorted(self._folder.glob(f"runs-{'[0-9]' * 6}.json"), reverse=True):
            with store_errors(path):
                signature = _signature(path)
            yield path, signature

    def _file(self, number: int) -> Path:
        return self._folder / f"runs-{number:06}.json"

    def _decoded(self, path: Path, _signature: _Signature) -> _Page:
        """Read the runs of a file, oldest first; an unreadable one is reported and left out."""
        try:
            page = _DECODER.decode(path.read_bytes()).get(AtomicTinyDB.default_table_name, {})
        except (ValueError, RecursionError, OSError):  # the file, a run in it, or one of version 0.1: one by one
            page = dict(self._readable(path))
        return dict(sorted(page.items()))  # a run that was put back is at the end of its file

    def _numbered(self, path: Path, signature: _Signature) -> "array[int]":
        """Return the numbers of the runs of a file, newest first."""
        return array("I", reversed(self._page(path, signature)))

    def _readable(self, path: Path) -> Iterator[tuple[int, RunSummary]]:
        tables = AtomicStorage(path, report=self._report).read() or {}
        for number, fields in tables.get(AtomicTinyDB.default_table_name, {}).items():
            try:
                yield int(number), summary_from(fields)
            except ValueError as error:
                self._report(f"{path}: run {number}: {error}")

    def _report(self, problem: str) -> None:
        self._problems[problem] = None


def _signature(path: Path) -> _Signature:
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino


def new_run_id() -> str:
    """Make a unique run id that is a file name and sorts by time: UTC to the microsecond, then 4 hex digits."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S%f}-{secrets.token_hex(2)}"
