"""Trace what a model writes to the words that support it, and make the answer that needs no model."""

import re
from collections.abc import Sequence

from engine.answer.claims import Claim
from engine.answer.parallel import DIFFERS
from engine.answer.quotation import Quotation, sentences
from engine.events import AnswerWritten, Citation, GroundedClaim
from engine.model.faults import clean
from engine.text.safe import one_line
from engine.text.sentences import sentence_spans
from engine.text.words import content_stems

ABSTENTION = "Your library does not say."
_MARK = re.compile(r"\s*\[(\d[\d,\s]*)\]")
_SUPPORT = 0.4  # share of a sentence's content stems that its source must contain


def ground_claims(claims: Sequence[Claim], passages: Sequence[Quotation]) -> tuple[tuple[GroundedClaim, ...], int]:
    """Return the claims that a passage which they name supports, with the supporting words, and how many were removed.

    The numbers of a claim count `passages` from 1.
    """
    grounded = []
    for claim in claims:
        text = one_line(_unmarked(one_line(clean(claim.text))))
        support = _support(text, [passages[n - 1] for n in claim.passages if 1 <= n <= len(passages)])
        if support:
            passage = support.passage
            quote = support.start, support.end, support.text
            grounded.append(GroundedClaim(text, passage.id, passage.source, *quote))
    return tuple(grounded), len(claims) - len(grounded)


def extractive_answer(quotations: Sequence[Quotation], uncovered: tuple[str, ...] = ()) -> AnswerWritten:
    """Return the answer that needs no model: the exact words of each quotation, as a paragraph with its mark.

    A lead stands before the words that belong to it, once for quotations that share it. `uncovered` are words of the
    question of which nothing was found.
    """
    citations = tuple(_citation(n, quotation) for n, quotation in enumerate(quotations, start=1))
    leads = ["", *(citation.lead for citation in citations)]
    texts = [f"{c.lead}\n{c.quote}" if c.lead != lead else c.quote for lead, c in zip(leads, citations, strict=False)]
    paragraphs = [f"{_heading(c)}{text} [{c.n}]" for c, text in zip(citations, texts, strict=True)]
    return AnswerWritten("\n\n".join(paragraphs), abstained=False, citations=citations, removed=0, uncovered=uncovered)


def _heading(citation: Citation) -> str:
    if citation.role == DIFFERS:
        return f"Differs from [{citation.n - 1}]:\n"
    return f"{citation.role}:\n" if citation.role else ""


def abstention(uncovered: tuple[str, ...] = ()) -> AnswerWritten:
    """Return the answer for a question that the evidence does not cover."""
    return AnswerWritten(ABSTENTION, abstained=True, citations=(), removed=0, uncovered=uncovered)


def resolve_citations(text: str, passages: Sequence[Quotation]) -> AnswerWritten:
    """Return a model's answer in which every citation is the exact sentence that supports it.

    `[n]` refers to `passages[n - 1]`. A citation whose source does not support its sentence is removed and counted, as
    is a sentence that no source supports. If nothing remains, the answer has no citation, and the caller replaces it.
    """
    if one_line(_unmarked(text)).rstrip(". ").endswith(ABSTENTION.rstrip(".")):
        return abstention()
    numbers: dict[tuple[int, int], int] = {}
    citations: list[Citation] = []
    written: list[str] = []
    removed = 0
    for sentence, cited in _cited_sentences(text):
        existing = [passages[n - 1] for n in cited if 1 <= n <= len(passages)]
        support = [best for passage in existing if (best := _support(sentence, [passage]))]
        removed += len(cited) - len(support)
        if not support and (best := _support(sentence, passages)):
            support = [best]
        removed += not support and not cited
        marks = []
        for quotation in support:
            position = (quotation.number, quotation.start)
            if position not in numbers:
                numbers[position] = len(numbers) + 1
                citations.append(_citation(numbers[position], quotation))
            marks.append(f"[{numbers[position]}]")
        if marks:
            written.append(f"{sentence} {''.join(dict.fromkeys(marks))}")
    return AnswerWritten(" ".join(written), abstained=False, citations=tuple(citations), removed=removed)


def _cited_sentences(text: str) -> list[tuple[str, list[int]]]:
    """Return each sentence without its marks, and the numbers it cites; marks after the full stop belong to it."""
    joined = re.sub(r"([.!?])((?:\s*\[\d[\d,\s]*\])+)", r"\2\1", text)
    sentences_cited = []
    for start, end in sentence_spans(joined):
        sentence = joined[start:end]
        cited = [int(n) for mark in _MARK.findall(sentence) for n in re.findall(r"\d{1,9}", mark)]
        if bare := one_line(_unmarked(sentence)).strip(" -*•"):
            sentences_cited.append((bare, list(dict.fromkeys(cited))))
    return sentences_cited


def _unmarked(text: str) -> str:
    """Remove everything that looks like a mark `[n]`: sources may contain such marks themselves."""
    while (bare := _MARK.sub("", text)) != text:
        text = bare
    return text


def _support(sentence: str, passages: Sequence[Quotation]) -> Quotation | None:
    """Return the sentence of these passages that contains most of the given one; None if none contains enough.

    The title and the heading count with each sentence of its passage, because the text refers to it by "he" or "it".
    """
    stems = set(content_stems(sentence))
    best, best_share = None, _SUPPORT if stems else 2.0
    for passage in passages:
        title = set(content_stems(passage.passage.headline))
        for candidate in sentences(passage.number, passage.passage):
            share = len(stems & (title | set(content_stems(candidate.led_text)))) / max(1, len(stems))
            if share > best_share or (share == best_share and best is None):
                best, best_share = candidate, share
    return best


def _citation(n: int, quotation: Quotation) -> Citation:
    passage, lead = quotation.passage, quotation.lead
    location = passage.location(quotation.start)
    return Citation(
        n,
        passage.source,
        passage.title,
        quotation.start,
        quotation.end,
        quotation.text,
        passage.id,
        lead=lead.text if lead else "",
        lead_start=lead.start if lead else -1,
        page=location.page,
        location=location.name,
        box=location.box,
        role=quotation.role,
        marks=tuple((a - quotation.start, b - quotation.start) for a, b in quotation.marks),
    )
