"""The roster in memory: the same rules as the one in folders."""

import pytest

from engine.bench.memory_roster import MemoryRoster
from engine.errors import PersonaError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import Births, Roster, Verdict, performance_of

CONTROL = RosterEntry(Persona("control", {}, metadata={"control": True}), PersonaState.ACTIVE)
WALKER = RosterEntry(Persona("walker", {"focus": 3}, historical_performance={"note": "kept"}), PersonaState.STABLE)


@pytest.fixture
def roster() -> Roster:
    return MemoryRoster([WALKER, CONTROL])


def entry(roster: Roster, persona_id: str) -> RosterEntry:
    return next(entry for entry in roster.entries() if entry.persona.persona_id == persona_id)


def test_entries_are_ordered_by_id(roster):
    assert [entry.persona.persona_id for entry in roster.entries()] == ["control", "walker"]


def test_a_verdict_changes_the_state_or_says_why_not(roster):
    moved = roster.change("walker", Verdict.PROMOTE, rule="thresholds", decided_by="run-1")
    assert (moved.before, moved.after, entry(roster, "walker").state) == ("stable", "active", PersonaState.ACTIVE)
    with pytest.raises(PersonaError, match="control"):
        roster.change("control", Verdict.PRUNE, rule="r", decided_by="u")
    with pytest.raises(PersonaError, match="no persona 'nobody'"):
        roster.change("nobody", Verdict.PROMOTE, rule="r", decided_by="u")


def test_rewards_add_up_and_a_bad_one_changes_nothing(roster):
    roster.record_rewards("run-1", {"walker": 1.0, "control": 0.5}, (0.1, 0.2))
    roster.record_rewards("run-2", {"walker": 0.5})
    assert performance_of(entry(roster, "walker").persona) == PersonaPerformance(2, 0.75, 0.125)
    assert entry(roster, "walker").persona.historical_performance["note"] == "kept"
    for bad in ({"walker": 1.1}, {"walker": float("nan")}, {"walker": 0.5, "control": -0.1}):
        with pytest.raises(ValueError, match="outside"):
            roster.record_rewards("run-3", bad)
    with pytest.raises(PersonaError, match="nobody"):
        roster.record_rewards("run-3", {"walker": 0.5, "nobody": 0.5})
    assert performance_of(entry(roster, "walker").persona).samples == 2


def test_a_restored_persona_starts_afresh(roster):
    roster.record_rewards("run-1", {"walker": 0.1})
    roster.change("walker", Verdict.PRUNE, rule="r", decided_by="u")
    assert performance_of(entry(roster, "walker").persona).samples == 1
    roster.change("walker", Verdict.RESTORE, rule="r", decided_by="u")
    assert performance_of(entry(roster, "walker").persona) == PersonaPerformance()
    assert entry(roster, "walker").persona.historical_performance["note"] == "kept"


def test_births_are_counted_with_the_rewarded_runs_since_the_last(roster):
    for run_id in ("run-1", "run-1", "run-2"):
        roster.record_rewards(run_id, {"walker": 0.5})
    roster.record_rewards("run-3", {})
    assert roster.births() == Births(0, 2)
    roster.add(Persona("newcomer", {}))
    assert roster.births() == Births(0, 2)
    roster.add(Persona("walker-2", {}, metadata={"parents": ["walker"]}), decided_by="run-2")
    assert roster.births() == Births(1, 0)
    roster.record_rewards("run-4", {"walker": 0.5})
    assert roster.births() == Births(1, 1)


def test_an_id_is_added_once(roster):
    assert roster.add(Persona("newcomer", {})).state is PersonaState.EXPERIMENTAL
    with pytest.raises(PersonaError, match="there already"):
        roster.add(Persona("newcomer", {}))
    with pytest.raises(PersonaError, match="not valid"):
        roster.add(Persona("../x", {}))
