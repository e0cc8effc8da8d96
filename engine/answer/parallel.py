"""Compare sentences with one another: copies, all that fit a question alike, and those that differ in a detail."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from engine.answer.quotation import Quotation, sentences
from engine.answer.sentence_ranking import Candidate
from engine.events import DIFFERS
from engine.mixture.panel import Panel
from engine.question.question_form import is_negated
from engine.text.names import roots
from engine.text.words import raw_words

_LISTED = 9  # quotations of a list at most
_FITS = 0.95  # of the best sentence's share, for a sentence to fit as well
_MARGIN = 4.0  # value that a sentence of a list may be below the best
_COMPARED = 20  # passages of the ranking that may differ
_DIFFERENT_WORDS = 3  # at most in a sentence that says otherwise
_SAME_WORDS = 5  # at least in such a sentence
_DETAIL = re.compile(r"\d")


def without_copies(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates without those whose words are the same as of one before, in another passage."""
    first: dict[tuple[str, ...], int] = {}
    return [c for c in candidates if first.setdefault(_words(c.quotation), c.quotation.number) == c.quotation.number]


def alternatives(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the sentences that fit the question as well as the best one, in the order of their documents.

    They cover the same terms and are as likely; nothing if there is no second one.
    """
    best = candidates[0]
    fitting = [
        c
        for c in candidates
        if c.value >= best.value - _MARGIN
        and all(own >= _FITS * other for own, other in zip(c.covered, best.covered, strict=True))
        and is_negated(c.quotation.text) == is_negated(best.quotation.text)
    ][:_LISTED]
    order = {number: n for n, number in enumerate(dict.fromkeys(c.quotation.number for c in fitting))}
    ordered = sorted(fitting, key=lambda c: (order[c.quotation.number], c.position))
    return ordered if len(ordered) > 1 else []


def differing(panel: Panel, ranking: Mapping[int, float], quotations: Sequence[Quotation]) -> list[Quotation]:
    """Return the quotations, each followed by a sentence of another document that says the same but for a detail.

    A detail is a number or a negation; the sentence has the other's words of the question.
    """
    versions = _Versions(panel, ranking)
    return [one for quotation in quotations for one in (quotation, *versions.of(quotation))]


class _Versions:
    """The best passages of a ranking, in which another version of a quotation may stand; each is read at most once."""

    def __init__(self, panel: Panel, ranking: Mapping[int, float]) -> None:
        self._panel, self._question = panel, panel.question
        self._roots = {number: panel.roots_of([number]) for number in list(ranking)[:_COMPARED]}
        self._sentences: dict[int, list[tuple[Quotation, frozenset[str]]]] = {}

    def of(self, quotation: Quotation) -> list[Quotation]:
        """Return the first sentence of another document that is another version of one in the quotation, if any."""
        own = [_words(one) for one in sentences(quotation.number, quotation.passage) if _is_in(one, quotation)]
        own_words = [{word: roots(word) for word in words} for words in own if len(words) > _SAME_WORDS]
        versions = (
            other
            for number, passage_roots in self._roots.items()
            if (similar := [frozenset(words) for words in own_words if _may_have_version(words, passage_roots)])
            for other, other_words in self._read(number)
            if other.passage.source != quotation.passage.source
            and any(self._differ(words, other_words) for words in similar)
        )
        return [replace(version, role=DIFFERS) for version in islice(versions, 1)]

    def _read(self, number: int) -> list[tuple[Quotation, frozenset[str]]]:
        if number not in self._sentences:
            every = sentences(number, self._panel.passage(number))
            self._sentences[number] = [(sentence, frozenset(_words(sentence))) for sentence in every]
        return self._sentences[number]

    def _differ(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Tell whether two sentences differ in few words, with a number or a negation among them, on what was asked."""
        ours, theirs = one - other, other - one
        if not (ours or theirs) or max(len(ours), len(theirs)) > _DIFFERENT_WORDS:
            return False
        is_number = any(map(_DETAIL.search, ours)) and any(map(_DETAIL.search, theirs))
        if not is_number and is_negated(" ".join(ours)) == is_negated(" ".join(theirs)):
            return False
        covered = self._question.covered
        return len(one & other) >= _SAME_WORDS and covered(_roots(ours)) == covered(_roots(theirs))


def _may_have_version(words: Mapping[str, Sequence[str]], passage_roots: frozenset[str]) -> bool:
    """Tell whether a passage with these roots has enough of a sentence, given as roots by word, for a version of it."""
    absent = sum(not passage_roots.issuperset(word_roots) for word_roots in words.values())
    return absent <= _DIFFERENT_WORDS and len(words) - absent >= _SAME_WORDS


def _is_in(sentence: Quotation, quotation: Quotation) -> bool:
    return quotation.start <= sentence.start and sentence.end <= quotation.end


def _roots(words: frozenset[str]) -> list[str]:
    return [root for word in sorted(words) for root in roots(word)]


def _words(quotation: Quotation) -> tuple[str, ...]:
    return tuple(word.lower() for word in raw_words(quotation.led_text))
