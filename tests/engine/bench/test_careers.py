"""Careers of personas over many questions, with the shipped roster and settings: who falls, and who comes back."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.bench.dataset import indexed
from engine.bench.memory_roster import MemoryRoster
from engine.bench.question_cache import CachedQuestion, cached_questions
from engine.mixture.gate import BanditGate
from engine.personas.lifecycle import review
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import performance_of
from engine.personas.traits import TRAITS, needs_vectors
from engine.settings.settings import load_settings
from engine.shipped import shipped
from tests.support.datasets import write_films
from tui.session.session import open_session

BAD = RosterEntry(Persona("bad", dict.fromkeys(TRAITS, 1)), PersonaState.ACTIVE)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory):
    with indexed(write_films(tmp_path_factory.mktemp("data") / "films")) as library:
        yield list(cached_questions(library))


def states_after(count: int, questions: list[CachedQuestion], entries: list[RosterEntry]) -> dict[str, PersonaState]:
    """The states of the personas after so many questions, asked in turns."""
    return {entry.persona.persona_id: entry.state for entry in after(count, questions, entries)}


def after(
    count: int, questions: list[CachedQuestion], entries: list[RosterEntry], seats: int | None = None
) -> Sequence[RosterEntry]:
    """The personas after so many questions, asked in turns; `seats` in place of the shipped `batch_size`."""
    settings, roster = load_settings(shipped("configs")), MemoryRoster(entries)
    for number in range(count):
        question, current = questions[number % len(questions)], roster.entries()
        size = seats or settings.system.batch_size
        gate = BanditGate(settings.thresholds.activation_threshold, size, roster.experiences())
        receipts = gate.choose(question.question, question.features, current, cycle=1)
        voices = {receipt.persona_id: receipt.voice for receipt in receipts if receipt.activated}
        earned = question.credits(voices, {entry.persona.persona_id: entry.persona for entry in current})
        if earned:
            roster.record_rewards(f"run-{number}", earned, question.features)
            review(roster, earned, settings.thresholds, decided_by=f"run-{number}")
    return roster.entries()


def shipped_entries(tmp_path) -> list[RosterEntry]:
    """The shipped personas that can be called without an embedding model."""
    return [entry for entry in open_session(tmp_path).personas.roster.entries() if not needs_vectors(entry.persona)]


def test_a_persona_with_all_traits_at_the_wrong_end_is_pruned_within_sixty_questions(tmp_path, questions):
    states = states_after(60, questions, [*shipped_entries(tmp_path), BAD])
    assert states.pop("bad") is PersonaState.PRUNED
    assert set(states.values()) == {PersonaState.ACTIVE}


@pytest.mark.parametrize("name", ["networker", "reader"])
def test_a_good_persona_on_trial_is_active_again_within_sixty_questions(tmp_path, questions, name):
    entries = [
        replace(entry, state=PersonaState.EXPERIMENTAL) if entry.persona.persona_id == name else entry
        for entry in shipped_entries(tmp_path)
    ]
    assert states_after(60, questions, entries)[name] is PersonaState.ACTIVE


def test_five_hundred_questions_leave_the_shipped_roster_as_it_is(tmp_path, questions):
    assert set(states_after(500, questions, shipped_entries(tmp_path)).values()) == {PersonaState.ACTIVE}


@pytest.mark.parametrize(("seats", "count"), [(1, 500), (6, 300)])
def test_no_persona_on_trial_starves_however_few_the_seats(tmp_path, questions, seats, count):
    entries = shipped_entries(tmp_path)
    walkers = [entry for entry in entries if not entry.persona.is_control]
    trials = [
        RosterEntry(replace(entry.persona, persona_id=f"trial-{entry.persona.persona_id}"), PersonaState.EXPERIMENTAL)
        for entry in walkers
    ]
    poor = RosterEntry(replace(BAD.persona, persona_id="trial-bad"), PersonaState.EXPERIMENTAL)
    careers = {entry.persona.persona_id: entry for entry in after(count, questions, [*entries, *trials, poor], seats)}
    assert careers.pop("trial-bad").state is PersonaState.PRUNED
    assert all(performance_of(entry.persona).samples >= 15 for entry in careers.values())
    assert {entry.state for entry in careers.values()} <= {PersonaState.ACTIVE, PersonaState.STABLE}


def test_one_seat_harms_nobody(tmp_path, questions):
    careers = after(300, questions, shipped_entries(tmp_path), seats=1)
    assert {entry.state for entry in careers} == {PersonaState.ACTIVE}
    assert all(performance_of(entry.persona).samples >= 15 for entry in careers)
