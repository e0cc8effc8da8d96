"""The search index narrowed to some folders or files of the library."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.documents.passages import Passage
from engine.index.retriever import OpenedPassage
from engine.index.search_index import SearchIndex


@dataclass(frozen=True, slots=True)
class ScopedIndex:
    """The look-ups of a question (`engine.index.retriever.Retriever`) over a part of the library, or all of it."""

    index: SearchIndex
    scope: tuple[str, ...] = ()
    mean_length: float = 100.0

    def __len__(self) -> int:
        return len(self.index)

    def search(self, terms: Mapping[str, float], limit: int, *, mention: str = "") -> list[tuple[int, float]]:
        """See `Retriever.search`."""
        return self.index.search(terms, limit, mention=mention, scope=self.scope)

    def titled(self, key: str) -> Sequence[int]:
        """See `Retriever.titled`."""
        return self.index.titled(key, scope=self.scope)

    def open(self, number: int) -> OpenedPassage:
        """See `Retriever.open`."""
        return self.index.open(number)

    def term_frequency(self, stem: str) -> int:
        """See `Retriever.term_frequency`."""
        return self.index.term_frequency(stem)

    def mention_frequency(self, key: str) -> int:
        """See `Retriever.mention_frequency`."""
        return self.index.mention_frequency(key)

    def known(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """See `Retriever.known`."""
        return self.index.known(keys)


def index_passages(index: SearchIndex, passages: Iterable[tuple[Passage, str]]) -> ScopedIndex:
    """Index ready-made passages, each with the group it belongs to (empty for none), and look into all of them."""
    count = words = 0
    with index.writing():
        for passage, group in passages:
            added, length = index.add([passage], scope=[group] if group else [])
            count, words = count + added, words + length
        index.commit()
    return ScopedIndex(index, (), words / max(count, 1))
