"""Analyse a question against a library: weighted terms, words that may stand for them, and known names."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, compress, count
from operator import mul
from typing import TYPE_CHECKING

from engine.index.retriever import Retriever
from engine.index.search_index import Counts, inverse_document_frequency
from engine.question.terms import QuestionWords
from engine.text.names import CONNECTORS, is_name_word, name_runs, root, roots
from engine.text.relation_words import related_roots
from engine.text.words import STOP_WORDS

if TYPE_CHECKING:
    import numpy as np

_RELATED = 0.6  # how well a word of the same relation stands for a term
_LONGEST_NAME = 9  # words
_ONE_WORD = 0.7  # factor of the confidence in a name of one word
_UNTITLED = 0.6  # factor of the confidence in a name that is no title
_COMMON = 0.02  # share of passages; a one-word name in more of them is ignored
_QUESTION_WORDS = frozenset("what which who when where how in of is are did was".split())
_NEAR = 3  # words between two neighbouring terms of the question that are near each other
_ENDING_CONNECTORS = frozenset({"on", "in", "to", "for"})  # "Payment On", a title, may end so


@dataclass(frozen=True, slots=True)
class Name:
    """Words `start` to `end` (excluded) of the question, which are a title or a mentioned name in the library.

    `titled` are the passages with that title, `frequency` counts the passages that mention the name, `confidence` in
    [0, 1] says how sure it is that the question means this name.
    """

    key: str
    start: int
    end: int
    titled: tuple[int, ...]
    frequency: int
    confidence: float


Positions = Sequence[tuple[int, Sequence[tuple[int, float]]]]
"""The words of a text that stand for terms of a question: the number of each, and its terms with their degrees."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in terms of a library.

    `terms` are its stems that occur in the library, `weights` (shape: terms) their inverse document frequencies, which
    add up to one. `terms_by_root` maps a root to the terms that it stands for, by index, each with a degree in [0, 1].
    `in_names` and `resolved` (shape: terms) say whether a term is part of a name, and the confidence in that name.
    `unknown` are stems that the library never uses; `unknown_weight` counts each like the heaviest known term.
    `unknown_names` are capitalised runs with such a word. `language` is that of its stems, one of the library's.
    """

    text: str
    language: str
    terms: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...]
    weights: "np.ndarray"
    terms_by_root: dict[str, tuple[tuple[int, float], ...]]
    names: tuple[Name, ...]
    in_names: "np.ndarray"
    resolved: "np.ndarray"
    unknown: tuple[str, ...]
    unknown_weight: float
    unknown_names: tuple[str, ...]

    def search_terms(self, numbers: Iterable[int] | None = None) -> dict[str, float]:
        """Return all forms of the terms, or of those with these numbers, with equal weights: a plain search."""
        chosen = range(len(self.forms)) if numbers is None else numbers
        return {form: 1.0 for number in chosen for form in self.forms[number]}

    def covered(self, roots: Collection[str]) -> list[float]:
        """Return for each term the highest degree to which one of these roots stands for it, in [0, 1]."""
        best = [0.0] * len(self.terms)
        for word in self.terms_by_root.keys() & set(roots):
            for term, degree in self.terms_by_root[word]:
                best[term] = max(best[term], degree)
        return best

    def share(self, degrees: Iterable[float]) -> float:
        """Return the share of the question's known weight that terms covered to these degrees have, in [0, 1]."""
        return float(sum(map(mul, self.weights.tolist(), degrees)))

    def in_titles(self) -> float:
        """Return the share of the question's weight in names that are titles of the library, in [0, 1]."""
        words = dict.fromkeys(word for name in self.names if name.titled for word in name.key.split())
        return self.share(self.covered(roots(" ".join(words))))

    def positions(self, words: Sequence[str]) -> Positions:
        """Return which of these roots stand for terms: the number of each, and its terms with their degrees."""
        terms_by_root = self.terms_by_root
        numbers = compress(count(), map(terms_by_root.__contains__, words))
        return [(number, terms_by_root[words[number]]) for number in numbers]

    def near_pairs(self, positions: Positions) -> list[bool]:
        """Tell for each two terms that are neighbours in the question whether they are near each other in a text."""
        last = [-_NEAR - 1] * (len(self.terms) + 1)  # position of each term; the last stands for none
        near = [False] * (len(self.terms) + 1)
        for position, terms in positions:
            for term, _ in terms:
                near[term] |= position - last[term + 1] <= _NEAR
                near[term - 1] |= position - last[term - 1] <= _NEAR
            for term, _ in terms:
                last[term] = position
        return near[: max(0, len(self.terms) - 1)]

    def coverage(self, roots: Collection[str]) -> float:
        """Return the share of the question's weight, unknown words included, that these roots stand for."""
        return self.share(self.covered(roots)) / (1.0 + self.unknown_weight)


def read_question(text: str, retriever: Retriever, *, today: date | None = None) -> Question:
    """Analyse a question against a library (the article's entity construction); `today` resolves "yesterday"."""
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    words = QuestionWords(text, retriever, today=today)
    spans = _possible_names(words)
    counts = words.count([" ".join(words.folded[start:end]) for start, end in spans])
    terms, unknown = words.terms()
    weights = np.array([inverse_document_frequency(term.frequency, len(retriever)) for term in terms])
    mass = float(weights.sum()) or 1.0
    forms = tuple(term.forms for term in terms)
    names = tuple(sorted(_names(words, spans, counts, len(retriever)), key=lambda name: name.start))
    resolved = _resolved(names, words, forms)
    in_names = np.array([value is not None for value in resolved], dtype=bool)
    return Question(
        text=text,
        language=words.language,
        terms=tuple(term[0] for term in forms),
        forms=forms,
        weights=weights / mass,
        terms_by_root=_terms_by_root(forms, in_names),
        names=names,
        in_names=in_names,
        resolved=np.array([value or 0.0 for value in resolved]),
        unknown=tuple(unknown),
        unknown_weight=len(unknown) * float(max(weights, default=0.0)) / mass,
        unknown_names=tuple(_unknown_names(words, set(unknown))),
    )


def _resolved(names: tuple[Name, ...], words: QuestionWords, terms: tuple[tuple[str, ...], ...]) -> list[float | None]:
    """Return for each term the highest confidence of a name that contains it; None outside names."""
    confidence: dict[str, float] = {}
    for name in names:
        for stem in chain.from_iterable(stems[name.start : name.end] for stems in words.stems.values()):
            confidence[stem] = max(confidence.get(stem, 0.0), name.confidence)
    return [max((confidence[form] for form in forms if form in confidence), default=None) for forms in terms]


def _terms_by_root(
    terms: tuple[tuple[str, ...], ...], in_names: "np.ndarray"
) -> dict[str, tuple[tuple[int, float], ...]]:
    by_root: dict[str, list[tuple[int, float]]] = {}
    for number, forms in enumerate(terms):
        roots = dict.fromkeys(map(root, forms))
        for own in roots:
            by_root.setdefault(own, []).append((number, 1.0))
        for related in () if in_names[number] else sorted(set().union(*map(related_roots, roots))):
            by_root.setdefault(related, []).append((number, _RELATED))
    return {word: tuple(degrees) for word, degrees in by_root.items()}


def _possible_names(words: QuestionWords) -> list[tuple[int, int]]:
    """Return the spans of words that may be a name, longest first."""
    count = len(words.raw)
    spans = ((n, n + length) for length in range(min(_LONGEST_NAME, count), 0, -1) for n in range(count - length + 1))
    return [span for span in spans if _may_be_name(words.raw, words.folded, *span)]


def _names(words: QuestionWords, spans: Sequence[tuple[int, int]], counts: Counts, total: int) -> Iterator[Name]:
    """Yield the known names among spans; those that overlap an earlier one are left out, if that is surely a name."""
    is_named = [False] * len(words.raw)
    for (start, end), frequency, passages in zip(spans, counts.names, counts.titled, strict=True):
        if any(is_named[start:end]):
            continue
        length, titled, capital = end - start, tuple(passages), is_name_word(words.raw[start])
        rare = length > 1 or frequency < total * _COMMON
        if (titled and (length > 1 or capital)) or (capital and frequency and rare):
            if titled or words.raw[end - 1][0].isupper():
                is_named[start:end] = [True] * length
            key = " ".join(words.folded[start:end])
            yield Name(key, start, end, titled, frequency, _confidence(titled, frequency, length, total))


def _confidence(titled: tuple[int, ...], frequency: int, length: int, total: int) -> float:
    rarity = inverse_document_frequency(max(frequency, 1), total) / inverse_document_frequency(1, total)
    return rarity * (_ONE_WORD if length == 1 else 1.0) * (1.0 if titled else _UNTITLED)


def _may_be_name(raw: list[str], folded: list[str], start: int, end: int) -> bool:
    if end - start == 1:
        return folded[start] not in STOP_WORDS and len(folded[start]) > 1 and raw[start][0].isupper()
    first, last, inside = folded[start], folded[end - 1], folded[start:end]
    if start == 0 and first in _QUESTION_WORDS:
        return False
    if last in CONNECTORS and last not in _ENDING_CONNECTORS:
        return False
    lower = all(word == fold for word, fold in zip(raw[start:end], inside, strict=True))
    plain = all(word in STOP_WORDS or related_roots(root(word)) for word in inside)
    return not (lower and plain) and any(word not in STOP_WORDS for word in inside)


def _unknown_names(words: QuestionWords, unknown: set[str]) -> Iterator[str]:
    """Yield runs of capitalised words with a word, not the question's first, that the library never uses.

    In German, where all nouns are capitalised, only runs of two and more count.
    """
    raw, shortest = words.raw, 2 if words.language == "de" else 1
    is_capitalised_first = bool(raw) and (words.language == "de" or words.folded[0] in words.stop_words)
    first = int(is_capitalised_first)  # a word that is capitalised because the question begins with it
    for start, end in ((a + first, b + first) for a, b in name_runs(raw[first:])):
        is_unknown = any(k > 0 and raw[k][0].isupper() and words.stem(k) in unknown for k in range(start, end))
        if is_unknown and end - start >= shortest:
            yield " ".join(raw[start:end])
