"""The runs that a search finds, newest first, found file by file and read page by page.

What it holds of a run is four bytes, so a hundred thousand of them may be found.
"""

import time
from bisect import bisect_right
from collections.abc import Mapping

from db.runs.history import History, Places, RunSummary
from db.runs.query import RunQuery
from engine.run.feedback import Judgements


class RunList:
    """Grows by `look_on` until it is `complete`; `page` reads what was found so far. Both may be called in threads."""

    def __init__(self, history: History, query: RunQuery, judged: Mapping[str, Judgements]) -> None:
        self.query = query
        self.looked_at = 0
        self.complete = False
        self._stopped = False
        self._history = history
        everything = query == RunQuery()
        self._places = history.places(None if everything else lambda run: query.holds(run, judged))
        self._found: list[Places] = []
        self._starts = [0]  # of each of `_found`, and the end of the last

    def __len__(self) -> int:
        return self._starts[-1]

    def look_on(self, seconds: float, *, enough: int = 0) -> None:
        """Go on for about so long, or until `enough` are found; 0 asks for all. Raises StoreError."""
        end = time.monotonic() + seconds
        for places in self._places:
            self.looked_at += places.looked_at
            if places.numbers:
                self._found.append(places)
                self._starts.append(len(self) + len(places.numbers))
            if self._stopped or time.monotonic() >= end or 0 < enough <= len(self):
                return
        self.complete = True

    def stop(self) -> None:
        """Nobody waits for it any more: a `look_on` in another thread ends after its file."""
        self._stopped = True

    def page(self, first: int, limit: int) -> list[RunSummary | None]:
        """Up to `limit` runs from number `first` on; None for one that was deleted meanwhile. Raises StoreError."""
        runs: list[RunSummary | None] = []
        part = bisect_right(self._starts, first) - 1
        for places, start in zip(self._found[part:], self._starts[part:], strict=False):
            skipped = max(first - start, 0)
            wanted = places.numbers[skipped : skipped + limit - len(runs)]
            runs += self._history.at(places.path, wanted)
            if len(runs) >= limit:
                break
        return runs
