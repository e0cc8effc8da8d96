"""Rank the passages of a question again by the quotations that the user has judged.

Passages that resemble the liked ones gain (Rocchio, 1971): the cosine of tf-idf vectors, times a weight. A disliked one
loses; those that resemble it do not, because that was no sign against them on questions with several known passages.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log, sqrt

from engine.events import Mark
from engine.index.search_index import inverse_document_frequency
from engine.walk.neighbourhood import Neighbourhood

_WEIGHT = 8.0  # log odds of a passage that has the words of the liked ones, see `evidence._HALF`
_LOSS = 4.0
_COMMON = 0.2  # share of the library; words of more passages say nothing
_SHORTEST = 3  # letters of a word


class RelevanceFeedback:
    """The marks at one question."""

    def __init__(self, neighbourhood: Neighbourhood, marks: Sequence[Mark]) -> None:
        self._near = neighbourhood
        self._liked = {mark.passage for mark in marks if mark.liked}
        self._disliked = {mark.passage for mark in marks} - self._liked
        self._rarities: dict[str, float] = {}
        self._vectors: dict[int, dict[str, float]] = {}

    def gains(self, numbers: Collection[int]) -> dict[int, float]:
        """Return what each of these passages gains, or loses if it is negative."""
        ids = {number: self._near.passage(number).id for number in numbers}
        if any(name in self._liked for name in ids.values()):
            self._count_words(numbers)
        liked = [self._vector(number) for number, name in ids.items() if name in self._liked]
        centroid = Counter[str]()
        for vector in liked:
            centroid.update(vector)
        gains = {number: -_LOSS if name in self._disliked else 0.0 for number, name in ids.items()}
        if liked:
            gains = {n: gain + _WEIGHT * _dot(self._vector(n), centroid) / len(liked) for n, gain in gains.items()}
        return gains

    def _vector(self, number: int) -> dict[str, float]:
        """Return the weights of the words of a passage, of length 1."""
        if number not in self._vectors:
            counts = Counter(self._near.open(number).indexed.roots)
            weights = {word: (1 + log(count)) * self._rarities[word] for word, count in counts.items()}
            length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            self._vectors[number] = {word: weight / length for word, weight in weights.items() if weight}
        return self._vectors[number]

    def _count_words(self, numbers: Iterable[int]) -> None:
        """Find out how rare the words of these passages are."""
        words = dict.fromkeys(word for number in numbers for word in self._near.open(number).indexed.roots)
        new = [word for word in words if word not in self._rarities]
        total = len(self._near.retriever)
        frequencies = self._near.retriever.count([(word, "") for word in new], []).terms if new else []
        for word, frequency in zip(new, frequencies, strict=True):
            is_telling = frequency <= _COMMON * total + 1 and (len(word) >= _SHORTEST or word.isdigit())
            self._rarities[word] = inverse_document_frequency(frequency, total) if is_telling else 0.0


def _dot(vector: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in vector.items())
