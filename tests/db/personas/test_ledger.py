"""The ledger: nothing but whole lines, from which states and performances are rebuilt."""

import subprocess
import sys

import msgspec
import pytest

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Added, Feedback, LedgerEntry, Rewards, Transition, now
from db.personas.ledger_rules import performances, states
from engine.errors import StoreError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState
from engine.personas.roster import Births

ADDED = Added("2025-01-01T00:00:00.000+00:00", "walker", PersonaState.EXPERIMENTAL, "user")
PAID = Rewards("2025-01-01T00:00:01.000+00:00", "run-1", {"walker": 0.25, "control": 1.0})
ROSE = Transition(
    now(), "walker", PersonaState.EXPERIMENTAL, PersonaState.STABLE, "by hand\n", "user", PersonaPerformance(1, 0.25)
)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "db" / "ledger.jsonl")


def test_entries_come_back_in_order_one_line_each(ledger):
    assert list(ledger.entries()) == []
    for entry in (ADDED, PAID, ROSE):
        ledger.append(entry)
    assert list(ledger.entries()) == [ADDED, PAID, ROSE]
    assert ledger.path.read_bytes().count(b"\n") == 3
    assert b'"before":"experimental","after":"stable"' in ledger.path.read_bytes()  # as in ledgers of earlier versions


def test_a_ledger_from_before_children_contexts_and_fresh_starts_is_read(ledger):
    ledger.path.parent.mkdir()
    figures = '{"samples":1,"mean":0.5,"m2":0.0}'
    ledger.path.write_text(
        f'{{"entry":"Added","at":"x","persona_id":"a","state":"pruned","decided_by":"found","performance":{figures}}}\n'
        '{"entry":"Transition","at":"x","persona_id":"a","before":"pruned","after":"experimental","rule":"manual",'
        f'"decided_by":"user","performance":{figures}}}\n'
        '{"entry":"Rewards","at":"x","run_id":"r","rewards":{"a":0.5}}\n'
    )
    entries = list(ledger.entries())
    assert states(entries) == {"a": PersonaState.EXPERIMENTAL}
    assert performances(entries) == {"a": PersonaPerformance(2, 0.5, 0.0, moved_at=1)}
    assert ledger.births() == Births(0, 1)


def test_states_and_performances_are_rebuilt_from_the_entries_alone():
    assert states([ADDED, PAID, ROSE]) == {"walker": PersonaState.STABLE}
    earned = performances([ADDED, PAID, PAID])
    assert earned["walker"] == PersonaPerformance().with_reward(0.25).with_reward(0.25)
    start = Added(now(), "old", PersonaState.ACTIVE, "found", PersonaPerformance(3, 0.5, 0.1))
    assert performances([start]) == {"old": PersonaPerformance(3, 0.5, 0.1)}


@pytest.mark.parametrize("torn", [b'{"entry":"Rew', b"x" * 200_000, b'{"entry":"Added"}'])
def test_a_torn_last_line_is_not_read_and_never_glued_to_the_next(ledger, torn):
    ledger.append(ADDED)
    with ledger.path.open("ab") as file:
        file.write(torn)
    assert list(ledger.entries()) == [ADDED]
    ledger.append(PAID)
    assert list(ledger.entries()) == [ADDED, PAID]
    assert ledger.path.read_bytes().count(b"\n") == 2


def test_a_ledger_that_is_nothing_but_a_torn_line_starts_again(ledger):
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(b'{"entry"')
    ledger.append(ADDED)
    assert list(ledger.entries()) == [ADDED]


@pytest.mark.parametrize("bad", [b"{}", b"", b"\xff", b'{"entry":"Added","at":1}', b'{"entry":"Other"}'])
def test_any_other_bad_line_is_named(ledger, bad):
    ledger.append(ADDED)
    with ledger.path.open("ab") as file:
        file.write(bad + b"\n")
    ledger.append(PAID)
    with pytest.raises(StoreError, match=r"ledger\.jsonl: line 2"):
        list(ledger.entries())


def test_unrecorded_are_those_never_added(ledger):
    ledger.append(PAID)
    ledger.append(ADDED)
    assert ledger.unrecorded({"walker", "control"}) == {"control"}
    assert ledger.unrecorded(()) == set()


def test_judgements_are_read_on_from_where_they_were_read_last(ledger, monkeypatch):
    said = Feedback(now(), "run-1", 2, True, {"walker": 1.0})
    assert ledger.judgements() == {}
    ledger.append(said)
    ledger.append(PAID)
    assert ledger.judgements() == {"run-1": {2: said}}
    later = [
        msgspec.structs.replace(said, liked=False),
        msgspec.structs.replace(said, citation=None),
        msgspec.structs.replace(said, run_id="run-2"),
    ]
    for entry in later:
        Ledger(ledger.path).append(entry)
    decoded: list[int] = []

    def counted(number: int, line: bytes) -> LedgerEntry:
        decoded.append(number)
        return Ledger._decoded(ledger, number, line)

    monkeypatch.setattr(ledger, "_decoded", counted)
    found = ledger.judgements()
    assert found == {"run-1": {2: later[0], None: later[1]}, "run-2": {2: later[2]}}
    assert decoded == [3, 4, 5]
    assert found == Ledger(ledger.path).judgements()


def test_a_ledger_that_was_mended_meanwhile_is_read_anew(ledger):
    for run_id in ("run-1", "run-2"):
        ledger.append(Feedback(now(), run_id, None, True, {"walker": 1.0}))
        ledger.append(Rewards(now(), run_id, {"walker": 1.0}))
    assert (list(ledger.judgements()), ledger.births()) == (["run-1", "run-2"], Births(0, 2))
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.with_name("mended").write_bytes(b"".join(lines[2:]))
    ledger.path.with_name("mended").replace(ledger.path)
    assert (list(ledger.judgements()), ledger.births()) == (["run-2"], Births(0, 1))


def test_three_processes_append_without_losing_a_line(ledger):
    code = (
        "import sys, pathlib\nfrom db.personas.ledger import Ledger\n"
        "from db.personas.ledger_entries import Rewards\nledger = Ledger(pathlib.Path(sys.argv[1]))\n"
        "for i in range(40): ledger.append(Rewards('now', f'{sys.argv[2]}-{i}', {'walker': 0.5}))"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, ledger.path, name]) for name in "abc"]
    assert [process.wait() for process in started] == [0, 0, 0]
    runs = [entry.run_id for entry in ledger.entries()]
    assert sorted(runs) == sorted(f"{name}-{i}" for name in "abc" for i in range(40))
