"""The documents of a workspace, and the part of them that questions are asked of."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.shipped import shipped
from tui.remote.address import is_remote, split_addresses

if TYPE_CHECKING:
    from engine.documents.cited_source import SourceText
    from engine.documents.document import Raster
    from engine.documents.passages import Passage
    from engine.documents.sandbox import Drawing
    from engine.index.catalogue import IngestReport, Progress
    from engine.index.library import Library
    from engine.index.retriever import Retriever
    from engine.settings.settings import Settings
    from tui.remote.address import LibraryAddress, RemoteAddress
    from tui.remote.libraries import RemoteLibraries

SAMPLE_NAME = "sample library"
SUGGESTIONS = 8
MOST_NAMES = 3  # of folders and files
_MOMENT = 1.0  # seconds


def sample_library() -> Path:
    """Return the folder of the documents that come with the program."""
    return shipped("db/sample")


class ScopedLibrary:
    """The indexed `documents`, of which questions are asked within a scope of `passages` passages.

    `folder` holds the index. `addresses` are the folders or files to ask, and the libraries of other machines
    (`others`); without a folder or file, the whole library is asked, or the sample if the library is empty.
    """

    def __init__(
        self, folder: Path, settings: Callable[[], "Settings"], addresses: "Sequence[LibraryAddress]" = ()
    ) -> None:
        paths, others = split_addresses(addresses)
        self._folder, self._settings, self._paths = folder, settings, tuple(paths)
        self.others = _remote_libraries(others, settings) if others else None
        self._changing = threading.RLock()  # an ingest by a key waits for one by a changed file
        self.passages = 0

    @cached_property
    def documents(self) -> "Library":
        """The index of all documents; opening it reads no document."""
        from engine.index.library import Library  # noqa: PLC0415 - after the first paint

        return Library(self._folder, self._settings().system, self._settings().opensearch)

    @property
    def name(self) -> str:
        """Name what the questions go to, in a few words."""
        roots = [str(path) for path in self._paths] or list(self.documents.roots)
        is_sample = not roots or roots == [str(sample_library())]
        names = [SAMPLE_NAME] if is_sample else _short_names(roots)
        return ", ".join([*names, *(self.others.names if self.others else ())])

    def suggestions(self) -> list[str]:
        """Return questions that the sample answers, or those that the titles of any other library make."""
        if self.name != SAMPLE_NAME:
            return self._questions_about_titles()
        import json  # noqa: PLC0415 - after the first paint

        entries = json.loads(shipped("db/sample_questions.json").read_bytes())
        return [entry["question"] for entry in entries[:SUGGESTIONS]]

    def _questions_about_titles(self) -> list[str]:
        from tui.session.suggested_questions import questions_about  # noqa: PLC0415 - after the first paint

        scope, documents = self.scope, self.documents
        files = {path: file for root in scope or documents.roots for path, file in documents.files(root).items()}
        return questions_about(files, partial(documents.titles, scope=scope), SUGGESTIONS)

    def retriever(self) -> "Retriever":
        """Open the index for the questions: it finds passages of the scope only. Raises LibraryError."""
        return self.documents.retriever(self.scope)

    # -- what is in it ------------------------------------------------------------------------------------

    def ingest(self, paths: Sequence[Path], progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """Bring folders or files into the library; the user's own documents replace the sample."""
        from engine.index.catalogue import existing  # noqa: PLC0415 - after the first paint

        roots, sample = [existing(path) for path in paths], sample_library()
        with self._changing:
            report = self.documents.ingest(roots, progress=progress, cancelled=cancelled.is_set)
            if str(sample) in self.documents.roots and any(root != sample for root in roots):
                self.documents.remove(str(sample))
                report = replace(report, passages=len(self.documents.retriever()))
        return report

    @contextmanager
    def unchanging(self) -> Iterator[bool]:
        """Keep this session from changing the library; False, after a moment, if it is changing it now."""
        acquired = self._changing.acquire(timeout=_MOMENT)
        try:
            yield acquired
        finally:
            if acquired:
                self._changing.release()

    async def follow(self, on_change: Callable[["IngestReport"], None]) -> None:
        """Keep the user's documents up to date until this is cancelled; `on_change` gets each report of a change.

        Returns if there is nothing to watch. Raises LibraryError.
        """
        from engine.errors import LibraryError  # noqa: PLC0415 - after the first paint
        from engine.index.watching import changed_roots  # noqa: PLC0415 - after the first paint

        own = self._own_roots()
        if not own:
            return
        async for roots in changed_roots(own):
            try:
                report = await self._in_thread(partial(self._ingest_again, roots))
            except LibraryError:  # another session reads the change
                continue
            if report.added or report.changed or report.removed:
                on_change(report)

    def _own_roots(self) -> list[str]:
        return [root for root in self.documents.roots if root != str(sample_library()) and Path(root).exists()]

    def _ingest_again(self, roots: Sequence[Path], cancelled: threading.Event) -> "IngestReport":
        with self._changing:
            report = self.documents.ingest(roots, cancelled=cancelled.is_set)
            self._count()
        return report

    def open(self, progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """Bring the scope up to date, reading only files that changed.

        Of the whole library only known files are compared with the disk: new ones are found by an ingest.
        """
        roots = self.documents.roots
        if self._paths or not roots or roots == (str(sample_library()),):
            self._paths = self._paths or (sample_library(),)
            report = self.ingest(self._paths, progress, cancelled)
            self._count()
            return report
        report = self._refresh(roots, progress, cancelled)
        self._count()
        return replace(report, passages=self.passages)

    def _refresh(self, roots: Sequence[str], progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """Read the known files again that changed, or all files if the index is of an older format."""
        from engine.index.catalogue import IngestReport  # noqa: PLC0415 - after the first paint

        existing = [Path(root) for root in roots if Path(root).exists()] if self.documents.is_outdated else []
        if existing:
            return self.ingest(existing, progress, cancelled)
        return self.documents.refresh() or IngestReport(skipped=self.documents.skipped)

    async def open_in_thread(self, progress: "Progress") -> "IngestReport":
        """`open` in a thread, which calls `progress`. Cancelling the task ends the ingest after its file."""
        return await self._in_thread(partial(self.open, progress))

    @staticmethod
    async def _in_thread(job: Callable[[threading.Event], "IngestReport"]) -> "IngestReport":
        """Run a job in a thread; cancelling the task sets the event that the job gets."""
        cancelled = threading.Event()
        try:
            return await asyncio.to_thread(job, cancelled)
        finally:
            cancelled.set()

    def add(self, paths: Sequence[Path], progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """`ingest`, and ask the new documents from now on; the sample is asked only while it is alone."""
        report = self.ingest(paths, progress, cancelled)
        if self._paths and self.scope != [str(sample_library())]:
            self._paths = tuple(dict.fromkeys((*self._paths, *paths)))
        elif str(sample_library()) not in self.documents.roots:
            self._paths = ()
        self._count()
        return report

    def remove(self, root: str, progress: "Progress", cancelled: threading.Event) -> int:
        """Take a root out of the library, and return its number of files; an emptied library gets the sample back."""
        with self._changing:
            files = self.documents.remove(root)
        self._paths = tuple(path for path, name in zip(self._paths, self.scope, strict=True) if name != root)
        if not self.documents.roots:
            self.open(progress, cancelled)
        self._count()
        return files

    def _count(self) -> None:
        scope = self.scope
        passages = sum(self.documents.count(path)[1] for path in scope)
        self.passages = passages if scope else len(self.documents.retriever())

    @property
    def scope(self) -> list[str]:
        """The folders and files that the questions go to, as the library names them; empty for the whole library."""
        return [str(path.expanduser().resolve()) for path in self._paths]

    def is_in_scope(self, file: str) -> bool:
        """Tell whether questions go to this file."""
        from engine.documents.identity import is_under  # noqa: PLC0415 - after the first paint

        return not self._paths or any(is_under(file, name) for name in self.scope)

    def holds(self, source: str) -> bool:
        """Tell whether a source has passages in the index or is another machine's, and questions go to it.

        Raises LibraryError.
        """
        from engine.documents.identity import possible_files  # noqa: PLC0415 - after the first paint

        if self.others and self.others.holds(source):
            return True
        index = self.documents.retriever().index
        return any(self.is_in_scope(file) and index.under(file, 1) for file in possible_files(source))

    # -- what a question or an answer needs of it -----------------------------------------------------------

    def complete(self, text: str) -> str:
        """Complete the last words of a question to a title of the scope; empty if there is none."""
        from engine.index.title_completion import complete  # noqa: PLC0415 - after the first paint

        return complete(text, partial(self.documents.titles, scope=self.scope))

    def read_source(self, source: str) -> "SourceText":
        """Read a file or record of the library, or of another machine; the result says why if it cannot be read."""
        from engine.documents.cited_source import SourceText, read_source  # noqa: PLC0415 - after the first paint
        from engine.documents.sandbox import ConfinedReader  # noqa: PLC0415 - after the first paint

        if is_remote(source):
            advice = "it is on another machine: name its library when you start persona-moe"
            return self.others.read_source(source) if self.others else SourceText(Path(source), problem=advice)
        system, documents = self._settings().system, self.documents
        with ConfinedReader(recognition_seconds=system.recognition_seconds) as confined:
            return read_source(
                source,
                roots=documents.roots,
                max_bytes=int(system.max_file_megabytes * 1e6),
                confined=confined,
                description_of=documents.descriptions.of_file,
            )

    def draw_source(self, source: str, drawing: "Drawing") -> "Raster":
        """Draw the picture of a source. Raises DocumentError."""
        from engine.documents.cited_source import draw_source  # noqa: PLC0415 - after the first paint

        max_bytes = int(self._settings().system.max_file_megabytes * 1e6)
        return draw_source(source, drawing, roots=self.documents.roots, max_bytes=max_bytes)

    def passage(self, passage_id: str, title: str) -> "Passage | None":
        """Find a passage as it was indexed; None if it is not in the index any more. Raises LibraryError."""
        return self.documents.index.find(passage_id, title)


def _short_names(roots: Sequence[str]) -> list[str]:
    """Name the first folders or files, those with the same name by their folder too, and count the others."""
    names = [Path(root).name or root for root in roots]
    short = [
        "/".join(Path(root).parts[-2:]) if names.count(name) > 1 else name
        for root, name in zip(roots, names, strict=True)
    ][:MOST_NAMES]
    return [*short, f"{len(roots) - MOST_NAMES} more"] if roots[MOST_NAMES:] else short


def _remote_libraries(addresses: "Sequence[RemoteAddress]", settings: Callable[[], "Settings"]) -> "RemoteLibraries":
    from tui.remote.libraries import RemoteLibraries  # noqa: PLC0415 - only with addresses

    return RemoteLibraries(addresses, lambda: settings().system)
