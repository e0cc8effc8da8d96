"""The nodes and edges of a question's graph: opened passages, and the typed links between them."""

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.retriever import K1, B
from engine.question.question import Positions, Question
from engine.text.names import NameSpan
from engine.walk.graph import Edge, Node

_SATURATION = 1.6  # two or three occurrences in a short passage cover a term completely
_DISTANCE = 0.2  # loss of a relation word's weight with each word between it and the name
_PART = re.compile(r"[\s,;:(\[#-]*(?:part|p\.|page|section)?[\s(\[#]*\d+[\])]?$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d]{2}")

Words = list[tuple[int, list[tuple[int, float]]]]
"""Words of a sentence: the position of each, and the terms that it stands for with their weights."""


class LinkKind(IntEnum):
    """Why a passage leads to another.

    It mentions the title of the other (TITLE) or the reverse (BACK), both mention a name (SHARED), or they stand side
    by side in a document (NEXT). Walks follow the first three.
    """

    TITLE = 0
    BACK = 1
    SHARED = 2
    NEXT = 3


class OpenedPassage(Node):
    """A passage as one question sees it, with the length of an average passage in words.

    `links`, the ones that a walk may follow, and `table`, with a row
    for each of them (see `Column`), are found when a walk first comes to the passage; `links` is None until then. The
    id of the node is the number of the passage, which is valid until the index is refreshed.
    """

    def __init__(self, number: int, indexed: IndexedPassage, question: Question, mean_length: float) -> None:
        super().__init__(str(number), {"number": number})
        self.number, self.indexed, self._question, self._mean_length = number, indexed, question, mean_length
        self.links: list[Link] | None = None
        self.table = np.empty((0, 0))

    @cached_property
    def positions(self) -> Positions:
        """Its words that stand for terms of the question."""
        return self._question.positions(self.indexed.roots)

    @cached_property
    def cover(self) -> list[float]:
        """The degree to which it covers each term, in [0, 1], by the saturation of BM25."""
        counts = [0.0] * len(self._question.terms)
        for _, terms in self.positions:
            for term, degree in terms:
                counts[term] += degree
        norm = K1 * (1 - B + B * len(self.indexed.roots) / self._mean_length)
        return [min(1.0, _SATURATION * count / (count + norm)) if count else 0.0 for count in counts]

    @cached_property
    def document(self) -> str:
        """The document of the passage, see `document_of`."""
        return document_of(self.indexed.passage)


class Figures(NamedTuple):
    """What a name says about the links that it gives.

    `rarity` in [0, 1] is that of the name, `relation` in [0, 1] the weight of question words near it, `sentence` the
    number of its sentence (0 is the first), and `share` as in `NameSpan`.
    """

    rarity: float = 0.0
    relation: float = 0.0
    sentence: int = 0
    share: float = 1.0

    @property
    def strength(self) -> float:
        """The worth of such a link, whatever its target is."""
        return self.rarity * (0.1 + self.relation) * self.share


_NO_FIGURES = Figures()


class Link(Edge):
    """A link from one passage to another; `name` is the key of the name that links them."""

    target: OpenedPassage

    def __init__(
        self,
        source_node: OpenedPassage,
        target_node: OpenedPassage,
        kind: LinkKind,
        name: str = "",
        figures: Figures = _NO_FIGURES,
    ) -> None:
        super().__init__(source_node, target_node, {"name": name, "kind": kind.name.lower()})
        self.kind, self.name, self.figures = kind, name, figures


class Column(IntEnum):
    """Columns of a passage's table of links; from `COVERS` on, the cover of the target for each term."""

    RARITY = 0  # of a title link
    RELATION = 1
    SHARED_RARITY = 2  # of any other link
    SHARED_RELATION = 3
    TITLED = 4  # how surely the question names the target
    COVERS = 5


def best_span(spans: Sequence[NameSpan], sentences: Sequence[int], words: dict[int, Words]) -> tuple[NameSpan, float]:
    """Return the span of a name with most of the question's words near it, and the weight of those.

    `sentences` are the numbers of the sentences of the spans, `words` the words of each sentence.
    """
    highest, best = 0.0, spans[0]
    for span, sentence in zip(spans, sentences, strict=True) if words else ():
        near = words.get(sentence)
        if near and (relation := _relation(near, span)) > highest:
            highest, best = relation, span
    return best, highest


def _relation(words: Words, span: NameSpan) -> float:
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


def document_of(passage: Passage) -> str:
    """Return what the passages of one document have in common: its file, or the title of records without its number."""
    is_record = "#" in passage.source or passage.source == passage.id
    return (is_record and _common_title(passage.title)) or passage.source


@lru_cache(maxsize=10_000)
def _common_title(title: str) -> str:
    """Return a title without the number of its part; empty if it has no word."""
    common = _PART.sub("", title).strip()
    return common if _WORD.search(common) else ""
