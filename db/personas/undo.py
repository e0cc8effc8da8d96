"""Undo of changes by hand: which changes can be undone, and the ledger entry that takes one back."""

from collections.abc import Container, Sequence

from db.personas.ledger_entries import BY_HAND, Added, Edited, Feedback, LedgerEntry, Rewards, Transition, Undone
from engine.errors import InputError
from engine.personas.persona import PersonaState, RosterEntry, content_of
from engine.personas.roster import performance_of


def undone(entries: Sequence[LedgerEntry]) -> set[int]:
    """The indices of the changes in `entries` that were undone."""
    return _changes_by_hand(entries)[1]


def undoable(entries: Sequence[LedgerEntry]) -> list[Added | Transition | Edited]:
    """The changes by hand that can be undone, the latest last; no change of a state that a run changed later."""
    changes = (entries[n] for n in _changes_by_hand(entries)[0])
    return [entry for entry in changes if isinstance(entry, Added | Transition | Edited)]


def latest_undoable(entries: Sequence[LedgerEntry], persona_ids: Container[str]) -> Added | Transition | Edited:
    """The latest change by hand of one of these personas. Raises InputError if there is none."""
    changes = [change for change in undoable(entries) if change.persona_id in persona_ids]
    if not changes:
        raise InputError("there is nothing to undo", hint="only changes by hand are undone")
    return changes[-1]


def undo_entry(at: str, change: Added | Transition | Edited, entry: RosterEntry, decided_by: str) -> Undone:
    """The entry that takes back the latest change of a persona; an added persona goes into the archive."""
    new_state, contents = entry.state, None
    if isinstance(change, Edited):
        contents = content_of(entry.persona), change.old_content
    else:
        new_state = PersonaState.PRUNED if isinstance(change, Added) else change.old_state
    performance, kind = performance_of(entry.persona), type(change).__name__
    return Undone(at, change.persona_id, kind, entry.state, new_state, decided_by, performance, contents)


def _changes_by_hand(entries: Sequence[LedgerEntry]) -> tuple[list[int], set[int]]:
    """The indices of the changes by hand that are in force, and of those that were undone.

    An `Undone` takes back the latest one of its persona; in a part of a ledger that one may be missing.
    """
    active: dict[str, list[int]] = {}
    reverted = set()
    for n, entry in enumerate(entries):
        if isinstance(entry, Rewards | Feedback):
            continue
        own = active.setdefault(entry.persona_id, [])
        if isinstance(entry, Undone):
            reverted.update([own.pop()] if own else [])
        elif entry.decided_by == BY_HAND:
            own.append(n)
        elif isinstance(entry, Transition):
            own[:] = [m for m in own if isinstance(entries[m], Edited)]
    return sorted(n for own in active.values() for n in own), reverted
