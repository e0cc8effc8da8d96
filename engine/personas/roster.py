"""The personas and their records behind one protocol, and the values that pass through it."""

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
    """What becomes of a persona."""

    KEEP = "keep"
    PROMOTE = "promote"
    DEMOTE = "demote"
    PRUNE = "prune"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Births:
    """How many children were born into a roster, and in how many runs rewards were paid since the last of them."""

    count: int
    runs_since: int


class Roster(Protocol):
    """All personas of a workspace and the states they are in."""

    def entries(self) -> Sequence[RosterEntry]:
        """Every persona that can be read, ordered by id."""
        ...

    def change(self, persona_id: str, verdict: Verdict, *, rule: str, decided_by: str) -> PersonaTransitioned:
        """Carry out a verdict and record it; raises PersonaError if it cannot apply.

        A restored persona starts afresh: what it earned before stays in the record and no longer counts.
        """
        ...

    def record_rewards(self, run_id: str, rewards: Mapping[str, float], features: tuple[float, ...] = ()) -> None:
        """Add one reward in [0, 1] to each named persona's historical performance, and record it.

        `features` are those of the question, for a gate that learns.
        """
        ...

    def experiences(self) -> Sequence[Experience]:
        """The latest rewards with the features of their questions, oldest first, as many as a gate learns from."""
        ...

    def add(
        self, persona: Persona, state: PersonaState = PersonaState.EXPERIMENTAL, *, decided_by: str = "user"
    ) -> RosterEntry:
        """A new persona in `state`, recorded; raises PersonaError if its id is taken or it is not valid."""
        ...

    def births(self) -> Births:
        """How many children were born, and how long ago the last one; a child is added with its parents named."""
        ...


def require_rewards(rewards: Mapping[str, float]) -> None:
    """Raises ValueError naming the rewards that are not in [0, 1]."""
    if bad := {name: reward for name, reward in rewards.items() if not 0.0 <= reward <= 1.0}:
        raise ValueError(f"rewards outside [0, 1]: {bad}")


def performance_of(persona: Persona) -> PersonaPerformance:
    """What the persona has earned so far, from its `historical_performance`."""
    known = {
        name: persona.historical_performance[name]
        for name in ("samples", "mean", "m2")
        if name in persona.historical_performance
    }
    return msgspec.convert(known, PersonaPerformance)


def with_performance(persona: Persona, performance: PersonaPerformance) -> Persona:
    """The persona with this record; other figures beside it stay."""
    kept = {**persona.historical_performance, **msgspec.to_builtins(performance)}
    return replace(persona, historical_performance=kept)
