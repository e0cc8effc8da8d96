"""Choose the quotations that answer the question."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from engine.answer.answerability import is_answerable
from engine.answer.parallel import alternatives, differing, without_copies
from engine.answer.quotation import PASSAGES, Quotation
from engine.answer.sentence_ranking import Candidate, SentenceRanker, answering_spans
from engine.answer.topic import topic_sections
from engine.documents.structure.records import is_chat
from engine.mixture.panel import Panel
from engine.personas.traits import Kind
from engine.question.question import Question
from engine.question.question_form import question_form
from engine.text.links import legible_links

_NEAREST = 3  # passages that are offered where none answers
_NEAR = 1 / 3  # share of the question that they cover at least, unless they may be near in meaning
_QUOTATIONS = 4  # at most in an answer, without those that differ or belong to a list
_READABLE = 450  # characters of the first quotation, about 75 words
_LIST = 900  # characters of a list, which is quoted whole if it is not longer
_MARGIN = 4.0  # value that a neighbour may be below the best sentence: a fiftieth of its odds
_MARK = r"(?:[-*+•]|\d{1,9}[.)])[ \t]+"
_AFTER_MARK = re.compile(rf"(?:^|\n)[ \t>]*{_MARK}(?:\[[ xX]\][ \t]+)?$")
_WITH_MARK = re.compile(_MARK)  # as in plain text
_SIDES = 2  # of a comparison
_NEGLIGIBLE = 0.1  # share of the question's weight
_NEGLIGIBLE_PART = 0.02  # of a question in two parts
_ENOUGH = 0.95  # share of the question's weight; quotations that cover it are the whole answer
# Added to the share of the question's weight that a sentence newly covers:
_RANK = 0.5  # if its passage is the best one, and less for those below
_ANSWERS = 0.12  # if it contains a date, number or name, whichever the question asks for
_LINKS = 0.1  # if it names another of the passages
_FOLLOWS = 0.15  # if a chosen sentence links to its passage
_OPENS = 0.08  # if it is the first of its passage, which often says what the passage is about
_NEW = ("new number", "new date", "new name of a person", "new name of a place", "new name")


def quote_if_answerable(ranker: SentenceRanker, ranking: Mapping[int, float]) -> list[Quotation]:
    """Return what to quote: the rows of a table that answers (`TableAnswers`), and else or beside one row, see `quote`.

    Nothing if the passages do not answer the question.
    """
    rows = ranker.tables.best(ranking)
    if len(rows) > 1 or (rows and rows[0].computed):
        return rows
    candidates = ranker.ranked(ranking)
    others = quote(ranker.panel, ranking, candidates) if is_answerable(ranker.panel, ranking, candidates) else []
    return [*rows, *(other for other in others if not any(_overlap(other, row) for row in rows))]


def nearest_sentences(ranker: SentenceRanker, ranking: Mapping[int, float]) -> list[Quotation]:
    """Return the best sentence of each of the first passages, where they come near a question that none answers."""
    panel, best = ranker.panel, dict[int, Quotation]()
    for candidate in ranker.ranked(ranking):
        best.setdefault(candidate.quotation.number, candidate.quotation)
    has_meaning = panel.hears(Kind.MEANING)
    is_near = {n: has_meaning or panel.question.share(panel.neighbourhood.open(n).cover) >= _NEAR for n in best}
    return [best[number] for number in ranking if is_near.get(number)][:_NEAREST]


def _overlap(one: Quotation, other: Quotation) -> bool:
    return one.number == other.number and one.start < other.end and other.start < one.end


def quote(panel: Panel, ranking: Mapping[int, float], candidates: Sequence[Candidate]) -> list[Quotation]:
    """Return what answers, first of all, then what supports it, in the order of the walk.

    The first quotation is the sentence that most likely holds the answer, with its neighbours up to a readable length;
    a question for all of a kind gets all sentences of its kind, a topic gets sections. Then come the best sentence of
    each passage whose title the question names, so that both sides of a comparison are quoted, sentences by the terms
    that the chosen ones do not cover (maximal marginal coverage), and what differs from them.
    """
    candidates = without_copies(candidates)
    form = question_form(panel.question.text)
    if not candidates:
        return []
    if form.is_topic and (sections := topic_sections(candidates)):
        return sections
    alike = alternatives(candidates) if form.lists else []
    if alike:
        return [candidate.quotation for candidate in alike]
    answering = _with_neighbours(candidates)
    least = _NEGLIGIBLE_PART if form.has_parts else _NEGLIGIBLE
    draft = _Draft(panel.question, answering, least)
    others = [candidate for candidate in candidates if candidate not in answering]
    for number in _named(panel.question, ranking):
        if number != answering[0].quotation.number:
            draft.start_side()
            draft.take_best([candidate for candidate in others if candidate.quotation.number == number])
    while len(draft.chosen) < _QUOTATIONS - 1 and not draft.is_answered and draft.take_best(others):
        pass
    order = list(ranking)
    support = sorted(draft.chosen, key=lambda c: (c.steps, order.index(c.quotation.number), c.quotation.start))
    marks = answering_spans(candidates[0], panel.question.text)
    return differing(panel, ranking, [replace(_joined(answering), marks=marks), *(c.quotation for c in support)])


def _with_neighbours(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the best candidate and sentences around it in its passage, by value, in order.

    A short passage is whole. The row of a table stays alone: its lead is shown with it. An item of a list brings the
    list, and a sentence that announces one, too.
    """
    best = candidates[0]
    near = {c.position: c for c in candidates if c.quotation.number == best.quotation.number}
    whole = _in_order(near.values())
    is_prose = not any(c.quotation.lead for c in whole) and not is_chat(best.quotation.passage.text)
    if is_prose and not best.features["denial"] and _are_joined(whole) and _length(whole) <= _READABLE:
        return whole
    chosen = _list_around(best, near)
    if len(chosen) > 1 or best.quotation.lead is not None:
        return chosen
    while fitting := [c for c in _beside(chosen, near) if _belongs(c, best, chosen)]:
        chosen = _in_order([*chosen, max(fitting, key=lambda c: c.value)])
    return chosen


def _beside(chosen: Sequence[Candidate], near: Mapping[int, Candidate]) -> list[Candidate]:
    """Return the sentences before and after the chosen ones."""
    return [near[n] for n in (chosen[0].position - 1, chosen[-1].position + 1) if n in near]


def _belongs(side: Candidate, best: Candidate, chosen: Sequence[Candidate]) -> bool:
    """Tell whether a neighbour is likely enough, not in a list, next to the chosen ones, and short enough."""
    together = _in_order([*chosen, side])
    is_likely = side.quotation.lead is None and side.value >= best.value - _MARGIN
    is_likely &= side.features["denial"] >= best.features["denial"]
    return is_likely and _are_joined(together) and _length(together) <= _READABLE


def _are_joined(candidates: Sequence[Candidate]) -> bool:
    """Tell whether the sentences are on one page and there are no words between them, such as a heading or a row."""
    passage = candidates[0].quotation.passage
    is_one_place = len({passage.location(c.quotation.start) for c in candidates}) == 1
    pairs = pairwise(candidates)
    return is_one_place and all(not any(map(str.isalnum, _between(a.quotation, b.quotation))) for a, b in pairs)


def _list_around(best: Candidate, near: Mapping[int, Candidate]) -> list[Candidate]:
    """Return the list that the best sentence announces or is in, as far as it is short; else the sentence alone."""
    is_announcing = best.quotation.text.rstrip().endswith((":", "\uff1a"))
    if not (_is_item(best.quotation) or is_announcing):
        return [best]
    chosen = [best]
    while True:
        sides = [near.get(chosen[-1].position + 1), None if is_announcing else near.get(chosen[0].position - 1)]
        items = [c for c in sides if c and _is_item(c.quotation) and _length(_in_order([*chosen, c])) <= _LIST]
        if not items:
            return chosen
        chosen = _in_order([*chosen, items[0]])


def _is_item(quotation: Quotation) -> bool:
    passage = quotation.passage
    is_after_mark = _AFTER_MARK.search(passage.text[: quotation.start - passage.start])
    return bool(is_after_mark or _WITH_MARK.match(quotation.text))


def _in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: candidate.position)


def _between(first: Quotation, second: Quotation) -> str:
    return first.passage.text[first.end - first.passage.start : second.start - first.passage.start]


def _length(candidates: Sequence[Candidate]) -> int:
    """Return the number of characters from the first to the last, without the addresses of links."""
    return len(legible_links(_joined(candidates).text))


def _joined(candidates: Sequence[Candidate]) -> Quotation:
    first, last = candidates[0].quotation, candidates[-1].quotation
    return Quotation(first.number, first.passage, first.start, last.end, first.lead)


class _Draft:
    """The sentences chosen beside the answering ones, the terms covered so far and the passages linked to."""

    def __init__(self, question: Question, answering: Sequence[Candidate], least: float) -> None:
        self._question, self._least = question, least
        self._answering = [max(degrees) for degrees in zip(*(c.covered for c in answering), strict=True)]
        self._covered = list(self._answering)
        self._reached = {number for c in answering for number in c.links_to} - {answering[0].quotation.number}
        self.chosen: list[Candidate] = []

    def start_side(self) -> None:
        """Begin a side of a comparison: it has to cover the terms that the other side covers, too."""
        self._covered = [0.0] * len(self._question.terms)

    @property
    def is_answered(self) -> bool:
        """Whether the answering quotation, or one sentence, covers the whole question."""
        covered = [self._answering, *(candidate.covered for candidate in self.chosen)]
        return any(self._question.share(degrees) >= _ENOUGH for degrees in covered)

    def take_best(self, candidates: Sequence[Candidate]) -> bool:
        """Choose the best sentence; False if none covers anything new."""
        new = [c for c in candidates if c not in self.chosen and self._gain(c) > self._least]
        if not new:
            return False
        best = max(new, key=self._value)
        self.chosen.append(best)
        self._reached |= best.links_to - {best.quotation.number}
        self._covered = [max(pair) for pair in zip(self._covered, best.covered, strict=True)]
        return True

    def _gain(self, candidate: Candidate) -> float:
        pairs = zip(candidate.covered, self._covered, strict=True)
        return self._question.share(max(0.0, degree - covered) for degree, covered in pairs)

    def _value(self, candidate: Candidate) -> tuple[float, int, int]:
        features, quotation = candidate.features, candidate.quotation
        bonus = _RANK * features["rank"] + _OPENS * features["opens"] + _LINKS * bool(candidate.links_to)
        bonus += _ANSWERS * any(features[name] for name in _NEW) + _FOLLOWS * (quotation.number in self._reached)
        return self._gain(candidate) + bonus, -quotation.start, quotation.number


def _named(question: Question, ranking: Mapping[int, float]) -> list[int]:
    """Return for each name in the question the best of the first passages that has it as title."""
    top = list(ranking)[:PASSAGES]
    sides = (next((number for number in top if number in name.titled), None) for name in question.names)
    return list(dict.fromkeys(number for number in sides if number is not None))[:_SIDES]
