"""Which sentences of the evidence carry the answer, and whether they cover the question at all."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.entities import name_runs, root
from engine.panel import Panel
from engine.passages import Passage
from engine.question import Question
from engine.text import raw_words, sentence_spans, stems

_PASSAGES = 5  # of the ranking that are quoted from
_SENTENCES = 5  # at most in an answer
_LEAST_GAIN = 0.06  # of the question's weight, for one more sentence
_BRIDGE = 0.10  # a sentence that names another quoted passage
_ANSWERS = 0.12  # a sentence that holds the kind of thing that is asked for
_RANK = 0.05  # a better ranked passage, per place
_COVERED_ENOUGH = 0.55  # of the question's weight; below, the library does not say

_NUMBER = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|hundred|thousand|million)\b")
_DATE = re.compile(r"\b\d{3,4}\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Characters `start` to `end` (in the source's text) of a passage: one sentence, exactly."""

    number: int
    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The exact words."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class _Candidate:
    quotation: Quotation
    covered: list[float]
    bonus: float


def quote(panel: Panel, ranking: Sequence[int]) -> list[Quotation]:
    """The sentences of the best passages that together cover the question, in the order of the path.

    Each is chosen for the question terms that the ones before it do not cover (maximal marginal coverage),
    for naming another quoted passage, and for holding the kind of thing that is asked for.
    """
    candidates = list(_candidates(panel, ranking[:_PASSAGES]))
    covered = [0.0] * len(panel.question.terms)
    chosen: list[_Candidate] = []
    while candidates and len(chosen) < _SENTENCES:
        best = max(candidates, key=lambda candidate: _gain(panel.question, covered, candidate))
        if _gain(panel.question, covered, best) < _LEAST_GAIN + (best.bonus if chosen else 0.0) * 0.5:
            break
        candidates.remove(best)
        chosen.append(best)
        covered = [max(pair) for pair in zip(covered, best.covered, strict=True)]
    depth = _depths(panel)
    place = {number: (depth.get(number, 0), rank) for rank, number in enumerate(ranking)}
    return [c.quotation for c in sorted(chosen, key=lambda c: (place[c.quotation.number], c.quotation.start))]


def is_covered(panel: Panel, quotations: Sequence[Quotation]) -> bool:
    """Do the quotations hold enough of the question for an answer? A name the library never uses cannot be covered."""
    if panel.question.unknown_names or not quotations:
        return False
    roots = {word for quotation in quotations for word in _roots(f"{quotation.passage.title} {quotation.text}")}
    return panel.question.coverage(roots) >= _COVERED_ENOUGH


def sentences(number: int, passage: Passage) -> Iterator[Quotation]:
    """Every sentence of a passage."""
    for start, end in sentence_spans(passage.text):
        yield Quotation(number, passage, passage.start + start, passage.start + end)


def _candidates(panel: Panel, numbers: Sequence[int]) -> Iterator[_Candidate]:
    for rank, number in enumerate(numbers):
        passage = panel.neighbourhood.open(number).stored.passage
        about = panel.question.covered(_roots(passage.title))
        bridges = {link.sentence for link in panel.neighbourhood.links(number).links or () if link.target in numbers}
        for place, quotation in enumerate(sentences(number, passage)):
            inside = panel.question.covered(_roots(quotation.text))
            bonus = _BRIDGE * (place in bridges) + _ANSWERS * _answers(panel.question, quotation.text) - _RANK * rank
            covered = [max(own, 0.7 * title) for own, title in zip(inside, about, strict=True)]
            if any(inside) or place in bridges:
                yield _Candidate(quotation, covered, bonus)


def _gain(question: Question, covered: Sequence[float], candidate: _Candidate) -> float:
    new = (float(w) * max(0.0, c - old) for w, c, old in zip(question.weights, candidate.covered, covered, strict=True))
    return sum(new) + candidate.bonus


def _answers(question: Question, text: str) -> bool:
    """Does the sentence hold the kind of thing that the question asks for, other than its own names?"""
    asked = question.text.lower()
    if re.search(r"\b(?:when|what year|which year|what date|what day)\b", asked):
        return bool(_DATE.search(text))
    if re.search(r"\bhow (?:many|much|old|long|far|tall|high|deep)\b", asked):
        return bool(_NUMBER.search(text))
    raw = raw_words(text)
    known = {word for name in question.names for word in name.key.split()}
    return any(start > 0 and raw[start].lower() not in known for start, _ in name_runs(raw))


def _depths(panel: Panel) -> dict[int, int]:
    """How many steps from its start the panel's best path to each passage is, most personas agreeing."""
    depths: dict[int, list[int]] = {}
    for walk in panel.walks.values():
        best: dict[int, tuple[float, int]] = {}
        for path in walk.paths:
            best[path.nodes[-1]] = max(best.get(path.nodes[-1], (0.0, 0)), (path.value, len(path.nodes) - 1))
        for number, (_, steps) in best.items():
            depths.setdefault(number, []).append(steps)
    return {number: sorted(found)[len(found) // 2] for number, found in depths.items()}


def _roots(text: str) -> list[str]:
    return [root(stem) for stem in stems(text)]
