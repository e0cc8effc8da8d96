"""The part of the library that one question has opened: which passages a passage leads to, and by what.

It is shared by all personas of a panel, so that a passage is opened once a question. A passage leads
to those whose title it mentions, to those that mention its own title, and to those that mention the same
name; the latter two are searched for together with what of the question is still uncovered.
"""

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from engine.index.indexed_passage import IndexedPassage
from engine.index.retriever import K1, B, Retriever, inverse_document_frequency
from engine.question.question import Name, Question
from engine.text.names import NameSpan, title_keys

FIRST_HITS = 24  # plain hits that a walk may start from
_SAME_TITLE = 6  # passages of one title that the question may mean
_SAME_TITLE_LINKS = 8  # passages of one title that a mention leads to
_NAME_HITS = 3  # passages mentioning a name of the question that a walk may start from
_REQUERIES = 4  # names of a passage that are searched for again, beside its title
_REQUERY_HITS = 3
_COMMON_NAME = 200  # a name in more passages than this leads nowhere in particular
_COVERED = 0.3  # a term this well covered is not searched for again
_SATURATION = 1.6  # two or three occurrences in a short passage cover a term
_DISTANCE = 0.2  # how much less a relation word counts with each word between it and the name


class LinkKind(IntEnum):
    """By what a passage leads to another."""

    TITLE = 0
    BACK = 1
    SHARED = 2


class Link(NamedTuple):
    """A way from one passage to the passage with number `target`.

    `name` is the key that both have; `rarity` in [0, 1] that name's; `relation` in [0, 1] the weight of question
    words near it; `sentence` where it stands (0 the first); `whole` its share of the run of name words.
    """

    target: int
    kind: LinkKind
    name: str
    rarity: float
    relation: float
    sentence: int
    whole: float

    def strength(self) -> float:
        """What the link promises, apart from what stands at its end."""
        return _strength(self.rarity, self.relation, self.whole)


def _strength(rarity: float, relation: float, whole: float) -> float:
    return rarity * (0.1 + relation) * whole


class Opened:
    """A passage as the question sees it: `cover` says per term how well it covers it.

    `links` and `table`, one row a link (see `Column`), are there once they were asked for.
    """

    __slots__ = ("cover", "links", "number", "stored", "table")

    def __init__(self, number: int, stored: IndexedPassage, cover: list[float]) -> None:
        self.number, self.stored, self.cover = number, stored, cover
        self.links: list[Link] | None = None
        self.table = np.empty((0, 0))


class Column(IntEnum):
    """Of the table of links out of a passage; the cover of the target, per term, comes last."""

    RARITY = 0  # of a link by title
    RELATION = 1
    SHARED_RARITY = 2  # of any other link
    SHARED_RELATION = 3
    TITLED = 4  # how surely the question names the target
    COVERS = 5


class Neighbourhood:
    """Passages and links, found when a persona first asks for them.

    `first` are the plain hits with their scores; `titled` the passages whose title the question names and
    `naming` those that mention one of its names, each with how surely.
    """

    def __init__(self, question: Question, retriever: Retriever) -> None:
        self.question, self.retriever = question, retriever
        self._opened: dict[int, Opened] = {}
        self._frequencies: dict[str, tuple[int, int]] = {}
        self._rarities: dict[int, float] = {}
        self._titles: dict[str, Sequence[int]] = {}
        self._strengths: dict[int, dict[int, float]] = {}
        self._relations = _relations(question)
        self._rarest = inverse_document_frequency(1, len(retriever))
        self.first = retriever.search(question.search_terms(), FIRST_HITS)
        self.titled: dict[int, float] = {}
        self.naming: dict[int, float] = {}
        for name in question.names:
            self._start_from(name)

    def _start_from(self, name: Name) -> None:
        weights = self.question.weights
        ranked = sorted(name.titled, key=lambda number: (-float(weights @ self.open(number).cover), number))
        for place, number in enumerate(ranked[:_SAME_TITLE]):
            self.titled[number] = max(self.titled.get(number, 0.0), name.confidence / (1 + place))
        if 1 <= name.frequency <= _COMMON_NAME:
            hits = self.retriever.search(self.question.search_terms(), _NAME_HITS, mention=name.key)
            for place, (number, _) in enumerate(hits):
                value = self._rarity(name.frequency) / (1 + 0.5 * place)
                self.naming[number] = max(self.naming.get(number, 0.0), value)

    def open(self, number: int) -> Opened:
        """The passage with this number."""
        found = self._opened.get(number)
        if found is None:
            stored = self.retriever.open(number)
            found = self._opened[number] = Opened(number, stored, self._cover(stored.roots))
        return found

    def _cover(self, roots: list[str]) -> list[float]:
        kin = self.question.kin
        counts = [0.0] * len(self.question.terms)
        for root in filter(kin.__contains__, roots):
            for term, well in kin[root]:
                counts[term] += well
        norm = K1 * (1 - B + B * len(roots) / self.retriever.mean_length)
        return [min(1.0, _SATURATION * count / (count + norm)) if count else 0.0 for count in counts]

    def links(self, number: int) -> Opened:
        """The passage with its links found."""
        opened = self.open(number)
        if opened.links is None:
            opened.links = links = self._find_links(opened)
            opened.table = np.array([[*self._figures(link), *self.open(link.target).cover] for link in links])
        return opened

    def _figures(self, link: Link) -> tuple[float, float, float, float, float]:
        titled = self.titled.get(link.target, 0.0)
        if link.kind is LinkKind.TITLE:
            return link.rarity, link.relation, 0.0, 0.0, titled
        return 0.0, 0.0, link.rarity, link.relation, titled

    def _find_links(self, opened: Opened) -> list[Link]:
        passage = opened.stored.passage
        own = title_keys(passage.title, passage.heading)
        found, shared = self._mentioned(opened.stored, own)
        left = {t: 1.0 for t, c in zip(self.question.terms, opened.cover, strict=True) if c < _COVERED}
        if left:
            for key in own[-1:]:
                rarity = self._rarity(self._frequency(key))
                found += [Link(n, LinkKind.BACK, key, rarity, 0.0, 0, 1.0) for n in self._mentioning(key, left)]
            for _, key, rest in heapq.nsmallest(_REQUERIES, shared):
                found += [Link(n, LinkKind.SHARED, key, *rest) for n in self._mentioning(key, left)]
        best: dict[tuple[int, LinkKind], Link] = {}
        for link in found:
            old = best.get((link.target, link.kind))
            if link.target != opened.number and (old is None or link.strength() > old.strength()):
                best[link.target, link.kind] = link
        return list(best.values())

    def _mentioning(self, name: str, left: dict[str, float]) -> list[int]:
        """The passages that mention a name and have most of what is left of the question."""
        if not (frequency := self._frequency(name)):
            return []
        terms = left if frequency > _REQUERY_HITS else {}  # all are wanted: a look-up does
        return [number for number, _ in self.retriever.search(terms, _REQUERY_HITS, mention=name)]

    def _mentioned(self, stored: IndexedPassage, own: list[str]) -> tuple[list[Link], list["_Shared"]]:
        """Links by title; and the names that are known elsewhere, for a search."""
        relational = self._relational(stored)
        taken: set[int] = set()
        by_title: list[Link] = []
        shared: list[_Shared] = []
        for key, places, frequency, titles in self._known(stored.mentions):
            free = [p for p in places if p[0] not in taken and p[1] - 1 not in taken] if taken else places
            if key in own or not free:
                continue
            (at, _, whole), relation = _best_place(free, stored.sentence_ends, relational)
            rest = self._rarity(frequency), relation, bisect_right(stored.sentence_ends, at) - 1, whole
            titled = self._titled(key) if titles else ()
            if titled:
                taken.update(k for p in places for k in range(p[0], p[1]))
                by_title += [Link(number, LinkKind.TITLE, key, *rest) for number in titled[:_SAME_TITLE_LINKS]]
            if 2 <= frequency <= _COMMON_NAME:  # noqa: PLR2004 - here and elsewhere
                shared.append((-_strength(rest[0], relation, whole), key, rest))
        return by_title, shared

    def _known(self, spans: list[tuple[str, list[NameSpan]]]) -> Iterator[tuple[str, list[NameSpan], int, int]]:
        """Those names that lead anywhere, with how many mention them and how many are titled so."""
        known = self._frequencies
        new = [key for key, _ in spans if key not in known]
        known.update(zip(new, self.retriever.name_frequencies(new), strict=True))
        for key, places in spans:
            frequency, titles = known[key]
            if titles or 2 <= frequency <= _COMMON_NAME:  # noqa: PLR2004 - here and elsewhere
                yield key, places, frequency, titles

    def _relational(self, stored: IndexedPassage) -> dict[int, "_Words"]:
        """Per sentence, the places of question words outside names, with the terms they stand for."""
        relations, ends = self._relations, stored.sentence_ends
        found: dict[int, _Words] = defaultdict(list)
        for place, word in enumerate(stored.roots):
            if word in relations:
                found[bisect_right(ends, place)].append((place, relations[word]))
        return found

    def link(self, source: int, target: int) -> Link | None:
        """The strongest link between two passages that were walked, None if there is none."""
        links = [link for link in self.links(source).links or [] if link.target == target]
        return max(links, key=Link.strength, default=None)

    def strengths(self, number: int) -> dict[int, float]:
        """How strong the best link to each passage is that this one leads to, in [0, 1]."""
        if (found := self._strengths.get(number)) is None:
            found = self._strengths[number] = {}
            for link in self.links(number).links or []:
                found[link.target] = min(1.0, max(found.get(link.target, 0.0), link.strength()))
        return found

    def _rarity(self, frequency: int) -> float:
        found = self._rarities.get(frequency)
        if found is None:
            weight = inverse_document_frequency(frequency, len(self.retriever))
            found = self._rarities[frequency] = weight / self._rarest
        return found

    def _frequency(self, key: str) -> int:
        found = self._frequencies.get(key)
        if found is None:
            found = self._frequencies[key] = self.retriever.name_frequencies([key])[0]
        return found[0]

    def _titled(self, key: str) -> Sequence[int]:
        found = self._titles.get(key)
        if found is None:
            found = self._titles[key] = self.retriever.titled(key)
        return found


def _relations(question: Question) -> dict[str, list[tuple[int, float]]]:
    """For each root that stands for question words outside names, their terms and what they weigh."""
    found = {}
    for root, stands_for in question.kin.items():
        terms = [(t, well * float(question.weights[t])) for t, well in stands_for if not question.in_names[t]]
        if terms:
            found[root] = terms
    return found


_Words = list[tuple[int, list[tuple[int, float]]]]
_Shared = tuple[float, str, tuple[float, float, int, float]]  # -strength, name, and the figures of a link


def _best_place(places: list[NameSpan], ends: list[int], relational: dict[int, _Words]) -> tuple[NameSpan, float]:
    """The place of a name that has most of the question's words near it, and their weight."""
    relation, at = 0.0, places[0]
    for place in places if relational else ():
        words = relational.get(bisect_right(ends, place[0]))
        if words and (worth := _relation(words, place)) > relation:
            relation, at = worth, place
    return at, relation


def _relation(words: _Words, at: NameSpan) -> float:
    """The weight of question words in the sentence of a name, the nearer the heavier."""
    best: dict[int, float] = {}
    start, end, _ = at
    for place, terms in words:
        if start <= place < end:
            continue
        nearness = 1 + _DISTANCE * (start - place - 1 if place < start else place - end)
        for term, worth in terms:
            if worth / nearness > best.get(term, 0.0):
                best[term] = worth / nearness
    return sum(best.values())
