"""Opening the library behind the first screen, and what to say of it meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.errors import PersonaMoeError
from engine.text.safe import printable
from tui.drawing.cells import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.index.catalogue import IngestReport
    from tui.session.library import ScopedLibrary

SHOWN_PATH = 28


class LibraryOpening:
    """Opens the library once; `line` and `problem` say how far it is, `ready` when it is over.

    Each of `watchers` is called when one of these changed.
    """

    def __init__(self, library: ScopedLibrary) -> None:
        self.problem = ""
        self.note = ""
        self._skipped = 0
        self.name = ""
        self.suggestions: list[str] = []
        self.ready = asyncio.Event()
        self._library = library
        self.watchers: list[Callable[[], None]] = []
        self._progress: tuple[int, int, str] | None = None

    def _notify(self) -> None:
        for watcher in self.watchers:
            watcher()

    async def open(self) -> None:
        """Bring the library up to date; a failure is kept in `problem`, so that the screen lives on.

        Even its name is asked in a thread: that is what first imports the engine.
        """
        loop = asyncio.get_running_loop()

        def progress(done: int, total: int, path: str) -> None:
            self._progress = (done, total, path)
            loop.call_soon_threadsafe(self._notify)

        try:
            await self.introduce()
            report = await self._library.open_in_thread(progress)
        except asyncio.CancelledError:
            self.note = "indexing was cancelled: the next start goes on with it"
            raise
        except PersonaMoeError as error:
            self.problem = str(error)
        else:
            self._skipped = len(report.skipped)
            await self.introduce()
        finally:
            self.ready.set()
            self._notify()

    async def follow(self, on_change: Callable[[IngestReport], None]) -> None:
        """Once the library is open, keep it up to date until this is cancelled. Raises LibraryError."""

        def tell(report: IngestReport) -> None:
            on_change(report)
            self._notify()

        await self.ready.wait()
        await self._library.follow(tell)

    async def introduce(self) -> None:
        """Ask for the library's name and what can be asked of it: it may have changed."""
        self.name, self.suggestions = await asyncio.to_thread(self._introduce)
        self._notify()

    def _introduce(self) -> tuple[str, list[str]]:
        return printable(self._library.name), self._library.suggestions()

    def line(self) -> str:
        """The library in a few words for the status line."""
        if self.problem:
            return "no library"
        if self.ready.is_set():
            skipped = f"{counted(self._skipped, 'file')} skipped" if self._skipped else ""
            return " · ".join(filter(None, (self.name, counted(self._library.passages, "passage"), skipped)))
        if self._progress is None:
            return f"{self.name} · opening" if self.name else "opening the library"
        done, total, path = self._progress
        return f"{self.name} · indexing {done}/{total} {printable(path)[-SHOWN_PATH:]}"
