"""The knowledge graph of one question: passages are opened, and links between them found, when first needed.

A passage leads to passages whose title it mentions, to those that mention its own title, and to those that mention the
same name. The latter two are searched for together with the terms of the question that the passage does not cover.
All personas of a panel share a neighbourhood, so each passage is opened once. What several passages need is looked up
at once: an engine on another machine answers a step of all walks in two requests.
"""

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.retriever import Retriever
from engine.index.search_index import Answers, Search, inverse_document_frequency
from engine.question.question import Question
from engine.text.names import NameSpan, title_keys
from engine.walk.graph import DynamicKnowledgeGraph
from engine.walk.links import Figures, Link, LinkKind, OpenedPassage, Words, best_span

SEARCHED, _MOST_SEARCHED = 50, 200  # hits of the plain search; more than the first number only of close scores
_CLOSE = 0.5  # share of the best score; yearly reports repeat the words of a question in hundreds of such passages
FIRST_HITS = 24  # of them, from which a walk may start
_FEW_HITS, _LIKELY = 6, 4  # hits from which most walks may start, and starts from which they go on
_SAME_TITLE = 6  # passages with one title that the question may mean
_SAME_TITLE_LINKS = 8  # passages with one title to which a mention leads
_NAME_HITS = 3  # passages mentioning a name of the question from which a walk may start
_REQUERIES = 4  # names of a passage, beside its title, that are searched for
_REQUERY_HITS = 3
_COMMON_NAME = 200  # passages; a name that more of them mention gives no links
_COVERED = 0.3  # a term covered to this degree is not searched for again


Mentions = list[tuple[str, list[NameSpan]]]
"""The keys of names with their spans, as in `IndexedPassage`."""


class _Leads(NamedTuple):
    """The names of a passage that lead elsewhere: those that are titles, and those to search for, with the search."""

    titles: list[tuple[str, Figures]]
    searches: list[tuple[LinkKind, str, Figures, Search]]


class Neighbourhood(DynamicKnowledgeGraph):
    """The graph of the passages that a question has opened, and of their links.

    `searched` are the hits of a plain search with their scores, `first` the best of them. `titled` maps the passages
    whose title the question names, `naming` those that mention a name of the question, each to how sure that is, in
    [0, 1].
    """

    def __init__(self, question: Question, retriever: Retriever) -> None:
        super().__init__()
        self.question, self.retriever = question, retriever
        self._opened: dict[int, OpenedPassage] = {}
        self._frequencies: dict[str, tuple[int, int]] = {}  # by name: passages that mention it, and with it as title
        self._titled_passages: dict[str, list[int]] = {}
        self._beside: dict[int, list[int]] = {}
        self._rarity = _rarities(len(retriever))
        self._strengths: dict[int, dict[int, float]] = {}
        self._relations = _relations(question)
        self.titled: dict[int, float] = {}
        self.naming: dict[int, float] = {}
        self.searched = self._find_starts()
        self.first = self.searched[:FIRST_HITS]

    def _find_starts(self) -> list[tuple[int, float]]:
        """Return the hits of the plain search; add the passages from which a walk may start because of a name."""
        weights, terms, names = self.question.weights, self.question.search_terms(), self.question.names
        rare_names = [name for name in names if 1 <= name.frequency <= _COMMON_NAME]
        searches = [Search(terms, _MOST_SEARCHED), *(Search(terms, _NAME_HITS, name.key) for name in rare_names)]
        by_words, *hits_of_names = self.retriever.look_up(searches).hits
        close = (hit for hit in by_words[SEARCHED:] if hit[1] >= _CLOSE * by_words[0][1])
        for name in names:
            ranked = sorted(name.titled, key=lambda number: (-float(weights @ self.open(number).cover), number))
            for rank, number in enumerate(ranked[:_SAME_TITLE]):
                self.titled[number] = max(self.titled.get(number, 0.0), name.confidence / (1 + rank))
        for name, hits in zip(rare_names, hits_of_names, strict=True):
            for rank, (number, _) in enumerate(hits):
                value = self._rarity(name.frequency) / (1 + 0.5 * rank)
                self.naming[number] = max(self.naming.get(number, 0.0), value)
        return [*by_words[:SEARCHED], *close]

    def likely_starts(self) -> list[int]:
        """Return passages at which most walks start: the first hit, and those that cover or name most."""

        def relevance(number: int) -> float:
            covered = float(self.question.weights @ self.open(number).cover)
            return covered + self.titled.get(number, 0.0) + self.naming.get(number, 0.0)

        hits = [number for number, _ in self.first[:_FEW_HITS]]
        starts = dict.fromkeys([*hits, *self.titled, *self.naming])
        return list(dict.fromkeys([*hits[:1], *sorted(starts, key=relevance, reverse=True)[:_LIKELY]]))

    def open(self, number: int) -> OpenedPassage:
        """Return the passage with this number as the question sees it."""
        opened = self._opened.get(number)
        if opened is None:
            node = OpenedPassage(number, self.retriever.open(number), self.question, self.retriever.mean_length)
            opened = self._opened[number] = self.attach(node)
        return opened

    def passage(self, number: int) -> Passage:
        """Return the text of the passage with this number."""
        return self.open(number).indexed.passage

    # -- links --------------------------------------------------------------------------------------------

    def links(self, number: int) -> list[Link]:
        """Return the links out of a passage that a walk may follow: at most one of each kind to each target."""
        self.expand([number])
        return self.open(number).links or []

    def expand(self, numbers: Iterable[int]) -> None:
        """Find the links out of these passages, and their tables, with two rounds of look-ups for them all."""
        new = [opened for opened in map(self.open, dict.fromkeys(numbers)) if opened.links is None]
        if not new:
            return
        names = [(opened, opened.indexed.mentions, _own_titles(opened.indexed.passage)) for opened in new]
        self._count_names(key for _, mentions, own in names for key in (*dict(mentions), *own[-1:]))
        leads = [self._leads(*one) for one in names]
        titles = {key: None for one in leads for key, _ in one.titles if key not in self._titled_passages}
        searches = [search for one in leads for *_, search in one.searches]
        answers = self.retriever.look_up(searches, list(titles)) if searches or titles else Answers([], [])
        self._titled_passages.update(zip(titles, answers.titled, strict=True))
        hits = iter(answers.hits)
        for opened, one in zip(new, leads, strict=True):
            opened.links = self._connected(opened, one, hits)
            opened.table = np.array([[*self._figures(link), *link.target.cover] for link in opened.links])

    def link(self, source: int, target: int) -> Link | None:
        """Return the strongest link between two passages that a walk may follow; None if there is none."""
        links = [link for link in self.links(source) if link.target.number == target]
        return max(links, key=lambda link: link.figures.strength, default=None)

    def strengths(self, number: int) -> dict[int, float]:
        """Return the strength of the best link to each passage to which this one leads, in [0, 1].

        Nothing if no walk has come so far that it needed the links.
        """
        if (links := self.open(number).links) is None:
            return {}
        if (strengths := self._strengths.get(number)) is None:
            strengths = self._strengths[number] = {}
            for link in links:
                target = link.target.number
                strengths[target] = min(1.0, max(strengths.get(target, 0.0), link.figures.strength))
        return strengths

    def beside(self, numbers: Sequence[int]) -> list[list[int]]:
        """Return for each passage those before and after it in its document, and link it to them."""
        new = [number for number in dict.fromkeys(numbers) if number not in self._beside]
        existing = self.retriever.existing(side for n in new for side in (n - 1, n + 1)) if new else set()
        for number in new:
            sides = [side for side in (number - 1, number + 1) if side in existing]
            document = self.open(number).document
            self._beside[number] = [side for side in sides if self.open(side).document == document]
            for side in self._beside[number]:
                self.connect(Link(self.open(number), self.open(side), LinkKind.NEXT))
        return [self._beside[number] for number in numbers]

    def _figures(self, link: Link) -> tuple[float, float, float, float, float]:
        titled, (rarity, relation, *_) = self.titled.get(link.target.number, 0.0), link.figures
        if link.kind is LinkKind.TITLE:
            return rarity, relation, 0.0, 0.0, titled
        return 0.0, 0.0, rarity, relation, titled

    def _connected(self, opened: OpenedPassage, leads: _Leads, hits: Iterator[list[tuple[int, float]]]) -> list[Link]:
        """Add the links out of a passage to the graph, and return them; takes the hits of its own searches."""
        targets = [
            (number, LinkKind.TITLE, key, figures)
            for key, figures in leads.titles
            for number in self._titled_passages[key][:_SAME_TITLE_LINKS]
        ]
        for kind, key, figures, _ in leads.searches:
            targets += [(number, kind, key, figures) for number, _ in next(hits)]
        best: dict[tuple[int, LinkKind], tuple[str, Figures]] = {}
        for number, kind, key, figures in targets:
            old = best.get((number, kind))
            if number != opened.number and (old is None or figures.strength > old[1].strength):
                best[number, kind] = key, figures
        return [
            self.connect(Link(opened, self.open(number), kind, key, figures))
            for (number, kind), (key, figures) in best.items()
        ]

    def _leads(self, opened: OpenedPassage, mentions: Mentions, own_titles: list[str]) -> _Leads:
        """Return the names of a passage that may lead to others, with the searches for those that are no titles."""
        titles, shared = self._mentioned(opened.indexed, mentions, own_titles)
        uncovered = self.question.search_terms(k for k, cover in enumerate(opened.cover) if cover < _COVERED)
        keys: list[tuple[LinkKind, str, Figures]] = []
        if uncovered:
            keys += [(LinkKind.BACK, key, Figures(self._rarity(self._frequencies[key][0]))) for key in own_titles[-1:]]
            keys += [(LinkKind.SHARED, key, figures) for _, key, figures in heapq.nsmallest(_REQUERIES, shared)]
        searches = []
        for kind, key, figures in keys:
            if frequency := self._frequencies[key][0]:
                terms = uncovered if frequency > _REQUERY_HITS else {}  # so few are all hits, in any order
                searches.append((kind, key, figures, Search(terms, _REQUERY_HITS, key)))
        return _Leads(titles, searches)

    def _mentioned(
        self, indexed: IndexedPassage, mentions: Mentions, own_titles: list[str]
    ) -> tuple[list[tuple[str, Figures]], list[tuple[float, str, Figures]]]:
        """Return the names of a passage that are titles, and those that other passages mention, by -strength."""
        words_by_sentence, ends = self._relation_words(indexed), indexed.sentence_ends
        covered: set[int] = set()  # words that are part of a name that is a title
        titles: list[tuple[str, Figures]] = []
        shared: list[tuple[float, str, Figures]] = []
        for key, spans, frequency, titled in self._linking_names(mentions):
            free = [s for s in spans if s[0] not in covered and s[1] - 1 not in covered] if covered else spans
            if key in own_titles or not free:
                continue
            sentences = [bisect_right(ends, start) for start, *_ in free]
            (start, _, share), relation = best_span(free, sentences, words_by_sentence)
            figures = Figures(self._rarity(frequency), relation, bisect_right(ends, start) - 1, share)
            if titled:
                covered.update(word for span in spans for word in range(span[0], span[1]))
                titles.append((key, figures))
            if 2 <= frequency <= _COMMON_NAME:  # noqa: PLR2004 - this passage and another
                shared.append((-figures.strength, key, figures))
        return titles, shared

    def _linking_names(self, mentions: Mentions) -> Iterator[tuple[str, list[NameSpan], int, int]]:
        """Yield the names that lead to other passages, with the numbers of passages that mention and have as title."""
        for key, spans in mentions:
            frequency, titles = self._frequencies[key]
            if titles or 2 <= frequency <= _COMMON_NAME:  # noqa: PLR2004 - this passage and another
                yield key, spans, frequency, titles

    def _relation_words(self, indexed: IndexedPassage) -> dict[int, Words]:
        """Return for each sentence the positions of question words outside names, with the terms they stand for."""
        relations, ends = self._relations, indexed.sentence_ends
        by_sentence: dict[int, Words] = defaultdict(list)
        for position, word in enumerate(indexed.roots):
            if word in relations:
                by_sentence[bisect_right(ends, position)].append((position, relations[word]))
        return by_sentence

    def _count_names(self, keys: Iterable[str]) -> None:
        """Count the passages of the names that were not counted so far."""
        new = [key for key in dict.fromkeys(keys) if key not in self._frequencies]
        self._frequencies.update(zip(new, self.retriever.name_frequencies(new) if new else (), strict=True))


def _own_titles(passage: Passage) -> list[str]:
    return title_keys(passage.title, passage.heading)


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
