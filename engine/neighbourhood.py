"""The part of the library that one question has opened: which passages a passage leads to, and by what.

It is shared by all personas of a panel, so that a passage is opened once a question. A passage leads
to those whose title it mentions, to those that mention its own title, and to those that mention the same
name; the latter two are searched for together with what of the question is still uncovered.
"""

from bisect import bisect_right
from collections import defaultdict
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from engine.entities import Place, title_keys
from engine.question import Name, Question
from engine.search import K1, B, OpenedPassage, Retriever, inverse_document_frequency

FIRST_HITS = 24  # plain hits that a walk may start from
_SAME_TITLE = 6  # passages of one title that the question may mean
_SAME_TITLE_LINKS = 8  # passages of one title that a mention leads to
_NAME_HITS = 3  # passages mentioning a name of the question that a walk may start from
_BACK_HITS = 3  # passages found that mention the title one stands on
_REQUERIES = 4  # names of a passage that are searched for again
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
        return self.rarity * (0.1 + self.relation) * self.whole


class Column(IntEnum):
    """Of the table of links out of a passage, one row a link; the cover of the target, per term, comes last."""

    KIND = 0
    RARITY = 1
    RELATION = 2
    SENTENCE = 3
    WHOLE = 4
    TITLED = 5
    COVERS = 6


class Opened:
    """A passage as the question sees it: `cover` says per term how well it covers it, `hits` where."""

    __slots__ = ("cover", "hits", "links", "number", "stored", "table")

    def __init__(self, number: int, stored: OpenedPassage, cover: "np.ndarray", hits: list[int]) -> None:
        self.number, self.stored, self.cover, self.hits = number, stored, cover, hits
        self.links: list[Link] | None = None
        self.table = np.empty((0, 0))


class Neighbourhood:
    """Passages and links, found when a persona first asks for them.

    `first` are the plain hits with their scores; `titled` the passages whose title the question names and
    `naming` those that mention one of its names, each with how surely.
    """

    def __init__(self, question: Question, retriever: Retriever) -> None:
        self.question, self.retriever = question, retriever
        self._opened: dict[int, Opened] = {}
        self._frequencies: dict[str, int] = {}
        self._titles: dict[str, list[int]] = {}
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
            found = self._opened[number] = self._look_into(number)
        return found

    def _look_into(self, number: int) -> Opened:
        stored, kin = self.retriever.open(number), self.question.kin
        hits = [place for place, word in enumerate(stored.roots) if word in kin]
        counts = [0.0] * len(self.question.terms)
        for place in hits:
            for term, well in kin[stored.roots[place]]:
                counts[term] += well
        norm = K1 * (1 - B + B * len(stored.roots) / self.retriever.mean_length)
        cover = np.array([min(1.0, _SATURATION * count / (count + norm)) for count in counts])
        return Opened(number, stored, cover, hits)

    def links(self, number: int) -> Opened:
        """The passage with its links found: `links`, and their figures as `table` (see `Column`)."""
        opened = self.open(number)
        if opened.links is None:
            opened.links = self._find_links(opened)
            opened.table = self._table(opened.links)
        return opened

    def _table(self, links: list[Link]) -> "np.ndarray":
        table = np.empty((len(links), Column.COVERS + len(self.question.terms)))
        for row, link in enumerate(links):
            titled = self.titled.get(link.target, 0.0)
            table[row, : Column.COVERS] = (link.kind, link.rarity, link.relation, link.sentence, link.whole, titled)
            table[row, Column.COVERS :] = self.open(link.target).cover
        return table

    def _find_links(self, opened: Opened) -> list[Link]:
        passage = opened.stored.passage
        own = title_keys(passage.title, passage.heading)
        found, shared = self._mentioned(opened, set(own))
        left = {t: 1.0 for t, c in zip(self.question.terms, opened.cover, strict=True) if c < _COVERED}
        if left:
            shared.sort(key=lambda pattern: (-pattern.strength(), pattern.name))
            found += self._backward(own[-1:], left)
            for pattern in shared[:_REQUERIES]:
                hits = self.retriever.search(left, _REQUERY_HITS, mention=pattern.name)
                found += [pattern._replace(target=target, kind=LinkKind.SHARED) for target, _ in hits]
        best: dict[tuple[int, LinkKind], Link] = {}
        for link in found:
            old = best.get((link.target, link.kind))
            if link.target != opened.number and (old is None or link.strength() > old.strength()):
                best[link.target, link.kind] = link
        return list(best.values())

    def _mentioned(self, opened: Opened, own: set[str]) -> tuple[list[Link], list[Link]]:
        """Links by title; and for each name that is known elsewhere the link that a search would make."""
        relational = self._relational(opened)
        taken: set[int] = set()
        by_title: list[Link] = []
        shared: list[Link] = []
        for key, places in opened.stored.mentions:
            frequency = self._frequency(key)
            titled, known = self._titled(key), 2 <= frequency <= _COMMON_NAME  # noqa: PLR2004 - here and elsewhere
            if key in own or not (titled or known):
                continue
            free = [p for p in places if p.start not in taken and p.end - 1 not in taken]
            if not free:
                continue
            pattern = self._pattern(key, frequency, opened, relational, free)
            if titled:
                taken.update(k for p in places for k in range(p.start, p.end))
                by_title += [pattern._replace(target=target) for target in titled[:_SAME_TITLE_LINKS]]
            if known:
                shared.append(pattern)
        return by_title, shared

    def _pattern(
        self, key: str, frequency: int, opened: Opened, relational: dict[int, "_Words"], places: list[Place]
    ) -> Link:
        """The link by the place of a name that has most of the question's words near it."""
        ends = opened.stored.sentence_ends
        rated = ((_relation(relational.get(bisect_right(ends, p.start), []), p), -p.start, p) for p in places)
        relation, _, place = max(rated)
        sentence = bisect_right(ends, place.start) - 1
        return Link(-1, LinkKind.TITLE, key, self._rarity(frequency), relation, sentence, place.whole)

    def _backward(self, own: list[str], left: dict[str, float]) -> list[Link]:
        """Links to passages that mention this one's title."""
        found: list[Link] = []
        for key in own:
            if frequency := self._frequency(key):
                rarity = self._rarity(frequency)
                hits = self.retriever.search(left, _BACK_HITS, mention=key)
                found += [Link(target, LinkKind.BACK, key, rarity, 0.0, 0, 1.0) for target, _ in hits]
        return found

    def _relational(self, opened: Opened) -> dict[int, "_Words"]:
        """Per sentence, the places of question words outside names, with the terms they stand for."""
        question, roots, ends = self.question, opened.stored.roots, opened.stored.sentence_ends
        found: dict[int, _Words] = defaultdict(list)
        for place in opened.hits:
            stands_for = question.kin[roots[place]]
            terms = [(t, well * float(question.weights[t])) for t, well in stands_for if not question.in_names[t]]
            if terms:
                found[bisect_right(ends, place)].append((place, terms))
        return found

    def link(self, source: int, target: int) -> Link | None:
        """The strongest link between two passages that were walked, None if there is none."""
        links = [link for link in self.links(source).links or [] if link.target == target]
        return max(links, key=Link.strength, default=None)

    def _rarity(self, frequency: int) -> float:
        return inverse_document_frequency(frequency, len(self.retriever)) / self._rarest

    def _frequency(self, key: str) -> int:
        found = self._frequencies.get(key)
        if found is None:
            found = self._frequencies[key] = self.retriever.mention_frequency(key)
        return found

    def _titled(self, key: str) -> list[int]:
        found = self._titles.get(key)
        if found is None:
            found = self._titles[key] = list(self.retriever.titled(key))
        return found


_Words = list[tuple[int, list[tuple[int, float]]]]


def _relation(words: _Words, at: Place) -> float:
    """The weight of question words in the sentence of a name, the nearer the heavier."""
    best: dict[int, float] = {}
    for place, terms in words:
        if at.start <= place < at.end:
            continue
        between = at.start - place - 1 if place < at.start else place - at.end
        for term, worth in terms:
            best[term] = max(best.get(term, 0.0), worth / (1 + _DISTANCE * between))
    return sum(best.values())
