"""Deleted runs: out of the history at once, really gone a day later, and until then they can be brought back.

A run has a record here (its summary and its place in the history) from before it leaves the history until after
it is back. So after a kill at any moment `tidy` can tell which way it was going: a run that is still in the
history stays, one that is not is deleted.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from db.runs.history import History, Placed, RunSummary
from db.runs.run_files import files_of_run
from engine.atomic_files import private_folder, store_errors, write_atomically
from engine.errors import UnknownRunError

KEPT = timedelta(days=1)
"""How long a deleted run can be brought back; the first start after that removes it for good."""

_RECORD = ".deleted.json"


@dataclass(frozen=True, slots=True)
class DeletedRun:
    """A run in the trash; all that were deleted together have the same `deleted_at` (ISO 8601, UTC)."""

    deleted_at: str
    placed: Placed

    @property
    def run_id(self) -> str:
        """Its id."""
        return self.placed.summary.run_id


class Trash:
    """The deleted runs of one workspace, in `folder`; the files of a run come from `runs` and go back there."""

    def __init__(self, folder: Path, history: History, runs: Path) -> None:
        self._folder, self._history, self._runs = folder, history, runs

    def delete(self, run_ids: Iterable[str]) -> list[RunSummary]:
        """Delete runs together; returns those that were there. Raises UnknownRunError if none was, or StoreError."""
        wanted = list(dict.fromkeys(run_ids))
        for run_id in wanted:
            files_of_run(run_id)  # an id that is no file name is refused before anything changes
        private_folder(self._folder)
        deleted = []
        with self._history.lock():
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            for placed in self._history.remove(wanted):
                write_atomically(self._record(placed.summary.run_id), msgspec.json.encode(DeletedRun(at, placed)))
                deleted.append(placed.summary)
            for run in deleted:
                self._move(run.run_id, self._runs, self._folder)
        if not deleted:
            raise UnknownRunError(f"there is no run {', '.join(wanted)} any more", hint="it was deleted already")
        return sorted(deleted, key=lambda run: wanted.index(run.run_id))

    def contents(self) -> list[DeletedRun]:
        """What can be brought back, the last deletion first."""
        found = []
        with suppress(FileNotFoundError):
            for path in self._folder.glob(f"*{_RECORD}"):
                with suppress(FileNotFoundError, ValueError):  # brought back meanwhile; or damaged, and then left alone
                    found.append(msgspec.json.decode(path.read_bytes(), type=DeletedRun))
        return sorted(found, key=lambda deleted: (deleted.deleted_at, deleted.run_id), reverse=True)

    def restore(self, run_ids: Iterable[str] = ()) -> list[RunSummary]:
        """Bring back these runs, or without any those of the last deletion. Raises UnknownRunError or StoreError."""
        with self._history.lock():
            there = self.contents()
            wanted = list(run_ids) or [one.run_id for one in there if one.deleted_at == there[0].deleted_at]
            chosen = [_named(run_id, there) for run_id in wanted]
            if not chosen:
                raise UnknownRunError("there is no deleted run", hint=f"a deleted run is kept for {KEPT.days} day")
            for deleted in chosen:
                self._restore(deleted)
        return [deleted.placed.summary for deleted in chosen]

    def tidy(self) -> None:
        """End what a kill left half done, and remove for good what was deleted over `KEPT` ago. Raises StoreError."""
        if not self.contents():  # the usual case needs no lock
            return
        oldest = (datetime.now(UTC) - KEPT).isoformat(timespec="microseconds")
        with self._history.lock():
            for deleted in self.contents():
                if self._history.has(deleted.placed):  # not gone yet when the kill came, or back already
                    self._forget(deleted)
                    continue
                self._move(deleted.run_id, self._runs, self._folder)
                if deleted.deleted_at < oldest:
                    self._remove(deleted)

    def _restore(self, deleted: DeletedRun) -> None:
        self._move(deleted.run_id, self._folder, self._runs)
        if not self._history.has(deleted.placed):
            self._history.put_back(deleted.placed)
        self._forget(deleted)

    def _remove(self, deleted: DeletedRun) -> None:
        """The record goes last: a kill in between is mended by the next start."""
        self._history.forget_older(deleted.placed.name)
        for name in files_of_run(deleted.run_id):
            with store_errors(self._folder / name):
                (self._folder / name).unlink(missing_ok=True)
        self._forget(deleted)

    def _forget(self, deleted: DeletedRun) -> None:
        record = self._record(deleted.run_id)
        with store_errors(record):
            record.unlink(missing_ok=True)

    def _record(self, run_id: str) -> Path:
        return self._folder / f"{run_id}{_RECORD}"

    def _move(self, run_id: str, source: Path, target: Path) -> None:
        for name in files_of_run(run_id):
            with store_errors(target / name), suppress(FileNotFoundError):
                (source / name).rename(target / name)


def _named(run_id: str, there: list[DeletedRun]) -> DeletedRun:
    """The one with this id or the beginning of it."""
    found = [one for one in there if one.run_id == run_id] or [one for one in there if one.run_id.startswith(run_id)]
    if len(found) != 1:
        names = ", ".join(one.run_id for one in (found or there)[:3])
        hint = f"deleted are {names}" if names else f"a deleted run is kept for {KEPT.days} day"
        raise UnknownRunError(f"{'several deleted runs' if found else 'no deleted run'} with id {run_id!r}", hint=hint)
    return found[0]
