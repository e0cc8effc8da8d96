"""The runs that a search finds, newest first: searched file by file, read page by page.

It holds four bytes of a run, so a search may find a hundred thousand.
"""

import time
from bisect import bisect_right
from collections.abc import Mapping

from db.runs.history import FileMatches, History
from db.runs.query import RunQuery
from db.runs.summary import RunSummary
from engine.run.state import Judgements


class FoundRuns:
    """Grows by `search_on` until it is `complete`; `page` reads the runs so far. Both may be called in threads."""

    def __init__(self, history: History, query: RunQuery, judged: Mapping[str, Judgements]) -> None:
        self.query = query
        self.searched = 0
        self.complete = False
        self._stopped = False
        self._history = history
        finds_all = query == RunQuery()
        self._search = history.matches(None if finds_all else lambda run: query.matches(run, judged))
        self._files: list[FileMatches] = []
        self._starts = [0]  # of each of `_files`, and the end of the last

    def __len__(self) -> int:
        return self._starts[-1]

    def search_on(self, seconds: float, *, enough: int = 0) -> None:
        """Search for about so many seconds, or until `enough` runs are found (0: all). Raises StoreError."""
        end = time.monotonic() + seconds
        for file in self._search:
            self.searched += file.searched
            if file.numbers:
                self._files.append(file)
                self._starts.append(len(self) + len(file.numbers))
            if self._stopped or time.monotonic() >= end or 0 < enough <= len(self):
                return
        self.complete = True

    def stop(self) -> None:
        """End a `search_on` in another thread after its file."""
        self._stopped = True

    def page(self, first: int, limit: int) -> list[RunSummary | None]:
        """Read up to `limit` runs from number `first` on; None for a run that was deleted. Raises StoreError."""
        runs: list[RunSummary | None] = []
        index = bisect_right(self._starts, first) - 1
        for file, start in zip(self._files[index:], self._starts[index:], strict=False):
            skipped = max(first - start, 0)
            runs += self._history.at(file.path, file.numbers[skipped : skipped + limit - len(runs)])
            if len(runs) >= limit:
                break
        return runs
