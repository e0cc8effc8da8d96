"""The look-ups of a question in the search index, restricted to a part of the library."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.documents.identity import is_under, possible_files
from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.passage_index import PassageIndex
from engine.index.preparation import prepare
from engine.index.search_index import Answers, Counts, Search

K1, B = 1.2, 0.75  # parameters of BM25 with tantivy's values


@dataclass(frozen=True, slots=True)
class Retriever:
    """An index restricted to `scope` (folders, files or groups; empty for all); `mean_length` is in words a passage.

    Each look-up costs what it returns, never the size of the library. Frequencies count the whole library. Callers that
    need several things at once use the methods for that, because an engine on another machine answers each call in one
    request.
    """

    index: PassageIndex
    scope: tuple[str, ...] = ()
    mean_length: float = 100.0

    def __len__(self) -> int:
        """Count the passages of the whole library."""
        return len(self.index)

    def count(self, terms: Sequence[tuple[str, str]], names: Sequence[str]) -> Counts:
        """See `SearchIndex.count`."""
        return self.index.count(terms, names, scope=self.scope)

    def look_up(self, searches: Sequence[Search], titles: Sequence[str] = ()) -> Answers:
        """See `SearchIndex.look_up`."""
        return self.index.look_up(searches, titles, scope=self.scope)

    def search(self, terms: Mapping[str, float], limit: int, *, mention: str = "") -> list[tuple[int, float]]:
        """See `SearchIndex.search`."""
        return self.index.search(terms, limit, mention=mention, scope=self.scope)

    def titled(self, key: str) -> Sequence[int]:
        """See `SearchIndex.titled`."""
        return self.index.titled(key, scope=self.scope)

    def open(self, number: int) -> IndexedPassage:
        """See `SearchIndex.open`."""
        return self.index.open(number)

    def existing(self, numbers: Iterable[int]) -> set[int]:
        """Return which of these are numbers of passages, in the scope if that is of folders and files."""
        paths = [path for path in self.scope if path.startswith("/")]
        numbers = self.index.existing(numbers)
        return {number for number in numbers if self._is_under(number, paths)} if paths else numbers

    def holds(self, number: int) -> bool:
        """Tell whether this is the number of a passage, as `existing` does."""
        return bool(self.existing([number]))

    def _is_under(self, number: int, paths: Sequence[str]) -> bool:
        files = possible_files(self.open(number).passage.source)
        return any(is_under(file, path) for file in files for path in paths)

    def term_frequency(self, stem: str, language: str = "") -> int:
        """See `SearchIndex.term_frequency`."""
        return self.index.term_frequency(stem, language)

    def similar(self, stem: str) -> list[str]:
        """See `SearchIndex.similar`."""
        return self.index.similar(stem)

    @property
    def languages(self) -> tuple[str, ...]:
        """See `SearchIndex.languages`."""
        return self.index.languages

    def name_frequency(self, key: str) -> int:
        """See `SearchIndex.name_frequency`."""
        return self.index.name_frequency(key)

    def name_frequencies(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """See `SearchIndex.name_frequencies`."""
        return self.index.name_frequencies(keys)


def index_passages(index: PassageIndex, passages: Iterable[tuple[Passage, str]]) -> Retriever:
    """Index passages, each with the group that it belongs to (may be empty), and return the look-ups over them all."""
    count = words = 0
    with index.writing() as writer:
        for passage, group in passages:
            added, length = writer.add([prepare(passage)], scope=[group] if group else [])
            count, words = count + added, words + length
        writer.commit()
    return Retriever(index, (), words / max(count, 1))
