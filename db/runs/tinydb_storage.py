"""TinyDB on files that survive a kill, and that several sessions may write at once.

TinyDB itself rewrites its file in place, and caches query results and next ids. Here every read decodes the file anew
(1 ms for a thousand summaries), so no cache can be stale, and every operation that writes holds the lock from its read
to its write.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from db.locks import exclusive
from engine.atomic_files import previous, private_folder, store_errors, write_atomically

Tables = dict[str, dict[str, dict[str, Any]]]

_DAMAGED = (ValueError, RecursionError)  # not UTF-8, not JSON, not tables, or nested too deep to be read
_DECODER = msgspec.json.Decoder(Tables)


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)


class AtomicStorage(Storage):
    """One TinyDB file, replaced as a whole; one older generation is kept as `name.bak`.

    A file that cannot be decoded is set aside as `name.damaged-<time>`, never overwritten; the older generation
    replaces it if that one can be read, and `report` is called with one line.
    """

    def __init__(self, path: Path | str, *, report: Callable[[str], None] = _warn) -> None:
        self._path = Path(path)
        self._report = report

    def locked(self) -> AbstractContextManager[None]:
        """Lock the folder, from reading to writing."""
        return exclusive(private_folder(self._path.parent) / ".lock")

    def read(self) -> Tables | None:
        """Read all tables; None if there is no file. Raises StoreError."""
        try:
            return _read(self._path)
        except _DAMAGED:
            with self.locked():
                return self._recovered()

    def write(self, data: Mapping[str, Mapping[Any, Mapping[str, Any]]]) -> None:
        """Replace the file. Raises StoreError or (for data that JSON cannot hold) TypeError; it is then unchanged."""
        write_atomically(self._path, msgspec.json.encode(data), keep_previous=True)

    def _recovered(self) -> Tables | None:
        try:
            return _read(self._path)  # another session has recovered it
        except _DAMAGED as error:
            aside = self._path.with_name(f"{self._path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S%f}")
            damage = f"{self._path} is damaged ({error}) and was set aside as {aside.name}"
        try:
            older = _read(previous(self._path))
        except _DAMAGED:
            older = None
        with store_errors(self._path):
            if older is None:
                self._path.rename(aside)
                self._report(f"{damage}; there is no older generation of it")
                return None
            damaged = self._path.read_bytes()
        write_atomically(aside, damaged)
        write_atomically(self._path, msgspec.json.encode(older))
        self._report(f"{damage}; its older generation is in use")
        return older


class AtomicTable(Table):
    """A table whose writes hold the storage's lock, and that caches nothing between two operations."""

    def __init__(self, storage: AtomicStorage, name: str, *, persist_empty: bool = False) -> None:
        self._locked = storage.locked
        super().__init__(storage, name, cache_size=0, persist_empty=persist_empty)

    def insert(self, document: Mapping[str, Any]) -> int:
        """Insert one document and return its id."""
        with self._locked():
            self._next_id = None
            return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Insert several documents in one write and return their ids."""
        with self._locked():
            self._next_id = None
            return super().insert_multiple(documents)

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        with self._locked():
            super()._update_table(updater)


class AtomicTinyDB(TinyDB):
    """`TinyDB(path)` with atomic storage and tables."""

    default_storage_class = AtomicStorage  # type: ignore[assignment]  # TinyDB infers the type of its own default
    table_class = AtomicTable  # type: ignore[assignment]


def _read(path: Path) -> Tables | None:
    with store_errors(path):
        try:
            return _DECODER.decode(path.read_bytes())
        except FileNotFoundError:
            return None
