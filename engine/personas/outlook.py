"""Predict the next review of a persona: its verdict, the figures behind it, and the distance to a change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.personas.lifecycle import next_verdict, thresholds_in_force
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState, RosterEntry
from engine.personas.roster import Verdict, performance_of
from engine.settings.settings import Thresholds

_MOST_REWARDS = 500  # in a row; more are not counted


@dataclass(frozen=True, slots=True)
class Condition:
    """A change of state: it happens once the `bound` ("lower" or "upper") of the mean passes `threshold`.

    `distance` is that from the bound's present `value` to the threshold. `rewards` is the number of rewards of 1 (to
    rise) or 0 (to fall) in a row that would suffice, missing samples included; None for more than 500.
    """

    verdict: Verdict
    bound: str
    value: float
    threshold: float
    distance: float
    rewards: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next review of a persona: its `verdict` by `rule`, with the thresholds that apply now.

    `low` and `high` are the bounds of the mean; `missing` is the number of samples that the review still needs;
    `conditions` are the possible changes of state.
    """

    performance: PersonaPerformance
    low: float
    high: float
    thresholds: Thresholds
    rule: str
    verdict: Verdict
    missing: int
    conditions: tuple[Condition, ...]


def outlook(entry: RosterEntry, entries: Sequence[RosterEntry], thresholds: Thresholds) -> Outlook:
    """Return the outlook of a persona; `entries` are the whole roster, `thresholds` those of the settings."""
    in_force, rule = thresholds_in_force(entries, thresholds)
    verdict, reason = next_verdict(entry, entries, in_force, rule=rule)
    earned = performance_of(entry.persona)
    low, high = earned.bounds(in_force.confidence)
    missing = max(0, in_force.minimum_samples - earned.since_move)
    return Outlook(earned, low, high, in_force, reason, verdict, missing, tuple(_conditions(entry, in_force)))


def _conditions(entry: RosterEntry, thresholds: Thresholds) -> list[Condition]:
    state, earned = entry.state, performance_of(entry.persona)
    if entry.persona.is_control or state is PersonaState.PRUNED:
        return []
    falls, below = Verdict.DEMOTE, thresholds.demotion_threshold
    if state is PersonaState.EXPERIMENTAL:
        falls, below = Verdict.PRUNE, thresholds.pruning_threshold
    low, high = earned.bounds(thresholds.confidence)
    above = thresholds.promotion_threshold

    def bounds(figures: PersonaPerformance) -> tuple[float, float]:
        return figures.bounds(thresholds.confidence) if figures.since_move >= thresholds.minimum_samples else (0.0, 1.0)

    conditions = []
    if state is not PersonaState.ACTIVE:
        rewards = _rewards_until(earned, 1.0, lambda figures: bounds(figures)[0] > above)
        conditions.append(Condition(Verdict.PROMOTE, "lower", low, above, above - low, rewards))
    rewards = _rewards_until(earned, 0.0, lambda figures: bounds(figures)[1] < below)
    return [*conditions, Condition(falls, "upper", high, below, high - below, rewards)]


def _rewards_until(
    earned: PersonaPerformance, reward: float, holds: Callable[[PersonaPerformance], bool]
) -> int | None:
    for count in range(_MOST_REWARDS + 1):
        if holds(earned):
            return count
        earned = earned.with_reward(reward)
    return None
