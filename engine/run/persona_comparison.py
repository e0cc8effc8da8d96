"""Two personas side by side: traits, rewards, scores, and how much of their evidence they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from engine.events import Scores
from engine.mixture.scoring import DEPTH
from engine.personas.metrics import PersonaPerformance, calculate_average_score, jaccard
from engine.personas.persona import RosterEntry
from engine.personas.roster import performance_of
from engine.run.persona_part import RunPart

COMPARED_RUNS = 50
"""Number of recorded runs over which personas are compared."""

_MIDDLE = 5  # the value of a trait that has no effect


@dataclass(frozen=True, slots=True)
class Side:
    """One of two personas: `judged` and `called` count runs of the gate, `scores` are the means of its outputs."""

    entry: RosterEntry
    performance: PersonaPerformance
    bounds: tuple[float, float]
    judged: int
    called: int
    scores: Scores | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two personas: `traits` maps each trait of either to both values (5 where a persona has none).

    `overlap` is the mean Jaccard index of their five best passages over the `together` runs in which both walked.
    """

    left: Side
    right: Side
    traits: Mapping[str, tuple[int, int]]
    overlap: float | None
    together: int
    runs: int


def compare(
    left: RosterEntry, right: RosterEntry, runs: Sequence[Mapping[str, RunPart]], *, confidence: float
) -> Comparison:
    """Compare two personas over their parts in recorded runs."""
    names = left.persona.persona_id, right.persona.persona_id
    walked = [[run[name].passages for name in names if name in run and run[name].passages] for run in runs]
    pairs = [passages for passages in walked if len(passages) == len(names)]
    shares = [jaccard(set(first[:DEPTH]), set(second[:DEPTH])) for first, second in pairs]
    traits = dict.fromkeys((*left.persona.traits, *right.persona.traits))
    return Comparison(
        _side(left, runs, confidence),
        _side(right, runs, confidence),
        {t: (left.persona.traits.get(t, _MIDDLE), right.persona.traits.get(t, _MIDDLE)) for t in sorted(traits)},
        calculate_average_score(shares) if shares else None,
        len(shares),
        len(runs),
    )


def _side(entry: RosterEntry, runs: Sequence[Mapping[str, RunPart]], confidence: float) -> Side:
    parts = [run[entry.persona.persona_id] for run in runs if entry.persona.persona_id in run]
    scored = [part.scored.scores for part in parts if part.scored]
    means = {f.name: calculate_average_score([getattr(scores, f.name) for scores in scored]) for f in fields(Scores)}
    earned = performance_of(entry.persona)
    called = sum(part.called for part in parts)
    return Side(entry, earned, earned.bounds(confidence), len(parts), called, Scores(**means) if scored else None)
