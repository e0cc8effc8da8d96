"""The library of a workspace: bring folders up to date in the index, and give the look-ups over them."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import takewhile
from os import stat_result
from pathlib import Path
from typing import NamedTuple, TypedDict

from engine.documents.description import DESCRIBED_BY
from engine.documents.document import Document
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.documents.identity import is_under
from engine.documents.listing import ListingRules
from engine.documents.reader import begin_reading, read_documents
from engine.documents.sandbox import ConfinedReader, OnPage
from engine.errors import DocumentError, InputError, LibraryError, OperationError
from engine.index.catalogue import (
    FORMAT,
    IngestPlan,
    IngestReport,
    KnownFile,
    Progress,
    Skipped,
    existing,
    load_catalogue,
)
from engine.index.descriptions import Descriptions
from engine.index.passage_index import PassageIndex, PassageWriter
from engine.index.preparation import PreparedPassage
from engine.index.preparation_pool import PreparationPool
from engine.index.retriever import Retriever
from engine.index.search_index import SearchIndex
from engine.index.topics import LibraryTopics, topics_of
from engine.settings.settings import OpenSearch, System

_TITLES = 32  # passages whose titles are tried for a completion
# An ingest that is killed keeps what was committed. It commits after so many files, then whenever a share of the
# committed files was read again, so that at most a tenth is lost and few commits are made.
FIRST_COMMIT, _COMMIT_SHARE = 32, 0.1
_COMMIT_PASSAGES = 200_000  # and after so many passages
_MAX_REFRESHED = 20_000  # files that a question compares with the disk, about 50 ms


def _silent(_done: int, _total: int, _path: str) -> None:
    """Show no progress."""


def _never() -> bool:
    """Tell that an ingest was not cancelled."""
    return False


class _Limits(TypedDict):
    root: Path
    max_bytes: int


class _Contents(NamedTuple):
    """The documents of a file or the reason for none, the note on it, and whether it begins with a description."""

    name: str
    documents: Sequence[Document] = ()
    note: str = ""
    is_described: bool = False
    reason: str = ""


class Library:
    """The library in a workspace's folder. Questions need only `retriever`; `ingest` brings it up to date."""

    def __init__(self, folder: Path, system: System, opensearch: OpenSearch | None = None) -> None:
        self._system = system
        self._path = folder / "files.json"
        self.index: PassageIndex
        if opensearch is not None and opensearch.hosts:
            from engine.index.opensearch.index import OpenSearchIndex  # noqa: PLC0415 - only where it is configured

            self.index = OpenSearchIndex(folder, opensearch, FORMAT)
            self._path = folder / f"files-{self.index.key}.json"  # what another index holds says nothing of this one
        else:
            self.index = SearchIndex(folder / f"index-{FORMAT}")
        self.descriptions = Descriptions(folder / "descriptions")
        self._version: tuple[int, int] | None = None  # of the catalogue that was read last
        self._catalogue = load_catalogue(self._path)

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders and files that the user named."""
        return tuple(self._catalogue.roots)

    @property
    def is_outdated(self) -> bool:
        """Whether all files must be read again: other settings, another format, or an index that was moved away."""
        is_lost = len(self.index) == 0 and self._catalogue.passages > 0
        return bool(self._catalogue.files) and (is_lost or self._catalogue.read_with != self._read_with)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read at the last ingest."""
        return self._catalogue.skipped(self._catalogue.files)

    @property
    def notes(self) -> tuple[Skipped, ...]:
        """The notes on files that were read by a guess or not completely."""
        return self._catalogue.notes

    @property
    def _recogniser(self) -> TextRecogniser:
        return TextRecogniser(seconds=self._system.recognition_seconds)

    def files(self, path: str) -> dict[str, KnownFile]:
        """Return the files under `path` by their own paths, in order, as of the last ingest."""
        return {name: file for name, file in sorted(self._catalogue.files.items()) if is_under(name, path)}

    def count(self, path: str) -> tuple[int, int]:
        """Return the numbers of indexed files and of passages under `path`."""
        files = [f for name, f in self._catalogue.files.items() if is_under(name, path) and not f.reason]
        return len(files), sum(file.passages for file in files)

    def retriever(self, scope: Sequence[str] = ()) -> Retriever:
        """Return the look-ups over these folders or files, or over all, as of the last commit of any session.

        They stay in that state of the index, whoever changes it meanwhile.
        """
        if not self._system.enable_caching:
            self.index.forget()
        if (version := self._version_on_disk()) != self._version:
            self._version = version
            self.index.refresh()
            self._catalogue = load_catalogue(self._path)
        self.index.refresh_if_old()
        index = self.index.pinned()
        mean_length = self._catalogue.mean_length if index.mean_length is None else index.mean_length
        return Retriever(index, self._restriction(scope), mean_length)

    def titles(self, key: str, scope: Sequence[str] = ()) -> list[str]:
        """Return some titles that begin with `key` (for `title_completion`), as of the last `retriever`."""
        return self.index.titles(key, _TITLES, scope=self._restriction(scope))

    def topics(self, *, progress: Progress = _silent, cancelled: Callable[[], bool] = _never) -> LibraryTopics | None:
        """Return what the library is about, as of the last commit (`topics_of`); None if cancelled."""
        index = self.retriever().index
        cache = self._path.with_name("topics.json")
        return topics_of(index, self.indexed_files, cache, progress=progress, cancelled=cancelled)

    @property
    def indexed_files(self) -> dict[str, KnownFile]:
        """The files that have passages by their own paths, as of the last `retriever`."""
        return {name: file for name, file in self._catalogue.files.items() if file.passages}

    def _restriction(self, scope: Sequence[str]) -> tuple[str, ...]:
        """Return the scope, or nothing if it contains the whole library."""
        is_all = not scope or all(any(is_under(root, name) for name in scope) for root in self.roots)
        return () if is_all else tuple(scope)

    def ingest(
        self,
        paths: Iterable[Path],
        *,
        progress: Progress = _silent,
        cancelled: Callable[[], bool] = _never,
    ) -> IngestReport:
        """Bring these folders and files up to date: read the changed files, remove the deleted ones.

        `progress(done, total, path)` counts files. A cancelled ingest keeps the files that were read completely.
        Raises InputError for a path that does not exist and LibraryError when another session is ingesting.
        """
        roots = [existing(path) for path in paths]
        self._catalogue = load_catalogue(self._path)
        recogniser = self._recogniser
        plan = self._catalogue.plan(roots, self._rules, read_all=self.is_outdated, recogniser=recogniser)
        if plan.is_empty and all(self._catalogue.covers(str(root)) for root in roots):
            return self._report(plan, 0)
        with self._writing() as writer:
            if self.is_outdated:
                writer.clear(self._catalogue.files)
                self._catalogue.files.clear()
                self._remove_other_indexes()
                roots += [Path(root) for root in self._catalogue.roots if Path(root).exists()]
            plan = self._catalogue.plan(roots, self._rules, read_all=False, recogniser=recogniser)
            self._catalogue.add_roots(roots)
            self._catalogue.read_with = self._read_with
            return self._carry_out(plan, writer, progress, cancelled)

    def refresh(self, scope: Sequence[str] = ()) -> IngestReport | None:
        """Read the known files again that changed on disk, and remove the deleted ones; None if nothing had to be done.

        New files are not looked for. A library of more than 20,000 files, or one that another session is writing, is
        left as it is.
        """
        self._catalogue = load_catalogue(self._path)
        if len(self._catalogue.files) > _MAX_REFRESHED or self.is_outdated:
            return None
        plan = self._catalogue.plan_known(scope)
        if plan.is_empty:
            return None
        try:
            with self._writing() as writer:
                return self._carry_out(self._catalogue.plan_known(scope), writer, _silent, _never)
        except LibraryError:  # another session reads it
            return None

    def read_again(self, name: str) -> None:
        """Read a known file although it has not changed. Raises LibraryError when another session is ingesting."""
        with self._writing() as writer:
            self._carry_out(self._catalogue.plan_known([name], read_all=True), writer, _silent, _never)

    def remove(self, path: str) -> int:
        """Remove a folder or file from the library and return its number of files. Raises InputError if unknown."""
        self._catalogue = load_catalogue(self._path)
        name = path if path in self.roots else str(Path(path).expanduser().resolve())
        if name not in self.roots:
            raise InputError(f"{path} is not in the library", hint=", ".join(self.roots) or "the library is empty")
        with self._writing() as writer:
            catalogue = self._catalogue
            roots = [root for root in catalogue.roots if root != name]
            removed = [
                file
                for file in catalogue.files
                if is_under(file, name) and not any(is_under(file, root) for root in roots)
            ]
            for file in removed:  # after a crash between index and catalogue, an ingest reads them again
                writer.remove(file)
                catalogue.files[file] = replace(catalogue.files[file], mtime_ns=-1)
            catalogue.save(self._path)
            catalogue.roots = roots
            for file in removed:
                del catalogue.files[file]
            self._commit(writer)
        return len(removed)

    @contextmanager
    def _writing(self) -> Iterator[PassageWriter]:
        """Give the one writer and read the catalogue as the last writer left it; on an error, read it again."""
        try:
            with self.index.writing() as writer:
                self._catalogue = load_catalogue(self._path)
                yield writer
        except OperationError:
            self._catalogue = load_catalogue(self._path)
            raise

    def _remove_other_indexes(self) -> None:
        """Delete the indexes of other formats."""
        for folder in self._path.parent.glob("index-*"):
            if folder.name != f"index-{FORMAT}":
                shutil.rmtree(folder, ignore_errors=True)

    # -- the parts of an ingest ---------------------------------------------------------------------------

    def _carry_out(
        self, plan: IngestPlan, writer: PassageWriter, progress: Progress, cancelled: Callable[[], bool]
    ) -> IngestReport:
        files, done, added = self._catalogue.files, 0, 0
        committed = passages = 0
        for name in plan.removed:
            writer.remove(name)
            del files[name]
        with (
            ConfinedReader(recognition_seconds=self._system.recognition_seconds) as confined,
            PreparationPool(self._system.passage_characters) as pool,
        ):
            contents = self._contents(plan, confined, progress, cancelled)
            for content, prepared in pool.by_file(contents):
                name = content.name
                is_new, (_, status) = name not in files, plan.present[name]
                file = self._index_file(content, status, writer, prepared, cancelled)
                if file is None:
                    break
                files[name] = file
                done, added, passages = done + 1, added + is_new, passages + file.passages
                is_due = done + pool.ahead - committed >= max(FIRST_COMMIT, _COMMIT_SHARE * committed)
                if is_due or passages >= _COMMIT_PASSAGES:
                    self._commit(writer)
                    committed, passages = done, 0
        self._commit(writer)
        return self._report(plan, done, added)

    def _contents(
        self, plan: IngestPlan, confined: ConfinedReader, progress: Progress, cancelled: Callable[[], bool]
    ) -> Iterator[_Contents]:
        """Read the changed files one after another, until cancelled."""
        for number, name in enumerate(plan.changed, start=1):
            if number > 1 and cancelled():
                return
            file_progress = partial(progress, number, len(plan.changed))
            file_progress(name)
            contents = self._read(name, plan.present[name][0], confined, _page_progress(file_progress, name, cancelled))
            for following in plan.changed[number : number + 1]:  # it is read while this one is indexed
                begin_reading(Path(following), **self._limits(plan.present[following][0]), confined=confined)
            yield contents

    def _limits(self, root: Path) -> _Limits:
        """Return the folder out of which no link of a file may lead, and the size of a file, at most."""
        folder = root if root.is_dir() else root.parent
        return _Limits(root=folder, max_bytes=int(self._system.max_file_megabytes * 1e6))

    def _read(self, name: str, root: Path, confined: ConfinedReader, on_page: OnPage) -> _Contents:
        """Return the contents of a file, or the reason for none."""
        try:
            documents = list(
                read_documents(
                    Path(name),
                    **self._limits(root),
                    confined=confined,
                    on_page=on_page,
                    description_of=self.descriptions.of_file,
                )
            )
        except DocumentError as error:
            return _Contents(name, reason=str(error))
        note = next((document.note for document in documents if document.note), "")
        return _Contents(name, documents, note, any(DESCRIBED_BY in document.metadata for document in documents))

    def _index_file(
        self,
        contents: _Contents,
        status: stat_result,
        writer: PassageWriter,
        prepared: Iterable[PreparedPassage],
        cancelled: Callable[[], bool],
    ) -> KnownFile | None:
        """Replace the passages of one file in the index; None if that was cancelled."""
        if cancelled():
            return None
        name, file = contents.name, KnownFile(status.st_size, status.st_mtime_ns)
        writer.remove(name)
        if contents.reason:
            return replace(file, reason=contents.reason)
        until_cancelled = takewhile(lambda _: not cancelled(), prepared)
        count, words = writer.add(until_cancelled, scope=[name, *map(str, Path(name).parents)])
        if cancelled():  # only a part may be indexed, so the next ingest has to read the file again
            writer.remove(name)
            self._catalogue.files.pop(name, None)
            return None
        reason, note = "" if count else "empty", contents.note
        return replace(file, passages=count, words=words, reason=reason, note=note, is_described=contents.is_described)

    def _report(self, plan: IngestPlan, done: int, added: int = 0) -> IngestReport:
        return IngestReport(
            files=len(plan.present),
            added=added,
            changed=done - added,
            removed=len(plan.removed),
            passages=self._catalogue.passages,
            skipped=(*self._catalogue.skipped(plan.present), *plan.unnamed),
            cancelled=done < len(plan.changed),
            left_out=plan.left_out,
            notices=plan.notices,
            notes=self.notes,
        )

    @property
    def _rules(self) -> ListingRules:
        return ListingRules(self._system.exclude, self._system.respect_gitignore)

    @property
    def _read_with(self) -> tuple[int, int, float]:
        return FORMAT, self._system.passage_characters, self._system.max_file_megabytes

    def _commit(self, writer: PassageWriter) -> None:
        """Commit the index, then the catalogue: after a crash between the two, the files are only read again."""
        writer.commit()
        self._catalogue.save(self._path)

    def _version_on_disk(self) -> tuple[int, int] | None:
        """Identify the catalogue on disk: every save creates a new file."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns


def _page_progress(progress: Callable[[str], None], name: str, cancelled: Callable[[], bool]) -> OnPage:
    """Return what reports each page whose text is recognised, and stops there when the ingest is cancelled."""

    def on_page(page: int, pages: int) -> bool:
        progress(f"{name}: recognising the text of page {page} of {pages}")
        return not cancelled()

    return on_page
