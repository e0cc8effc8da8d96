"""The runs of a workspace, newest first: small summaries in TinyDB, one file for each thousand runs.

TinyDB rewrites its file at every insert, so the files are kept short: adding a run costs the same at the
first and at the hundred-thousandth.
"""

import secrets
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec
from tinydb.table import Document

from db.locks import exclusive
from db.runs.tinydb_storage import AtomicStorage, AtomicTinyDB
from engine.atomic_files import private_folder, store_errors, write_atomically
from engine.errors import UnknownRunError

RUNS_PER_FILE = 1000
MAX_BYTES = 500
ANSWER_CHARACTERS = 160
LAST = "last"
"""The name of the newest run, wherever a run is named by its id."""


class Outcome(StrEnum):
    """How a run ended, in the words that a search takes."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a list of runs shows of one; its events and graph are in `db/runs`. `at` is ISO 8601, UTC."""

    run_id: str
    at: str
    question: str
    answer: str
    abstained: bool
    model: str
    passages: int
    personas: tuple[str, ...]
    top_persona: str
    duration_ms: float
    status: Literal["done", "failed", "cancelled"]

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self.status == "done":
            return Outcome.UNANSWERED if self.abstained else Outcome.ANSWERED
        return Outcome(self.status)


@dataclass(frozen=True, slots=True)
class Places:
    """Where some runs of one file are, newest first: four bytes each. `looked_at` counts the runs of that file."""

    path: Path
    numbers: Sequence[int]
    looked_at: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A run and its place: `number` in the file `name`."""

    name: str
    number: int
    summary: RunSummary


_Page = dict[int, RunSummary]  # oldest first
_Signature = tuple[int, int, int]
_DECODER = msgspec.json.Decoder(dict[str, dict[int, RunSummary]])


class History:
    """All runs of a workspace, in one folder that threads and processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._problems: dict[str, None] = {}
        self._page = lru_cache(maxsize=4)(self._decoded)  # 1,000 runs each
        self._numbers = lru_cache(maxsize=10_000)(self._numbered)

    def lock(self) -> AbstractContextManager[None]:
        """Held while the history changes; who holds it may enter again."""
        return exclusive(private_folder(self._folder) / ".lock")

    def add(self, summary: RunSummary) -> None:
        """Add one run, durably; its texts are shortened to fit `MAX_BYTES`. Raises StoreError."""
        with self.lock():
            path, signature = next(self._files(), (self._file(1), None))
            if signature and len(self._numbers(path, signature)) >= RUNS_PER_FILE:
                path = self._file(int(path.stem.removeprefix("runs-")) + 1)
            AtomicTinyDB(path, report=self._report).insert(msgspec.to_builtins(_fitted(summary)))

    def runs(self) -> Iterator[RunSummary]:
        """All runs, newest first, a file of them in memory at a time. Raises StoreError."""
        return self._newest()

    def recent(self, limit: int = 50, offset: int = 0) -> list[RunSummary]:
        """The newest runs, newest first, without the `offset` newest. Raises StoreError."""
        return list(islice(self._newest(offset), limit))

    def search(self, holds: Callable[[RunSummary], bool], limit: int = 50) -> list[RunSummary]:
        """The newest runs of which `holds` is true. Raises StoreError."""
        return list(islice(filter(holds, self._newest()), limit))

    def places(self, holds: Callable[[RunSummary], bool] | None = None) -> Iterator[Places]:
        """Where the runs are of which `holds` is true, or all of them, newest file first. Raises StoreError."""
        for path, signature in self._files():
            if holds is None:
                numbers = self._numbers(path, signature)
                yield Places(path, numbers, len(numbers))
            else:
                page = self._page(path, signature)
                found = array("I", (number for number, run in reversed(page.items()) if holds(run)))
                yield Places(path, found, len(page))

    def at(self, path: Path, numbers: Iterable[int]) -> list[RunSummary | None]:
        """The runs at some places of a file as they are now; None for one that was deleted. Raises StoreError."""
        with store_errors(path):
            page = self._page(path, _signature(path)) if path.exists() else {}
        return [page.get(number) for number in numbers]

    def find(self, run_id: str) -> RunSummary:
        """The run with this id, the one whose id starts with it, or the `last`; else UnknownRunError."""
        if run_id == LAST and (newest := self.recent(1)):
            return newest[0]
        found = []
        for run in self._newest() if run_id else ():
            if run.run_id == run_id:
                return run
            if run.run_id.startswith(run_id):
                found.append(run)
        if len(found) == 1:
            return found[0]
        names = ", ".join(run.run_id for run in found[:3] or self.recent(1))
        hint = f"several begin so: {names}" if found else f"the newest is {names}" if names else "there are no runs yet"
        raise UnknownRunError(f"{'several runs' if found else 'no run'} with id {run_id!r}", hint=hint)

    def count(self) -> int:
        """How many runs there are. Raises StoreError."""
        return sum(len(self._numbers(path, signature)) for path, signature in self._files())

    def remove(self, run_ids: Iterable[str]) -> Iterator[Placed]:
        """Take runs out of the history; each is handed over before it goes. Hold `lock` meanwhile. Raises StoreError.

        An id that is not there is passed over.
        """
        wanted = set(run_ids)
        for path, signature in self._files() if wanted else ():
            page = self._page(path, signature)
            there = {number: run for number, run in page.items() if run.run_id in wanted}
            for number, run in there.items():
                yield Placed(path.name, number, run)
            if there:
                AtomicTinyDB(path, report=self._report).remove(doc_ids=list(there))
                wanted.difference_update(run.run_id for run in there.values())
            if not wanted:
                return

    def put_back(self, placed: Placed) -> None:
        """Bring a removed run back to its place, or where that was taken, to the end of its file. Hold `lock`."""
        path = self._folder / placed.name
        with store_errors(path):
            taken = path.exists() and placed.number in self._page(path, _signature(path))
        fields = msgspec.to_builtins(placed.summary)
        AtomicTinyDB(path, report=self._report).insert(fields if taken else Document(fields, placed.number))

    def has(self, placed: Placed) -> bool:
        """Whether the run is in its file. Raises StoreError."""
        path = self._folder / placed.name
        with store_errors(path):
            page = self._page(path, _signature(path)) if path.exists() else {}
        return any(run.run_id == placed.summary.run_id for run in page.values())

    def forget_older(self, name: str) -> None:
        """Make the older generation of a file the same as the file: what was removed is in neither."""
        path = self._folder / name
        with store_errors(path):
            data = path.read_bytes() if path.exists() else b""
        if data:
            write_atomically(path, data, keep_previous=True)

    def problems(self) -> list[str]:
        """One line for each thing that was found damaged since this history was opened."""
        return list(self._problems)

    def _newest(self, offset: int = 0) -> Iterator[RunSummary]:
        for path, signature in self._files():
            if offset and (size := len(self._numbers(path, signature))) <= offset:
                offset -= size
                continue
            yield from islice(reversed(self._page(path, signature).values()), offset, None)
            offset = 0

    def _files(self) -> Iterator[tuple[Path, _Signature]]:
        """The files, newest first, each with what changes whenever the file does."""
        for path in sorted(self._folder.glob(f"runs-{'[0-9]' * 6}.json"), reverse=True):
            with store_errors(path):
                signature = _signature(path)
            yield path, signature

    def _file(self, number: int) -> Path:
        return self._folder / f"runs-{number:06}.json"

    def _decoded(self, path: Path, _signature: _Signature) -> _Page:
        """The runs in a file, oldest first; one that cannot be read is reported and left out."""
        try:
            page = _DECODER.decode(path.read_bytes()).get(AtomicTinyDB.default_table_name, {})
        except (ValueError, RecursionError, OSError):  # the whole file, or one run in it: now slowly
            page = dict(self._readable(path))
        return dict(sorted(page.items()))  # one that was put back stands at the end of its file

    def _numbered(self, path: Path, signature: _Signature) -> "array[int]":
        """The places of the runs in a file, newest first."""
        return array("I", reversed(self._page(path, signature)))

    def _readable(self, path: Path) -> Iterator[tuple[int, RunSummary]]:
        tables = AtomicStorage(path, report=self._report).read() or {}
        for number, fields in tables.get(AtomicTinyDB.default_table_name, {}).items():
            try:
                yield int(number), msgspec.convert(fields, RunSummary)
            except ValueError as error:
                self._report(f"{path}: run {number}: {error}")

    def _report(self, problem: str) -> None:
        self._problems[problem] = None


def _signature(path: Path) -> _Signature:
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino


def new_run_id() -> str:
    """A run id that no other process makes, is a file name, and sorts by time: UTC to the microsecond, 4 hex digits."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S%f}-{secrets.token_hex(2)}"


def _fitted(summary: RunSummary) -> RunSummary:
    """The summary in at most `MAX_BYTES` of JSON: shorter texts first, then fewer personas named."""
    fitted = replace(summary, model=summary.model[:60])
    for length in range(ANSWER_CHARACTERS, -1, -20):
        fitted = replace(fitted, question=_cut(summary.question, 2 * length), answer=_cut(summary.answer, length))
        if len(msgspec.json.encode(fitted)) <= MAX_BYTES:
            return fitted
    while fitted.personas and len(msgspec.json.encode(fitted)) > MAX_BYTES:
        fitted = replace(fitted, personas=fitted.personas[:-1])
    return fitted


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: max(0, length - 1)] + "…" * (length > 0)
