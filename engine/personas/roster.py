"""The protocol by which the engine reads and changes all personas, and its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import msgspec

from engine.events import PersonaTransitioned
from engine.personas.experience import Experience
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry


class Verdict(StrEnum):
    """The decision on a persona's state."""

    KEEP = "keep"
    PROMOTE = "promote"
    DEMOTE = "demote"
    PRUNE = "prune"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Births:
    """The number of children born into a roster, and of rewarded runs since the last birth."""

    count: int
    runs_since: int


class Roster(Protocol):
    """All personas of a workspace with their states."""

    def entries(self) -> Sequence[RosterEntry]:
        """Return every persona that can be read, ordered by id."""
        ...

    def change(self, persona_id: str, verdict: Verdict, *, rule: str, decided_by: str) -> PersonaTransitioned:
        """Carry out a verdict and record it. Raises PersonaError if it cannot apply.

        A restored persona starts again without rewards; the earlier ones stay in the record but do not count.
        """
        ...

    def record_rewards(self, run_id: str, rewards: Mapping[str, float], features: tuple[float, ...] = ()) -> None:
        """Add one reward in [0, 1] to the historical performance of each named persona, and record it.

        `features` are those of the question, for a gate that learns.
        """
        ...

    def experiences(self) -> Sequence[Experience]:
        """Return the latest `REMEMBERED` experiences, oldest first."""
        ...

    def add(
        self, persona: Persona, state: PersonaState = PersonaState.EXPERIMENTAL, *, decided_by: str = "user"
    ) -> RosterEntry:
        """Add a persona in `state`, and record it. Raises PersonaError if its id is used or not valid."""
        ...

    def births(self) -> Births:
        """Return the births so far; a persona that names parents counts as born when it is added."""
        ...


def require_rewards(rewards: Mapping[str, float]) -> None:
    """Raise ValueError with the rewards that are not in [0, 1], if any."""
    if bad := {name: reward for name, reward in rewards.items() if not 0.0 <= reward <= 1.0}:
        raise ValueError(f"rewards outside [0, 1]: {bad}")


def performance_of(persona: Persona) -> PersonaPerformance:
    """Return the rewards so far, from the persona's `historical_performance`; other figures in it are ignored."""
    return msgspec.convert(persona.historical_performance, PersonaPerformance)


def with_performance(persona: Persona, performance: PersonaPerformance) -> Persona:
    """Return the persona with this performance; other figures in its `historical_performance` stay."""
    figures = {**persona.historical_performance, **msgspec.to_builtins(performance)}
    return replace(persona, historical_performance=figures)
