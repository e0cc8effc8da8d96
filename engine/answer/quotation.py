"""Choose the sentences that answer the question, and decide whether they cover enough of it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from statistics import median_low
from typing import NamedTuple

from engine.documents.passages import Lead, Passage
from engine.mixture.panel import Panel
from engine.question.question import Question
from engine.text.names import name_runs, root
from engine.text.words import raw_words, stems
from engine.walk.neighbourhood import LinkKind

_PASSAGES = 5  # of the ranking whose sentences may be quoted
_SENTENCES = 4  # at most in an answer
_SIDES = 2  # of a comparison
_ENOUGH = 0.95  # share of the question's weight; a sentence that covers it is the whole answer
# Added to the share of the question's weight that a sentence newly covers:
_RANK = 0.5  # if its passage is the best one, and less for those below
_ANSWERS = 0.12  # if it contains a date, number or name, whichever the question asks for
_LINKS = 0.1  # if it names another of the passages
_FOLLOWS = 0.15  # if a chosen sentence links to its passage
_OPENS = 0.08  # if it is the first of its passage, which often says what the passage is about
_TITLE = 0.7  # degree to which a sentence covers a term that only the title or heading of its passage contains

_COVERED_ENOUGH = 0.55  # share of the question's weight below which the answer is the abstention

_TIME = re.compile(r"\b(?:when|year|date|day|first|earlier|later|older|younger|oldest)\b")
_AMOUNT = re.compile(r"\bhow (?:many|much|old|long|far|tall|high|deep)\b")
_DATE = re.compile(
    r"\b(?:\d{3,4}|January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_NUMBER = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|hundred|thousand)\b")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a passage: characters `start` to `end` (excluded) of the text of its source, and their lead."""

    number: int
    passage: Passage
    start: int
    end: int
    lead: Lead | None = None

    @property
    def text(self) -> str:
        """The exact words."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def led_text(self) -> str:
        """The exact words, after those of the lead."""
        return f"{self.lead.text}\n{self.text}" if self.lead else self.text


class _Sentence(NamedTuple):
    """A candidate: the degree to which it covers each term, its bonus, and the passages to which it links."""

    quotation: Quotation
    covered: list[float]
    bonus: float
    links_to: frozenset[int]


def quote(panel: Panel, ranking: Mapping[int, float]) -> list[Quotation]:
    """Return the sentences of the best passages that together cover most of the question, in the order of the walk.

    First comes the best sentence of each passage whose title the question names, so that both sides of a comparison are
    quoted. Then sentences are added one by one, by the terms that the chosen ones do not cover (maximal marginal
    coverage) and by the bonuses above; sentences that cover nothing new come last.
    """
    top = list(ranking)[:_PASSAGES]
    pool = [s for number in top for s in _candidates(panel, number, top, _RANK * ranking[number] / ranking[top[0]])]
    draft = _Draft([float(weight) for weight in panel.question.weights])
    for number in _named(panel.question, top):
        draft.start_side()
        draft.take_best([s for s in pool if s.quotation.number == number])
    while len(draft.chosen) < _SENTENCES and not draft.is_answered and draft.take_best(pool):
        pass
    steps = _steps(panel)
    chosen = [sentence.quotation for sentence in draft.chosen]
    return sorted(chosen, key=lambda q: (steps.get(q.number, 0), top.index(q.number), q.start))


class _Draft:
    """The sentences chosen so far, the terms that they cover and the passages to which they link."""

    def __init__(self, weights: list[float]) -> None:
        self._weights = weights
        self._covered = [0.0] * len(weights)
        self._reached: set[int] = set()
        self.chosen: list[_Sentence] = []

    def start_side(self) -> None:
        """Begin a side of a comparison: it has to cover the terms that the other side covers, too."""
        self._covered = [0.0] * len(self._weights)

    @property
    def is_answered(self) -> bool:
        """Whether one sentence covers the whole question."""
        return any(sum(map(mul, self._weights, s.covered)) >= _ENOUGH for s in self.chosen)

    def take_best(self, sentences: Sequence[_Sentence]) -> bool:
        """Choose the best sentence; False if all are chosen."""
        remaining = [sentence for sentence in sentences if sentence not in self.chosen]
        if not remaining:
            return False
        best = max(remaining, key=self._value)
        self.chosen.append(best)
        self._reached |= best.links_to - {best.quotation.number}
        self._covered = [max(pair) for pair in zip(self._covered, best.covered, strict=True)]
        return True

    def _value(self, sentence: _Sentence) -> tuple[bool, float, int, int]:
        rows = zip(self._weights, sentence.covered, self._covered, strict=True)
        gain = sum(weight * max(0.0, degree - covered) for weight, degree, covered in rows)
        follows = _FOLLOWS * (sentence.quotation.number in self._reached)
        return gain > 0, gain + follows + sentence.bonus, -sentence.quotation.start, sentence.quotation.number


def _named(question: Question, top: Sequence[int]) -> list[int]:
    """Return for each name in the question the best passage that has it as title."""
    sides = (next((number for number in top if number in name.titled), None) for name in question.names)
    return list(dict.fromkeys(number for number in sides if number is not None))[:_SIDES]


def is_covered(panel: Panel, quotations: Sequence[Quotation]) -> bool:
    """Tell whether the quotations, with their titles, cover enough of the question for an answer.

    They never do if the question has a name with a word that the library never uses.
    """
    return not panel.question.unknown_names and coverage(panel, quotations) >= _COVERED_ENOUGH


def coverage(panel: Panel, quotations: Sequence[Quotation]) -> float:
    """Return the share of the question's weight that the quotations and what is known of them cover, in [0, 1]."""
    texts = ((f"{q.passage.headline} {q.passage.about} {q.led_text}", q.passage.language) for q in quotations)
    return panel.question.coverage({r for text, language in texts for r in _roots(text, language)})


def sentences(number: int, passage: Passage) -> Iterator[Quotation]:
    """Yield every sentence of a passage except headings."""
    return (quotation for quotation in all_sentences(number, passage) if quotation is not None)


def all_sentences(number: int, passage: Passage) -> Iterator[Quotation | None]:
    """Yield every sentence of a passage, so that it is numbered as in the index; None for a heading."""
    for sentence in passage.sentence_list():
        lead = passage.leads[sentence.lead] if sentence.lead >= 0 else None
        start, end = passage.start + sentence.start, passage.start + sentence.end
        yield Quotation(number, passage, start, end, lead) if sentence.is_quotable else None


def _candidates(panel: Panel, number: int, top: Sequence[int], rank_bonus: float) -> Iterator[_Sentence]:
    """Yield every sentence of a passage except headings."""
    question, passage = panel.question, panel.passage(number)
    by_title = [_TITLE * degree for degree in question.covered(_roots(passage.headline, passage.language))]
    links: dict[int, set[int]] = defaultdict(set)
    for link in panel.neighbourhood.links(number):
        if link.target in top and link.kind is not LinkKind.BACK:
            links[link.sentence].add(link.target)
    opening_bonus = _OPENS
    for position, quotation in enumerate(all_sentences(number, passage)):
        if quotation is None:
            continue
        by_text = question.covered(_roots(quotation.led_text, passage.language))
        covered = [max(pair) for pair in zip(by_text, by_title, strict=True)] if any(by_text) else by_text
        bonus = (
            rank_bonus + opening_bonus + _LINKS * (position in links) + _ANSWERS * _answers(question, quotation.text)
        )
        yield _Sentence(quotation, covered, bonus, frozenset(links[position]))
        opening_bonus = 0.0


def _answers(question: Question, text: str) -> bool:
    """Tell whether a sentence contains a date, a number or a new name, whichever the question asks for."""
    question_text = question.text.lower()
    if _TIME.search(question_text):
        return bool(_DATE.search(text))
    if _AMOUNT.search(question_text):
        return bool(_NUMBER.search(text))
    raw = raw_words(text)
    name_words = {word for name in question.names for word in name.key.split()}
    return any(start > 0 and raw[start].lower() not in name_words for start, _ in name_runs(raw))


def _steps(panel: Panel) -> dict[int, int]:
    """Return the length of the best path to each passage, as the median over the personas."""
    steps: dict[int, list[int]] = {}
    for walk in panel.walks.values():
        best: dict[int, tuple[float, int]] = {}
        for path in walk.paths:
            best[path.nodes[-1]] = max(best.get(path.nodes[-1], (0.0, 0)), (path.value, len(path.nodes) - 1))
        for number, (_, count) in best.items():
            steps.setdefault(number, []).append(count)
    return {number: median_low(counts) for number, counts in steps.items()}


def _roots(text: str, language: str) -> list[str]:
    return [root(stem) for stem in stems(text, language)]
