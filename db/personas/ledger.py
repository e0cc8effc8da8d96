"""The append-only ledger: one JSON line for every change, reward and judgement of a persona, in a hash chain."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import msgspec

from db.locks import exclusive
from db.personas.ledger_chain import broken_links, digest_of, is_digest, resealed, sealed
from db.personas.ledger_entries import Added, Change, Edited, Feedback, LedgerEntry, Rewards, Transition, Undone
from engine.atomic_files import append_whole, private_folder, store_errors, write_atomically
from engine.errors import StoreError
from engine.personas.roster import Births

_ADDED, _REWARDS, _FEEDBACK = (f'{{"entry":"{kind}"'.encode() for kind in ("Added", "Rewards", "Feedback"))
_CHANGES = tuple(f'{{"entry":"{kind.__name__}"'.encode() for kind in (Added, Transition, Edited, Undone))
_BLOCK = 1 << 18  # bytes that are read at a time from the end
_DECODER: msgspec.json.Decoder[LedgerEntry] = msgspec.json.Decoder(LedgerEntry)


@dataclass(slots=True)
class _Position:
    """Where the part of the ledger begins that was not read yet: its offset in bytes and in lines."""

    offset: int = 0
    lines: int = 0


@dataclass(slots=True)
class _Totals:
    """Totals of the part that was read, so that each call reads only the new lines; `inode` is that of the file."""

    inode: int
    births_position: _Position = field(default_factory=_Position)
    births: int = 0
    runs_since_birth: set[str] = field(default_factory=set)
    judgements_position: _Position = field(default_factory=_Position)
    judgements: dict[str, dict[int | None, Feedback]] = field(default_factory=dict)


class Ledger:
    """The ledger in one file. A line counts once its newline is written; `.lock` beside it orders the writers.

    `mark` is a file that exists while the persona files are behind the ledger. `.ledger-end` beside the ledger holds
    the digest of the line that was written last (`db.personas.ledger_chain`).
    """

    def __init__(self, path: Path) -> None:
        self.path, self.mark = path, path.with_name(".unfinished")
        self._end = path.with_name(".ledger-end")
        self._totals, self._reading = _Totals(0), Lock()

    def append(self, entry: LedgerEntry) -> None:
        """Add one line in one write and sync it to the disk; a line that a crash left unfinished is removed first.

        Raises StoreError, and then the ledger is as it was.
        """
        private_folder(self.path.parent)
        with exclusive(self.path.parent / ".lock"), store_errors(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                end = _line_end(descriptor, os.lseek(descriptor, 0, os.SEEK_END))
                start = _line_end(descriptor, end - 1)
                last = os.pread(descriptor, end - start, start).removesuffix(b"\n")
                previous = digest_of(last) if last else b""
                line = sealed(msgspec.json.encode(entry), previous)
                os.ftruncate(descriptor, end)
                append_whole(descriptor, line + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if self._noted_end() in {previous, b""}:  # else lines were removed, which has to stay visible
                self._note_end(digest_of(line))

    def broken_links(self) -> list[str]:
        """One line for each place where the hash chain is broken (`db.personas.ledger_chain`). Raises StoreError."""
        with exclusive(self.path.parent / ".lock"), store_errors(self.path):
            lines = list(self._lines())
            problems = [f"{self.path.name}: {problem}" for problem in broken_links(lines, self._noted_end())]
            if lines and not problems:
                self._note_end(digest_of(lines[-1]))
            return problems

    def reseal(self) -> None:
        """Write the same entries in a chain of their own, after lines were changed by hand. Raises StoreError."""
        with exclusive(self.path.parent / ".lock"):
            lines = list(resealed(self._lines()))
            write_atomically(self.path, b"".join(line + b"\n" for line in lines), keep_previous=True)
            self._note_end(digest_of(lines[-1]) if lines else b"")

    def _noted_end(self) -> bytes:
        """The digest of the line that was written last; empty if a crash has left none."""
        with store_errors(self._end), suppress(FileNotFoundError):
            digest = self._end.read_bytes()
            return digest if is_digest(digest) else b""
        return b""

    def _note_end(self, digest: bytes) -> None:
        """Note the digest of the last line, if the disk takes it; an older note is no fault, so it is not synced."""
        with suppress(OSError):
            descriptor = os.open(self._end, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(descriptor, digest, 0)
            finally:
                os.close(descriptor)

    def _lines(self) -> Iterator[bytes]:
        """All whole lines, without their newlines."""
        if self.path.exists():
            with store_errors(self.path), self.path.open("rb") as file:
                yield from (line[:-1] for line in file if line.endswith(b"\n"))

    @contextmanager
    def recording(self, entry: LedgerEntry) -> Iterator[None]:
        """Append `entry`, then let the caller write the persona files, with the mark standing."""
        with self.marked():
            self.append(entry)
            yield

    @contextmanager
    def marked(self) -> Iterator[None]:
        """Keep the mark while the persona files are behind; it stays after an error, and an older mark always."""
        is_older = self.mark.exists()
        with store_errors(self.mark):
            self.mark.touch(mode=0o600)
        yield
        if not is_older:
            self.mark.unlink(missing_ok=True)

    def entries(self) -> Iterator[LedgerEntry]:
        """All entries, oldest first; raises StoreError naming file and line for one that cannot be read."""
        return self._read()

    def changes(self) -> Iterator[Change]:
        """The entries that changed a persona, oldest first; rewards and judgements are skipped undecoded."""
        for entry in self._read(only=_CHANGES):
            if not isinstance(entry, Rewards | Feedback):
                yield entry

    def about(self, persona_id: str) -> Iterator[LedgerEntry]:
        """The entries that name a persona, oldest first; the others are skipped undecoded."""
        return self._read(naming=f'"{persona_id}"'.encode())

    def unrecorded(self, persona_ids: Iterable[str]) -> set[str]:
        """Those of `persona_ids` that were never added; reads no further than needed."""
        missing = set(persona_ids)
        entries = self._read(only=_ADDED) if missing else iter(())
        for entry in entries:
            missing.discard(getattr(entry, "persona_id", ""))
            if not missing:
                break
        return missing

    def judgements(self) -> dict[str, dict[int | None, Feedback]]:
        """The last judgement of each citation, and (under None) of the answer, by run; reads only new lines."""
        with self._current_totals() as totals:
            for entry in self._read(only=_FEEDBACK, position=totals.judgements_position):
                if isinstance(entry, Feedback):
                    of_run = totals.judgements.get(entry.run_id, {})
                    totals.judgements[entry.run_id] = {**of_run, entry.citation: entry}
            return totals.judgements.copy()

    def latest(self, rewarded: int) -> list[LedgerEntry]:
        """The last entries, oldest first, with at least `rewarded` rewards or judgements; read from the end."""
        if not self.path.exists():
            return []
        with store_errors(self.path), self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            length = _BLOCK
            while True:
                file.seek(max(0, size - length))
                lines = file.read(min(size, length)).split(b"\n")[
                    int(length < size) : -1
                ]  # the last part is empty or unfinished
                if length >= size or sum(line.startswith((_REWARDS, _FEEDBACK)) for line in lines) >= rewarded:
                    break
                length *= 2
        return [self._decoded(n - len(lines), line) for n, line in enumerate(lines)]

    def births(self) -> Births:
        """How many children were added, and in how many runs rewards were paid since the last; reads only new lines."""
        with self._current_totals() as totals:
            for entry in self._read(only=(_ADDED, _REWARDS), position=totals.births_position):
                if isinstance(entry, Added) and entry.parents:
                    totals.births += 1
                    totals.runs_since_birth.clear()
                elif isinstance(entry, Rewards):
                    totals.runs_since_birth.add(entry.run_id)
            return Births(totals.births, len(totals.runs_since_birth))

    @contextmanager
    def _current_totals(self) -> Iterator[_Totals]:
        """The totals, for one thread at a time; they start again when another file has replaced the ledger."""
        with self._reading:
            inode = self.path.stat().st_ino if self.path.exists() else 0
            if inode != self._totals.inode:
                self._totals = _Totals(inode)
            yield self._totals

    def _read(
        self, only: bytes | tuple[bytes, ...] = b"", *, naming: bytes = b"", position: _Position | None = None
    ) -> Iterator[LedgerEntry]:
        """The entries from `position` on whose line starts with (one of) `only` and holds `naming`.

        `position` moves on with every line that was read.
        """
        position = position or _Position()
        if not self.path.exists():
            return
        with store_errors(self.path), self.path.open("rb") as file:
            file.seek(position.offset)
            for line in file:
                if line.endswith(b"\n"):
                    if line.startswith(only) and naming in line:
                        yield self._decoded(position.lines + 1, line)
                    position.offset, position.lines = position.offset + len(line), position.lines + 1

    def _decoded(self, number: int, line: bytes) -> LedgerEntry:
        try:
            return _DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            where = f"line {number}" if number > 0 else f"line {-number} from the end"
            raise StoreError(f"{self.path}: {where}: {error}", hint="correct or delete that line") from error


def _line_end(descriptor: int, end: int) -> int:
    """The offset behind the last newline before `end`; 0 if there is none."""
    while end > 0:
        start = max(0, end - 65536)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
