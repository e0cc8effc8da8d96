"""Keeps a roster in memory, for simulations of many runs: no file and no ledger."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.errors import PersonaError
from engine.events import PersonaTransitioned
from engine.personas.experience import REMEMBERED, Experience, MarkedRanking
from engine.personas.lifecycle import state_after
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry, require_persona_id
from engine.personas.roster import Births, Verdict, performance_of, require_rewards, with_performance


class MemoryRoster:
    """An `engine.personas.roster.Roster` that starts with `entries`; to be used by one thread at a time."""

    def __init__(self, entries: Sequence[RosterEntry] = ()) -> None:
        self._entries = {entry.persona.persona_id: entry for entry in entries}
        self._born = 0
        self._runs: set[str] = set()  # since the last birth
        self._experiences: deque[Experience] = deque(maxlen=REMEMBERED)

    def entries(self) -> Sequence[RosterEntry]:
        """Return all personas, ordered by id."""
        return [entry for _, entry in sorted(self._entries.items())]

    def experiences(self) -> Sequence[Experience]:
        """Return the latest rewards, oldest first."""
        return list(self._experiences)

    def births(self) -> Births:
        """Return the number of children, and of rewarded runs since the last one."""
        return Births(self._born, len(self._runs))

    def change(self, persona_id: str, verdict: Verdict, *, rule: str, decided_by: str) -> PersonaTransitioned:
        """Carry out a verdict; a restored persona starts afresh. Raises PersonaError if it cannot apply."""
        entry = self._pick(persona_id)
        state = state_after(entry, verdict)
        self._entries[persona_id] = replace(entry, state=state)
        earned = performance_of(entry.persona).moved()
        self._set(persona_id, PersonaPerformance() if verdict is Verdict.RESTORE else earned)
        if verdict is Verdict.RESTORE:
            self._experiences = deque((past.without(persona_id) for past in self._experiences), REMEMBERED)
        return PersonaTransitioned(persona_id, entry.state, state, rule, decided_by)

    def record_rewards(
        self,
        run_id: str,
        rewards: Mapping[str, float],
        features: tuple[float, ...] = (),
        *,
        weight: int = 1,
        marked: MarkedRanking | None = None,
    ) -> None:
        """Add one reward in [0, 1] to each named persona, counting as `weight` samples; `marked` as in `Experience`.

        Raises PersonaError for an unknown persona and ValueError for a bad reward, with nothing changed.
        """
        require_rewards(rewards)
        earned = {name: performance_of(self._pick(name).persona) for name in rewards}
        for name, reward in rewards.items():
            self._set(name, earned[name].with_reward(reward, weight))
        if rewards:
            self._runs.add(run_id)
        if rewards or marked:
            self._experiences.append(Experience(features, dict(rewards), weight, marked))

    def add(
        self, persona: Persona, state: PersonaState = PersonaState.EXPERIMENTAL, *, decided_by: str = "user"
    ) -> RosterEntry:
        """Add a persona in `state`; raises PersonaError if its id is taken or not valid."""
        del decided_by
        if require_persona_id(persona.persona_id) in self._entries:
            raise PersonaError(f"{persona.persona_id} is there already", hint="choose another persona_id")
        entry = RosterEntry(persona, state)
        self._entries[persona.persona_id] = entry
        if persona.parents:
            self._born += 1
            self._runs.clear()
        return entry

    def _pick(self, persona_id: str) -> RosterEntry:
        if persona_id not in self._entries:
            raise PersonaError(f"there is no persona {persona_id!r}")
        return self._entries[persona_id]

    def _set(self, persona_id: str, performance: PersonaPerformance) -> None:
        entry = self._entries[persona_id]
        self._entries[persona_id] = replace(entry, persona=with_performance(entry.persona, performance))
