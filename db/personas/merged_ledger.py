"""The ledger of a workspace together with what other devices have contributed, as if all were one ledger."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from db.personas.contribution import Contribution
from db.personas.devices import Devices
from db.personas.ledger import Ledger
from db.personas.ledger_entries import Added, Feedback, LedgerEntry, Rewards, now, time_text
from db.personas.ledger_rules import experiences, performances
from db.personas.reconcile import LedgerState
from db.personas.shared_entries import SharedEntry, merged_entries, shared_entries
from engine.personas.experience import REMEMBERED, Experience
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import RosterEntry
from engine.personas.roster import Births
from engine.personas.traits import starts_afresh

Personas = Mapping[str, RosterEntry]


class MergedLedger:
    """What follows from the ledger and the contributions; without contributions, from the ledger alone.

    Entries are in the order of their times, then of devices and lines, so that all devices compute the same, whatever
    they merged first. What another device earned with a persona that walks otherwise here does not count; `personas`
    reads those of the workspace.
    """

    def __init__(self, ledger: Ledger, devices: Devices, personas: Callable[[], Personas]) -> None:
        self._ledger, self._devices, self._personas = ledger, devices, personas

    def time(self) -> str:
        """Return the time for a new entry: now, or just after the last entry of another device, if that is later."""
        last = max((contribution.end for contribution in self._devices.contributions().values()), default="")
        current = now()
        return current if current > last else time_text(datetime.fromisoformat(last) + timedelta(milliseconds=1))

    def state(self) -> LedgerState:
        """Return the states, performances and edits of all personas. Raises StoreError."""
        own = list(self._ledger.entries())
        return LedgerState.of(self._merged(own), own)

    def performances(self) -> dict[str, PersonaPerformance]:
        """Return the performance of every persona. Raises StoreError."""
        return performances(self._merged(list(self._ledger.entries())))

    def experiences(self) -> list[Experience]:
        """Return the last `REMEMBERED` experiences, oldest first. Raises StoreError."""
        contributions = {device: each.latest for device, each in self._devices.contributions().items()}
        return experiences(self._merged(self._ledger.latest(REMEMBERED), contributions))

    def births(self) -> Births:
        """Return how many children were added, and in how many runs rewards were paid since the last. StoreError."""
        if not self._devices.contributions():
            return self._ledger.births()
        count, runs = 0, set[str]()
        for entry in self._merged(list(self._ledger.entries())):
            if isinstance(entry, Added) and entry.parents:
                count, runs = count + 1, set()
            elif isinstance(entry, Rewards):
                runs.add(entry.run_id)
        return Births(count, len(runs))

    def _merged(
        self, own: list[LedgerEntry], contributions: Mapping[str, Contribution] | None = None
    ) -> list[LedgerEntry]:
        contributions = self._devices.contributions() if contributions is None else contributions
        if not contributions:
            return own
        personas = self._personas()
        others = {device: counted_entries(contribution, personas) for device, contribution in contributions.items()}
        return merged_entries({**others, self._devices.own_id: shared_entries(own)})


def differing_personas(contribution: Contribution, personas: Personas) -> set[str]:
    """Return the ids of the personas that walk otherwise on the other device than here."""
    return {
        persona.persona_id
        for persona in contribution.all_personas
        if persona.persona_id in personas and starts_afresh(personas[persona.persona_id].persona, persona)
    }


def counted_entries(contribution: Contribution, personas: Personas) -> Sequence[SharedEntry]:
    """Return the entries of another device without those about personas that differ here."""
    if not (differing := differing_personas(contribution, personas)):
        return contribution.entries
    counted = []
    for shared in contribution.entries:
        entry = shared.entry
        if isinstance(entry, Rewards | Feedback):
            same = {name: reward for name, reward in entry.rewards.items() if name not in differing}
            counted.append(SharedEntry(shared.sequence, replace(entry, rewards=same)))
        elif entry.persona_id not in differing:
            counted.append(shared)
    return counted
