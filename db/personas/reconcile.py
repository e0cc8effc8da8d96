"""Where the file of a persona and the ledger agree, and the line that takes a change back."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

from db.personas.ledger_entries import Added, Edited, LedgerEntry, Transition, Undone, now
from db.personas.ledger_rules import edits, performances, states
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry, content_of, with_content
from engine.personas.roster import performance_of, with_performance


class Told(NamedTuple):
    """What the ledger tells of every persona: state, performance, and what its file said around the last edit."""

    states: Mapping[str, PersonaState]
    performances: Mapping[str, PersonaPerformance]
    edits: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]

    @classmethod
    def by(cls, entries: Iterable[LedgerEntry]) -> Self:
        """What these entries, the whole ledger, tell."""
        kept = list(entries)
        return cls(states(kept), performances(kept), edits(kept))

    def difference(self, name: str, entry: RosterEntry | None) -> str:
        """How a persona's file differs from the ledger; empty when it does not."""
        state, due = self.states[name], self.performances[name]
        if entry is None:
            return f"{name}: {state} in the ledger, but there is no readable file"
        if entry.state is not state:
            return f"{name}: {state} in the ledger, but its file is in {entry.state}"
        if (kept := performance_of(entry.persona)) != due:
            return f"{name}: {due.samples} rewards in the ledger, {kept.samples} in its file (mean {kept.mean:.4f})"
        if self._is_behind(entry.persona):
            return f"{name}: edited in the ledger, but its file is as it was before"
        return ""

    def caught_up(self, persona: Persona) -> Persona:
        """The persona as its file has to be; a file that was edited by other hands keeps what it says."""
        if self._is_behind(persona):
            persona = with_content(persona, self.edits[persona.persona_id][1])
        due = self.performances[persona.persona_id]
        return persona if performance_of(persona) == due else with_performance(persona, due)

    def _is_behind(self, persona: Persona) -> bool:
        """Does the file still say what the last edit replaced?"""
        before, after = self.edits.get(persona.persona_id, ({}, {}))
        return before != after and content_of(persona) == before


def undoing(change: Added | Transition | Edited, entry: RosterEntry, decided_by: str) -> Undone:
    """The line that takes the latest change of a persona back; one that was added goes into the archive."""
    after, contents = entry.state, None
    if isinstance(change, Edited):
        contents = content_of(entry.persona), change.before
    else:
        after = PersonaState.PRUNED if isinstance(change, Added) else change.before
    figures, kind = performance_of(entry.persona), type(change).__name__
    return Undone(now(), change.persona_id, kind, entry.state, after, decided_by, figures, contents)
