"""Which sentences of the evidence carry the answer, and whether they cover the question at all."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from statistics import median_low
from typing import NamedTuple

from engine.documents.passages import Passage, is_heading
from engine.mixture.panel import Panel
from engine.question.question import Question
from engine.text.names import name_runs, root
from engine.text.sentences import sentence_spans
from engine.text.words import raw_words, stems
from engine.walk.neighbourhood import LinkKind

_PASSAGES = 5  # of the ranking that are quoted from
_SENTENCES = 4  # at most in an answer
_SIDES = 2  # of a comparison
_ENOUGH = 0.95  # of the question's weight; a sentence that holds this alone is the answer
# What else speaks for a sentence, beside the share of the question's weight that it adds:
_RANK = 0.5  # its passage is the best one
_ANSWERS = 0.12  # it holds the kind of thing that is asked for
_LEADS_ON = 0.1  # it names what another of the passages is about
_FOLLOWS = 0.15  # its passage is about what a chosen sentence names
_OPENS = 0.08  # it opens its passage: there stands what it is about
_TITLE = 0.7  # how well a sentence covers what only the title of its passage says

_COVERED_ENOUGH = 0.55  # of the question's weight; below, the library does not say

_TIME = re.compile(r"\b(?:when|year|date|day|first|earlier|later|older|younger|oldest)\b")
_AMOUNT = re.compile(r"\bhow (?:many|much|old|long|far|tall|high|deep)\b")
_DATE = re.compile(
    r"\b(?:\d{3,4}|January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_NUMBER = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|hundred|thousand)\b")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Characters `start` to `end` (in the source's text) of a passage, exactly."""

    number: int
    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The exact words."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


class _Sentence(NamedTuple):
    """A sentence of the evidence: how well it covers each term, what else speaks for it, and where it leads."""

    quotation: Quotation
    covered: list[float]
    bonus: float
    leads_to: frozenset[int]


def quote(panel: Panel, ranking: Mapping[int, float]) -> list[Quotation]:
    """The sentences of the best passages that together cover most of the question, in the order of the walk.

    First the best one of each passage that the question names by its title, so that both sides of a comparison
    speak. Then one by one for the terms that those before do not cover (maximal marginal coverage), for their
    passage's rank, for following a link from one that is chosen, and for what else speaks for them; those that
    cover nothing new come last.
    """
    top = list(ranking)[:_PASSAGES]
    left = [s for number in top for s in _read(panel, number, top, _RANK * ranking[number] / ranking[top[0]])]
    draft = _Draft([float(weight) for weight in panel.question.weights])
    for number in _named(panel.question, top):
        draft.start_side()
        draft.take_best([s for s in left if s.quotation.number == number])
    while len(draft.chosen) < _SENTENCES and not draft.is_answered and draft.take_best(left):
        pass
    steps = _steps(panel)
    chosen = [sentence.quotation for sentence in draft.chosen]
    return sorted(chosen, key=lambda q: (steps.get(q.number, 0), top.index(q.number), q.start))


class _Draft:
    """The sentences chosen so far, the terms they cover and the passages they lead to."""

    def __init__(self, weights: list[float]) -> None:
        self._weights = weights
        self._covered = [0.0] * len(weights)
        self._reached: set[int] = set()
        self.chosen: list[_Sentence] = []

    def start_side(self) -> None:
        """What one side of a comparison covers, the other has still to cover."""
        self._covered = [0.0] * len(self._weights)

    @property
    def is_answered(self) -> bool:
        """Does one sentence hold the whole question?"""
        return any(sum(map(mul, self._weights, s.covered)) >= _ENOUGH for s in self.chosen)

    def take_best(self, sentences: Sequence[_Sentence]) -> bool:
        """Choose the sentence that is worth most; False when there is none left."""
        left = [sentence for sentence in sentences if sentence not in self.chosen]
        if not left:
            return False
        best = max(left, key=self._worth)
        self.chosen.append(best)
        self._reached |= best.leads_to - {best.quotation.number}
        self._covered = [max(pair) for pair in zip(self._covered, best.covered, strict=True)]
        return True

    def _worth(self, sentence: _Sentence) -> tuple[bool, float, int, int]:
        rows = zip(self._weights, sentence.covered, self._covered, strict=True)
        gain = sum(weight * max(0.0, well - before) for weight, well, before in rows)
        follows = _FOLLOWS * (sentence.quotation.number in self._reached)
        return gain > 0, gain + follows + sentence.bonus, -sentence.quotation.start, sentence.quotation.number


def _named(question: Question, top: Sequence[int]) -> list[int]:
    """For each name in the question the best passage that has it as title."""
    sides = (next((number for number in top if number in name.titled), None) for name in question.names)
    return list(dict.fromkeys(number for number in sides if number is not None))[:_SIDES]


def is_covered(panel: Panel, quotations: Sequence[Quotation]) -> bool:
    """Do the quotations, with their titles, hold enough of the question for an answer?

    A name with a word that the library never uses cannot be covered.
    """
    return not panel.question.unknown_names and coverage(panel, quotations) >= _COVERED_ENOUGH


def coverage(panel: Panel, quotations: Sequence[Quotation]) -> float:
    """The share of the question's weight that quotations and their titles hold, in [0, 1]."""
    return panel.question.coverage({r for q in quotations for r in _roots(f"{q.passage.title} {q.text}")})


def sentences(number: int, passage: Passage) -> Iterator[Quotation]:
    """Every sentence of a passage."""
    for start, end in sentence_spans(passage.text):
        yield Quotation(number, passage, passage.start + start, passage.start + end)


def _read(panel: Panel, number: int, top: Sequence[int], rank: float) -> Iterator[_Sentence]:
    """Every sentence of a passage but its headings."""
    question, around = panel.question, panel.neighbourhood
    passage = around.passage(number)
    about = [_TITLE * well for well in question.covered(_roots(passage.title))]
    leads: dict[int, set[int]] = defaultdict(set)
    for link in around.links(number):
        if link.target in top and link.kind is not LinkKind.BACK:
            leads[link.sentence].add(link.target)
    opens = _OPENS
    for place, quotation in enumerate(sentences(number, passage)):
        if is_heading(quotation.text):
            continue
        inside = question.covered(_roots(quotation.text))
        covered = [max(pair) for pair in zip(inside, about, strict=True)] if any(inside) else inside
        bonus = rank + opens + _LEADS_ON * (place in leads) + _ANSWERS * _answers(question, quotation.text)
        yield _Sentence(quotation, covered, bonus, frozenset(leads[place]))
        opens = 0.0


def _answers(question: Question, text: str) -> bool:
    """Does the sentence hold the kind of thing that the question asks for, other than its own names?"""
    asked = question.text.lower()
    if _TIME.search(asked):
        return bool(_DATE.search(text))
    if _AMOUNT.search(asked):
        return bool(_NUMBER.search(text))
    raw = raw_words(text)
    known = {word for name in question.names for word in name.key.split()}
    return any(start > 0 and raw[start].lower() not in known for start, _ in name_runs(raw))


def _steps(panel: Panel) -> dict[int, int]:
    """How many steps from its start the best path to each passage is, by the median of the personas."""
    steps: dict[int, list[int]] = {}
    for walk in panel.walks.values():
        best: dict[int, tuple[float, int]] = {}
        for path in walk.paths:
            best[path.nodes[-1]] = max(best.get(path.nodes[-1], (0.0, 0)), (path.value, len(path.nodes) - 1))
        for number, (_, count) in best.items():
            steps.setdefault(number, []).append(count)
    return {number: median_low(counts) for number, counts in steps.items()}


def _roots(text: str) -> list[str]:
    return [root(stem) for stem in stems(text)]
