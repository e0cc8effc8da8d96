"""Carry out one change of the library at a time, in a thread, with its progress and a way to cancel it."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rich.text import Text

from tui.drawing.cells import bar, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.index.catalogue import Progress

    Job = Callable[[Progress, threading.Event], "T"]

T = TypeVar("T")
BAR_CELLS = 20
FEWEST_SECONDS = 0.5
"""A rate is shown only after this time."""


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """File number `done` of `total` is being read, `seconds` after the start."""

    done: int
    total: int
    path: str
    seconds: float

    def text(self) -> Text:
        """A bar, the counts, the rate, the remaining time and the file."""
        share = f" {self.done:,} of {self.total:,} files"
        if self.seconds >= FEWEST_SECONDS and self.done > 1:
            rate = (self.done - 1) / self.seconds
            share += f" · {rate:,.0f} a second · {_span((self.total - self.done + 1) / rate)} left"
        filled = bar(self.done, full=self.total, width=BAR_CELLS)
        return Text.assemble((filled, "cyan"), share, (f" · {plain(self.path)}", "dim"))


def _span(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


class IngestJob:
    """Carries out one job at a time; `progress` is None while no file is being read."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.progress: IngestProgress | None = None
        self._changed = changed
        self._cancelled: threading.Event | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return self._cancelled is not None

    def cancel(self) -> None:
        """Let the job end after the current file; files that were read are kept."""
        if self._cancelled is not None:
            self._cancelled.set()

    async def carry_out(self, job: Job[T]) -> T:
        """Run `job(progress, cancelled)` in a thread; it is cancelled when the program ends."""
        loop, started = asyncio.get_running_loop(), time.monotonic()
        cancelled = self._cancelled = threading.Event()

        def progress(done: int, total: int, path: str) -> None:
            self.progress = IngestProgress(done, total, path, time.monotonic() - started)
            loop.call_soon_threadsafe(self._changed)

        try:
            return await asyncio.to_thread(job, progress, cancelled)
        finally:
            cancelled.set()
            self._cancelled = self.progress = None
            self._changed()
