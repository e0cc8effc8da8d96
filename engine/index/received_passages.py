"""Search the few passages that other machines sent for one question, as if the library held them.

Frequencies are those of the library and of these passages together. The library's own hits keep the scores of its
index, whose frequencies lack these passages: in a very small library, both can be compared only roughly.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from engine.documents.identity import PassageId
from engine.documents.passages import Passage
from engine.index.index_writer import field_of
from engine.index.indexed_passage import IndexedPassage
from engine.index.preparation import PreparedPassage, name_token, prepare
from engine.index.retriever import K1, B
from engine.index.search_index import EXACT_WEIGHT
from engine.text.names import name_pairs

FIRST_NUMBER = 1 << 60  # above all numbers of an index
_CUTOFF = 0.75  # similarity of a stem to one of the library


class _Row:
    """One passage with its tokens by field of the index."""

    def __init__(self, prepared: PreparedPassage) -> None:
        self.indexed, self.language, self.words = IndexedPassage(prepared.stored), prepared.language, prepared.words
        self.counts = Counter(prepared.body.split())
        self.length = self.counts.total()
        self.tokens = {
            "body": self.counts.keys(),
            "exact": set(prepared.exact.split()),
            "mention": set(prepared.mentions.split()),
            "title": set(prepared.titles.split()),
        }


class ReceivedPassages:
    """The passages by number; neighbours in a document have neighbouring numbers."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        unique = {passage.id: passage for passage in passages}
        ordered = sorted(unique.values(), key=lambda passage: (passage.source, passage.start, passage.id))
        self._rows: dict[int, _Row] = {}
        number = FIRST_NUMBER
        for previous, passage in zip([None, *ordered], ordered, strict=False):
            number += 1 if previous is not None and _is_next(previous, passage) else 2
            self._rows[number] = _Row(prepare(passage))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def open(self, number: int) -> IndexedPassage:
        """Return the passage with this number."""
        return self._rows[number].indexed

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the passages."""
        return tuple(dict.fromkeys(row.language for row in self._rows.values()))

    @property
    def words(self) -> int:
        """The number of words of all passages, as `Retriever.mean_length` counts them."""
        return sum(row.words for row in self._rows.values())

    @property
    def doubled_titles(self) -> float:
        """How many times as long the indexed words are as `words`, in which no title counts twice."""
        return sum(row.length for row in self._rows.values()) / self.words if self.words else 1.0

    def frequency(self, field: str, token: str, language: str = "") -> int:
        """Count the passages with a token in a field; of one language, if given."""
        rows = self._rows.values()
        return sum(token in row.tokens[field] for row in rows if language in {"", row.language})

    def mentioning(self, name: str) -> list[int]:
        """Return the passages that have all pairs of a name."""
        pairs = {name_token(pair) for pair in name_pairs(name)}
        return [number for number, row in self._rows.items() if pairs <= row.tokens["mention"]]

    def titled(self, key: str) -> list[int]:
        """Return the passages whose document or section has this title key."""
        token = name_token(key)
        return [number for number, row in self._rows.items() if token in row.tokens["title"]]

    def near(self, stem: str) -> list[str]:
        """Return at most two roots that are written nearly like a stem, the most similar first."""
        roots = {root for row in self._rows.values() for root in row.indexed.roots}
        return get_close_matches(stem, sorted(roots), n=2, cutoff=_CUTOFF)

    def scores(
        self, weights: Mapping[str, float], rarities: Mapping[str, float], mean_length: float
    ) -> dict[int, float]:
        """Return BM25 over weighted stems by passage, 0 for one without any; `mean_length` is in indexed words."""
        return {
            number: sum(weights[stem] * rarities[stem] * _saturation(row, stem, mean_length) for stem in weights)
            for number, row in self._rows.items()
        }


def _saturation(row: _Row, stem: str, mean_length: float) -> float:
    """Return the factor of BM25 that grows with the count of a stem; a date or part number counts alike everywhere."""
    if (field := field_of(stem)) != "body":
        return EXACT_WEIGHT * (stem in row.tokens[field])
    count = row.counts[stem]
    return count * (K1 + 1) / (count + K1 * (1 - B + B * row.length / mean_length))


def _is_next(previous: Passage, passage: Passage) -> bool:
    first, second = PassageId.parse(previous.id), PassageId.parse(passage.id)
    are_numbers = first.number.isdecimal() and second.number.isdecimal()
    return first.source == second.source and are_numbers and int(first.number) + 1 == int(second.number)
