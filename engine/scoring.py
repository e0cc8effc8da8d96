"""The four scores of an output, each in [0, 1], with no language model."""

from collections.abc import Collection, Sequence

from engine.experts import PersonaOutput
from engine.question import Question

DEPTH = 5  # passages of an output that are judged: those that can reach the answer


def score_relevance(output: PersonaOutput, query: Question) -> float:
    """How much of the question the output's evidence holds: its terms, weighted by inverse document frequency.

    A relation's kin ("directed" for "director") counts in part, as in the walk.
    """
    return query.coverage(output.stems)


def score_consistency(output: PersonaOutput, reference_outputs: Sequence[PersonaOutput]) -> float:
    """How far the others found the same: mean overlap of the first five passages, rank by rank.

    The overlap is the average agreement over depths 1 to 5 (Fagin et al., SIAM J. Discrete Math. 17(1), 2003).
    Alone, an output agrees with nobody: 0.
    """
    others = [other for other in reference_outputs if other.persona_id != output.persona_id]
    if not others:
        return 0.0
    return sum(_average_overlap(output.first(DEPTH), other.first(DEPTH)) for other in others) / len(others)


def score_novelty(output: PersonaOutput, existing_outputs: Sequence[PersonaOutput]) -> float:
    """The share of the output's first five passages that no other output has among its own."""
    mine = set(output.first(DEPTH))
    others = {n for other in existing_outputs if other.persona_id != output.persona_id for n in other.first(DEPTH)}
    return len(mine - others) / len(mine) if mine else 0.0


def score_entity_grounding(output: PersonaOutput, entities: Collection[str]) -> float:
    """The share of the question's known names (keys) that the output's evidence is about or mentions.

    A question without known names grounds nothing: 0.
    """
    return sum(name in output.names for name in entities) / len(entities) if entities else 0.0


def _average_overlap(left: Sequence[int], right: Sequence[int]) -> float:
    depths = range(1, min(DEPTH, max(len(left), len(right))) + 1)
    return sum(len(set(left[:d]) & set(right[:d])) / d for d in depths) / len(depths) if depths else 0.0
