"""The lifecycle: what the thresholds say, the ladder of states, and what may not happen."""

from dataclasses import asdict

import pytest
from msgspec import structs

from engine.bench.memory_roster import MemoryRoster
from engine.errors import PersonaError
from engine.personas.lifecycle import evaluate_pruning_thresholds, follow_distribution, review, state_after
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import Verdict, performance_of
from engine.settings.settings import Thresholds

ACTIVE, STABLE, EXPERIMENTAL, PRUNED = (PersonaState(name) for name in ("active", "stable", "experimental", "pruned"))
THRESHOLDS = Thresholds(
    pruning_threshold=0.25,
    promotion_threshold=0.55,
    demotion_threshold=0.35,
    activation_threshold=0.0,
    minimum_samples=20,
    confidence=2.0,
)


def earned(mean: float, *, error: float = 0.01, samples: int = 100) -> PersonaPerformance:
    """A performance whose mean has this standard error."""
    return PersonaPerformance(samples, mean, error**2 * samples * (samples - 1))


def verdict(performance: PersonaPerformance, state: PersonaState) -> Verdict:
    return evaluate_pruning_thresholds(performance, THRESHOLDS, state=state)


@pytest.mark.parametrize(
    ("mean", "verdicts"),
    [
        (0.10, {ACTIVE: "demote", STABLE: "demote", EXPERIMENTAL: "prune"}),
        (0.30, {ACTIVE: "demote", STABLE: "demote", EXPERIMENTAL: "keep"}),
        (0.45, {ACTIVE: "keep", STABLE: "keep", EXPERIMENTAL: "keep"}),
        (0.70, {ACTIVE: "keep", STABLE: "promote", EXPERIMENTAL: "promote"}),
    ],
)
def test_what_a_mean_leads_to_in_each_state(mean, verdicts):
    assert {state: verdict(earned(mean), state) for state in verdicts} == verdicts
    assert verdict(earned(mean), PRUNED) is Verdict.KEEP


@pytest.mark.parametrize(
    ("state", "mean", "expected"),
    [
        (EXPERIMENTAL, 0.2299, Verdict.PRUNE),
        (EXPERIMENTAL, 0.2301, Verdict.KEEP),
        (STABLE, 0.3299, Verdict.DEMOTE),
        (STABLE, 0.3301, Verdict.KEEP),
        (ACTIVE, 0.3299, Verdict.DEMOTE),
        (ACTIVE, 0.3301, Verdict.KEEP),
        (STABLE, 0.5699, Verdict.KEEP),
        (STABLE, 0.5701, Verdict.PROMOTE),
        (EXPERIMENTAL, 0.5701, Verdict.PROMOTE),
        (ACTIVE, 0.99, Verdict.KEEP),
    ],
)
def test_the_bound_decides_not_the_mean(state, mean, expected):
    assert verdict(earned(mean), state) is expected


def test_who_is_not_surely_bad_or_good_stays():
    for mean in (0.1, 0.3, 0.6, 0.8):
        for state in PersonaState:
            assert verdict(earned(mean, error=0.3), state) is Verdict.KEEP


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_too_few_samples_decide_nothing(mean):
    for state in (STABLE, EXPERIMENTAL):
        assert verdict(earned(mean, error=0.0, samples=19), state) is Verdict.KEEP
        assert verdict(earned(mean, error=0.0, samples=20), state) is not Verdict.KEEP
    assert verdict(PersonaPerformance(), EXPERIMENTAL) is Verdict.KEEP


def test_a_single_sample_decides_nothing_even_if_one_were_enough():
    eager = Thresholds(0.25, 0.55, 0.35, 0.0, minimum_samples=1, confidence=0.0)
    assert evaluate_pruning_thresholds(PersonaPerformance(1, 0.0, 0.0), eager, state=EXPERIMENTAL) is Verdict.KEEP


def test_the_state_is_active_unless_said_otherwise():
    assert evaluate_pruning_thresholds(earned(0.1), THRESHOLDS) is Verdict.DEMOTE
    assert evaluate_pruning_thresholds(earned(0.9), THRESHOLDS) is Verdict.KEEP


def test_a_constant_persona_never_swings_between_two_states():
    for hundredth in range(101):
        state, seen = STABLE, []
        for _ in range(10):
            decided = verdict(earned(hundredth / 100), state)
            if decided is Verdict.KEEP:
                break
            seen.append(decided)
            state = state_after(RosterEntry(Persona("p", {}), state), decided)
        assert len(seen) <= 2
        assert not {Verdict.PROMOTE, Verdict.DEMOTE} <= set(seen)


def entry(state: PersonaState, *, control: bool = False) -> RosterEntry:
    return RosterEntry(Persona("p", {}, metadata={"control": control}), state)


@pytest.mark.parametrize(
    ("state", "decided", "after"),
    [
        (EXPERIMENTAL, Verdict.PROMOTE, STABLE),
        (STABLE, Verdict.PROMOTE, ACTIVE),
        (ACTIVE, Verdict.DEMOTE, STABLE),
        (STABLE, Verdict.DEMOTE, EXPERIMENTAL),
        (EXPERIMENTAL, Verdict.DEMOTE, PRUNED),
        (ACTIVE, Verdict.PRUNE, PRUNED),
        (STABLE, Verdict.PRUNE, PRUNED),
        (EXPERIMENTAL, Verdict.PRUNE, PRUNED),
        (PRUNED, Verdict.RESTORE, EXPERIMENTAL),
        (ACTIVE, Verdict.KEEP, ACTIVE),
    ],
)
def test_where_a_verdict_leads(state, decided, after):
    assert state_after(entry(state), decided) is after


@pytest.mark.parametrize(
    ("state", "decided", "message", "hint"),
    [
        (ACTIVE, Verdict.PROMOTE, "p is active already", "no higher state"),
        (ACTIVE, Verdict.RESTORE, "p is active", "only a pruned"),
        (EXPERIMENTAL, Verdict.RESTORE, "p is experimental", "only a pruned"),
        (PRUNED, Verdict.PROMOTE, "p is pruned already", "restore it"),
        (PRUNED, Verdict.DEMOTE, "p is pruned already", "restore it"),
        (PRUNED, Verdict.PRUNE, "p is pruned already", "restore it"),
    ],
)
def test_what_cannot_be_says_why(state, decided, message, hint):
    with pytest.raises(PersonaError) as caught:
        state_after(entry(state), decided)
    assert caught.value.message == message
    assert hint in caught.value.hint


@pytest.mark.parametrize("state", PersonaState)
def test_the_control_never_falls(state):
    for decided in (Verdict.PRUNE, Verdict.DEMOTE):
        with pytest.raises(PersonaError, match="neutral control"):
            state_after(entry(state, control=True), decided)
    assert state_after(entry(STABLE, control=True), Verdict.PROMOTE) is ACTIVE
    assert state_after(entry(PRUNED, control=True), Verdict.RESTORE) is EXPERIMENTAL


def test_performance_is_read_from_the_persona_and_other_figures_are_left():
    persona = Persona("p", {}, historical_performance={"samples": 3, "mean": 0.5, "m2": 0.02, "note": "kept"})
    assert performance_of(persona) == PersonaPerformance(3, 0.5, 0.02)
    assert performance_of(Persona("p", {})) == PersonaPerformance()
    assert performance_of(Persona("p", {}, historical_performance={"mean": 1})) == PersonaPerformance(0, 1.0, 0.0)


def placed(thresholds: Thresholds) -> tuple[float, float, float]:
    found = (thresholds.pruning_threshold, thresholds.demotion_threshold, thresholds.promotion_threshold)
    return tuple(round(value, 4) for value in found)  # type: ignore[return-value]


def test_thresholds_follow_the_distribution_of_the_roster():
    spread = 1.4826 * 0.1
    followed = follow_distribution(THRESHOLDS, [0.5, 0.6, 0.7, 0.8, 0.9])
    assert placed(followed) == placed(
        structs.replace(
            THRESHOLDS,
            pruning_threshold=0.7 - 2 * spread,
            demotion_threshold=0.7 - spread,
            promotion_threshold=0.7 + spread,
        )
    )
    assert (followed.minimum_samples, followed.confidence) == (20, 2.0)


def test_an_outlier_moves_no_threshold_and_equal_personas_leave_a_least_spread():
    assert placed(follow_distribution(THRESHOLDS, [0.7] * 6)) == (0.66, 0.68, 0.72)
    assert placed(follow_distribution(THRESHOLDS, [0.7] * 6 + [0.0])) == (0.66, 0.68, 0.72)
    assert placed(follow_distribution(THRESHOLDS, [0.99] * 6)) == (0.95, 0.97, 1.0)
    assert placed(follow_distribution(THRESHOLDS, [0.01] * 6)) == (0.0, 0.0, 0.03)


def test_few_personas_make_no_distribution():
    for means in ([], [0.1], [0.1, 0.5, 0.9]):
        assert follow_distribution(THRESHOLDS, means) is THRESHOLDS


def roster_of(means: dict[str, float], *, samples: int = 100, state: PersonaState = STABLE) -> MemoryRoster:
    figures = {name: earned(mean, samples=samples) for name, mean in means.items()}
    personas = [
        Persona(name, {}, historical_performance=asdict(figure), metadata={"control": name == "control"})
        for name, figure in figures.items()
    ]
    return MemoryRoster([RosterEntry(persona, state) for persona in personas])


def test_a_review_moves_those_that_were_rewarded_and_never_the_control():
    roster = roster_of({"best": 0.9, "worst": 0.1, "control": 0.1, "resting": 0.1})
    moved = review(roster, ["best", "worst", "control"], THRESHOLDS, decided_by="run-1")
    told = [(event.persona_id, event.before, event.after, event.rule, event.decided_by) for event in moved]
    assert told == [
        ("best", "stable", "active", "thresholds", "run-1"),
        ("worst", "stable", "experimental", "thresholds", "run-1"),
    ]


def test_a_review_by_distribution_judges_each_by_the_others():
    means = {"a": 0.70, "b": 0.71, "c": 0.72, "d": 0.73, "best": 0.9, "worst": 0.5, "control": 0.0}
    by_others = structs.replace(THRESHOLDS, follow_distribution=True)
    moved = review(roster_of(means), means, by_others, decided_by="r")
    assert [(event.persona_id, event.after, event.rule) for event in moved] == [
        ("best", "active", "distribution"),
        ("worst", "experimental", "distribution"),
    ]
    assert review(roster_of(dict.fromkeys("abcdef", 0.1)), "abcdef", by_others, decided_by="r") == []
    assert review(roster_of(means, samples=19), means, by_others, decided_by="r") == []
    assert [event.after for event in review(roster_of(dict.fromkeys("abc", 0.1)), "a", by_others, decided_by="r")] == [
        "experimental"
    ]


@pytest.mark.parametrize(
    ("child", "parent", "expected"),
    [
        (earned(0.60, samples=50), earned(0.70), "pruned"),
        (earned(0.69, samples=50), earned(0.70), None),
        (earned(0.80, samples=50), earned(0.70), None),
        (earned(0.80, samples=99), earned(0.70), None),
        (earned(0.80, samples=100), earned(0.70), "stable"),
        (earned(0.71, samples=100), earned(0.70), "pruned"),
        (earned(0.10, samples=19), earned(0.70), None),
        (earned(0.60), earned(0.70, samples=19), None),
    ],
    ids=["worse", "as good", "better", "nearly over", "outdoes", "does not outdo", "child unproven", "parent unproven"],
)
def test_a_child_on_trial_is_held_against_the_best_of_its_parents(child, parent, expected):
    def roster(state: PersonaState) -> MemoryRoster:
        lineage = {"parents": ["parent", "gone"]}
        return MemoryRoster([
            RosterEntry(Persona("child", {}, historical_performance=asdict(child), metadata=lineage), state),
            RosterEntry(Persona("parent", {}, historical_performance=asdict(parent)), ACTIVE),
            RosterEntry(Persona("other", {}, historical_performance=asdict(earned(0.9))), ACTIVE),
        ])  # fmt: skip

    calm = structs.replace(THRESHOLDS, promotion_threshold=0.95, demotion_threshold=0.05, pruning_threshold=0.05)
    on = structs.replace(calm, evolution=True)
    moved = review(roster(EXPERIMENTAL), ["child", "parent"], on, decided_by="run-1")
    due = [("child", expected, "trial of a child")] if expected else []
    assert [(event.persona_id, event.after, event.rule) for event in moved] == due
    assert review(roster(EXPERIMENTAL), ["child"], calm, decided_by="run-1") == []
    assert review(roster(STABLE), ["child"], on, decided_by="run-1") == []
    assert review(roster(EXPERIMENTAL), ["parent"], on, decided_by="run-1") == []
