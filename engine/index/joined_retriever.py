"""Look up a question in an index and in the passages that other machines sent for it, as if both were one library."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from engine.documents.passages import Passage
from engine.index.index_writer import field_of
from engine.index.indexed_passage import IndexedPassage
from engine.index.preparation import name_token
from engine.index.received_passages import FIRST_NUMBER, ReceivedPassages
from engine.index.retriever import Retriever
from engine.index.search_index import MOST_TITLED, Answers, Counts, Search, inverse_document_frequency


@dataclass(frozen=True)
class JoinedRetriever(Retriever):
    """The look-ups over an index and `received` passages, which every scope contains."""

    received: ReceivedPassages = field(default_factory=lambda: ReceivedPassages(()))

    def __len__(self) -> int:
        return super().__len__() + len(self.received)

    def count(self, terms: Sequence[tuple[str, str]], names: Sequence[str]) -> Counts:
        """See `SearchIndex.count`."""
        counts, received = super().count(terms, names), self.received
        return Counts(
            [self._in_all(n, stem, lang) for n, (stem, lang) in zip(counts.terms, terms, strict=True)],
            [n + len(received.mentioning(name)) for n, name in zip(counts.names, names, strict=True)],
            [_first(titled, received.titled(name)) for titled, name in zip(counts.titled, names, strict=True)],
        )

    def look_up(self, searches: Sequence[Search], titles: Sequence[str] = ()) -> Answers:
        """See `SearchIndex.look_up`."""
        answers = super().look_up(searches, titles)
        return Answers(
            [self._merged(hits, search) for hits, search in zip(answers.hits, searches, strict=True)],
            [_first(titled, self.received.titled(key)) for titled, key in zip(answers.titled, titles, strict=True)],
        )

    def search(self, terms: Mapping[str, float], limit: int, *, mention: str = "") -> list[tuple[int, float]]:
        """See `SearchIndex.search`."""
        return self._merged(super().search(terms, limit, mention=mention), Search(terms, limit, mention))

    def _merged(self, hits: list[tuple[int, float]], search: Search) -> list[tuple[int, float]]:
        """Return the best of the index's hits and of the received passages, best first."""
        terms, limit, mention = search
        rarities = {stem: inverse_document_frequency(self.term_frequency(stem), len(self)) for stem in terms}
        length = self.mean_length * self.received.doubled_titles
        scores = self.received.scores(terms, rarities, length)
        numbers = self.received.mentioning(mention) if mention else [n for n, score in scores.items() if score > 0]
        return nsmallest(limit, [*hits, *((n, scores[n]) for n in numbers)], key=lambda hit: (-hit[1], hit[0]))

    def titled(self, key: str) -> Sequence[int]:
        """See `SearchIndex.titled`."""
        return _first(super().titled(key), self.received.titled(key))

    def open(self, number: int) -> IndexedPassage:
        """See `SearchIndex.open`."""
        return self.received.open(number) if number >= FIRST_NUMBER else super().open(number)

    def existing(self, numbers: Iterable[int]) -> set[int]:
        """Return which of these are numbers of passages, in the scope or among the received ones."""
        asked = set(numbers)
        received = {number for number in asked if number in self.received}
        return received | super().existing(number for number in asked if number < FIRST_NUMBER)

    def term_frequency(self, stem: str, language: str = "") -> int:
        """See `SearchIndex.term_frequency`."""
        return self._in_all(super().term_frequency(stem, language), stem, language)

    def _in_all(self, indexed: int, stem: str, language: str) -> int:
        """Add the received passages with a stem to the `indexed` ones; among one language, the language is ignored."""
        if language and len(self.languages) == 1:
            language = ""
        if language and len(super().languages) == 1 and language not in super().languages:
            indexed = 0  # an index of one language ignores the language
        return indexed + self.received.frequency(field_of(stem), stem, language)

    def similar(self, stem: str) -> list[str]:
        """See `SearchIndex.similar`."""
        return super().similar(stem) or self.received.near(stem)

    @property
    def languages(self) -> tuple[str, ...]:
        """See `SearchIndex.languages`."""
        return tuple(dict.fromkeys((*super().languages, *self.received.languages)))

    def name_frequency(self, key: str) -> int:
        """See `SearchIndex.name_frequency`."""
        return super().name_frequency(key) + len(self.received.mentioning(key))

    def name_frequencies(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """See `SearchIndex.name_frequencies`."""
        names, received = list(keys), self.received
        counts = []
        for key, (mentions, titles) in zip(names, super().name_frequencies(names), strict=True):
            sent = len(received.mentioning(key))
            # Of a name that only sent passages are known to mention, the index has to look up all pairs.
            indexed = super().name_frequency(key) if sent and mentions else mentions
            counts.append((indexed + sent, titles + received.frequency("title", name_token(key))))
        return counts


def _first(titled: Sequence[int], received: Sequence[int]) -> list[int]:
    return [*titled, *received][:MOST_TITLED]


def joined(retriever: Retriever, passages: Iterable[Passage]) -> JoinedRetriever:
    """Return the look-ups over those of a retriever and these passages."""
    received = ReceivedPassages(passages)
    total = len(retriever) + len(received)
    words = retriever.mean_length * len(retriever) + received.words
    return JoinedRetriever(retriever.index, retriever.scope, words / max(total, 1), received)
