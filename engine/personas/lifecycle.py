"""Promote, demote and prune personas by their rewards: pruned < experimental < stable < active."""

from collections.abc import Collection, Sequence
from statistics import median

from msgspec.structs import replace

from engine.errors import PersonaError
from engine.events import PersonaTransitioned
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState, RosterEntry
from engine.personas.roster import Roster, Verdict, performance_of
from engine.settings.settings import Thresholds

_NORMAL = 1.4826  # standard deviation of a normal distribution in median absolute deviations
_TRIAL = 5  # times `minimum_samples`, within which a child has to surpass its parents
_LEAST_SPREAD = 0.02  # of mean rewards, if thresholds follow their distribution
_ENOUGH_MEANS = 4  # personas, for a distribution
_LADDER = (PersonaState.PRUNED, PersonaState.EXPERIMENTAL, PersonaState.STABLE, PersonaState.ACTIVE)


def evaluate_pruning_thresholds(
    persona_performance: PersonaPerformance, thresholds: Thresholds, *, state: PersonaState = PersonaState.ACTIVE
) -> Verdict:
    """Return the verdict of the thresholds on a persona in `state`.

    A persona falls only if its upper confidence bound is below a threshold, and rises only if its lower bound is above
    one; otherwise, and with too few samples since its last change of state, it stays (hysteresis).
    """
    if persona_performance.since_move < thresholds.minimum_samples or state is PersonaState.PRUNED:
        return Verdict.KEEP
    low, high = persona_performance.bounds(thresholds.confidence)
    if state is PersonaState.EXPERIMENTAL and high < thresholds.pruning_threshold:
        return Verdict.PRUNE
    if state is not PersonaState.EXPERIMENTAL and high < thresholds.demotion_threshold:
        return Verdict.DEMOTE
    if state is not PersonaState.ACTIVE and low > thresholds.promotion_threshold:
        return Verdict.PROMOTE
    return Verdict.KEEP


def follow_distribution(thresholds: Thresholds, means: Sequence[float]) -> Thresholds:
    """Return thresholds one spread above and below the median of these mean rewards.

    Median and spread (1.4826 times the median absolute deviation, which is the standard deviation of a normal
    distribution) are robust: one outlier moves neither (Hampel, JASA 69(346), 1974). The spread is at least
    `_LEAST_SPREAD`, so that equal personas do not move. With fewer than `_ENOUGH_MEANS` means nothing changes.
    """
    if len(means) < _ENOUGH_MEANS:
        return thresholds
    middle = median(means)
    spread = max(_LEAST_SPREAD, _NORMAL * median(abs(mean - middle) for mean in means))
    return replace(
        thresholds,
        promotion_threshold=min(1.0, middle + spread),
        demotion_threshold=max(0.0, middle - spread),
        pruning_threshold=max(0.0, middle - 2 * spread),
    )


def review(
    roster: Roster, rewarded: Collection[str], thresholds: Thresholds, *, decided_by: str
) -> list[PersonaTransitioned]:
    """Apply the thresholds to the personas that were just rewarded; never to the control.

    With `evolution`, an experimental child is also compared with its parents (`evaluate_trial`).
    """
    entries = roster.entries()
    in_force, rule = thresholds_in_force(entries, thresholds)
    transitions = []
    for entry in (entry for entry in entries if entry.persona.persona_id in rewarded):
        verdict, reason = next_verdict(entry, entries, in_force, rule=rule)
        if verdict is not Verdict.KEEP:
            change = roster.change(entry.persona.persona_id, verdict, rule=reason, decided_by=decided_by)
            transitions.append(change)
    return transitions


def thresholds_in_force(entries: Sequence[RosterEntry], thresholds: Thresholds) -> tuple[Thresholds, str]:
    """Return the thresholds that apply now, and their rule: as configured, or following the roster's distribution."""
    if not thresholds.follow_distribution:
        return thresholds, "thresholds"
    judged = (e for e in entries if e.state is not PersonaState.PRUNED and not e.persona.is_control)
    figures = [performance_of(entry.persona) for entry in judged]
    means = [earned.mean for earned in figures if earned.samples >= thresholds.minimum_samples]
    return follow_distribution(thresholds, means), "distribution"


def next_verdict(
    entry: RosterEntry, entries: Sequence[RosterEntry], in_force: Thresholds, *, rule: str
) -> tuple[Verdict, str]:
    """Return the verdict of a review on a persona, and the rule that decides; the control always stays."""
    if entry.persona.is_control:
        return Verdict.KEEP, rule
    verdict = evaluate_pruning_thresholds(performance_of(entry.persona), in_force, state=entry.state)
    if verdict is Verdict.KEEP and in_force.evolution:
        others = [other for other in entries if not other.persona.is_control]
        return evaluate_trial(entry, others, in_force), "trial of a child"
    return verdict, rule


def evaluate_trial(entry: RosterEntry, entries: Sequence[RosterEntry], thresholds: Thresholds) -> Verdict:
    """Return the verdict on an experimental child, compared with the best of its parents that has enough samples.

    It is pruned as soon as its upper confidence bound is below that parent's mean. After `_TRIAL` times
    `minimum_samples` samples it is promoted if its lower bound is above that mean, else pruned, so that no child
    occupies an experimental seat for ever. Pruned parents do not count.
    """
    earned, enough = performance_of(entry.persona), thresholds.minimum_samples
    living = (e.persona for e in entries if e.state is not PersonaState.PRUNED)
    parents = [performance_of(persona) for persona in living if persona.persona_id in entry.persona.parents]
    judged = [figures.mean for figures in parents if figures.samples >= enough]
    if entry.state is not PersonaState.EXPERIMENTAL or earned.samples < enough or not judged:
        return Verdict.KEEP
    low, high = earned.bounds(thresholds.confidence)
    if earned.samples >= _TRIAL * enough:
        return Verdict.PROMOTE if low > max(judged) else Verdict.PRUNE
    return Verdict.PRUNE if high < max(judged) else Verdict.KEEP


def state_after(entry: RosterEntry, verdict: Verdict) -> PersonaState:
    """Return the state to which a verdict leads. Raises PersonaError with the reason if it cannot apply."""
    name, state = entry.persona.persona_id, entry.state
    if verdict in {Verdict.PRUNE, Verdict.DEMOTE} and entry.persona.is_control:
        raise PersonaError(
            f"{name} is the neutral control", hint="the others are compared with it, so it stays on the panel"
        )
    if verdict is Verdict.RESTORE:
        if state is not PersonaState.PRUNED:
            raise PersonaError(f"{name} is {state}", hint="only a pruned persona can be restored")
        return PersonaState.EXPERIMENTAL
    if state is PersonaState.PRUNED:
        raise PersonaError(f"{name} is pruned already", hint="restore it first")
    if verdict is Verdict.PRUNE:
        return PersonaState.PRUNED
    step = {Verdict.PROMOTE: 1, Verdict.DEMOTE: -1}.get(verdict, 0)
    rung = _LADDER.index(state) + step
    if rung >= len(_LADDER):
        raise PersonaError(f"{name} is {state} already", hint="there is no higher state")
    return _LADDER[rung]
