"""What a library and a question need of a search index, wherever it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.preparation import PreparedPassage
from engine.index.search_index import Answers, Counts, Search


class PassageWriter(Protocol):
    """Changes an index; see `engine.index.index_writer.IndexWriter` for what each method does."""

    def add(self, passages: Iterable[PreparedPassage], scope: Sequence[str]) -> tuple[int, int]: ...  # noqa: D102
    def remove(self, scope: str) -> None: ...  # noqa: D102
    def clear(self, files: Iterable[str], /) -> None: ...  # noqa: D102
    def commit(self) -> None: ...  # noqa: D102


class PassageIndex(Protocol):
    """The look-ups; see `engine.index.search_index.SearchIndex` for what each returns."""

    @property
    def generation(self) -> int: ...  # noqa: D102
    @property
    def languages(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def mean_length(self) -> float | None: ...  # noqa: D102
    def __len__(self) -> int: ...
    def refresh(self) -> None: ...  # noqa: D102
    def refresh_if_old(self) -> None: ...  # noqa: D102
    def pinned(self) -> "PassageIndex": ...  # noqa: D102
    def writing(self) -> AbstractContextManager[PassageWriter]: ...  # noqa: D102
    def forget(self) -> None: ...  # noqa: D102
    def count(  # noqa: D102
        self, terms: Sequence[tuple[str, str]], names: Sequence[str], *, scope: Sequence[str] = ()
    ) -> Counts: ...
    def look_up(  # noqa: D102
        self, searches: Sequence[Search], titles: Sequence[str], *, scope: Sequence[str] = ()
    ) -> Answers: ...
    def existing(self, numbers: Iterable[int]) -> set[int]: ...  # noqa: D102
    def search(  # noqa: D102
        self, terms: Mapping[str, float], limit: int, *, mention: str = "", scope: Sequence[str] = ()
    ) -> list[tuple[int, float]]: ...
    def titled(self, key: str, *, scope: Sequence[str] = ()) -> list[int]: ...  # noqa: D102
    def under(self, scope: str, limit: int) -> list[int]: ...  # noqa: D102
    def some_under(self, scope: str, positions: Sequence[int]) -> Iterator[IndexedPassage]: ...  # noqa: D102
    def titles(self, key: str, limit: int, *, scope: Sequence[str] = ()) -> list[str]: ...  # noqa: D102
    def open(self, number: int) -> IndexedPassage: ...  # noqa: D102
    def find(self, passage_id: str, title: str) -> Passage | None: ...  # noqa: D102
    def term_frequency(self, stem: str, language: str = "") -> int: ...  # noqa: D102
    def similar(self, stem: str) -> list[str]: ...  # noqa: D102
    def name_frequency(self, key: str) -> int: ...  # noqa: D102
    def name_frequencies(self, keys: Iterable[str]) -> list[tuple[int, int]]: ...  # noqa: D102
