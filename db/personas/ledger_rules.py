"""States, performances and experiences, computed from the entries of the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from db.personas.ledger_entries import BY_HAND, Added, Edited, Feedback, LedgerEntry, Rewards, Transition, Undone
from engine.personas.experience import REMEMBERED, Experience
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState


def states(entries: Iterable[LedgerEntry]) -> dict[str, PersonaState]:
    """The state of every persona, from the ledger alone."""
    found: dict[str, PersonaState] = {}
    for entry in entries:
        if isinstance(entry, Added):
            found[entry.persona_id] = entry.state
        elif isinstance(entry, Transition | Undone):
            found[entry.persona_id] = entry.after
    return found


def performances(entries: Iterable[LedgerEntry]) -> dict[str, PersonaPerformance]:
    """What every persona has earned, from the ledger alone."""
    found: dict[str, PersonaPerformance] = {}
    for entry in in_force(entries):
        if isinstance(entry, Added):
            found[entry.persona_id] = entry.performance
        elif isinstance(entry, Transition | Edited) and entry.afresh:
            found[entry.persona_id] = PersonaPerformance()
        elif isinstance(entry, Rewards | Feedback):
            for name, reward in entry.rewards.items():
                found[name] = found.get(name, PersonaPerformance()).with_reward(reward, entry.weight)
    return found


def experiences(entries: Iterable[LedgerEntry]) -> list[Experience]:
    """What a gate learns from, oldest first; of a persona that started afresh only what came after."""
    found: list[Experience] = []
    for entry in in_force(entries):
        if isinstance(entry, Transition | Edited) and entry.afresh:
            found = [each.without(entry.persona_id) for each in found]
        elif isinstance(entry, Rewards | Feedback):
            found.append(Experience(entry.context, entry.rewards, entry.weight))
    return found[-REMEMBERED:]


def in_force(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The entries as they count: without judgements that a later one replaced, and no fresh start that was undone."""
    kept = list(entries)
    last = {(entry.run_id, entry.citation): n for n, entry in enumerate(kept) if isinstance(entry, Feedback)}
    for n in undone(kept):
        entry = kept[n]
        if isinstance(entry, Transition | Edited) and entry.afresh:
            kept[n] = msgspec.structs.replace(entry, afresh=False)
    return [
        entry
        for n, entry in enumerate(kept)
        if not isinstance(entry, Feedback) or last[entry.run_id, entry.citation] == n
    ]


def undone(entries: Sequence[LedgerEntry]) -> set[int]:
    """The places of those changes that were undone."""
    return _by_hand(entries)[1]


def undoable(entries: Sequence[LedgerEntry]) -> list[Added | Transition | Edited]:
    """The changes by hand that can be undone, the latest last; not those of a state that a run has changed since."""
    found = (entries[n] for n in _by_hand(entries)[0])
    return [entry for entry in found if isinstance(entry, Added | Transition | Edited)]


def _by_hand(entries: Sequence[LedgerEntry]) -> tuple[list[int], set[int]]:
    """The places of the changes by hand that stand, and of those that were undone.

    An `Undone` takes back the latest one of its persona. Of a part of a ledger, what it takes back may be missing.
    """
    standing: dict[str, list[int]] = {}
    back = set()
    for n, entry in enumerate(entries):
        if isinstance(entry, Rewards | Feedback):
            continue
        own = standing.setdefault(entry.persona_id, [])
        if isinstance(entry, Undone):
            back.update([own.pop()] if own else [])
        elif entry.decided_by == BY_HAND:
            own.append(n)
        elif isinstance(entry, Transition):
            own[:] = [m for m in own if isinstance(entries[m], Edited)]
    return sorted(n for own in standing.values() for n in own), back


def edits(entries: Iterable[LedgerEntry]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What the file of each edited persona said before and after the last edit, or the undoing of one."""
    found = {}
    for entry in entries:
        if isinstance(entry, Edited):
            found[entry.persona_id] = entry.before, entry.after
        elif isinstance(entry, Undone) and entry.edited:
            found[entry.persona_id] = entry.edited
    return found
