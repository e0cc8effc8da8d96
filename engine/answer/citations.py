"""Trace what a model writes to the words that support it, and make the answer that needs no model."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from engine.answer.claims import Claim
from engine.answer.grounding import Grounds, Support
from engine.answer.model_text import Statement, statements_of, without_marks
from engine.answer.quotation import Quotation
from engine.answer.tables.table import cell_place
from engine.events import DIFFERS, AnswerWritten, Citation, GroundedClaim
from engine.model.faults import clean
from engine.text.safe import one_line

ABSTENTION = "Your library does not say."
_NUMBERED = re.compile(r"\[(\d+)\]")
_REPEATED = re.compile(r"(\[\d+\])\1+")
NO_SOURCE = "(no source)"
"""What stands after a statement that no source supports."""


def ground_claims(
    claims: Sequence[Claim], passages: Sequence[Quotation], question: str = ""
) -> tuple[tuple[GroundedClaim, ...], int]:
    """Return the claims that a passage which they name supports, with the supporting words, and how many were removed.

    The numbers of a claim count `passages` from 1. What the question says needs no support.
    """
    grounded, grounds = [], Grounds(passages, question)
    for claim in claims:
        text = one_line(without_marks(one_line(clean(claim.text))))
        quotations = grounds.support(text, _existing(claim.passages, passages)).quotations
        if quotations:
            passage, first = quotations[0].passage, quotations[0]
            grounded.append(GroundedClaim(text, passage.id, passage.source, first.start, first.end, first.text))
    return tuple(grounded), len(claims) - len(grounded)


def extractive_answer(quotations: Sequence[Quotation], uncovered: tuple[str, ...] = ()) -> AnswerWritten:
    """Return the answer that needs no model: the exact words of each quotation, as a paragraph with its mark.

    A lead stands before the words that belong to it, once for quotations that share it. `uncovered` are words of the
    question of which nothing was found.
    """
    return quoted_answer([_citation(n, quotation) for n, quotation in enumerate(quotations, start=1)], uncovered)


def quoted_answer(citations: Sequence[Citation], uncovered: tuple[str, ...] = ()) -> AnswerWritten:
    """Return the answer of these citations, as `extractive_answer` does."""
    leads = ["", *(citation.lead for citation in citations)]
    texts = [f"{c.lead}\n{c.quote}" if c.lead != lead else c.quote for lead, c in zip(leads, citations, strict=False)]
    paragraphs = [f"{_heading(c)}{text} [{c.n}]" for c, text in zip(citations, texts, strict=True)]
    return AnswerWritten(
        "\n\n".join(paragraphs), abstained=False, citations=tuple(citations), removed=0, uncovered=uncovered
    )


def _heading(citation: Citation) -> str:
    if citation.computed:
        return f"{citation.computed}\n"
    if citation.role == DIFFERS:
        return f"Differs from [{citation.n - 1}]:\n"
    return f"{citation.role}:\n" if citation.role else ""


def abstention(uncovered: tuple[str, ...] = (), nearest: Sequence[Quotation] = ()) -> AnswerWritten:
    """Return the answer for a question that the evidence does not cover, with what comes `nearest` to it."""
    citations = tuple(_citation(n, quotation) for n, quotation in enumerate(nearest, start=1))
    return AnswerWritten(ABSTENTION, abstained=True, citations=(), removed=0, uncovered=uncovered, nearest=citations)


def with_quotations(written: AnswerWritten, quoted: AnswerWritten) -> AnswerWritten:
    """Return a model's answer with the quotations that stand below it.

    A citation within a quotation becomes that quotation, in which its sentence is marked. The citations of the text are
    numbered as they come, then those of the other quotations.
    """
    numbers: dict[int, int] = {}
    joined: list[Citation] = []
    for citation in written.citations:
        whole = next((quotation for quotation in quoted.citations if _contains(quotation, citation)), citation)
        marks = ((citation.start - whole.start, citation.end - whole.start),) if whole is not citation else ()
        position = next((n for n, other in enumerate(joined) if _contains(other, citation)), len(joined))
        if position == len(joined):
            joined.append(replace(whole, n=position + 1, marks=marks))
        elif marks:
            joined[position] = replace(joined[position], marks=(*joined[position].marks, *marks))
        numbers[citation.n] = position + 1
    quoted_numbers = []
    for quotation in quoted.citations:
        position = next((n for n, other in enumerate(joined) if _contains(other, quotation)), len(joined))
        if position == len(joined):
            joined.append(replace(quotation, n=position + 1))
        quoted_numbers.append(position + 1)
    text = _NUMBERED.sub(lambda match: f"[{numbers[int(match[1])]}]", written.answer)
    text = _REPEATED.sub(r"\1", text)
    return replace(
        written, answer=text, citations=tuple(joined), uncovered=quoted.uncovered, quoted=tuple(quoted_numbers)
    )


def _contains(quotation: Citation, citation: Citation) -> bool:
    """Tell whether a quotation has all words of a citation."""
    is_same = (quotation.source, quotation.passage) == (citation.source, citation.passage)
    return is_same and quotation.start <= citation.start and citation.end <= quotation.end


def resolve_citations(text: str, passages: Sequence[Quotation], question: str = "") -> AnswerWritten:
    """Return a model's answer in which every citation is the exact sentence that supports its statement.

    `[n]` refers to `passages[n - 1]`. A citation whose source does not support its statement is removed and counted; a
    statement that no source supports is counted and marked `(no source)`. If none is supported, the answer has no
    citation, and the caller replaces it. A text that only says that the sources do not tell is the abstention.
    """
    resolver = _Resolver(passages, question)
    statements = statements_of(text)
    declining = [statement.declines for statement in statements]
    if statements and all(declining):
        return abstention()
    written: list[tuple[str, bool]] = []
    for statement, declines in zip(statements, declining, strict=True):
        if not declines:
            written.append((resolver.resolved(statement), statement.is_item))
        elif not resolver.citations and ABSTENTION.rstrip(".") not in statement.text:
            written.append((statement.text, statement.is_item))
    if not resolver.citations:
        return (
            abstention()
            if any(declining)
            else AnswerWritten("", abstained=False, citations=(), removed=resolver.removed)
        )
    citations = tuple(resolver.citations)
    return AnswerWritten(_laid_out(written), abstained=False, citations=citations, removed=resolver.removed)


class _Resolver:
    """Finds the support of each statement of one answer, and numbers its citations as they come."""

    def __init__(self, passages: Sequence[Quotation], question: str) -> None:
        self._passages, self._grounds = passages, Grounds(passages, question)
        self._numbers: dict[tuple[int, int], int] = {}
        self.citations: list[Citation] = []
        self.removed = 0

    def resolved(self, statement: Statement) -> str:
        """Return the statement with its marks; empty for one that only leads to the next."""
        support = self._support(statement)
        text = " ".join(filter(None, (statement.reply, statement.text)))
        if not support.quotations:
            is_lead = text.endswith((":", "\uff1a")) and not statement.cited
            self.removed += not statement.cited and not is_lead
            return "" if is_lead else f"{text} {NO_SOURCE}"
        marks = "".join(dict.fromkeys(f"[{self._number(quotation)}]" for quotation in support.quotations))
        computed = f" (computed: {support.computed})" if support.computed else ""
        return f"{text}{computed} {marks}"

    def _support(self, statement: Statement) -> Support:
        """Return the support by the passages that the statement cites, else by any."""
        find = partial(self._grounds.support, statement.text) if statement.text else self._grounds.nearest
        cited = _existing(statement.cited, self._passages)
        supports = [support for n in cited if (support := find([n])).quotations]
        if not supports and len(cited) > 1 and (joint := find(cited)).quotations:
            used = {quotation.number for quotation in joint.quotations}
            self.removed += len(statement.cited) - sum(self._passages[n].number in used for n in cited)
            return joint
        self.removed += len(statement.cited) - len(supports)
        if not supports:
            return find()
        quotations = dict.fromkeys(quotation for support in supports for quotation in support.quotations)
        return Support(tuple(quotations), supports[0].computed)

    def _number(self, quotation: Quotation) -> int:
        position = (quotation.number, quotation.start)
        if position not in self._numbers:
            self._numbers[position] = len(self._numbers) + 1
            self.citations.append(_citation(self._numbers[position], quotation))
        return self._numbers[position]


def _existing(numbers: Sequence[int], passages: Sequence[Quotation]) -> list[int]:
    """Return the indices of the passages with these numbers, which count from 1."""
    return [n - 1 for n in dict.fromkeys(numbers) if 1 <= n <= len(passages)]


def _laid_out(written: Sequence[tuple[str, bool]]) -> str:
    """Join sentences to one text; the items of a list, if there are several, on a line each."""
    has_list = sum(is_item for _, is_item in written) > 1
    lines = [f"\n- {text}" if has_list and is_item else f" {text}" for text, is_item in written if text]
    return "".join(lines).strip()


def _citation(n: int, quotation: Quotation) -> Citation:
    passage, lead = quotation.passage, quotation.lead
    location, name = cell_place(quotation)
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
        location=name,
        box=location.box,
        role=quotation.role,
        marks=tuple((a - quotation.start, b - quotation.start) for a, b in quotation.marks),
        computed=quotation.computed,
    )
