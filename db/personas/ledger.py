"""The append-only record of what became of every persona: JSON lines, from which everything can be rebuilt."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import msgspec

from db.locks import exclusive
from db.personas.ledger_entries import Added, Change, Edited, Feedback, LedgerEntry, Rewards, Transition, Undone
from engine.atomic_files import append_whole, private_folder, store_errors
from engine.errors import StoreError
from engine.personas.roster import Births

_ADDED, _REWARDS, _FEEDBACK = (f'{{"entry":"{kind}"'.encode() for kind in ("Added", "Rewards", "Feedback"))


_CHANGES = tuple(f'{{"entry":"{kind.__name__}"'.encode() for kind in (Added, Transition, Edited, Undone))


_BLOCK = 1 << 18  # bytes that are read at a time from the end


_DECODER: msgspec.json.Decoder[LedgerEntry] = msgspec.json.Decoder(LedgerEntry)


@dataclass(slots=True)
class _Tail:
    """What of the ledger was not read yet begins here."""

    bytes: int = 0
    lines: int = 0


@dataclass(slots=True)
class _Known:
    """What was read of the ledger so far, so that each call reads only what came since; `inode` is that of the file."""

    inode: int
    births_tail: _Tail = field(default_factory=_Tail)
    born: int = 0
    rewarded: set[str] = field(default_factory=set)  # runs since the last birth
    judgements_tail: _Tail = field(default_factory=_Tail)
    judged: dict[str, dict[int | None, Feedback]] = field(default_factory=dict)


class Ledger:
    """The ledger in one file. A line counts once its newline is written; `.lock` beside it orders the writers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known, self._reading = _Known(0), Lock()

    def append(self, entry: LedgerEntry) -> None:
        """Add one line, in one write, on disk when this returns; what a crash tore before it is removed first.

        Raises StoreError, and then the ledger is as it was.
        """
        line = msgspec.json.encode(entry) + b"\n"
        private_folder(self.path.parent)
        with exclusive(self.path.parent / ".lock"), store_errors(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.ftruncate(descriptor, _whole_lines(descriptor))
                append_whole(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def entries(self) -> Iterator[LedgerEntry]:
        """All entries, oldest first; raises StoreError naming file and line for one that cannot be read."""
        return self._read()

    def changes(self) -> Iterator[Change]:
        """The entries that changed a persona, oldest first; the payments between them are not decoded."""
        for entry in self._read(only=_CHANGES):
            if not isinstance(entry, Rewards | Feedback):
                yield entry

    def about(self, persona_id: str) -> Iterator[LedgerEntry]:
        """The entries that name a persona, oldest first; the others are not decoded."""
        return self._read(naming=f'"{persona_id}"'.encode())

    def unseen(self, persona_ids: Iterable[str]) -> set[str]:
        """Those of `persona_ids` that were never added; reads only as far as the last of them."""
        left = set(persona_ids)
        entries = self._read(only=_ADDED) if left else iter(())
        for entry in entries:
            left.discard(getattr(entry, "persona_id", ""))
            if not left:
                break
        return left

    def judgements(self) -> dict[str, dict[int | None, Feedback]]:
        """What the user said of each run that was judged: the last word on each citation, and (None) on the answer.

        Reads on from where it read last.
        """
        with self._read_on() as known:
            for entry in self._read(only=_FEEDBACK, tail=known.judgements_tail):
                if isinstance(entry, Feedback):
                    known.judged[entry.run_id] = {**known.judged.get(entry.run_id, {}), entry.citation: entry}
            return known.judged.copy()

    def latest(self, rewarded: int) -> list[LedgerEntry]:
        """The last entries, oldest first, with at least `rewarded` payments among them; read from the end."""
        if not self.path.exists():
            return []
        with store_errors(self.path), self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            length = _BLOCK
            while True:
                file.seek(max(0, size - length))
                lines = file.read(min(size, length)).split(b"\n")[int(length < size) : -1]  # the last one is torn
                if length >= size or sum(line.startswith((_REWARDS, _FEEDBACK)) for line in lines) >= rewarded:
                    break
                length *= 2
        return [self._decoded(n - len(lines), line) for n, line in enumerate(lines)]

    def births(self) -> Births:
        """How many children were born, and how long ago the last one; reads on from where it read last."""
        with self._read_on() as known:
            for entry in self._read(only=(_ADDED, _REWARDS), tail=known.births_tail):
                if isinstance(entry, Added) and entry.parents:
                    known.born += 1
                    known.rewarded.clear()
                elif isinstance(entry, Rewards):
                    known.rewarded.add(entry.run_id)
            return Births(known.born, len(known.rewarded))

    @contextmanager
    def _read_on(self) -> Iterator[_Known]:
        """What is known of the ledger, one thread at a time; nothing if somebody put another file in its place."""
        with self._reading:
            inode = self.path.stat().st_ino if self.path.exists() else 0
            if inode != self._known.inode:
                self._known = _Known(inode)
            yield self._known

    def _read(
        self, only: bytes | tuple[bytes, ...] = b"", *, naming: bytes = b"", tail: _Tail | None = None
    ) -> Iterator[LedgerEntry]:
        """The entries whose line starts with (one of) `only`, holds `naming` and is after `tail`, which follows."""
        tail = tail or _Tail()
        if not self.path.exists():
            return
        with store_errors(self.path), self.path.open("rb") as file:
            file.seek(tail.bytes)
            for line in file:
                if line.endswith(b"\n"):
                    if line.startswith(only) and naming in line:
                        yield self._decoded(tail.lines + 1, line)
                    tail.bytes, tail.lines = tail.bytes + len(line), tail.lines + 1

    def _decoded(self, number: int, line: bytes) -> LedgerEntry:
        try:
            return _DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            where = f"line {number}" if number > 0 else f"line {-number} from the end"
            raise StoreError(f"{self.path}: {where}: {error}", hint="mend or remove that line") from error


def _whole_lines(descriptor: int) -> int:
    """The bytes up to and with the last newline."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 65536)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
