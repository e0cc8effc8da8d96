"""Score a persona's output, compute its credit and its reward, each in [0, 1], without a language model."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from engine.events import GroundedClaim
from engine.mixture.fusion import HEARD, fuse
from engine.mixture.outputs import PersonaOutput
from engine.question.question import Question
from engine.text.words import content_stems

_SAME = 0.6  # share of the shorter claim's content stems that two claims must share to count as equal
DEPTH = 5  # passages of an output that are scored: those that can reach the answer


def score_relevance(output: PersonaOutput, query: Question) -> float:
    """Return the share of the question that the output's evidence holds, weighted by inverse document frequency.

    Relation words ("directed" for "director") count in part, as in the walk.
    """
    return query.coverage(output.roots)


def score_consistency(output: PersonaOutput, reference_outputs: Sequence[PersonaOutput]) -> float:
    """Return how far the other outputs agree: of the votes of their joint first five passages, the share it has too.

    Votes are those of reciprocal rank fusion over the others; 0 if there are none. If the output and others have
    claims, it is instead the share of those others that state the same, averaged over its claims.
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
    """Return the share of the confirmed passages beyond a plain search that the output has among its first five.

    Confirmed are the others' joint first five passages; `plain` are the first hits of a search. Passages that no other
    persona found do not count: on questions with known passages, they are mostly wrong.
    """
    new = _joint(output, existing_outputs).keys() - set(plain)
    return len(new & set(output.first(DEPTH))) / len(new) if new else 0.0


def score_entity_grounding(output: PersonaOutput, entities: Collection[str]) -> float:
    """Return the share of the question's known names (keys) that the output names; 0 if the question has none.

    Evidence names a title or what it mentions; of an output with claims, the claims and their quotes count instead.
    """
    return sum(name in output.names for name in entities) / len(entities) if entities else 0.0


def score_output(
    output: PersonaOutput, outputs: Sequence[PersonaOutput], query: Question, plain: Collection[int]
) -> dict[str, float]:
    """Return the four scores by name; `outputs` are those of the panel's walkers, `plain` as in `score_novelty`."""
    return {
        "relevance": score_relevance(output, query),
        "consistency": score_consistency(output, outputs),
        "novelty": score_novelty(output, outputs, plain=plain),
        "entity_grounding": score_entity_grounding(output, [name.key for name in query.names]),
    }


def credit(cited: Collection[int], first: Collection[int], lost: Collection[int], plain: Collection[int]) -> float:
    """Return the share of the cited passages that a persona has found; 0 if nothing is cited.

    It has found those among its `first` five, and those that are `lost` from the panel's first five without it. Those
    among the first five of a `plain` search count half: no persona is needed for them.
    """
    worth = {number: 0.5 if number in plain else 1.0 for number in cited}
    earned = sum(value for number, value in worth.items() if number in first or number in lost)
    return earned / sum(worth.values()) if worth else 0.0


def lost_without(full: Iterable[int], without: Iterable[int]) -> set[int]:
    """Return which of the first five of the full ranking are not among the first five without a persona."""
    return {*islice(full, DEPTH)}.difference(islice(without, DEPTH))


def reward_of(total: float, credit: float) -> float:
    """Return the reward of an output: its credit, and its weighted scores if they have any weight."""
    return round(min(1.0, total + credit), 4)


def _states(output: PersonaOutput, claim: GroundedClaim) -> bool:
    """Tell whether a claim of the output has the same quote, or shares most stems of the shorter claim."""
    stems = set(content_stems(claim.text))
    for other in output.claims:
        if (other.source, other.start) == (claim.source, claim.start):
            return True
        other_stems = set(content_stems(other.text))
        if len(stems & other_stems) > _SAME * max(1, min(len(stems), len(other_stems))):
            return True
    return False


def _joint(output: PersonaOutput, outputs: Sequence[PersonaOutput]) -> dict[int, float]:
    """Return the joint first five passages of the other outputs with their votes."""
    others = {other.persona_id: other.first(HEARD) for other in outputs if other.persona_id != output.persona_id}
    votes = fuse(others, {})
    return {number: votes[number] for number in list(votes)[:DEPTH]}
