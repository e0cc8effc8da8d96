"""A person's library: the folders they named, what of them is indexed, and what changed since."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import msgspec

from engine.atomic_files import write_atomically
from engine.documents.passages import split_document
from engine.documents.reader import files_of, read_documents
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError, InputError, LibraryError, OperationError
from engine.index.catalogue import (
    _FORMAT,
    IngestReport,
    KnownFile,
    Progress,
    Skipped,
    _Catalogue,
    _is_same,
    _is_under,
    _Plan,
    existing,
)
from engine.index.scoped_index import ScopedIndex
from engine.index.search_index import SearchIndex
from engine.settings.settings import System

_TITLES = 32  # passages that a completion is looked for in


_COMMIT_EVERY = 200_000  # passages; what is committed survives a cancelled ingest


class Library:
    """The library in a workspace's folder. Asking needs only `retriever`; `ingest` brings it up to date."""

    def __init__(self, folder: Path, system: System) -> None:
        self._system = system
        self._path = folder / "files.json"
        self.index = SearchIndex(folder / f"index-{_FORMAT}")
        self._seen: tuple[int, int] | None = None
        self._confined = ConfinedReader()  # of an ingest
        self._catalogue = self._read()

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders and files that the user named."""
        return tuple(self._catalogue.roots)

    @property
    def is_outdated(self) -> bool:
        """Whether all files must be read again: other settings, another version, or an index that was moved away."""
        if not self._catalogue.files:
            return False
        lost = len(self.index) == 0 and any(file.passages for file in self._catalogue.files.values())
        return lost or self._catalogue.read_with != self._reads_with

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read at the last ingest."""
        return tuple(Skipped(path, file.reason) for path, file in sorted(self._catalogue.files.items()) if file.reason)

    def files(self, path: str) -> dict[str, KnownFile]:
        """The files under `path` by their own paths, in order, as they were at the last ingest."""
        return {name: file for name, file in sorted(self._catalogue.files.items()) if _is_under(name, path)}

    def count(self, path: str) -> tuple[int, int]:
        """How many indexed files and passages are under `path`."""
        files = [f for name, f in self._catalogue.files.items() if _is_under(name, path) and not f.reason]
        return len(files), sum(file.passages for file in files)

    def retriever(self, scope: Sequence[str] = ()) -> "ScopedIndex":
        """The look-ups over these folders or files, or over everything; sees what other sessions committed."""
        if not self._system.enable_caching:
            self.index.forget()
        if (version := self._version()) != self._seen:
            self._seen = version
            self.index.refresh()
            self._catalogue = self._read()
        return ScopedIndex(self.index, self._narrowed(scope), self._mean_length())

    def titles(self, key: str, scope: Sequence[str] = ()) -> list[str]:
        """Some titles that begin with `key` (see `engine.index.title_completion`), as of the last `retriever`."""
        return self.index.titles(key, _TITLES, scope=self._narrowed(scope))

    def _narrowed(self, scope: Sequence[str]) -> tuple[str, ...]:
        """The scope, or nothing if it holds the whole library."""
        whole = not scope or all(any(_is_under(root, name) for name in scope) for root in self.roots)
        return () if whole else tuple(scope)

    def ingest(
        self,
        paths: Iterable[Path],
        *,
        progress: Progress = lambda _done, _total, _path: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> IngestReport:
        """Bring the folders and files in `paths` up to date: only changed files are read, deleted ones leave.

        `progress(done, total, path)` counts files. A cancelled ingest keeps what was done in whole. Raises
        InputError for a path that does not exist and LibraryError when another session is ingesting.
        """
        roots = [existing(path) for path in paths]
        self._catalogue = self._read()
        plan = self._plan(roots)
        if not plan.changed and not plan.gone and all(self._covers(root) for root in roots):
            return self._report(plan, ())
        with self._writing():
            self._catalogue = self._read()  # another session may have been faster
            if self.is_outdated:
                self._catalogue.files.clear()
                self.index.clear()
                self._remove_other_indexes()
                roots += [Path(root) for root in self._catalogue.roots if Path(root).exists()]
            plan = self._plan(roots)
            self._add_roots(roots)
            self._catalogue.read_with = self._reads_with
            return self._carry_out(plan, progress, cancelled)

    def remove(self, path: str) -> int:
        """Take a folder or file out of the library; returns how many files left. Raises InputError if not in it."""
        self._catalogue = self._read()
        name = path if path in self.roots else str(Path(path).expanduser().resolve())
        if name not in self.roots:
            known = ", ".join(self.roots) or "the library is empty"
            raise InputError(f"{path} is not in the library", hint=known)
        with self._writing():
            self._catalogue = self._read()
            kept = [root for root in self._catalogue.roots if root != name]
            gone = [f for f in self._catalogue.files if _is_under(f, name) and not any(_is_under(f, r) for r in kept)]
            for file in gone:  # after a crash between index and catalogue, an ingest reads them again
                self.index.remove(file)
                self._catalogue.files[file] = replace(self._catalogue.files[file], mtime_ns=-1)
            self._save()
            self._catalogue.roots = kept
            for file in gone:
                del self._catalogue.files[file]
            self._commit()
        return len(gone)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the one writer; where the disk refuses, the catalogue is again what it was at the last commit."""
        try:
            with self.index.writing():
                yield
        except OperationError:
            self._catalogue = self._read()
            raise

    def _remove_other_indexes(self) -> None:
        """An index of another version is of no use to this one, and takes as much room."""
        for folder in self._path.parent.glob("index-*"):
            if folder.name != f"index-{_FORMAT}":
                shutil.rmtree(folder, ignore_errors=True)

    # -- the parts of an ingest ---------------------------------------------------------------------------

    def _plan(self, roots: Sequence[Path]) -> _Plan:
        present: dict[str, tuple[Path, os.stat_result]] = {}
        unnamed: list[Skipped] = []
        for root in roots:
            for path in files_of(root):
                shown = os.fsencode(path).decode("utf-8", "replace")
                if shown != str(path):
                    unnamed.append(Skipped(shown, "its name is not UTF-8"))
                    continue
                with suppress(OSError):  # it left while we looked, or is a link to nowhere
                    present[str(path)] = (root, path.stat())
        known = self._catalogue.files
        anew = self.is_outdated
        changed = [name for name, (_, stat) in present.items() if anew or not _is_same(known.get(name), stat)]
        gone = [name for name in known if name not in present and any(_is_under(name, str(root)) for root in roots)]
        return _Plan(present, tuple(sorted(changed)), tuple(sorted(gone)), tuple(unnamed))

    def _carry_out(self, plan: _Plan, progress: Progress, cancelled: Callable[[], bool]) -> IngestReport:
        before, pending, done = set(self._catalogue.files), 0, 0
        for name in plan.gone:
            self.index.remove(name)
            del self._catalogue.files[name]
        with ConfinedReader() as self._confined:
            for done, name in enumerate(plan.changed, start=1):
                progress(done, len(plan.changed), name)
                file = self._read_file(name, *plan.present[name], cancelled)
                if cancelled():
                    done -= 1  # noqa: PLW2901 - this one was not done in whole
                    break
                self._catalogue.files[name] = file
                pending += file.passages
                if pending >= _COMMIT_EVERY:
                    self._commit()
                    pending = 0
        self._commit()
        report = self._report(plan, plan.changed[:done])
        added = len(set(plan.changed[:done]) - before)
        return replace(report, added=added, changed=done - added, cancelled=done < len(plan.changed))

    def _read_file(self, name: str, root: Path, stat: os.stat_result, cancelled: Callable[[], bool]) -> KnownFile:
        """Put the passages of one file in place of its old ones; when cancelled, the file is not known any more."""
        found = KnownFile(stat.st_size, stat.st_mtime_ns)
        try:
            limit = int(self._system.max_file_megabytes * 1e6)
            folder = root if root.is_dir() else root.parent
            documents = read_documents(Path(name), root=folder, max_bytes=limit, confined=self._confined)
            passages = [p for d in documents for p in split_document(d, self._system.passage_characters)]
        except DocumentError as error:
            self.index.remove(name)
            return replace(found, reason=str(error))
        if cancelled():
            return found
        self.index.remove(name)
        wanted = takewhile(lambda _: not cancelled(), passages)
        count, words = self.index.add(wanted, scope=[name, *map(str, Path(name).parents)])
        if cancelled():  # in the middle of it
            self.index.remove(name)
            self._catalogue.files.pop(name, None)
        return replace(found, passages=count, words=words, reason="" if count else "empty")

    def _report(self, plan: _Plan, done: Sequence[str]) -> IngestReport:
        bad = tuple(
            Skipped(n, self._catalogue.files[n].reason)
            for n in sorted(plan.present)
            if n in self._catalogue.files and self._catalogue.files[n].reason
        )
        return IngestReport(
            files=len(plan.present),
            changed=len(done),
            removed=len(plan.gone),
            passages=sum(file.passages for file in self._catalogue.files.values()),
            skipped=(*bad, *plan.unnamed),
        )

    @property
    def _reads_with(self) -> tuple[int, int, float]:
        return _FORMAT, self._system.passage_characters, self._system.max_file_megabytes

    def _covers(self, path: Path) -> bool:
        return any(_is_under(str(path), root) for root in self._catalogue.roots)

    def _add_roots(self, roots: Sequence[Path]) -> None:
        """A named folder stands for those inside it."""
        for root in roots:
            if not self._covers(root):
                inside = [r for r in self._catalogue.roots if _is_under(r, str(root))]
                self._catalogue.roots = sorted({*self._catalogue.roots, str(root)} - set(inside))

    def _mean_length(self) -> float:
        files = self._catalogue.files.values()
        passages = sum(file.passages for file in files)
        return sum(file.words for file in files) / passages if passages else 1.0

    def _commit(self) -> None:
        """Index first, then the catalogue: after a crash between the two, the files are merely read again."""
        self.index.commit()
        self._save()

    def _save(self) -> None:
        write_atomically(self._path, msgspec.json.encode(self._catalogue))

    def _version(self) -> tuple[int, int] | None:
        """Tells one catalogue from the next: each is a new file."""
        try:
            about = self._path.stat()
        except FileNotFoundError:
            return None
        return about.st_ino, about.st_mtime_ns

    def _read(self) -> _Catalogue:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Catalogue)
        except FileNotFoundError:
            return _Catalogue()
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OSError) as error:
            raise LibraryError(
                f"{self._path} is damaged: {error}", hint="move the folder it is in away and ingest again"
            ) from error
