"""Compare the ledger with the personas in the folders, and with the recorded runs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Feedback, LedgerEntry, Rewards
from db.personas.ledger_rules import edits, performances, states
from db.runs.recorder import load_features
from engine.errors import StoreError, UnknownRunError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry, content_of, with_content
from engine.personas.roster import performance_of, with_performance


class LedgerState(NamedTuple):
    """What the ledger says of every persona: state, performance, and the contents before and after the last edit."""

    states: Mapping[str, PersonaState]
    performances: Mapping[str, PersonaPerformance]
    edits: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]

    @classmethod
    def of(cls, entries: Iterable[LedgerEntry], own: Iterable[LedgerEntry] | None = None) -> Self:
        """Computed from all entries; `own` are those of the ledger itself, if others are merged into them."""
        entries = list(entries)
        return cls(states(entries), performances(entries), edits(entries if own is None else own))

    def differences(self, entries: Mapping[str, RosterEntry]) -> list[str]:
        """One line for each persona whose file differs from the ledger, or is missing."""
        lines = (self._difference(name, entries.get(name)) for name in sorted(self.states))
        return [line for line in lines if line]

    def corrected(self, persona: Persona) -> Persona:
        """The persona as the ledger says; a content that the user wrote into the file outside the program stays."""
        if self._misses_edit(persona):
            persona = with_content(persona, self.edits[persona.persona_id][1])
        performance = self.performances[persona.persona_id]
        return persona if performance_of(persona) == performance else with_performance(persona, performance)

    def _difference(self, name: str, entry: RosterEntry | None) -> str:
        state, recorded = self.states[name], self.performances[name]
        if entry is None:
            return f"{name}: {state} in the ledger, but it has no readable file"
        if entry.state is not state:
            return f"{name}: {state} in the ledger, but its file is in {entry.state}"
        if (filed := performance_of(entry.persona)) != recorded:
            return (
                f"{name}: {recorded.samples} rewards in the ledger, {filed.samples} in its file (mean {filed.mean:.4f})"
            )
        if self._misses_edit(entry.persona):
            return f"{name}: edited in the ledger, but its file still has the old content"
        return ""

    def _misses_edit(self, persona: Persona) -> bool:
        """Whether the file still has the content that the last edit replaced."""
        old, new = self.edits.get(persona.persona_id, ({}, {}))
        return old != new and content_of(persona) == old


def damage(ledger: Ledger, runs: Path | None) -> list[str]:
    """Return a line for each break of the ledger's chain, and each difference from the recorded runs in `runs`."""
    changed = changed_contexts(ledger.entries(), runs) if runs else ()
    return [*ledger.broken_links(), *(f"{ledger.path.name}: {line}" for line in changed)]


def changed_contexts(entries: Iterable[LedgerEntry], runs: Path) -> Iterator[str]:
    """Yield a line for each reward or judgement with other features of the question than its run has recorded.

    A run that was removed or is damaged is not compared.
    """

    @cache
    def recorded(run_id: str) -> tuple[float, ...] | None:
        with suppress(StoreError, UnknownRunError):
            return load_features(runs, run_id)
        return None

    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, Rewards | Feedback) and recorded(entry.run_id) not in {None, entry.context}:
            yield f"line {number}: the features of run {entry.run_id} differ from those that the run has recorded"
