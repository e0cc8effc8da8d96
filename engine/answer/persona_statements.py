"""What each persona says: the sentences of its own evidence that most likely answer, and who says the same."""

from collections.abc import Iterable, Mapping, Sequence

from engine.answer.quotation import Quotation
from engine.answer.sentence_ranking import SentenceRanker
from engine.events import ClaimsWritten, GroundedClaim
from engine.mixture.outputs import PersonaOutput
from engine.personas.traits import Kind

_PASSAGES = 3  # of a persona, its best
_MARGIN = 2.0  # value that a sentence may be below the persona's best, if that was said by another


def own_sentences(
    ranker: SentenceRanker, outputs: Iterable[PersonaOutput], count: int = 1
) -> dict[str, list[Quotation]]:
    """Return the best sentences of each persona's own evidence, at most `count`; a persona without any is left out.

    That of a persona that goes by amounts is the row of a table, if one answers (`engine.answer.tables`).
    The first of a persona is not the first of an earlier one, unless the others are far less likely to answer.
    """
    chosen: dict[str, list[Quotation]] = {}
    used_positions: set[tuple[int, int]] = set()
    for output in outputs:
        ranking = {evidence.number: evidence.score for evidence in output.evidence[:_PASSAGES]}
        candidates = ranker.ranked(ranking)
        if not candidates:
            continue
        close = (
            c
            for c in candidates
            if c.value >= candidates[0].value - _MARGIN and _position(c.quotation) not in used_positions
        )
        first = next(close, candidates[0]).quotation
        if ranker.panel.goes_by(output.persona_id, Kind.AMOUNTS):
            first = next(iter(ranker.tables.best(ranking)), first)
        used_positions.add(_position(first))
        others = [candidate.quotation for candidate in candidates if candidate.quotation != first]
        chosen[output.persona_id] = [first, *others[: count - 1]]
    return chosen


def quoted_claims(ranker: SentenceRanker, outputs: Iterable[PersonaOutput]) -> list[ClaimsWritten]:
    """Return what each persona says without a model: the best sentence of its own evidence, in its exact words.

    What was computed from the cells of a table is said in place of their words.
    """
    return [
        ClaimsWritten(name, (_claim(sentences[0]),), removed=0)
        for name, sentences in own_sentences(ranker, outputs).items()
    ]


def groups_of(claims: Mapping[str, Sequence[GroundedClaim]]) -> list[tuple[list[str], GroundedClaim]]:
    """Return each claim with the personas that rest on the same words of a source; the largest group first."""
    groups: list[tuple[list[str], GroundedClaim]] = []
    for name, stated in claims.items():
        for claim in stated:
            names = next((names for names, other in groups if _is_same(claim, other)), None)
            if names is None:
                groups.append(([name], claim))
            elif name not in names:
                names.append(name)
    return sorted(groups, key=lambda group: -len(group[0]))


def _is_same(claim: GroundedClaim, other: GroundedClaim) -> bool:
    return claim.source == other.source and claim.start < other.end and other.start < claim.end


def _position(quotation: Quotation) -> tuple[int, int]:
    return quotation.number, quotation.start


def _claim(quotation: Quotation) -> GroundedClaim:
    passage = quotation.passage
    text = quotation.computed or quotation.text
    return GroundedClaim(text, passage.id, passage.source, quotation.start, quotation.end, quotation.text)
