"""The four scores of an output, each in [0, 1], with no language model."""

from collections.abc import Collection, Sequence

from engine.events import GroundedClaim
from engine.mixture.fusion import HEARD, fuse
from engine.mixture.outputs import PersonaOutput
from engine.question.question import Question
from engine.text.words import content_stems

_SAME = 0.6  # share of the shorter claim's content stems that two claims with one meaning have in common
DEPTH = 5  # passages of an output that are judged: those that can reach the answer


def score_relevance(output: PersonaOutput, query: Question) -> float:
    """How much of the question the output's evidence holds: its terms, weighted by inverse document frequency.

    A relation's kin ("directed" for "director") counts in part, as in the walk.
    """
    return query.coverage(output.stems)


def score_consistency(output: PersonaOutput, reference_outputs: Sequence[PersonaOutput]) -> float:
    """How far the others found the same: of the votes of their joint first five passages, the share it has too.

    Votes are those of reciprocal rank fusion over the others. Alone, an output agrees with nobody: 0.
    Among outputs with claims it is instead the share of the others that state the same, on the mean of its claims.
    """
    others = [other for other in reference_outputs if other.claims and other.persona_id != output.persona_id]
    if output.claims and others:
        agreeing = [sum(_states(other, claim) for other in others) for claim in output.claims]
        return sum(agreeing) / (len(agreeing) * len(others))
    votes = _joint(output, reference_outputs)
    first = set(output.first(DEPTH))
    return sum(votes[n] for n in votes if n in first) / sum(votes.values()) if votes else 0.0


def score_novelty(
    output: PersonaOutput, existing_outputs: Sequence[PersonaOutput], *, plain: Collection[int] = ()
) -> float:
    """What it brings that a plain search does not, and that stands up.

    Of the passages among the others' joint first five that are not in `plain` (the first hits of a search), the
    share that the output has among its own. What nobody else found counts for nothing: on questions with known
    passages, what is found by one alone is mostly wrong.
    """
    new = _joint(output, existing_outputs).keys() - set(plain)
    return len(new & set(output.first(DEPTH))) / len(new) if new else 0.0


def score_entity_grounding(output: PersonaOutput, entities: Collection[str]) -> float:
    """The share of the question's known names (keys) that the output's evidence is about or mentions.

    Of an output with claims it is what these name, with the words that carry them.
    A question without known names grounds nothing: 0.
    """
    return sum(name in output.names for name in entities) / len(entities) if entities else 0.0


def score_output(
    output: PersonaOutput, outputs: Sequence[PersonaOutput], query: Question, plain: Collection[int]
) -> dict[str, float]:
    """All four by name: `outputs` are those of the panel's walkers, `plain` the first hits of a search."""
    return {
        "relevance": score_relevance(output, query),
        "consistency": score_consistency(output, outputs),
        "novelty": score_novelty(output, outputs, plain=plain),
        "entity_grounding": score_entity_grounding(output, [name.key for name in query.names]),
    }


def credit(full: Sequence[int], without: Sequence[int]) -> float:
    """What a ranking's first five lose when it is made `without` someone: the share of their weight, 1/rank."""
    left = set(without[:DEPTH])
    weight = {number: 1 / place for place, number in enumerate(full[:DEPTH], start=1)}
    lost = sum(value for number, value in weight.items() if number not in left)
    return lost / sum(weight.values()) if weight else 0.0


def reward_of(total: float, credit: float) -> float:
    """What an output earns, in [0, 1]: its weighted scores and its credit, so that who agrees does not earn it all."""
    return round(min(1.0, total + credit), 4)


def _states(output: PersonaOutput, claim: GroundedClaim) -> bool:
    """Whether one of the output's claims rests on the same words, or shares most of the shorter one's."""
    wanted = set(content_stems(claim.text))
    for other in output.claims:
        if (other.source, other.start) == (claim.source, claim.start):
            return True
        stated = set(content_stems(other.text))
        if len(wanted & stated) > _SAME * max(1, min(len(wanted), len(stated))):
            return True
    return False


def _joint(output: PersonaOutput, outputs: Sequence[PersonaOutput]) -> dict[int, float]:
    """The votes of the first five passages that the other outputs put first together."""
    others = {other.persona_id: other.first(HEARD) for other in outputs if other.persona_id != output.persona_id}
    votes = fuse(others, {})
    return {number: votes[number] for number in list(votes)[:DEPTH]}
