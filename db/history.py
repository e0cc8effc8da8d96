"""The runs of a workspace, newest first: small summaries in TinyDB, one file for each thousand runs.

TinyDB rewrites its file at every insert, so the files are kept short: adding a run costs the same at the
first and at the hundred-thousandth.
"""

import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec

from db.locks import exclusive
from db.storage import AtomicStorage, AtomicTinyDB
from engine.errors import UnknownRunError
from engine.files import private_folder, store_errors

RUNS_PER_FILE = 1000
MAX_BYTES = 500
ANSWER_CHARACTERS = 160


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


_Page = tuple[RunSummary, ...]
_Signature = tuple[int, int, int]
_DECODER = msgspec.json.Decoder(dict[str, dict[str, RunSummary]])


class History:
    """All runs of a workspace, in one folder that threads and processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._problems: dict[str, None] = {}
        self._page = lru_cache(maxsize=4)(self._decoded)  # 1,000 runs each
        self._size = lru_cache(maxsize=10_000)(lambda path, signature: len(self._page(path, signature)))

    def add(self, summary: RunSummary) -> None:
        """Add one run, durably; its texts are shortened to fit `MAX_BYTES`. Raises StoreError."""
        with exclusive(private_folder(self._folder) / ".lock"):
            path, signature = next(self._files(), (self._file(1), None))
            if signature and self._size(path, signature) >= RUNS_PER_FILE:
                path = self._file(int(path.stem.removeprefix("runs-")) + 1)
            AtomicTinyDB(path, report=self._report).insert(msgspec.to_builtins(_fitted(summary)))

    def runs(self) -> Iterator[RunSummary]:
        """All runs, newest first, a file of them in memory at a time. Raises StoreError."""
        return self._newest()

    def recent(self, limit: int = 50, offset: int = 0) -> list[RunSummary]:
        """The newest runs, newest first, without the `offset` newest. Raises StoreError."""
        return list(islice(self._newest(offset), limit))

    def search(self, words: str, limit: int = 50) -> list[RunSummary]:
        """The newest runs with all `words` in question or answer; case and accents do not count. Raises StoreError."""
        wanted = _folded(words).split()
        found = (run for run in self._newest() if _holds(run, wanted))
        return list(islice(found, limit))

    def find(self, run_id: str) -> RunSummary:
        """The run with this id, or the one whose id starts with it; raises UnknownRunError if none or several do."""
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
        return sum(self._size(path, signature) for path, signature in self._files())

    def problems(self) -> list[str]:
        """One line for each thing that was found damaged since this history was opened."""
        return list(self._problems)

    def _newest(self, offset: int = 0) -> Iterator[RunSummary]:
        for path, signature in self._files():
            if offset and (size := self._size(path, signature)) <= offset:
                offset -= size
                continue
            yield from islice(reversed(self._page(path, signature)), offset, None)
            offset = 0

    def _files(self) -> Iterator[tuple[Path, _Signature]]:
        """The files, newest first, each with what changes whenever the file does."""
        for path in sorted(self._folder.glob(f"runs-{'[0-9]' * 6}.json"), reverse=True):
            with store_errors(path):
                about = path.stat()
            yield path, (about.st_mtime_ns, about.st_size, about.st_ino)

    def _file(self, number: int) -> Path:
        return self._folder / f"runs-{number:06}.json"

    def _decoded(self, path: Path, _signature: _Signature) -> _Page:
        """The runs in a file, oldest first; one that cannot be read is reported and left out."""
        try:
            return tuple(_DECODER.decode(path.read_bytes()).get(AtomicTinyDB.default_table_name, {}).values())
        except (ValueError, OSError):  # the whole file, or one run in it: now slowly
            return tuple(self._readable(path))

    def _readable(self, path: Path) -> Iterator[RunSummary]:
        tables = AtomicStorage(path, report=self._report).read() or {}
        for number, fields in tables.get(AtomicTinyDB.default_table_name, {}).items():
            try:
                yield msgspec.convert(fields, RunSummary)
            except msgspec.ValidationError as error:
                self._report(f"{path}: run {number}: {error}")

    def _report(self, problem: str) -> None:
        self._problems[problem] = None


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


def _holds(run: RunSummary, wanted: list[str]) -> bool:
    text = _folded(f"{run.question} {run.answer}")
    return all(word in text for word in wanted)


def _folded(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
