"""Resolve the citations of an answer to the words of their passages; write extractive answers."""

import re
from collections.abc import Sequence

from engine.answer.quotation import Quotation, sentences
from engine.events import AnswerWritten, Citation, GroundedClaim
from engine.text.safe import one_line
from engine.text.sentences import sentence_spans
from engine.text.words import content_stems

ABSTENTION = "Your library does not say."


_MARK = re.compile(r"\s*\[(\d[\d,\s]*)\]")


_SUPPORT = 0.4  # share of a sentence's content stems that its source must hold


def ground_claims(
    stated: Sequence[tuple[str, Sequence[str]]], passages: Sequence[Quotation]
) -> tuple[tuple[GroundedClaim, ...], int]:
    """Each claim (its text, the ids of the passages that it names) with the words that carry it.

    A claim that none of the passages it names carries is left out; also returned is how many those are.
    """
    by_id = {quotation.passage.id: quotation for quotation in passages}
    grounded = []
    for text, ids in stated:
        bare = one_line(_unmarked(text))
        if found := _support(bare, [by_id[name] for name in ids if name in by_id]):
            passage = found.passage
            grounded.append(GroundedClaim(bare, passage.id, passage.source, found.start, found.end, found.text))
    return tuple(grounded), len(stated) - len(grounded)


def extractive_answer(quotations: Sequence[Quotation]) -> AnswerWritten:
    """The answer that needs no model: the quotations one after the other, each cited."""
    citations = tuple(_citation(n, quotation) for n, quotation in enumerate(quotations, start=1))
    text = " ".join(f"{one_line(_unmarked(citation.quote))} [{citation.n}]" for citation in citations)
    return AnswerWritten(text, abstained=False, citations=citations, removed=0)


def abstention() -> AnswerWritten:
    """What is said when the evidence does not cover the question."""
    return AnswerWritten(ABSTENTION, abstained=True, citations=(), removed=0)


def resolve_citations(text: str, passages: Sequence[Quotation]) -> AnswerWritten:
    """A model's answer with every citation resolved to the exact sentence it rests on.

    `[n]` refers to `passages[n - 1]`. A citation whose source does not hold what the sentence says is removed and
    counted; so is a sentence that no source supports. Nothing left: an answer without citations, for the caller
    to replace.
    """
    if one_line(_unmarked(text)).rstrip(". ").endswith(ABSTENTION.rstrip(".")):
        return abstention()
    numbers: dict[tuple[int, int], int] = {}
    citations: list[Citation] = []
    written: list[str] = []
    removed = 0
    for sentence, cited in _cited_sentences(text):
        named = [n for n in cited if 1 <= n <= len(passages)]
        found = [best for n in named if (best := _support(sentence, [passages[n - 1]]))]
        removed += len(cited) - len(found)
        if not found and (best := _support(sentence, passages)):
            found = [best]
        removed += not found and not cited
        marks = []
        for quotation in found:
            place = (quotation.number, quotation.start)
            if place not in numbers:
                numbers[place] = len(numbers) + 1
                citations.append(_citation(numbers[place], quotation))
            marks.append(f"[{numbers[place]}]")
        if marks:
            written.append(f"{sentence} {''.join(dict.fromkeys(marks))}")
    return AnswerWritten(" ".join(written), abstained=False, citations=tuple(citations), removed=removed)


def _cited_sentences(text: str) -> list[tuple[str, list[int]]]:
    """Each sentence without its marks, and the numbers it cites; a mark after the full stop belongs before it."""
    joined = re.sub(r"([.!?])((?:\s*\[\d[\d,\s]*\])+)", r"\2\1", text)
    found = []
    for start, end in sentence_spans(joined):
        sentence = joined[start:end]
        cited = [int(n) for mark in _MARK.findall(sentence) for n in re.findall(r"\d{1,9}", mark)]
        if bare := one_line(_unmarked(sentence)).strip(" -*•"):
            found.append((bare, list(dict.fromkeys(cited))))
    return found


def _unmarked(text: str) -> str:
    """`text` without anything that looks like one of our marks: a source may have its own."""
    while (bare := _MARK.sub("", text)) != text:
        text = bare
    return text


def _support(sentence: str, passages: Sequence[Quotation]) -> Quotation | None:
    """The sentence of these passages that holds most of the given one; None if none holds enough.

    The title counts with each sentence of its passage: what follows says "he" or "it".
    """
    wanted = set(content_stems(sentence))
    best, best_share = None, _SUPPORT if wanted else 2.0
    for passage in passages:
        title = set(content_stems(passage.passage.title))
        for candidate in sentences(passage.number, passage.passage):
            share = len(wanted & (title | set(content_stems(candidate.text)))) / max(1, len(wanted))
            if share > best_share or (share == best_share and best is None):
                best, best_share = candidate, share
    return best


def _citation(n: int, quotation: Quotation) -> Citation:
    passage = quotation.passage
    return Citation(n, passage.source, passage.title, quotation.start, quotation.end, quotation.text, passage.id)
