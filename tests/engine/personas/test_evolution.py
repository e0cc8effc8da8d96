"""Evolution: children differ from everyone, the same seed makes the same child, and only proven personas have them."""

import json
import random
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Any

import pytest
from msgspec import structs

from db.personas.ledger_entries import Added
from engine.bench.memory_roster import MemoryRoster
from engine.errors import PersonaError
from engine.events import GateReceipt, PersonaBorn
from engine.personas.evolution import breed, child_of, crossover, evolve, mutate
from engine.personas.lifecycle import review
from engine.personas.persona import Persona, PersonaState, RosterEntry, persona_from_json, persona_to_json
from engine.personas.roster import Births
from engine.personas.traits import TRAITS, walk_parameters
from engine.run.state import RunState
from engine.settings.settings import Thresholds
from tui.run.result import result_of
from tui.session.session import open_session

ACTIVE, STABLE, EXPERIMENTAL, PRUNED = (PersonaState(name) for name in ("active", "stable", "experimental", "pruned"))
ON = Thresholds(0.4, 0.85, 0.6, 0.0, minimum_samples=20, confidence=1.96, evolution=True, evolution_interval=3)


def persona(persona_id: str, mean: float = 0.5, *, samples: int = 100, **traits: int) -> Persona:
    record = {"samples": samples, "mean": mean, "m2": 1.0}
    return Persona(persona_id, traits, (f"{persona_id} things", "records"), 0.02, record)


CONTROL = RosterEntry(replace(persona("control", 0.99), metadata={"control": True}), ACTIVE)
ANALYST = RosterEntry(persona("analyst", 0.8, analysis=7), ACTIVE)
TRACKER = RosterEntry(persona("tracker", 0.9, attention=7, originality=4), STABLE)
READER = RosterEntry(persona("reader", 0.7, ambition=7, persistence=3), STABLE)
MINIMALIST = RosterEntry(persona("minimalist", 0.95, breadth=3), EXPERIMENTAL)


def roster_of(*entries: RosterEntry, runs: int = 3) -> MemoryRoster:
    roster = MemoryRoster(entries)
    for n in range(runs):
        roster.record_rewards(f"run-{n}", {entries[0].persona.persona_id: 0.5})
    return roster


def test_a_crossing_takes_each_trait_from_one_parent():
    a, b = dict.fromkeys(TRAITS, 2), dict.fromkeys(TRAITS, 8)
    crossed = crossover({**a, "humour": 9}, b, random.Random(1))
    assert set(crossed) == set(TRAITS)
    assert set(crossed.values()) == {2, 8}
    assert crossover({"humour": 9}, {}, random.Random(1)) == {}
    assert {frozenset(crossover({"focus": 1}, {}, random.Random(n)).items()) for n in range(20)} == {
        frozenset(),
        frozenset({("focus", 1)}),
    }


def test_a_nudge_changes_one_trait_and_stays_inside():
    rng = random.Random(1)
    traits = {"focus": 1, "breadth": 9, "humour": 3}
    for _ in range(500):
        nudged = mutate(traits, rng)
        before = {name: traits.get(name, 5) for name in TRAITS}
        after = {name: nudged.get(name, 5) for name in TRAITS}
        (changed,) = (name for name in TRAITS if before[name] != after[name])
        assert 1 <= abs(after[changed] - before[changed]) <= 2
        assert set(nudged) <= set(TRAITS)
        assert all(1 <= value <= 9 for value in nudged.values())
        traits = nudged


def test_no_child_walks_like_another_persona_not_even_an_archived_one():
    entries = [ANALYST, TRACKER, RosterEntry(persona("old", attention=7), PRUNED)]
    for n in range(200):
        child = child_of([ANALYST, TRACKER], entries, random.Random(n))
        assert walk_parameters(child) not in {walk_parameters(entry.persona) for entry in entries}
        entries.append(RosterEntry(child, EXPERIMENTAL))
    assert len({walk_parameters(entry.persona) for entry in entries}) == len(entries) == 203


def test_a_child_is_a_valid_persona_that_names_its_parents():
    child = child_of([TRACKER, READER], [TRACKER, READER], random.Random(3))
    assert child.persona_id == "tracker-reader-2"
    assert (child.parents, child.generation, child.activation_cost) == (("tracker", "reader"), 2, 0.02)
    assert child.expertise == ("tracker things", "reader things", "records")
    assert child.name == "Tracker-Reader-2"
    assert child.metadata["description"].startswith("Child of Tracker and Reader: ")
    assert child.historical_performance == {}
    assert persona_from_json(json.loads(persona_to_json(child)), where="x").traits == child.traits


def test_ids_of_children_stay_short_and_apart_over_generations():
    entries = [ANALYST, RosterEntry(persona("a" * 64, focus=2), STABLE)]
    for n in range(30):
        child = child_of([entries[-1], entries[-2]], entries, random.Random(n))
        assert persona_from_json(json.loads(persona_to_json(child)), where="x").persona_id == child.persona_id
        assert len(child.expertise) <= 6
        entries.append(RosterEntry(child, EXPERIMENTAL))
    assert len({entry.persona.persona_id for entry in entries}) == 32
    assert entries[-1].persona.generation > 10


def test_neither_the_control_nor_a_pruned_persona_has_children():
    with pytest.raises(PersonaError, match=r"tracker is pruned \(restore it first\)"):
        child_of([RosterEntry(TRACKER.persona, PRUNED)], [], random.Random(1))
    with pytest.raises(PersonaError, match="control"):
        child_of([ANALYST, CONTROL], [ANALYST, CONTROL], random.Random(1))


def test_the_same_seed_and_number_of_births_make_the_same_child():
    first, again, other = (
        breed(roster_of(ANALYST, TRACKER), [ANALYST, TRACKER], seed=seed, decided_by="r") for seed in (7, 7, 8)
    )
    assert first == again
    assert first.traits != other.traits
    roster = roster_of(ANALYST, TRACKER)
    born = [breed(roster, [ANALYST], seed=7, decided_by="r") for _ in range(3)]
    assert [child.persona_id for child in born] == ["analyst-2", "analyst-3", "analyst-4"]
    assert len({tuple(child.traits.items()) for child in born}) == 3
    assert roster.births() == Births(3, 0)


def test_a_child_of_the_best_two_joins_as_experimental():
    roster = roster_of(ANALYST, TRACKER, READER, CONTROL, MINIMALIST)
    born = evolve(roster, ON, seed=0, decided_by="run-9")
    assert born is not None
    assert (born.persona_id, born.parents, born.decided_by) == ("tracker-analyst-2", ("tracker", "analyst"), "run-9")
    (child,) = (entry for entry in roster.entries() if entry.persona.persona_id == born.persona_id)
    assert (child.state, child.persona.traits) == (EXPERIMENTAL, born.traits)


def test_a_single_proven_persona_has_a_nudged_child():
    born = evolve(roster_of(READER, CONTROL), ON, seed=0, decided_by="r")
    assert born is not None
    assert born.parents == ("reader",)


@pytest.mark.parametrize(
    ("roster", "thresholds"),
    [
        (roster_of(ANALYST, TRACKER), structs.replace(ON, evolution=False)),
        (roster_of(ANALYST, TRACKER, runs=2), ON),
        (roster_of(ANALYST, TRACKER, MINIMALIST), structs.replace(ON, max_experimental=1)),
        (roster_of(ANALYST, TRACKER), structs.replace(ON, minimum_samples=500)),
        (roster_of(CONTROL, MINIMALIST, RosterEntry(TRACKER.persona, PRUNED)), ON),
    ],
    ids=["off", "too soon", "no seat", "nobody proven", "nobody settled"],
)
def test_nobody_is_born(roster, thresholds):
    before = roster.entries()
    assert evolve(roster, thresholds, seed=0, decided_by="r") is None
    assert roster.entries() == before


def test_a_stream_with_lifecycle_and_evolution_is_reproducible_and_lets_the_best_rise():
    """The rewards favour attention: its carriers rise, and children of theirs keep coming while seats are free."""
    strict = structs.replace(
        ON, promotion_threshold=0.8, demotion_threshold=0.6, pruning_threshold=0.75, evolution_interval=20
    )

    def simulate() -> MemoryRoster:
        roster = MemoryRoster([CONTROL, *(RosterEntry(persona(name, 0, samples=0), STABLE) for name in "ab")])
        roster.add(persona("t", 0, samples=0, attention=7), STABLE)
        rng = random.Random(5)
        for n in range(400):
            walking = [entry.persona for entry in roster.entries() if entry.state is not PRUNED]
            worth = {walker.persona_id: 0.3 + 0.08 * walker.traits.get("attention", 5) for walker in walking}
            rewards = {name: min(1.0, max(0.0, rng.gauss(mean, 0.1))) for name, mean in worth.items()}
            roster.record_rewards(f"run-{n}", rewards)
            review(roster, rewards, strict, decided_by=f"run-{n}")
            evolve(roster, strict, seed=1, decided_by=f"run-{n}")
        return roster

    first, again = simulate(), simulate()
    assert first.entries() == again.entries()
    assert first.births().count >= 5
    states = {entry.persona.persona_id: entry.state for entry in first.entries()}
    assert (states["control"], states["t"]) == (ACTIVE, ACTIVE)
    children = [entry for entry in first.entries() if entry.persona.parents]
    assert any(child.state is ACTIVE for child in children)
    assert any(child.state is PRUNED for child in children)


async def test_a_child_is_born_at_the_end_of_a_run_and_called_from_the_next_one_on(workspace):
    (workspace / "configs" / "thresholds.yaml").write_text(
        "evolution: true\nevolution_interval: 2\nminimum_samples: 2\nmax_experimental: 2\nconfidence: 0\n"
    )
    (workspace / "configs" / "system.yaml").write_text("batch_size: 64\n")
    session = open_session(workspace, model="none")
    born: list[PersonaBorn] = []
    told: list[Any] = []
    for _ in range(3):
        async with aclosing(session.runs.ask("Who led the Net Strike of 1894?")) as stream:
            recorded = [each async for each in stream]
        told += result_of(RunState.of(recorded))["born"]
        events = [each.event for each in recorded]
        born += [event for event in events if isinstance(event, PersonaBorn)]
    (child,) = born
    assert told == [asdict(child)]
    assert child.persona_id in {event.persona_id for event in events if isinstance(event, GateReceipt)}
    entry = session.personas.roster.find(child.persona_id)
    assert (entry.state, entry.persona.traits, entry.persona.parents) == (EXPERIMENTAL, child.traits, child.parents)
    (added,) = (e for e in session.personas.roster.ledger.entries() if isinstance(e, Added) and e.parents)
    assert (added.persona_id, added.parents, added.decided_by) == (child.persona_id, child.parents, child.decided_by)
    assert session.personas.roster.verify() == []
