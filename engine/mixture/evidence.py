"""Score the passages of a question by each kind of evidence, and blend the kinds into one ranking.

A passage's value is a sum over kinds of its scores by the kind, in [0, 1], times the loudness of the kind for this
question. Loudness is a weighted sum of what the question and the library show (`GATE`), at least `QUIETEST`: a mixture
of experts with a gate (Jacobs and others, 1991), whose weights were fitted on data sets of every kind of library by
`python -m tests.trials.evidence_weights`, as a conditional logit over the passages of a question. A kind is heard as
far as the personas that were called go by it, and louder or more quietly as marks have taught
(`engine.mixture.learned_factors`).
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import compress, pairwise
from operator import mul
from typing import TYPE_CHECKING, TypeVar

from engine.mixture.evidence_weights import MEANING, WEIGHTS
from engine.personas.traits import Kind
from engine.question.question import Positions
from engine.question.question_form import asks_openly
from engine.walk.neighbourhood import Neighbourhood

if TYPE_CHECKING:
    from engine.meaning.similarity import SimilarPassages

COLUMNS: Mapping[str, Kind] = {
    "words": Kind.WORDS,
    "names": Kind.NAMES,
    "beside": Kind.STRUCTURE,
    "document": Kind.STRUCTURE,
    "around": Kind.STRUCTURE,
    "coverage": Kind.CLOSENESS,
    "window": Kind.CLOSENESS,
    "pairs": Kind.CLOSENESS,
    "numbers": Kind.AMOUNTS,
    "meaning": Kind.MEANING,
}
"""The scores of a passage, and the kind of evidence that each belongs to."""

GATE = ("constant", "in titles", "named share", "long documents", "open")

QUIETEST = {kind: 0.6 if kind is Kind.WORDS else 0.1 for kind in COLUMNS.values()}
"""The least loudness of each kind: it has a ranking where it alone is heard, and a plain search counts everywhere."""

_COUNT = Counter(COLUMNS.values())
_NAMES = list(COLUMNS).index("names")
_TITLED = 2.0  # times the share in titles, from which on it does not matter how long documents are
_HALF = 5.0  # log odds
_POOL = 25  # passages of each other ranking that may be in the blend
_BESIDE = 15  # hits whose neighbours in the document may be in it, too
_AROUND = 2  # passages before and after one that may say what it is about
_WINDOW = 25  # words
_FULLY_HEARD = 0.5  # weight of a kind, by one persona or several together, from which on it is heard fully
_Key = TypeVar("_Key", bound=Hashable)


class KindsOfEvidence:
    """The kinds of evidence on the passages around one question; without `similar` nothing goes by meaning."""

    def __init__(self, neighbourhood: Neighbourhood, similar: "SimilarPassages | None" = None) -> None:
        self._near, self._similar = neighbourhood, similar
        self._question, self._retriever = neighbourhood.question, neighbourhood.retriever
        self._weights: list[float] = self._question.weights.tolist()
        self._words = _shares(dict(neighbourhood.searched))
        self._rows: dict[int, list[float]] = {}

    def values(self, names: Mapping[int, float], heard: Mapping[Kind, float]) -> dict[int, list[float]]:
        """Return what each column adds to a passage's value, shape (`COLUMNS`,).

        `names` are the scores of the walks, best first; `heard` says how far each kind counts, in [0, 1]. The passages
        that only kinds found that are not heard are left out.
        """
        kinds = self._usable(heard)
        loudness = [
            kinds.get(kind, 0.0) * max(QUIETEST[kind], sum(map(mul, weights, self.gate)))
            for kind, weights in zip(COLUMNS.values(), (*WEIGHTS, MEANING), strict=True)
        ]
        table = self.table(names, kinds) if kinds else {}
        return {number: list(map(mul, loudness, scores)) for number, scores in table.items()}

    def scores(self, weights: Mapping[Kind, float], walk: Mapping[int, float]) -> dict[int, float]:
        """Return the scores that one persona gives, in [0, 1]: a mean of the kinds by its weights.

        `walk` are the scores of its own walk, if it goes by names. Each kind counts by the mean of its columns.
        """
        used = self._usable(weights)
        total = sum(used.values()) or 1.0
        shares = [used.get(kind, 0.0) / _COUNT[kind] / total for kind in COLUMNS.values()]
        table = self.table(_shares(dict(walk)), used) if used else {}
        values = {number: sum(map(mul, shares, scores)) for number, scores in table.items()}
        return {number: value for number, value in values.items() if value > 0}

    def _usable(self, weights: Mapping[Kind, float]) -> dict[Kind, float]:
        """Return the kinds that have a weight, without meaning if there are no vectors."""
        return {k: weight for k, weight in weights.items() if weight and (k is not Kind.MEANING or self._similar)}

    def strongest_kind(self, weights: Mapping[Kind, float], number: int) -> Kind:
        """Return the kind, except names, by which a persona with these weights values a passage most."""
        sums = dict.fromkeys(Kind, 0.0)
        for kind, score in zip(COLUMNS.values(), self._row(number), strict=True):
            sums[kind] += weights[kind] * score / _COUNT[kind]
        return max(sums, key=lambda kind: sums[kind])

    def table(self, names: Mapping[int, float], kinds: Iterable[Kind] = Kind) -> dict[int, list[float]]:
        """Return the scores of each passage that these kinds found, shape (`COLUMNS`,), all in [0, 1]."""
        table = {number: self._row(number).copy() for number in self._pool(names, frozenset(kinds))}
        for number, row in table.items():
            row[_NAMES] = names.get(number, 0.0)
        return table

    @cached_property
    def gate(self) -> list[float]:
        """What the question and the library show, shape (`GATE`,), all in [0, 1].

        A constant; the share of the question's weight in names that are titles, and in names at all; the share of the
        first hits whose document goes on before or after them, as far as the question names no titles; whether the
        question asks openly.
        """
        question, hits = self._question, list(self._words)[:_BESIDE]
        in_titles = question.in_titles()
        long = sum(map(bool, self._near.beside(hits))) / max(1, len(hits))
        return [
            1.0,
            in_titles,
            min(1.0, question.share(question.resolved)),
            long * max(0.0, 1 - _TITLED * in_titles),
            float(asks_openly(question.text)),
        ]

    def _row(self, number: int) -> list[float]:
        """Return the scores of a passage, shape (`COLUMNS`,), with 0 for names, which differ between personas."""
        if (row := self._rows.get(number)) is None:
            opened = self._near.open(number)
            by_column = {
                "words": self._words.get(number, 0.0),
                "beside": sum(self._words[side] for side in self._hits_around(number, 1)) / 2,
                "document": self._document_scores.get(self._near.open(number).document, 0.0),
                "around": self._question.share(self._cover_around(number)),
                "coverage": self._question.share(opened.cover),
                "window": self._window(opened.positions),
                "pairs": self._pairs(opened.positions),
                "numbers": opened.indexed.numbers / max(1, len(opened.indexed.roots)),
                "meaning": self._similar.score(opened.indexed.passage) if self._similar else 0.0,
            }
            row = self._rows[number] = [by_column.get(column, 0.0) for column in COLUMNS]
        return row

    def _hits_around(self, number: int, reach: int) -> list[int]:
        """Return the hits at most so many passages before or after one in its document, without itself."""
        steps = (step for step in range(-reach, reach + 1) if step)
        sides = [number + step for step in steps if number + step in self._words]
        document = self._near.open(number).document if sides else ""
        return [side for side in sides if self._near.open(side).document == document]

    def _cover_around(self, number: int) -> list[float]:
        """Return the degree to which a passage and the hits around it cover each term, in [0, 1]."""
        covers = [self._near.open(n).cover for n in (number, *self._hits_around(number, _AROUND))]
        return list(map(max, *covers)) if len(covers) > 1 else covers[0]

    def _window(self, positions: Positions) -> float:
        """Return the largest share of the question that stands within so many words."""
        best, first = 0.0, 0
        for last, (end, _) in enumerate(positions):
            while end - positions[first][0] >= _WINDOW:
                first += 1
            if last + 1 == len(positions) or positions[last + 1][0] - positions[first][0] >= _WINDOW:
                degrees: dict[int, float] = {}
                for _, terms in positions[first : last + 1]:
                    for term, degree in terms:
                        degrees[term] = max(degree, degrees.get(term, 0.0))
                best = max(best, sum(self._weights[term] * degree for term, degree in degrees.items()))
        return best

    def _pairs(self, positions: Positions) -> float:
        """Return the share of neighbouring terms of the question, by their weight, that are near each other."""
        weights = [a + b for a, b in pairwise(self._weights)]
        return sum(compress(weights, self._question.near_pairs(positions))) / (sum(weights) or 1.0)

    @cached_property
    def _document_scores(self) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        for number, score in self._words.items():
            sums[self._near.open(number).document] += score
        return _shares(sums)

    def _pool(self, names: Mapping[int, float], kinds: frozenset[Kind]) -> list[int]:
        """Return the passages that these kinds found; all others rank those that a search for the words found."""
        is_of_words = not kinds <= {Kind.NAMES, Kind.MEANING}
        pool = dict.fromkeys([*(self._words if is_of_words else []), *list(names)[:_POOL]])
        if Kind.STRUCTURE in kinds:
            for sides in self._near.beside(list(self._words)[:_BESIDE]):
                pool.update(dict.fromkeys(sides))
        if Kind.MEANING in kinds and self._similar:
            pool.update(dict.fromkeys(self._similar.nearest(_POOL, self._retriever)))
        return list(pool)


def blend(
    values: Mapping[int, Sequence[float]], factors: Sequence[float], gains: Mapping[int, float] | None = None
) -> dict[int, float]:
    """Return the passages by the sum of their `values` (`KindsOfEvidence.values`), best first, with scores in (0, 1].

    Each column counts `factors` times, and `gains` are added. The score is 1 for the best, and 1/2 for a value that is
    `_HALF` below.
    """
    sums = {number: sum(map(mul, row, factors)) for number, row in values.items()}
    for number, gain in (gains or {}).items():
        sums[number] += gain
    best = max(sums.values(), default=0.0)
    order = sorted(sums, key=lambda number: (-sums[number], number))
    return {number: _HALF / (_HALF + best - sums[number]) for number in order}


def heard_kinds(weights: Iterable[tuple[float, Mapping[Kind, float]]]) -> dict[Kind, float]:
    """Return how far each kind is heard, in [0, 1], by the voices of personas and their weights of the kinds."""
    sums: dict[Kind, float] = dict.fromkeys(Kind, 0.0)
    for voice, own in weights:
        for kind, weight in own.items():
            sums[kind] += voice * weight
    return {kind: min(1.0, total / _FULLY_HEARD) for kind, total in sums.items()}


def _shares(scores: Mapping[_Key, float]) -> dict[_Key, float]:
    best = max(scores.values(), default=0.0) or 1.0
    return {number: score / best for number, score in scores.items()}
