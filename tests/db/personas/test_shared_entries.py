"""What is shared of a ledger: from it follows the same as from the whole ledger."""

import random
from contextlib import suppress
from dataclasses import replace
from itertools import chain

import pytest

from db.personas.ledger_entries import Added, Feedback, Rewards, Transition, Undone
from db.personas.ledger_rules import experiences, performances, states
from db.personas.shared_entries import merged_entries, shared_entries, sum_of
from engine.errors import InputError, PersonaError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona
from engine.personas.roster import Verdict
from engine.run.feedback import Judgement
from tests.support.machines import NAMES, machine


@pytest.mark.parametrize("seed", range(6))
def test_the_same_follows_after_any_changes_edits_and_undoings(tmp_path, seed, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)
    rng, roster = random.Random(seed), machine(tmp_path / "one")
    for step in range(120):
        name, share = rng.choice(NAMES[1:]), rng.random()
        with suppress(PersonaError, InputError):
            match rng.randrange(8):
                case 0:
                    roster.edit(replace(roster.find(name).persona, traits={"focus": rng.randint(1, 9)}))
                case 1:
                    roster.undo()
                case 2:
                    roster.change(name, rng.choice(list(Verdict)), rule="r", decided_by=rng.choice(["user", "run-1"]))
                case 3:
                    judged = Judgement(f"run-{rng.randrange(9)}", rng.choice([None, 1]), share < 0.5, {name: share})
                    roster.record_feedback(judged)
                case 4:
                    roster.add(Persona(f"new-{step}", {"focus": 1 + step % 9}))
                case _:
                    roster.record_rewards(f"run-{step // 2}", {name: share, "control": 0.5}, (1.0, round(share, 4)))
    own = list(roster.ledger.entries())
    shared = merged_entries({"device": shared_entries(own)})
    assert states(shared) == states(own)
    assert performances(shared) == performances(own)
    assert [e for e in experiences(shared) if e.rewards] == [e for e in experiences(own) if e.rewards]
    assert {type(entry) for entry in shared} <= {Added, Transition, Rewards, Feedback, Undone}


def test_times_never_fall_though_a_clock_was_set_back():
    entries = [Rewards(f"2026-01-05T12:00:{second:02}.000+00:00", "run", {}) for second in (10, 5, 20)]
    times = [shared.entry.at[17:19] for shared in shared_entries([*entries, Rewards("yesterday", "run", {})])]
    assert times == ["10", "10", "20", "20"]


def test_runs_become_numbers_and_each_keeps_its_own():
    entries = [Rewards("2026-01-05T12:00:00.000+00:00", run_id, {"a": 0.5}) for run_id in ("x", "y", "x")]
    runs = [shared.entry.run_id for shared in shared_entries(entries) if isinstance(shared.entry, Rewards)]
    assert runs == ["1", "2", "1"]


def test_the_sum_of_performances_is_that_of_all_samples():
    samples = [[0.1, 0.9, 0.4], [], [0.3], [0.8, 0.7]]
    parts = []
    for rewards in samples:
        performance = PersonaPerformance()
        for reward in rewards:
            performance = performance.with_reward(reward)
        parts.append(performance)
    whole = PersonaPerformance()
    for reward in chain.from_iterable(samples):
        whole = whole.with_reward(reward)
    total = sum_of(parts)
    assert total.samples == 6
    assert [total.mean, total.m2] == pytest.approx([whole.mean, whole.m2])
    assert sum_of([]) == PersonaPerformance()
