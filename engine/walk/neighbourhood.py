"""Open passages for one question, and find the links between them.

A passage leads to passages whose title it mentions, to those that mention its own title, and to those that mention the
same name. The latter two are searched for together with the terms of the question that the passage does not cover.
All personas of a panel share a neighbourhood, so each passage is opened once.
"""

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np

from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.retriever import K1, B, Retriever
from engine.index.search_index import inverse_document_frequency
from engine.question.question import Name, Positions, Question
from engine.text.names import NameSpan, title_keys

FIRST_HITS = 24  # hits of the plain search from which a walk may start
_SAME_TITLE = 6  # passages with one title that the question may mean
_SAME_TITLE_LINKS = 8  # passages with one title to which a mention leads
_NAME_HITS = 3  # passages mentioning a name of the question from which a walk may start
_REQUERIES = 4  # names of a passage, beside its title, that are searched for
_REQUERY_HITS = 3
_COMMON_NAME = 200  # passages; a name that more of them mention gives no links
_COVERED = 0.3  # a term covered to this degree is not searched for again
_SATURATION = 1.6  # two or three occurrences in a short passage cover a term completely
_DISTANCE = 0.2  # loss of a relation word's weight with each word between it and the name


class LinkKind(IntEnum):
    """Why a passage leads to another: it mentions its title, the reverse, or both mention a name."""

    TITLE = 0
    BACK = 1
    SHARED = 2


class Link(NamedTuple):
    """A link to the passage with number `target`.

    `name` is the key of the linking name, `rarity` in [0, 1] its rarity, `relation` in [0, 1] the weight of question
    words near it, `sentence` the number of its sentence (0 is the first), and `share` as in `NameSpan`.
    """

    target: int
    kind: LinkKind
    name: str
    rarity: float
    relation: float
    sentence: int
    share: float

    def strength(self) -> float:
        """Return the worth of the link, whatever the target holds."""
        return _strength(self.rarity, self.relation, self.share)


def _strength(rarity: float, relation: float, share: float) -> float:
    return rarity * (0.1 + relation) * share


class OpenedPassage:
    """A passage as one question sees it: `cover` is the degree to which it covers each term, in [0, 1].

    `positions` are its words that stand for terms. `links` and `table`, with a row for each link (see `Column`), are
    found when first needed.
    """

    __slots__ = ("cover", "indexed", "links", "number", "positions", "table")

    def __init__(self, number: int, indexed: IndexedPassage, positions: Positions, cover: list[float]) -> None:
        self.number, self.indexed, self.positions, self.cover = number, indexed, positions, cover
        self.links: list[Link] | None = None
        self.table = np.empty((0, 0))


class Column(IntEnum):
    """Columns of a passage's table of links; from `COVERS` on, the cover of the target for each term."""

    RARITY = 0  # of a title link
    RELATION = 1
    SHARED_RARITY = 2  # of any other link
    SHARED_RELATION = 3
    TITLED = 4  # how surely the question names the target
    COVERS = 5


class Neighbourhood:
    """The passages that a question has opened, and their links.

    `first` are the hits of a plain search with their scores. `titled` maps the passages whose title the question names,
    `naming` those that mention a name of the question, each to how sure that is, in [0, 1].
    """

    def __init__(self, question: Question, retriever: Retriever) -> None:
        self.question, self.retriever = question, retriever
        self._opened: dict[int, OpenedPassage] = {}
        self._frequencies: dict[str, tuple[int, int]] = {}  # by name: passages that mention it, and with it as title
        self._titled_passages = cache(retriever.titled)
        self._rarity = _rarities(len(retriever))
        self._strengths: dict[int, dict[int, float]] = {}
        self._relations = _relations(question)
        self.first = retriever.search(question.search_terms(), FIRST_HITS)
        self.titled: dict[int, float] = {}
        self.naming: dict[int, float] = {}
        for name in question.names:
            self._add_starts(name)

    def _add_starts(self, name: Name) -> None:
        """Add the passages from which a walk may start because of a name of the question."""
        weights = self.question.weights
        ranked = sorted(name.titled, key=lambda number: (-float(weights @ self.open(number).cover), number))
        for rank, number in enumerate(ranked[:_SAME_TITLE]):
            self.titled[number] = max(self.titled.get(number, 0.0), name.confidence / (1 + rank))
        if 1 <= name.frequency <= _COMMON_NAME:
            hits = self.retriever.search(self.question.search_terms(), _NAME_HITS, mention=name.key)
            for rank, (number, _) in enumerate(hits):
                value = self._rarity(name.frequency) / (1 + 0.5 * rank)
                self.naming[number] = max(self.naming.get(number, 0.0), value)

    def open(self, number: int) -> OpenedPassage:
        """Return the passage with this number as the question sees it."""
        opened = self._opened.get(number)
        if opened is None:
            indexed = self.retriever.open(number)
            positions = self.question.positions(indexed.roots)
            cover = self._cover(positions, len(indexed.roots))
            opened = self._opened[number] = OpenedPassage(number, indexed, positions, cover)
        return opened

    def passage(self, number: int) -> Passage:
        """Return the text of the passage with this number."""
        return self.open(number).indexed.passage

    def _cover(self, positions: Positions, length: int) -> list[float]:
        """Return for each term the degree to which a passage covers it, by the saturation of BM25."""
        counts = [0.0] * len(self.question.terms)
        for _, terms in positions:
            for term, degree in terms:
                counts[term] += degree
        norm = K1 * (1 - B + B * length / self.retriever.mean_length)
        return [min(1.0, _SATURATION * count / (count + norm)) if count else 0.0 for count in counts]

    # -- links --------------------------------------------------------------------------------------------

    def links(self, number: int) -> list[Link]:
        """Return the links out of a passage: at most one of each kind to each target."""
        opened = self.open(number)
        if opened.links is None:
            opened.links = links = self._find_links(opened)
            opened.table = np.array([[*self._figures(link), *self.open(link.target).cover] for link in links])
        return opened.links

    def link_table(self, number: int) -> "np.ndarray":
        """Return the links out of a passage as an array, shape (links, 5 + terms), see `Column`."""
        self.links(number)
        return self.open(number).table

    def link(self, source: int, target: int) -> Link | None:
        """Return the strongest link between two passages; None if there is none."""
        links = [link for link in self.links(source) if link.target == target]
        return max(links, key=Link.strength, default=None)

    def strengths(self, number: int) -> dict[int, float]:
        """Return the strength of the best link to each passage to which this one leads, in [0, 1]."""
        if (strengths := self._strengths.get(number)) is None:
            strengths = self._strengths[number] = {}
            for link in self.links(number):
                strengths[link.target] = min(1.0, max(strengths.get(link.target, 0.0), link.strength()))
        return strengths

    def _figures(self, link: Link) -> tuple[float, float, float, float, float]:
        titled = self.titled.get(link.target, 0.0)
        if link.kind is LinkKind.TITLE:
            return link.rarity, link.relation, 0.0, 0.0, titled
        return 0.0, 0.0, link.rarity, link.relation, titled

    def _find_links(self, opened: OpenedPassage) -> list[Link]:
        passage = opened.indexed.passage
        own_titles = title_keys(passage.title, passage.heading)
        links, shared = self._mentioned(opened.indexed, own_titles)
        uncovered = self.question.search_terms(k for k, cover in enumerate(opened.cover) if cover < _COVERED)
        if uncovered:
            for key in own_titles[-1:]:
                rarity = self._rarity(self._frequency(key))
                back = self._mentioning(key, uncovered)
                links += [Link(number, LinkKind.BACK, key, rarity, 0.0, 0, 1.0) for number in back]
            for _, key, figures in heapq.nsmallest(_REQUERIES, shared):
                links += [Link(number, LinkKind.SHARED, key, *figures) for number in self._mentioning(key, uncovered)]
        best: dict[tuple[int, LinkKind], Link] = {}
        for link in links:
            old = best.get((link.target, link.kind))
            if link.target != opened.number and (old is None or link.strength() > old.strength()):
                best[link.target, link.kind] = link
        return list(best.values())

    def _mentioning(self, name: str, uncovered: dict[str, float]) -> list[int]:
        """Return the passages that mention a name and hold most of the uncovered terms."""
        if not (frequency := self._frequency(name)):
            return []
        terms = uncovered if frequency > _REQUERY_HITS else {}  # with so few passages all are hits, in any order
        return [number for number, _ in self.retriever.search(terms, _REQUERY_HITS, mention=name)]

    def _mentioned(self, indexed: IndexedPassage, own_titles: list[str]) -> tuple[list[Link], list["_Shared"]]:
        """Return the title links out of a passage, and the names that other passages mention, too."""
        words_by_sentence = self._relation_words(indexed)
        covered: set[int] = set()  # words that are part of a name with a title link
        by_title: list[Link] = []
        shared: list[_Shared] = []
        for key, spans, frequency, titles in self._linking_names(indexed.mentions):
            free = [s for s in spans if s[0] not in covered and s[1] - 1 not in covered] if covered else spans
            if key in own_titles or not free:
                continue
            (start, _, share), relation = _best_span(free, indexed.sentence_ends, words_by_sentence)
            sentence = bisect_right(indexed.sentence_ends, start) - 1
            figures = self._rarity(frequency), relation, sentence, share
            titled = self._titled_passages(key) if titles else ()
            if titled:
                covered.update(word for span in spans for word in range(span[0], span[1]))
                by_title += [Link(number, LinkKind.TITLE, key, *figures) for number in titled[:_SAME_TITLE_LINKS]]
            if 2 <= frequency <= _COMMON_NAME:  # noqa: PLR2004 - this passage and another
                shared.append((-_strength(figures[0], relation, share), key, figures))
        return by_title, shared

    def _linking_names(
        self, mentions: list[tuple[str, list[NameSpan]]]
    ) -> Iterator[tuple[str, list[NameSpan], int, int]]:
        """Yield the names that lead to other passages, with the numbers of passages that mention and have as title."""
        frequencies = self._frequencies
        new = [key for key, _ in mentions if key not in frequencies]
        frequencies.update(zip(new, self.retriever.name_frequencies(new), strict=True))
        for key, spans in mentions:
            frequency, titles = frequencies[key]
            if titles or 2 <= frequency <= _COMMON_NAME:  # noqa: PLR2004 - this passage and another
                yield key, spans, frequency, titles

    def _relation_words(self, indexed: IndexedPassage) -> dict[int, "_Words"]:
        """Return for each sentence the positions of question words outside names, with the terms they stand for."""
        relations, ends = self._relations, indexed.sentence_ends
        by_sentence: dict[int, _Words] = defaultdict(list)
        for position, word in enumerate(indexed.roots):
            if word in relations:
                by_sentence[bisect_right(ends, position)].append((position, relations[word]))
        return by_sentence

    def _frequency(self, key: str) -> int:
        """Return the number of passages that mention a name."""
        if key not in self._frequencies:
            self._frequencies[key] = self.retriever.name_frequencies([key])[0]
        return self._frequencies[key][0]


def _rarities(total: int) -> Callable[[int], float]:
    """Return the rarity of a name by the number of passages that mention it: 1 for one of `total` passages."""
    highest = inverse_document_frequency(1, total)
    return cache(lambda frequency: inverse_document_frequency(frequency, total) / highest)


def _relations(question: Question) -> dict[str, list[tuple[int, float]]]:
    """Map each root that stands for question words outside names to their terms and weights."""
    relations = {}
    for root, degrees in question.terms_by_root.items():
        terms = [(t, degree * float(question.weights[t])) for t, degree in degrees if not question.in_names[t]]
        if terms:
            relations[root] = terms
    return relations


_Words = list[tuple[int, list[tuple[int, float]]]]  # position of a word, and the terms with weights it stands for
_Shared = tuple[float, str, tuple[float, float, int, float]]  # -strength, name, and the figures of a `Link`


def _best_span(spans: list[NameSpan], ends: list[int], words_by_sentence: dict[int, _Words]) -> tuple[NameSpan, float]:
    """Return the span of a name with most of the question's words near it, and the weight of those."""
    highest, best = 0.0, spans[0]
    for span in spans if words_by_sentence else ():
        words = words_by_sentence.get(bisect_right(ends, span[0]))
        if words and (relation := _relation(words, span)) > highest:
            highest, best = relation, span
    return best, highest


def _relation(words: _Words, span: NameSpan) -> float:
    """Return the weight of question words in the sentence of a name; words nearer to the name weigh more."""
    best: dict[int, float] = {}
    start, end, _ = span
    for position, terms in words:
        if start <= position < end:
            continue
        distance = 1 + _DISTANCE * (start - position - 1 if position < start else position - end)
        for term, weight in terms:
            if weight / distance > best.get(term, 0.0):
                best[term] = weight / distance
    return sum(best.values())
