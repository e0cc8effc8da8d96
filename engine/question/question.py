"""What a question asks: its weighted terms and their kin, and the names in it that the library knows."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.index.retriever import Retriever, inverse_document_frequency
from engine.text.dates import asked_date_terms
from engine.text.names import CONNECTORS, is_name_word, name_runs, root
from engine.text.relation_words import related_roots
from engine.text.words import STOP_WORDS, raw_words, stemmed

if TYPE_CHECKING:
    import numpy as np

_KIN_WEIGHT = 0.6  # how well a word of the same relation stands for a term
_LONGEST_NAME = 9  # words
_ONE_WORD = 0.7  # a name of one word is less sure to be meant
_UNTITLED = 0.6  # and so is one that is no title
_COMMON = 0.02  # a one-word name in a larger share of the passages is no name to start from
_QUESTION_WORDS = frozenset("what which who when where how in of is are did was".split())
_ENDING_CONNECTORS = frozenset({"on", "in", "to", "for"})  # "Payment On", a title, may end so


@dataclass(frozen=True, slots=True)
class Name:
    """A span of the question that the library knows, as a title or as a name that passages mention.

    `confidence` in [0, 1]: how sure it is that the question means just this name.
    """

    key: str
    start: int
    end: int
    titled: tuple[int, ...]
    frequency: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the library understands it.

    `terms` are its stems that occur in the library, `weights` their inverse document frequencies, adding up
    to one. `kin` maps a root to the terms it stands for (by index) and how well. `in_names` and `resolved`
    say per term whether it is part of a name, and how surely that name accounts for it. `unknown` are words
    that the library never uses; `unknown_weight` takes each for as heavy as the heaviest known one.
    """

    text: str
    terms: tuple[str, ...]
    weights: "np.ndarray"
    kin: dict[str, tuple[tuple[int, float], ...]]
    names: tuple[Name, ...]
    in_names: "np.ndarray"
    resolved: "np.ndarray"
    unknown: tuple[str, ...]
    unknown_weight: float
    unknown_names: tuple[str, ...]

    def search_terms(self) -> dict[str, float]:
        """The terms of a plain search."""
        return dict.fromkeys(self.terms, 1.0)

    def covered(self, roots: Collection[str]) -> list[float]:
        """Per term, how well the best of these roots stands for it, in [0, 1]."""
        best = [0.0] * len(self.terms)
        for word in self.kin.keys() & set(roots):
            for term, well in self.kin[word]:
                best[term] = max(best[term], well)
        return best

    def coverage(self, roots: Collection[str]) -> float:
        """The share of the question's weight, unknown words included, that these roots stand for."""
        found = sum(float(w) * well for w, well in zip(self.weights, self.covered(roots), strict=True))
        return found / (1.0 + self.unknown_weight)


def read_question(text: str, retriever: Retriever) -> Question:
    """Analyse a question against a library: the article's entity construction."""
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    raw = raw_words(text)
    folded, stems = stemmed(raw)
    content = list(dict.fromkeys(s for s, word in zip(stems, folded, strict=True) if word not in STOP_WORDS))
    total = len(retriever)
    dates = [term for term in asked_date_terms(text) if retriever.term_frequency(term)]
    found = {stem: frequency for stem in [*content, *dates] if (frequency := retriever.term_frequency(stem))}
    weights = np.array([inverse_document_frequency(f, total) for f in found.values()])
    mass = float(weights.sum()) or 1.0
    terms, unknown = tuple(found), tuple(stem for stem in content if stem not in found)
    names = tuple(sorted(_names(raw, folded, retriever), key=lambda name: name.start))
    resolved = _resolved(names, stems, terms)
    in_names = np.array([value is not None for value in resolved], dtype=bool)
    return Question(
        text=text,
        terms=terms,
        weights=weights / mass,
        kin=_kin(terms, in_names),
        names=names,
        in_names=in_names,
        resolved=np.array([value or 0.0 for value in resolved]),
        unknown=unknown,
        unknown_weight=len(unknown) * float(max(weights, default=0.0)) / mass,
        unknown_names=tuple(_unknown_names(raw, folded, stems, set(unknown))),
    )


def _resolved(names: tuple[Name, ...], stems: list[str], terms: tuple[str, ...]) -> list[float | None]:
    """Per term, the confidence of the surest name that it is part of; None outside names."""
    sure: dict[str, float] = {}
    for name in names:
        for stem in stems[name.start : name.end]:
            sure[stem] = max(sure.get(stem, 0.0), name.confidence)
    return [sure.get(term) for term in terms]


def _kin(terms: tuple[str, ...], in_names: "np.ndarray") -> dict[str, tuple[tuple[int, float], ...]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for number, term in enumerate(terms):
        found.setdefault(root(term), []).append((number, 1.0))
        for other in () if in_names[number] else sorted(related_roots(root(term))):
            found.setdefault(other, []).append((number, _KIN_WEIGHT))
    return {word: tuple(stands_for) for word, stands_for in found.items()}


def _names(raw: list[str], folded: list[str], retriever: Retriever) -> Iterator[Name]:
    """Longest known spans first; a span that touches a longer known one is dropped."""
    taken = [False] * len(raw)
    for length in range(min(_LONGEST_NAME, len(raw)), 0, -1):
        for start in range(len(raw) - length + 1):
            end = start + length
            if any(taken[start:end]) or not _may_be_name(raw, folded, start, end):
                continue
            key, capital = " ".join(folded[start:end]), is_name_word(raw[start])
            titled, frequency = tuple(retriever.titled(key)), retriever.name_frequencies([key])[0][0]
            rare = length > 1 or frequency < len(retriever) * _COMMON
            if (titled and (length > 1 or capital)) or (capital and frequency and rare):
                if titled or raw[end - 1][0].isupper():
                    taken[start:end] = [True] * length
                yield Name(key, start, end, titled, frequency, _confidence(titled, frequency, length, len(retriever)))


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


def _unknown_names(raw: list[str], folded: list[str], stems: list[str], unknown: set[str]) -> Iterator[str]:
    """Runs of capitalised words with one, not the question's first, that the library never uses."""
    asking = int(bool(folded) and folded[0] in STOP_WORDS)  # "Was", capitalised for standing first
    for start, end in ((a + asking, b + asking) for a, b in name_runs(raw[asking:])):
        if any(k > 0 and raw[k][0].isupper() and stems[k] in unknown for k in range(start, end)):
            yield " ".join(raw[start:end])
