"""What a gate learns from: the last rewards and judgements, as the ledger and both rosters give them."""

import msgspec
import pytest

from db.personas import ledger as ledger_module
from db.personas.folder_roster import FolderRoster
from db.personas.ledger import Ledger
from db.personas.ledger_entries import Added, Feedback, LedgerEntry, Rewards, Transition, now
from db.personas.ledger_rules import experiences
from db.workspace import Workspace, open_workspace
from engine.bench.memory_roster import MemoryRoster
from engine.errors import PersonaError, StoreError
from engine.personas.experience import REMEMBERED, Experience
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState
from engine.personas.roster import Roster, Verdict
from engine.run.feedback import WEIGHT, Judgement

HERE, THERE = (1.0, 0.5), (1.0, 0.25)
ADDED = Added(now(), "a", PersonaState.ACTIVE, "user")
PAID = Rewards(now(), "run-1", {"a": 0.5, "b": 1.0}, HERE)


def paid(count: int) -> list[LedgerEntry]:
    return [Rewards(now(), f"run-{n}", {"a": n / count}, (1.0,)) for n in range(count)]


def judged(citation: int | None, reward: float, run_id: str = "run-1", weight: int = WEIGHT) -> Feedback:
    return Feedback(now(), run_id, citation, reward > 0.5, {"a": reward}, THERE, weight)


def moved(persona_id: str, *, afresh: bool) -> Transition:
    states = (PersonaState.PRUNED, PersonaState.EXPERIMENTAL)
    return Transition(now(), persona_id, *states, "manual", "user", PersonaPerformance(), afresh)


def written(path, entries: list[LedgerEntry], torn: bytes = b"") -> Ledger:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries) + torn)
    return Ledger(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "db" / "ledger.jsonl"


def test_of_a_ledger_that_is_not_there_or_empty_nothing_is_latest(path):
    assert Ledger(path).latest(5) == []
    assert written(path, []).latest(5) == []
    assert written(path, [], b'{"entry"').latest(5) == []


@pytest.mark.parametrize("block", [1, 100, 1000, 10_000, 1 << 18])
@pytest.mark.parametrize("torn", [b"", b'{"entry":"Rewards","at":'])
@pytest.mark.parametrize("wanted", [0, 1, 3, 20, 999])
def test_the_latest_are_the_end_of_all_with_as_many_payments_as_wanted(path, monkeypatch, block, torn, wanted):
    monkeypatch.setattr(ledger_module, "_BLOCK", block)
    entries = [ADDED, *paid(10), moved("a", afresh=False), *[judged(n, 1.0) for n in range(10)], ADDED, ADDED]
    latest = written(path, entries, torn).latest(wanted)
    assert latest == entries[len(entries) - len(latest) :]
    assert sum(isinstance(entry, Rewards | Feedback) for entry in latest) >= min(wanted, 20)


@pytest.mark.parametrize("entries", [paid(200), [judged(None, n / 200, f"run-{n}") for n in range(200)]])
def test_the_beginning_of_a_long_ledger_is_not_read(path, monkeypatch, entries):
    monkeypatch.setattr(ledger_module, "_BLOCK", 512)
    ledger = written(path, entries)
    assert len(ledger.latest(10)) < 40
    with path.open("r+b") as file:
        file.write(b"damaged")
    assert ledger.latest(10)[-1] == entries[-1]
    with pytest.raises(StoreError, match="line 200 from the end"):
        ledger.latest(200)


def test_a_line_that_cannot_be_read_is_named_from_the_end(path):
    ledger = written(path, [ADDED, PAID], b'{}\n{"entry":"Added"}\n{"torn"')
    with pytest.raises(StoreError, match=r"ledger\.jsonl: line 2 from the end"):
        ledger.latest(1)


def test_rewards_and_judgements_are_experiences_and_nothing_else_is():
    entries: list[LedgerEntry] = [ADDED, PAID, moved("a", afresh=False), judged(None, 0.25), judged(2, 1.0, weight=3)]
    assert experiences(entries) == [
        Experience(HERE, {"a": 0.5, "b": 1.0}, 1),
        Experience(THERE, {"a": 0.25}, 5),
        Experience(THERE, {"a": 1.0}, 3),
    ]
    assert experiences([]) == []


def test_who_starts_afresh_has_only_what_came_after():
    entries: list[LedgerEntry] = [PAID, moved("a", afresh=True), PAID]
    assert [each.rewards for each in experiences(entries)] == [{"b": 1.0}, {"a": 0.5, "b": 1.0}]
    assert [each.rewards for each in experiences([*entries, moved("b", afresh=True)])] == [{}, {"a": 0.5}]


def test_a_judgement_that_was_replaced_is_no_experience():
    entries: list[LedgerEntry] = [judged(1, 1.0), judged(2, 0.75), judged(1, 1.0, "run-2"), PAID, judged(1, 0.0)]
    assert [each.rewards for each in experiences(entries)] == [{"a": 0.75}, {"a": 1.0}, PAID.rewards, {"a": 0.0}]


def test_as_many_are_kept_as_a_gate_learns_from():
    found = experiences(paid(REMEMBERED + 20))
    assert len(found) == REMEMBERED
    assert found[0].rewards == {"a": 20 / (REMEMBERED + 20)}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    for state in PersonaState:
        (tmp_path / "personas" / state).mkdir(parents=True)  # empty, so that the shipped ones stay out
    return open_workspace(tmp_path)


@pytest.fixture(params=["folders", "memory"])
def roster(request, workspace) -> Roster:
    made: Roster = FolderRoster(workspace) if request.param == "folders" else MemoryRoster()
    for name in "ab":
        made.add(Persona(name, {}), PersonaState.ACTIVE)
    return made


def test_a_roster_gives_what_it_was_paid_oldest_first(roster):
    assert list(roster.experiences()) == []
    roster.record_rewards("run-1", {"a": 0.5, "b": 1.0}, HERE)
    roster.record_rewards("run-2", {"b": 0.25})
    roster.record_rewards("run-3", {}, THERE)
    assert list(roster.experiences()) == [Experience(HERE, {"a": 0.5, "b": 1.0}), Experience((), {"b": 0.25})]


def test_what_is_refused_is_no_experience(roster):
    with pytest.raises(ValueError, match="outside"):
        roster.record_rewards("run-1", {"a": 0.5, "b": 1.5}, HERE)
    with pytest.raises(PersonaError, match="nobody"):
        roster.record_rewards("run-1", {"a": 0.5, "nobody": 0.5}, HERE)
    assert list(roster.experiences()) == []


def test_a_restored_persona_is_learned_of_anew_and_the_others_are_not(roster):
    roster.record_rewards("run-1", {"a": 0.5, "b": 1.0}, HERE)
    roster.change("a", Verdict.PRUNE, rule="r", decided_by="u")
    assert roster.experiences()[0].rewards == {"a": 0.5, "b": 1.0}
    roster.change("a", Verdict.RESTORE, rule="r", decided_by="u")
    roster.record_rewards("run-2", {"a": 0.75}, THERE)
    assert list(roster.experiences()) == [Experience(HERE, {"b": 1.0}), Experience(THERE, {"a": 0.75})]


def test_a_weight_in_memory_is_that_of_the_experience():
    roster = MemoryRoster()
    roster.add(Persona("a", {}))
    roster.record_rewards("run-1", {"a": 0.5}, HERE, weight=5)
    assert roster.experiences() == [Experience(HERE, {"a": 0.5}, 5)]


def test_memory_forgets_what_a_gate_does_not_learn_from_even_after_a_fresh_start():
    roster = MemoryRoster()
    roster.add(Persona("a", {}))
    roster.change("a", Verdict.PRUNE, rule="r", decided_by="u")
    roster.change("a", Verdict.RESTORE, rule="r", decided_by="u")
    for n in range(REMEMBERED + 1):
        roster.record_rewards(f"run-{n}", {"a": 0.0 if n == 0 else 1.0}, HERE)
    assert [each.rewards for each in roster.experiences()] == [{"a": 1.0}] * REMEMBERED


def test_folders_give_judgements_and_their_replacements(workspace):
    roster = FolderRoster(workspace)
    for name in "ab":
        roster.add(Persona(name, {}), PersonaState.ACTIVE)
    roster.record_rewards("run-1", {"a": 0.5}, HERE)
    roster.record_feedback(Judgement("run-1", 1, True, {"a": 1.0, "gone": 1.0}, HERE))
    roster.record_feedback(Judgement("run-1", None, True, {"b": 0.75}, HERE))
    roster.record_feedback(Judgement("run-1", 1, False, {"a": 0.0}, HERE))
    expected = [Experience(HERE, {"a": 0.5}), Experience(HERE, {"b": 0.75}, 5), Experience(HERE, {"a": 0.0}, 5)]
    assert roster.experiences() == FolderRoster(workspace).experiences() == expected


def test_folders_give_the_end_of_a_long_ledger(workspace, monkeypatch):
    monkeypatch.setattr(ledger_module, "_BLOCK", 4096)
    entries = paid(2 * REMEMBERED)
    written(workspace.ledger, [ADDED, *entries])
    assert FolderRoster(workspace).experiences() == experiences(entries)
