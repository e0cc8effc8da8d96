"""The look-ups of a question in the search index, restricted to a part of the library."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.documents.identity import is_under, possible_files
from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.preparation import prepare
from engine.index.search_index import SearchIndex

K1, B = 1.2, 0.75  # parameters of BM25 with tantivy's values


@dataclass(frozen=True, slots=True)
class Retriever:
    """An index restricted to `scope` (folders, files or groups; empty for all); `mean_length` is in words a passage.

    Each look-up costs what it returns, never the size of the library. Frequencies count the whole library.
    """

    index: SearchIndex
    scope: tuple[str, ...] = ()
    mean_length: float = 100.0

    def __len__(self) -> int:
        """Count the passages of the whole library."""
        return len(self.index)

    def search(self, terms: Mapping[str, float], limit: int, *, mention: str = "") -> list[tuple[int, float]]:
        """See `SearchIndex.search`."""
        return self.index.search(terms, limit, mention=mention, scope=self.scope)

    def titled(self, key: str) -> Sequence[int]:
        """See `SearchIndex.titled`."""
        return self.index.titled(key, scope=self.scope)

    def open(self, number: int) -> IndexedPassage:
        """See `SearchIndex.open`."""
        return self.index.open(number)

    def holds(self, number: int) -> bool:
        """Tell whether there is a passage with this number, in the scope if that is of folders and files."""
        if not self.index.has(number):
            return False
        paths = [path for path in self.scope if path.startswith("/")]
        files = possible_files(self.open(number).passage.source) if paths else ()
        return not paths or any(is_under(file, path) for file in files for path in paths)

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


def index_passages(index: SearchIndex, passages: Iterable[tuple[Passage, str]]) -> Retriever:
    """Index passages, each with the group that it belongs to (may be empty), and return the look-ups over them all."""
    count = words = 0
    with index.writing() as writer:
        for passage, group in passages:
            added, length = writer.add([prepare(passage)], scope=[group] if group else [])
            count, words = count + added, words + length
        writer.commit()
    return Retriever(index, (), words / max(count, 1))
