"""Two personas side by side: what they are, what they earned, and how far they find the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from engine.events import Scores
from engine.mixture.scoring import DEPTH
from engine.personas.metrics import PersonaPerformance, calculate_average_score, jaccard
from engine.personas.persona import RosterEntry
from engine.personas.roster import performance_of
from engine.run.persona_part import RunPart

COMPARED_RUNS = 50
"""Recorded runs over which personas are compared."""

_MIDDLE = 5  # of a trait, that changes nothing


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `judged` and `called` count recorded runs; `scores` are the mean ones of those it walked in."""

    entry: RosterEntry
    performance: PersonaPerformance
    bounds: tuple[float, float]
    judged: int
    called: int
    scores: Scores | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`traits` maps each trait that either has to both values (5 where it has none).

    `overlap` is the mean Jaccard index of their first five passages over the `together` runs in which both walked.
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
    shares = [jaccard(set(both[0][:DEPTH]), set(both[1][:DEPTH])) for both in walked if len(both) == len(names)]
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
    means = {f.name: calculate_average_score([getattr(each, f.name) for each in scored]) for f in fields(Scores)}
    earned = performance_of(entry.persona)
    called = sum(part.called for part in parts)
    return Side(entry, earned, earned.bounds(confidence), len(parts), called, Scores(**means) if scored else None)
