"""Compare sentences with one another: copies, all that fit a question alike, and those that differ in a detail."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.answer.quotation import Quotation, sentences
from engine.answer.sentence_ranking import Candidate
from engine.mixture.panel import Panel
from engine.question.question_form import is_negated
from engine.text.names import root
from engine.text.words import raw_words, stems

DIFFERS = "differs"  # role of a quotation
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
    return [one for quotation in quotations for one in (quotation, *_others(panel, ranking, quotation))]


def _others(panel: Panel, ranking: Mapping[int, float], quotation: Quotation) -> Iterator[Quotation]:
    own = [
        _words(sentence) for sentence in sentences(quotation.number, quotation.passage) if _is_in(sentence, quotation)
    ]
    own = [words for words in own if len(words) > _SAME_WORDS]
    if not own:
        return
    for number in list(ranking)[:_COMPARED]:
        passage = panel.passage(number)
        if passage.source == quotation.passage.source:
            continue
        for sentence in sentences(number, passage):
            words = _words(sentence)
            if any(_is_other_version(panel, one, words) for one in own):
                yield replace(sentence, role=DIFFERS)
                return


def _is_in(sentence: Quotation, quotation: Quotation) -> bool:
    return quotation.start <= sentence.start and sentence.end <= quotation.end


def _is_other_version(panel: Panel, one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two sentences differ in few words, with a number or a negation among them, on what was asked."""
    ours, theirs = set(one) - set(other), set(other) - set(one)
    if not (ours | theirs) or max(len(ours), len(theirs)) > _DIFFERENT_WORDS:
        return False
    if len(set(one) & set(other)) < _SAME_WORDS or panel.question.covered(_roots(ours)) != panel.question.covered(
        _roots(theirs)
    ):
        return False
    is_number = any(map(_DETAIL.search, ours)) and any(map(_DETAIL.search, theirs))
    return is_number or is_negated(" ".join(ours)) != is_negated(" ".join(theirs))


def _roots(words: set[str]) -> list[str]:
    return [root(stem) for word in sorted(words) for stem in stems(word)]


def _words(quotation: Quotation) -> tuple[str, ...]:
    return tuple(word.lower() for word in raw_words(quotation.led_text))
