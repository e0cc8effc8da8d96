"""The roster in folders: it agrees with its ledger whatever happens, or says where it does not."""

import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from threading import Thread

import pytest

from db.personas import folders as folders_module
from db.personas.folder_roster import FolderRoster
from db.personas.ledger import Ledger
from db.personas.ledger_entries import Added, Feedback, Rewards, Transition
from db.personas.ledger_rules import performances, states
from db.workspace import Workspace, open_workspace
from engine.errors import InputError, PersonaError, StoreError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState
from engine.personas.roster import Births, Verdict, performance_of
from engine.run.feedback import WEIGHT, Judgement

CONTROL = Persona("control", {}, metadata={"control": True})


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    for state in PersonaState:
        (tmp_path / "personas" / state).mkdir(parents=True)  # empty, so that the shipped ones stay out
    return open_workspace(tmp_path)


@pytest.fixture
def roster(workspace) -> FolderRoster:
    made = FolderRoster(workspace)
    made.add(CONTROL, PersonaState.ACTIVE, decided_by="test")
    for name in ("archivist", "skeptic", "walker"):
        made.add(Persona(name, {"focus": 3}, historical_performance={"note": "kept"}), decided_by="test")
    return made


def state_of(roster: FolderRoster) -> dict[str, PersonaState]:
    return {entry.persona.persona_id: entry.state for entry in roster.entries()}


def earned(roster: FolderRoster) -> dict[str, PersonaPerformance]:
    return {entry.persona.persona_id: performance_of(entry.persona) for entry in roster.entries()}


def test_entries_are_ordered_and_found_by_id(roster):
    assert [entry.persona.persona_id for entry in roster.entries()] == ["archivist", "control", "skeptic", "walker"]
    assert roster.find("control").state is PersonaState.ACTIVE
    assert roster.problems() == roster.verify() == []
    with pytest.raises(PersonaError, match="walker"):
        roster.find("wolker")


def test_a_verdict_moves_the_file_and_is_one_line_of_the_ledger(roster, workspace):
    before = len(list(Ledger(workspace.ledger).entries()))
    event = roster.change("walker", Verdict.PROMOTE, rule="by hand", decided_by="ada")
    assert (event.before, event.after, event.decided_by) == ("experimental", "stable", "ada")
    assert (workspace.personas / "stable" / "walker.json").exists()
    assert len(list(Ledger(workspace.ledger).entries())) == before + 1
    kept = roster.change("walker", Verdict.KEEP, rule="by hand", decided_by="ada")
    assert (kept.before, kept.after) == ("stable", "stable")
    assert len(list(Ledger(workspace.ledger).entries())) == before + 1


def test_the_control_is_never_pruned(roster):
    for verdict in (Verdict.PRUNE, Verdict.DEMOTE):
        with pytest.raises(PersonaError, match="control"):
            roster.change("control", verdict, rule="r", decided_by="u")
    assert roster.find("control").state is PersonaState.ACTIVE
    assert roster.verify() == []


@pytest.mark.parametrize("persona_id", ["../x", "", "a/b", "con\x1b", "unknown"])
def test_no_operation_takes_an_id_that_does_not_exist(roster, workspace, persona_id):
    ledger = workspace.ledger.read_bytes()
    with pytest.raises(PersonaError):
        roster.find(persona_id)
    with pytest.raises(PersonaError):
        roster.change(persona_id, Verdict.PROMOTE, rule="r", decided_by="u")
    with pytest.raises(PersonaError):
        roster.record_rewards("run", {"walker": 0.5, persona_id: 0.5})
    assert workspace.ledger.read_bytes() == ledger
    assert earned(roster)["walker"].samples == 0


def test_rewards_are_one_line_a_run_and_keep_the_other_figures(roster, workspace):
    before = workspace.ledger.read_bytes().count(b"\n")
    roster.record_rewards("run-1", {"walker": 1.0, "skeptic": 0.0})
    roster.record_rewards("run-2", {"walker": 0.5})
    assert workspace.ledger.read_bytes().count(b"\n") == before + 2
    assert roster.find("walker").persona.historical_performance == {
        "note": "kept",
        "samples": 2,
        "mean": 0.75,
        "m2": 0.125,
        "moved_at": 0,
    }
    with pytest.raises(ValueError, match="outside"):
        roster.record_rewards("run-3", {"walker": 0.5, "skeptic": float("nan")})
    assert earned(roster) == performances(Ledger(workspace.ledger).entries())


def test_a_restored_persona_starts_afresh_and_the_ledger_rebuilds_it(roster, workspace):
    roster.record_rewards("run-1", {"walker": 0.1}, (0.5, 1.0))
    for verdict in (Verdict.PRUNE, Verdict.RESTORE):
        roster.change("walker", verdict, rule="manual", decided_by="user")
    assert earned(roster)["walker"] == PersonaPerformance()
    assert roster.find("walker").persona.historical_performance["note"] == "kept"
    roster.record_rewards("run-2", {"walker": 0.7})
    ledger = list(roster.ledger.entries())
    assert performances(ledger) == earned(roster)
    assert [entry.afresh for entry in ledger if isinstance(entry, Transition)] == [False, True]
    assert [entry.context for entry in ledger if isinstance(entry, Rewards)] == [(0.5, 1.0), ()]
    assert roster.verify() == []


def test_feedback_counts_as_several_samples_and_the_ledger_rebuilds_it(roster, workspace):
    roster.record_rewards("run-1", {"walker": 0.5, "skeptic": 0.5, "control": 0.5})
    liked = Judgement("run-1", None, True, {"walker": 1.0, "skeptic": 0.0, "gone": 1.0}, (0.5,))
    assert roster.record_feedback(liked) == {
        "walker": (0.5, PersonaPerformance(1, 0.5).with_reward(1.0, WEIGHT).mean),
        "skeptic": (0.5, PersonaPerformance(1, 0.5).with_reward(0.0, WEIGHT).mean),
    }
    assert earned(roster)["walker"].samples == 1 + WEIGHT
    (entry,) = (entry for entry in roster.ledger.entries() if isinstance(entry, Feedback))
    assert (entry.run_id, entry.citation, entry.liked, entry.context) == ("run-1", None, True, (0.5,))
    assert entry.rewards == {"walker": 1.0, "skeptic": 0.0}
    assert performances(Ledger(workspace.ledger).entries()) == earned(FolderRoster(workspace))
    assert roster.verify() == []


def test_the_last_word_on_the_same_thing_counts(roster, workspace):
    roster.record_rewards("run-1", {"walker": 0.5, "skeptic": 0.4})
    roster.record_feedback(Judgement("run-1", None, True, {"walker": 0.8, "skeptic": 0.2}))
    roster.record_feedback(Judgement("run-1", 2, True, {"walker": 0.6, "skeptic": 0.6}))
    roster.record_rewards("run-2", {"walker": 0.3})
    changed = roster.record_feedback(Judgement("run-1", None, False, {"walker": 0.2, "skeptic": 0.8}))
    due = PersonaPerformance().with_reward(0.5).with_reward(0.6, WEIGHT).with_reward(0.3).with_reward(0.2, WEIGHT)
    assert earned(roster)["walker"] == due
    assert changed["walker"][1] == due.mean < changed["walker"][0]
    lines = workspace.ledger.read_bytes()
    with pytest.raises(InputError, match="the answer was judged so already"):
        roster.record_feedback(Judgement("run-1", None, False, {"walker": 0.2}))
    assert workspace.ledger.read_bytes() == lines
    judged = roster.ledger.judgements()
    assert {n: entry.liked for n, entry in judged["run-1"].items()} == {None: False, 2: True}
    assert roster.verify() == []


def test_a_replaced_judgement_from_before_a_restore_does_not_come_back(roster):
    roster.record_feedback(Judgement("run-1", None, True, {"walker": 0.8}))
    for verdict in (Verdict.PRUNE, Verdict.RESTORE):
        roster.change("walker", verdict, rule="manual", decided_by="user")
    roster.record_feedback(Judgement("run-1", None, False, {"walker": 0.2}))
    assert earned(roster)["walker"] == PersonaPerformance().with_reward(0.2, WEIGHT)
    assert roster.verify() == []


def test_feedback_to_nobody_is_refused(roster, workspace):
    lines = workspace.ledger.read_bytes()
    with pytest.raises(InputError, match="no persona of run run-1 exists any more"):
        roster.record_feedback(Judgement("run-1", None, True, {"gone": 1.0}))
    with pytest.raises(ValueError, match="outside"):
        roster.record_feedback(Judgement("run-1", None, True, {"walker": 1.5}))
    assert workspace.ledger.read_bytes() == lines


def test_births_are_counted_from_the_ledger_with_the_rewarded_runs_since_the_last(roster, workspace):
    for run_id in ("run-1", "run-1", "run-2"):
        roster.record_rewards(run_id, {"walker": 0.5})
    assert roster.births() == Births(0, 2)
    roster.add(Persona("walker-2", {}, metadata={"parents": ["walker"], "generation": 2}), decided_by="run-2")
    assert roster.births() == FolderRoster(workspace).births() == Births(1, 0)
    FolderRoster(workspace).record_rewards("run-3", {"walker": 0.5})
    assert roster.births() == Births(1, 1)
    assert roster.verify() == []


def test_starting_personas_are_recorded_when_first_seen_with_what_they_had_earned(roster, workspace):
    text = (workspace.personas / "experimental" / "walker.json").read_text()
    fields = json.loads(text) | {"persona_id": "newcomer", "historical_performance": {"samples": 4, "mean": 0.5}}
    (workspace.personas / "stable" / "newcomer.json").write_text(json.dumps(fields))
    again = FolderRoster(workspace)
    assert again.verify() == roster.verify() == []
    ledger = list(Ledger(workspace.ledger).entries())
    assert states(ledger)["newcomer"] is PersonaState.STABLE
    assert performances(ledger)["newcomer"].samples == 4
    assert sum(isinstance(entry, Added) and entry.persona_id == "newcomer" for entry in ledger) == 1


def test_states_rebuilt_from_the_ledger_equal_the_folders_after_any_sequence(roster, workspace):
    rng, applied = random.Random(7), 0
    for step in range(160):
        name = rng.choice(["archivist", "control", "skeptic", "walker"])
        if rng.random() < 0.3:
            roster.record_rewards(f"run-{step}", {name: rng.random()})
            continue
        if rng.random() < 0.3:
            said = Judgement(f"run-{rng.randrange(9)}", rng.choice([None, 1]), rng.random() < 0.5, {name: rng.random()})
            with suppress(InputError):
                roster.record_feedback(said)
            continue
        try:
            event = roster.change(name, rng.choice(list(Verdict)), rule="random", decided_by="test")
        except PersonaError:
            continue
        applied += event.before != event.after
    ledger = list(Ledger(workspace.ledger).entries())
    folders = {path.stem: path.parent.name for path in workspace.personas.glob("*/*.json")}
    assert applied > 20
    assert states(ledger) == folders == state_of(FolderRoster(workspace))
    assert performances(ledger) == earned(FolderRoster(workspace))
    assert roster.verify() == []


def test_verify_tells_a_moved_an_edited_and_a_missing_file_and_repair_mends_them(roster, workspace):
    folder = workspace.personas / "experimental"
    (folder / "walker.json").rename(workspace.personas / "active" / "walker.json")
    text = (folder / "skeptic.json").read_text()
    (folder / "skeptic.json").write_text(text.replace('"note"', '"samples": 9, "mean": 0.9, "note"'))
    (folder / "archivist.json").unlink()
    different = roster.verify()
    assert [line.split(":")[0] for line in different] == ["archivist", "skeptic", "walker"]
    assert "active" in different[2]
    assert roster.repair() == different
    assert [line.split(":")[0] for line in roster.verify()] == ["archivist"]
    assert state_of(roster)["walker"] is PersonaState.EXPERIMENTAL


def test_verify_tells_a_line_that_was_changed_though_the_files_agree(roster, workspace):
    roster.record_rewards("run-1", {"walker": 0.5}, (1.0, 0.5))
    assert roster.verify() == []
    text = workspace.ledger.read_text()
    workspace.ledger.write_text(text.replace('"context":[1.0,0.5]', '"context":[1.0,0.9]'))
    (told,) = roster.verify()
    assert told.startswith(f"ledger.jsonl: line {text.count(chr(10))} was changed")
    roster.ledger.reseal()
    assert roster.verify() == []


def test_a_crash_between_ledger_and_files_is_told_and_mended(roster, monkeypatch):
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folders_module, "move_persona_to_folder", dies)
        patched.setattr(folders_module, "write_atomically", dies)
        with pytest.raises(KeyboardInterrupt):
            roster.change("walker", Verdict.PROMOTE, rule="r", decided_by="u")
        with pytest.raises(KeyboardInterrupt):
            roster.record_rewards("run", {"skeptic": 0.5})
    assert [line.split(":")[0] for line in roster.verify()] == ["skeptic", "walker"]
    roster.repair()
    assert roster.verify() == []
    assert (state_of(roster)["walker"], earned(roster)["skeptic"].samples) == (PersonaState.STABLE, 1)


def test_the_next_start_mends_what_a_crash_left_and_says_so(roster, workspace, monkeypatch):
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    assert FolderRoster(workspace).recovered == []
    with monkeypatch.context() as patched:
        patched.setattr(folders_module, "move_persona_to_folder", dies)
        with pytest.raises(KeyboardInterrupt):
            roster.change("walker", Verdict.PROMOTE, rule="r", decided_by="u")
    roster.record_rewards("run", {"skeptic": 0.5})  # by a session that goes on: the mark stays
    after = FolderRoster(workspace)
    assert [line.split(":")[0] for line in after.recovered] == ["walker"]
    assert after.verify() == []
    assert FolderRoster(workspace).recovered == []


def test_a_file_moved_by_hand_is_told_and_not_moved_back(roster, workspace):
    (workspace.personas / "experimental" / "walker.json").rename(workspace.personas / "active" / "walker.json")
    after = FolderRoster(workspace)
    assert after.recovered == []
    assert state_of(after)["walker"] is PersonaState.ACTIVE


def test_a_kill_loses_at_most_the_run_it_fell_in(roster, workspace):
    code = (
        "import sys, pathlib\nfrom db.personas.folder_roster import FolderRoster\nfrom db.workspace import Workspace\n"
        "from engine.personas.roster import Verdict\nroster = FolderRoster(Workspace(pathlib.Path(sys.argv[1])))\n"
        "i = 0\nwhile True:\n    i += 1\n"
        "    roster.record_rewards(f'run-{i}', {'walker': 0.5, 'skeptic': 0.25})\n"
        "    verdict = Verdict.DEMOTE if roster.find('archivist').state == 'active' else Verdict.PROMOTE\n"
        "    roster.change('archivist', verdict, rule='r', decided_by='u')\n"
        "    print(i, flush=True)"
    )
    rewarded = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", code, workspace.root], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.kill()
            told = 1 + len(process.stdout.read().splitlines())
        for name in ("walker", "skeptic"):
            assert rewarded + told <= earned(roster)[name].samples <= rewarded + told + 1
        assert len(roster.verify()) <= 2
        roster.repair()
        assert roster.verify() == []
        assert rewarded + told <= earned(roster)["walker"].samples <= rewarded + told + 1
        assert len(list(workspace.personas.glob("*/*.json"))) == 4
        rewarded = earned(roster)["walker"].samples


def test_files_that_are_no_personas_are_told_in_clean_lines_and_left_out(roster, workspace):
    (workspace.personas / "stable" / "bad\x1b[31m.json").write_text("{")
    (workspace.personas / "stable" / "other.json").write_text(
        (workspace.personas / "experimental" / "walker.json").read_text()
    )
    (workspace.personas / "active" / "skeptic.json").write_text("mine")
    problems = roster.problems()
    assert len(problems) == 3
    assert all(problem.isprintable() for problem in problems)
    assert set(state_of(roster)) == {"archivist", "control", "walker"}
    with pytest.raises(PersonaError, match="too"):
        roster.change("skeptic", Verdict.PROMOTE, rule="r", decided_by="u")
    assert (workspace.personas / "active" / "skeptic.json").read_text() == "mine"


def test_a_file_that_may_have_changed_within_a_tick_of_its_clock_is_read_again(roster, workspace):
    path = workspace.personas / "experimental" / "walker.json"
    for focus in (4, 5):
        text = path.read_text()
        path.write_text(text.replace(text[text.index('"focus": ') :][:10], f'"focus": {focus}'))
        os.utime(path, ns=(later := time.time_ns() // 10**11 * 10**11 + 10**12, later))
        assert roster.find("walker").persona.traits == {"focus": focus}


def test_an_id_is_added_once_and_an_edit_keeps_what_was_earned(roster):
    with pytest.raises(PersonaError, match="already"):
        roster.add(Persona("walker", {}))
    with pytest.raises(PersonaError, match="persona_id"):
        roster.add(Persona("../x", {}))
    roster.record_rewards("run", {"walker": 0.5})
    edited = roster.edit(
        replace(roster.find("walker").persona, traits={"focus": 9}, historical_performance={}), afresh=False
    )
    assert edited == roster.find("walker")
    assert edited.persona.traits == {"focus": 9}
    assert edited.persona.historical_performance["samples"] == 1
    assert roster.verify() == []


def test_processes_and_threads_reward_the_same_persona_without_a_lost_update(roster, workspace):
    code = (
        "import sys, pathlib\nfrom db.personas.folder_roster import FolderRoster\nfrom db.workspace import Workspace\n"
        "roster = FolderRoster(Workspace(pathlib.Path(sys.argv[1])))\n"
        "for i in range(20): roster.record_rewards(f'run-{i}', {'walker': 0.5})"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, workspace.root]) for _ in range(2)]

    def rewards() -> None:
        for i in range(10):
            roster.record_rewards(f"thread-{i}", {"walker": 1.0})

    threads = [Thread(target=rewards) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in started] == [0, 0]
    assert earned(roster)["walker"].samples == 60
    assert roster.verify() == []


def test_a_persona_that_the_ledger_cannot_take_is_not_added(roster, workspace, monkeypatch):
    def full(_entry: object) -> None:
        raise StoreError("No space left on device")

    monkeypatch.setattr(roster.ledger, "append", full)
    with pytest.raises(StoreError):
        roster.add(Persona("newcomer", {}))
    monkeypatch.undo()
    assert list(workspace.personas.rglob("newcomer.json")) == []
    assert FolderRoster(workspace).verify() == []
    assert roster.add(Persona("newcomer", {})).state is PersonaState.EXPERIMENTAL
