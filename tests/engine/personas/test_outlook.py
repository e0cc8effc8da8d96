"""What the next review rests on: it says what a review then does, and how far that is."""

from dataclasses import asdict

import pytest
from msgspec import structs

from engine.bench.memory_roster import MemoryRoster
from engine.personas.lifecycle import follow_distribution, review
from engine.personas.metrics import PersonaPerformance, aggregate_persona_performance
from engine.personas.outlook import outlook
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import Verdict
from engine.settings.settings import Thresholds
from tui.drawing.ascii import to_ascii
from tui.personas.card import outlook_lines, scale_line

THRESHOLDS = Thresholds(0.6, 0.85, 0.7, 0.0, 20, 1.96)
ACTIVE, STABLE, EXPERIMENTAL, PRUNED = PersonaState


def entry(rewards: list[float], state: PersonaState = STABLE, name: str = "p", **metadata: object) -> RosterEntry:
    record = asdict(aggregate_persona_performance(rewards))
    return RosterEntry(Persona(name, {}, historical_performance=record, metadata=metadata), state)


@pytest.mark.parametrize("state", [ACTIVE, STABLE, EXPERIMENTAL])
@pytest.mark.parametrize(
    "rewards", [[0.9] * 12, [0.5, 0.9] * 15, [0.95, 1.0] * 15, [0.1, 0.2] * 15, [0.65, 0.6] * 40, []]
)
def test_a_review_does_what_the_outlook_says_and_the_rewards_ahead_bring_it_there(state, rewards):
    one = entry(rewards, state)
    view = outlook(one, [one], THRESHOLDS)
    moved = review(MemoryRoster([one]), ["p"], THRESHOLDS, decided_by="r")
    assert bool(moved) is (view.verdict is not Verdict.KEEP)
    for condition in view.conditions:
        worth = 1.0 if condition.verdict is Verdict.PROMOTE else 0.0
        assert condition.rewards is not None
        for count, due in ((condition.rewards, True), (condition.rewards - 1, False)):
            if count >= 0:
                after = entry([*rewards, *[worth] * count], state)
                assert (outlook(after, [after], THRESHOLDS).verdict is condition.verdict) is due


def test_which_conditions_a_state_has():
    found = {
        state: [(c.verdict, c.bound, c.threshold) for c in outlook(entry([0.8], state), [], THRESHOLDS).conditions]
        for state in PersonaState
    }
    assert found == {
        ACTIVE: [(Verdict.DEMOTE, "upper", 0.7)],
        STABLE: [(Verdict.PROMOTE, "lower", 0.85), (Verdict.DEMOTE, "upper", 0.7)],
        EXPERIMENTAL: [(Verdict.PROMOTE, "lower", 0.85), (Verdict.PRUNE, "upper", 0.6)],
        PRUNED: [],
    }
    assert outlook(entry([0.1] * 30, control=True), [], THRESHOLDS).conditions == ()
    assert outlook(entry([0.1] * 30, control=True), [], THRESHOLDS).verdict is Verdict.KEEP


def test_thresholds_that_follow_the_roster_are_those_in_force():
    following = structs.replace(THRESHOLDS, follow_distribution=True)
    entries = [entry([0.5 + n / 10] * 30, name=f"p{n}") for n in range(5)]
    view = outlook(entries[4], entries, following)
    assert view.thresholds == follow_distribution(following, [0.5, 0.6, 0.7, 0.8, 0.9])
    assert (view.rule, view.verdict) == ("distribution", Verdict.PROMOTE)
    assert any("relative to the roster" in line for line in outlook_lines(entries[4], view))


def test_a_child_on_trial_is_told_of():
    on = structs.replace(THRESHOLDS, evolution=True, pruning_threshold=0.0)
    parent = entry([0.9, 0.8] * 20, name="parent")
    child = entry([0.4, 0.5] * 15, EXPERIMENTAL, name="child", parents=["parent"])
    view = outlook(child, [parent, child], on)
    assert (view.verdict, view.rule) == (Verdict.PRUNE, "trial of a child")
    assert "Next review: it will be pruned (compared with its parents)." in outlook_lines(child, view)


def test_what_is_far_off_is_said_to_be():
    one = entry([0.5, 0.6] * 2000)
    view = outlook(one, [one], THRESHOLDS)
    assert view.conditions[0].rewards is None
    assert "over 500 rewards away" in outlook_lines(one, view)[3]


def test_the_scale_has_its_marks_in_the_order_of_their_values():
    one = entry([0.75, 0.8, 0.7] * 10)
    view = outlook(one, [one], THRESHOLDS)
    for line, dot in ((scale_line(view, 80), "●"), (to_ascii(scale_line(view, 80)), "*")):
        assert len(line) == 80
        assert [sign for sign in line if sign in f"xd[]p{dot}"] == ["x", "d", "[", dot, "]", "p"]
    assert len(scale_line(view, 3)) == 14


def test_of_nothing_earned_the_scale_shows_no_mean():
    one = entry([], EXPERIMENTAL)
    view = outlook(one, [one], THRESHOLDS)
    assert (view.low, view.high, view.missing) == (0.0, 1.0, 20)
    assert view.performance == PersonaPerformance()
    assert "●" not in scale_line(view, 60)
    assert outlook_lines(one, view)[0] == "0 samples (a review needs 20)"


def test_a_persona_that_is_due_is_said_to_be():
    one = entry([0.95, 1.0] * 15)
    told = outlook_lines(one, outlook(one, [one], THRESHOLDS))
    assert told[2] == "Next review: it will be promoted."
    assert told[3].endswith("is above .85 (true now).")
