"""Edits and undoing them: each is a line of the ledger, brings back state and record exactly, and survives a crash."""

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from db.personas import folders as folders_module
from db.personas.folder_roster import FolderRoster
from db.personas.ledger import Ledger
from db.personas.ledger_entries import BY_HAND, Added, Transition, Undone
from db.personas.ledger_rules import experiences
from db.personas.record import read_record
from db.personas.undo import undoable
from db.workspace import Workspace, open_workspace
from engine.errors import InputError, PersonaError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import Verdict, performance_of
from engine.run.feedback import Judgement

NAMES = ("archivist", "skeptic", "walker")


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    for state in PersonaState:
        (tmp_path / "personas" / state).mkdir(parents=True)  # empty, so that the shipped ones stay out
    return open_workspace(tmp_path)


@pytest.fixture
def roster(workspace) -> FolderRoster:
    made = FolderRoster(workspace)
    made.add(Persona("control", {}, metadata={"control": True}), PersonaState.ACTIVE, decided_by="test")
    for name in NAMES:
        made.add(Persona(name, {"focus": 3}, historical_performance={"note": "kept"}), decided_by="test")
    return made


def by_hand(roster: FolderRoster, name: str, *verdicts: Verdict) -> None:
    for verdict in verdicts:
        roster.change(name, verdict, rule="manual", decided_by=BY_HAND)


def with_traits(roster: FolderRoster, name: str, **traits: int) -> Persona:
    return replace(roster.find(name).persona, traits=traits)


def test_each_change_by_hand_is_undone_latest_first(roster):
    by_hand(roster, "walker", Verdict.PROMOTE)
    by_hand(roster, "skeptic", Verdict.PRUNE)
    by_hand(roster, "walker", Verdict.PROMOTE)
    told = [roster.undo() for _ in range(3)]
    assert [(line.persona_id, line.undid, line.old_state, line.new_state) for line in told] == [
        ("walker", "Transition", "active", "stable"),
        ("skeptic", "Transition", "pruned", "experimental"),
        ("walker", "Transition", "stable", "experimental"),
    ]
    assert {entry.state for entry in roster.entries()} == {PersonaState.ACTIVE, PersonaState.EXPERIMENTAL}
    with pytest.raises(InputError, match="nothing to undo"):
        roster.undo()
    assert roster.verify() == []


def test_undoing_a_restore_brings_back_the_record_to_the_last_bit_and_what_was_learned(roster):
    for n in range(9):
        roster.record_rewards(f"run-{n}", {"walker": 0.1 * n, "skeptic": 0.3}, (0.5, 1.0))
    by_hand(roster, "walker", Verdict.PRUNE)
    before, learned = roster.find("walker"), roster.experiences()
    by_hand(roster, "walker", Verdict.RESTORE)
    assert performance_of(roster.find("walker").persona) == PersonaPerformance()
    assert roster.undo().undid == "Transition"
    assert roster.find("walker") == before
    assert roster.experiences() == learned
    assert roster.verify() == []


def test_what_was_earned_after_a_fresh_start_counts_on_top_when_that_is_undone(roster):
    roster.record_rewards("run-1", {"walker": 0.2})
    by_hand(roster, "walker", Verdict.PRUNE, Verdict.RESTORE)
    roster.record_rewards("run-2", {"walker": 0.8})
    roster.undo()
    earned = PersonaPerformance().with_reward(0.2).moved().with_reward(0.8)
    assert performance_of(roster.find("walker").persona) == earned
    assert roster.find("walker").state is PersonaState.PRUNED
    assert roster.verify() == []


def test_what_a_run_decided_since_is_not_undone(roster):
    by_hand(roster, "walker", Verdict.PROMOTE)
    roster.change("walker", Verdict.PROMOTE, rule="thresholds", decided_by="run-1")
    with pytest.raises(InputError, match="nothing to undo"):
        roster.undo()
    assert roster.find("walker").state is PersonaState.ACTIVE


def test_a_new_persona_is_archived_by_undoing(roster):
    roster.add(Persona("newt", {}))
    assert (roster.undo().undid, roster.find("newt").state) == ("Added", PersonaState.PRUNED)
    assert roster.verify() == []


def test_another_walk_starts_afresh_and_other_texts_do_not(roster):
    roster.record_rewards("run-1", {"walker": 0.5})
    renamed = roster.edit(replace(roster.find("walker").persona, metadata={"name": "W"}, expertise=("ships",)))
    assert (performance_of(renamed.persona).samples, renamed.persona.name) == (1, "W")
    coloured = roster.edit(with_traits(roster, "walker", focus=3, humour=9))
    assert performance_of(coloured.persona).samples == 1
    other = roster.edit(with_traits(roster, "walker", focus=1))
    assert performance_of(other.persona) == PersonaPerformance()
    assert other.persona.historical_performance["note"] == "kept"
    assert roster.verify() == []
    for expected in (coloured, renamed):
        roster.undo()
        assert roster.find("walker") == expected
        assert roster.verify() == []
    assert [type(entry).__name__ for entry in roster.ledger.entries()][-5:] == ["Edited"] * 3 + ["Undone"] * 2


def test_who_edits_may_say_whether_the_record_counts_on(roster):
    roster.record_rewards("run-1", {"walker": 0.5})
    roster.edit(with_traits(roster, "walker", focus=1), afresh=False)
    assert performance_of(roster.find("walker").persona).samples == 1
    roster.edit(replace(roster.find("walker").persona, metadata={"name": "W"}), afresh=True)
    assert performance_of(roster.find("walker").persona).samples == 0
    assert roster.verify() == []


def test_the_control_and_a_bad_edit_are_refused_and_nothing_is_recorded(roster, workspace):
    lines = workspace.ledger.read_bytes()
    with pytest.raises(PersonaError, match="its texts can change, not its traits"):
        roster.edit(Persona("control", {"focus": 3}))
    with pytest.raises(PersonaError, match="10 is greater than the maximum of 9"):
        roster.edit(with_traits(roster, "walker", focus=10))
    roster.edit(roster.find("walker").persona)
    assert workspace.ledger.read_bytes() == lines
    assert roster.edit(Persona("control", {}, metadata={"name": "C"})).persona.is_control


@pytest.mark.parametrize("step", ["edit", "undo an edit", "undo a restore"])
def test_a_crash_after_the_ledger_is_mended_by_the_next_start(roster, workspace, monkeypatch, step):
    roster.record_rewards("run-1", {"walker": 0.5})
    old = roster.find("walker")
    if step == "undo an edit":
        roster.edit(with_traits(roster, "walker", focus=1))
    elif step == "undo a restore":
        by_hand(roster, "walker", Verdict.PRUNE)
        old = roster.find("walker")
        by_hand(roster, "walker", Verdict.RESTORE)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folders_module, "write_atomically", dies)
        with pytest.raises(KeyboardInterrupt):
            roster.edit(with_traits(roster, "walker", focus=1)) if step == "edit" else roster.undo()
    assert [line.split(":")[0] for line in roster.verify()] == ["walker"]
    after = FolderRoster(workspace)
    assert len(after.recovered) == 1
    assert after.verify() == FolderRoster(workspace).recovered == []
    now = after.find("walker")
    if step == "edit":
        assert (now.persona.traits, performance_of(now.persona)) == ({"focus": 1}, PersonaPerformance())
    else:
        assert now == old


def test_a_file_that_was_edited_by_other_hands_stays_as_it_is(roster, workspace):
    roster.edit(with_traits(roster, "walker", focus=1))
    path = workspace.personas / "experimental" / "walker.json"
    path.write_text(path.read_text().replace('"focus": 1', '"focus": 7'))
    assert roster.verify() == roster.repair() == []
    assert roster.find("walker").persona.traits == {"focus": 7}
    assert roster.undo().edited == ({**_content(7)}, _content(3))
    assert roster.find("walker").persona.traits == {"focus": 3}


def _content(focus: int) -> dict[str, object]:
    return {"traits": {"focus": focus}, "expertise": [], "activation_cost": 0.0, "metadata": {}}


def test_any_sequence_of_changes_undone_one_by_one_leads_back_to_the_beginning(roster):
    rng = random.Random(3)
    for n in range(5):
        roster.record_rewards(f"run-{n}", {name: rng.random() for name in NAMES}, (rng.random(),))
    begun, learned, done = roster.entries(), roster.experiences(), 0
    seen: list[list[RosterEntry]] = []
    for _ in range(60):
        before = list(roster.entries())
        with suppress(PersonaError):
            if rng.random() < 0.3:
                roster.edit(with_traits(roster, rng.choice(NAMES), focus=rng.randrange(1, 10)))
            else:
                by_hand(roster, rng.choice(NAMES), rng.choice([v for v in Verdict if v is not Verdict.KEEP]))
        if before != roster.entries():
            seen.append(before)
            done += 1
    assert done > 20
    while seen:
        roster.undo()
        assert [e.state for e in roster.entries()] == [e.state for e in seen[-1]]
        assert roster.verify() == []
        seen.pop()
    earned = [performance_of(entry.persona) for entry in roster.entries()]
    assert earned == [performance_of(entry.persona) for entry in begun]
    assert [entry.persona.traits for entry in roster.entries()] == [entry.persona.traits for entry in begun]
    assert roster.experiences() == learned
    assert undoable(list(roster.ledger.changes())) == []


def test_of_a_part_of_the_ledger_what_is_undone_may_be_missing(roster):
    roster.record_rewards("run-1", {"walker": 0.5})
    by_hand(roster, "walker", Verdict.PRUNE, Verdict.RESTORE)
    roster.undo()
    entries = list(roster.ledger.entries())
    assert isinstance(entries[-1], Undone)
    assert experiences(entries[-1:]) == []
    assert experiences(entries)[0].rewards == {"walker": 0.5}


def test_the_record_of_a_persona_has_its_rewards_since_its_last_fresh_start_and_its_changes(roster, workspace):
    roster.record_rewards("run-1", {"walker": 0.2, "skeptic": 0.9})
    by_hand(roster, "walker", Verdict.PRUNE, Verdict.RESTORE)
    roster.record_rewards("run-2", {"walker": 0.8})
    roster.record_rewards("run-3", {"skeptic": 0.8})
    roster.record_feedback(Judgement("run-2", None, True, {"walker": 1.0}))
    roster.record_feedback(Judgement("run-2", None, False, {"walker": 0.0}))
    record = read_record(Ledger(workspace.ledger), "walker")
    assert [(point.run_id, point.reward, point.weight) for point in record.points] == [
        ("run-2", 0.8, 1),
        ("run-2", 0.0, 5),
    ]
    assert record.points[-1].performance == performance_of(roster.find("walker").persona)
    assert [type(change) for change in record.changes] == [Added, Transition, Transition]
    roster.undo()
    record = read_record(Ledger(workspace.ledger), "walker")
    assert [point.reward for point in record.points] == [0.2, 0.8, 0.0]
    assert record.points[-1].performance == performance_of(roster.find("walker").persona)
    assert isinstance(record.changes[-1], Undone)
