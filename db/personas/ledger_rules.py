"""Compute states, performances, experiences and edits from the entries of the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any

from db.personas.ledger_entries import Added, Edited, Feedback, LedgerEntry, Rewards, Transition, Undone
from db.personas.undo import undone
from engine.personas.experience import REMEMBERED, Experience
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState


def states(entries: Iterable[LedgerEntry]) -> dict[str, PersonaState]:
    """The state of every persona."""
    current: dict[str, PersonaState] = {}
    for entry in entries:
        if isinstance(entry, Added):
            current[entry.persona_id] = entry.state
        elif isinstance(entry, Transition | Undone):
            current[entry.persona_id] = entry.new_state
    return current


def performances(entries: Iterable[LedgerEntry]) -> dict[str, PersonaPerformance]:
    """The performance of every persona."""
    current: dict[str, PersonaPerformance] = {}
    for entry in in_force(entries):
        if isinstance(entry, Added):
            current[entry.persona_id] = entry.performance
        elif isinstance(entry, Transition | Edited) and entry.afresh:
            current[entry.persona_id] = PersonaPerformance()
        elif isinstance(entry, Transition):
            current[entry.persona_id] = current.get(entry.persona_id, PersonaPerformance()).moved()
        elif isinstance(entry, Rewards | Feedback):
            for name, reward in entry.rewards.items():
                current[name] = current.get(name, PersonaPerformance()).with_reward(reward, entry.weight)
    return current


def experiences(entries: Iterable[LedgerEntry]) -> list[Experience]:
    """The last `REMEMBERED` experiences of a gate, oldest first; none from before a persona's fresh start."""
    learned: list[Experience] = []
    for entry in in_force(entries):
        if isinstance(entry, Transition | Edited) and entry.afresh:
            learned = [experience.without(entry.persona_id) for experience in learned]
        elif isinstance(entry, Rewards | Feedback):
            marked = entry.marked if isinstance(entry, Feedback) else None
            learned.append(Experience(entry.context, entry.rewards, entry.weight, marked))
    return learned[-REMEMBERED:]


def in_force(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The entries that count: no judgement that a later one replaced, and no change that was undone."""
    counted = list(entries)
    return [counted[n] for n in sorted(in_force_indices(counted))]


def in_force_indices(entries: Sequence[LedgerEntry]) -> set[int]:
    """The indices of the entries that count (`in_force`)."""
    last = {(entry.run_id, entry.citation): n for n, entry in enumerate(entries) if isinstance(entry, Feedback)}
    replaced = {
        n for n, entry in enumerate(entries) if isinstance(entry, Feedback) and last[entry.run_id, entry.citation] != n
    }
    reverted = {n for n in undone(entries) if isinstance(entries[n], Transition | Edited)}
    return set(range(len(entries))) - replaced - reverted


def edits(entries: Iterable[LedgerEntry]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """The old and the new content of each edited persona, by its last edit or the undoing of one."""
    latest = {}
    for entry in entries:
        if isinstance(entry, Edited):
            latest[entry.persona_id] = entry.old_content, entry.new_content
        elif isinstance(entry, Undone) and entry.edited:
            latest[entry.persona_id] = entry.edited
    return latest
