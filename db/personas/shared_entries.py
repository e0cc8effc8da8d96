"""The entries of a ledger that machines share: rewards with the features of their questions, and changes of state.

Left out or made blank are all texts, the ids of runs, what was replaced or undone, and what was earned before a persona
started afresh. From these entries alone follow the same states, performances and experiences as from the whole ledger.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from db.personas.ledger_entries import Added, Edited, Feedback, LedgerEntry, Rewards, Transition, Undone
from db.personas.ledger_rules import in_force_indices
from engine.personas.metrics import PersonaPerformance

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
_FIRST_TIME = "1970-01-01T00:00:00.000+00:00"
_NONE = PersonaPerformance()


class SharedEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry with the number of its line; the times of the entries of one ledger never fall."""

    sequence: int
    entry: LedgerEntry


def shared_entries(entries: Iterable[LedgerEntry]) -> list[SharedEntry]:
    """Return what is shared of all entries of a ledger, oldest first."""
    counted = list(entries)
    in_force = in_force_indices(counted)
    added = {entry.persona_id: n for n, entry in enumerate(counted) if isinstance(entry, Added)}
    afresh = {e.persona_id: n for n in in_force if isinstance(e := counted[n], Edited) and e.afresh}
    starts = {name: max(added.get(name, 0), afresh.get(name, 0)) for name in added | afresh}
    shared, runs, at = [], dict[str, str](), _FIRST_TIME
    for n, entry in enumerate(counted):
        at = max(at, entry.at) if TIME.fullmatch(entry.at) else at
        if isinstance(entry, Rewards | Feedback):
            run_id = runs.setdefault(entry.run_id, str(n + 1))
            rewards = {name: reward for name, reward in entry.rewards.items() if n >= starts.get(name, 0)}
            blank: LedgerEntry | None = _blank_rewards(entry, at, run_id, rewards, n + 1)
        else:
            is_current = n >= added.get(entry.persona_id, 0)
            blank = _blank_change(entry, at, is_fresh=n >= starts.get(entry.persona_id, 0)) if is_current else None
        if blank is not None and n in in_force:
            shared.append(SharedEntry(n + 1, blank))
    return shared


def merged_entries(by_device: dict[str, Sequence[SharedEntry]]) -> list[LedgerEntry]:
    """Return the shared entries of all devices as those of one ledger: by time, device and line.

    A persona that several devices have begins with the first of them, and with what it had earned on each.
    """
    ordered = sorted(
        (shared.entry.at, device, shared.sequence, shared.entry)
        for device, entries in by_device.items()
        for shared in entries
    )
    merged: list[LedgerEntry] = []
    first: dict[str, int] = {}
    earned: dict[str, list[PersonaPerformance]] = {}
    for _, device, _, entry in ordered:
        if isinstance(entry, Added):
            if entry.performance not in earned.setdefault(entry.persona_id, []):
                earned[entry.persona_id].append(entry.performance)
            if entry.persona_id in first:
                continue
            first[entry.persona_id] = len(merged)
        merged.append(
            replace(entry, run_id=f"{device}-{entry.run_id}") if isinstance(entry, Rewards | Feedback) else entry
        )
    for name, n in first.items():
        total = sum_of(earned[name])
        merged[n] = replace(merged[n], performance=total)
    return merged


def sum_of(performances: Iterable[PersonaPerformance]) -> PersonaPerformance:
    """Return the performance of several samples together.

    Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.
    """
    total = _NONE
    for other in performances:
        if not other.samples or not total.samples:
            total = total if not other.samples else other
            continue
        samples, distance = total.samples + other.samples, other.mean - total.mean
        mean = total.mean + distance * other.samples / samples
        m2 = total.m2 + other.m2 + distance**2 * total.samples * other.samples / samples
        total = PersonaPerformance(samples, mean, m2, total.moved_at + other.moved_at)
    return total


def _blank_rewards(
    entry: Rewards | Feedback, at: str, run_id: str, rewards: dict[str, float], sequence: int
) -> Rewards | Feedback:
    """Return the entry without what the user judged; the line number in its place keeps judgements apart."""
    if isinstance(entry, Rewards):
        return Rewards(at, run_id, rewards, entry.context)
    return Feedback(at, run_id, sequence, True, rewards, entry.context, entry.weight, entry.marked)


def _blank_change(entry: Added | Transition | Edited | Undone, at: str, *, is_fresh: bool) -> LedgerEntry | None:
    """Return the entry without texts; None if nothing follows from it but a content, or a state that was undone."""
    if isinstance(entry, Added):
        performance = entry.performance if is_fresh else _NONE
        return replace(entry, at=at, decided_by="", performance=performance)
    if isinstance(entry, Transition):
        return replace(entry, at=at, rule="", decided_by="", performance=_NONE)
    if isinstance(entry, Undone) and entry.undid == Added.__name__:
        return replace(entry, at=at, decided_by="", performance=_NONE, edited=None)
    return None
