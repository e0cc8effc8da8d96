"""Deleted runs: they leave the history at once, and can be restored for a day.

A run has a record here (its summary and its number in the history) from before it leaves the history until after it
is back. So after a kill at any moment `tidy` can finish or undo the deletion: a run that is in the history stays, any
other is deleted.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from db.runs.history import History, StoredRun
from db.runs.run_files import files_of_run
from db.runs.summary import RunSummary, summary_from
from engine.atomic_files import private_folder, store_errors, write_atomically
from engine.errors import UnknownRunError

KEPT = timedelta(days=1)
"""How long a deleted run can be restored; the first start after that removes it."""

_RECORD = ".deleted.json"


@dataclass(frozen=True, slots=True)
class DeletedRun:
    """A run in the trash; all that were deleted together have the same `deleted_at` (ISO 8601, UTC)."""

    deleted_at: str
    placed: StoredRun

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.placed.summary.run_id


class Trash:
    """The deleted runs of one workspace, in `folder`; the files of a run come from `runs` and go back there."""

    def __init__(self, folder: Path, history: History, runs: Path) -> None:
        self._folder, self._history, self._runs = folder, history, runs

    def delete(self, run_ids: Iterable[str]) -> list[RunSummary]:
        """Delete runs together; returns those that existed. Raises UnknownRunError if none did, or StoreError."""
        ids = list(dict.fromkeys(run_ids))
        for run_id in ids:
            files_of_run(run_id)  # an id that is no file name is refused before anything changes
        private_folder(self._folder)
        deleted = []
        with self._history.lock():
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            for placed in self._history.remove(ids):
                write_atomically(self._record(placed.summary.run_id), msgspec.json.encode(DeletedRun(at, placed)))
                deleted.append(placed.summary)
            for run in deleted:
                self._move(run.run_id, self._runs, self._folder)
        if not deleted:
            raise UnknownRunError(f"there is no run {', '.join(ids)} any more", hint="it was deleted already")
        return sorted(deleted, key=lambda run: ids.index(run.run_id))

    def contents(self) -> list[DeletedRun]:
        """Return the runs that can be restored, the last deletion first."""
        records = []
        with suppress(FileNotFoundError):
            for path in self._folder.glob(f"*{_RECORD}"):
                # A record may be gone by now; a damaged one is left alone.
                with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
                    records.append(_deleted_run(path.read_bytes()))
        return sorted(records, key=lambda deleted: (deleted.deleted_at, deleted.run_id), reverse=True)

    def restore(self, run_ids: Sequence[str] = ()) -> list[RunSummary]:
        """Restore these runs, or without any those of the last deletion. Raises UnknownRunError or StoreError."""
        with self._history.lock():
            deleted_runs = self.contents()
            last = [run.run_id for run in deleted_runs if run.deleted_at == deleted_runs[0].deleted_at]
            chosen = [_named(run_id, deleted_runs) for run_id in run_ids or last]
            if not chosen:
                raise UnknownRunError("there is no deleted run", hint=f"a deleted run is kept for {KEPT.days} day")
            for deleted in chosen:
                self._restore(deleted)
        return [deleted.placed.summary for deleted in chosen]

    def tidy(self) -> None:
        """Finish what a kill interrupted, and remove the runs that were deleted over `KEPT` ago. Raises StoreError."""
        if not self.contents():  # the usual case needs no lock
            return
        oldest = (datetime.now(UTC) - KEPT).isoformat(timespec="microseconds")
        with self._history.lock():
            for deleted in self.contents():
                if self._history.has(deleted.placed):  # the kill came before it left, or after it was back
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
        """Remove the record last: after a kill the next start goes on."""
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


def _deleted_run(data: bytes) -> DeletedRun:
    record = msgspec.json.decode(data, type=dict[str, Any])
    placed = record["placed"]
    return DeletedRun(
        record["deleted_at"], StoredRun(placed["name"], placed["number"], summary_from(placed["summary"]))
    )


def _named(run_id: str, runs: list[DeletedRun]) -> DeletedRun:
    """Return the run with this id, or the only one whose id begins so."""
    matches = [run for run in runs if run.run_id == run_id] or [run for run in runs if run.run_id.startswith(run_id)]
    if len(matches) != 1:
        names = ", ".join(run.run_id for run in (matches or runs)[:3])
        hint = f"deleted are {names}" if names else f"a deleted run is kept for {KEPT.days} day"
        raise UnknownRunError(
            f"{'several deleted runs' if matches else 'no deleted run'} with id {run_id!r}", hint=hint
        )
    return matches[0]
