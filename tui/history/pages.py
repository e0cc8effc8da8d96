"""What a table of runs shows of a list that may be a hundred thousand long: the pages around the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.runs.found_runs import FoundRuns
    from db.runs.summary import RunSummary

PAGE = 100
KEPT = 30
"""Pages in memory; the one that was read first goes first."""


class RunPages:
    """The pages of one `FoundRuns`; `read_all` and `nearest` may be called in a thread."""

    def __init__(self, runs: FoundRuns) -> None:
        self.runs = runs
        self._pages: dict[int, list[RunSummary | None]] = {}

    def __contains__(self, index: int) -> bool:
        return index % PAGE < len(self._pages.get(index // PAGE, ()))

    def __getitem__(self, index: int) -> RunSummary | None:
        """The run with this number, which was read; None if it was deleted meanwhile."""
        return self._pages[index // PAGE][index % PAGE]

    def missing(self, indices: range) -> list[int]:
        """The numbers of the pages that have to be read before all of `indices` can be shown."""
        return sorted({index // PAGE for index in indices if index not in self})

    def read_all(self, indices: range) -> None:
        """Read what is missing of `indices`. Raises StoreError."""
        for number in self.missing(indices):
            self._read(number)

    def _read(self, number: int) -> None:
        page = self.runs.page(number * PAGE, PAGE)
        self._pages.pop(number, None)
        self._pages[number] = page
        while len(self._pages) > KEPT:
            self._pages.pop(next(iter(self._pages)))

    def drop(self, run_id: str) -> None:
        """The run was deleted: its line says so until the list is read anew."""
        for page in self._pages.values():
            page[:] = [None if run is not None and run.run_id == run_id else run for run in page]

    def nearest(self, run_id: str, index: int) -> int:
        """Where the run is now, looked for from a page before `index` on to a page after it; else `index`."""
        first = max(0, index - PAGE)
        for number, run in enumerate(self.runs.page(first, 2 * PAGE), start=first):
            if run is not None and run.run_id == run_id:
                return number
        return index
