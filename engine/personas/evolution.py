"""Make children of proven personas by crossover and mutation of traits; they join the roster as experimental.

Deterministic: the same seed, roster and number of births make the same child.
"""

import random
import re
from collections.abc import Mapping, Sequence
from itertools import chain, count, zip_longest

from engine.errors import PersonaError
from engine.events import PersonaBorn
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import Roster, performance_of
from engine.personas.traits import TRAITS, walk_parameters
from engine.settings.settings import Thresholds

_LOWEST, _MIDDLE, _HIGHEST = 1, 5, 9  # of a trait; the middle changes nothing
_MUTATIONS = (-2, -1, 1, 2)
_TRIES = 1000  # mutations before giving up on a child that walks differently from all others
_EXPERTISE = 6  # fields at most: with every field, a child would be called for every question
_PARENT_NAME = 24  # characters of a parent's id in that of its child

Traits = dict[str, int]


def crossover(a: Mapping[str, int], b: Mapping[str, int], rng: random.Random) -> Traits:
    """Take each walk trait from one of two parents at random (uniform crossover; Syswerda, ICGA 1989)."""
    return _without_middle({trait: rng.choice((a, b)).get(trait, _MIDDLE) for trait in TRAITS})


def mutate(a: Mapping[str, int], rng: random.Random) -> Traits:
    """Change one walk trait by one or two, within 1 to 9."""
    trait = rng.choice(sorted(TRAITS))
    value = a.get(trait, _MIDDLE)
    change = rng.choice([change for change in _MUTATIONS if _LOWEST <= value + change <= _HIGHEST])
    return _without_middle({**{name: a.get(name, _MIDDLE) for name in TRAITS}, trait: value + change})


def _without_middle(traits: Traits) -> Traits:
    """Leave out the traits that change nothing."""
    return {trait: value for trait, value in traits.items() if value != _MIDDLE}


def child_of(parents: Sequence[RosterEntry], roster: Sequence[RosterEntry], rng: random.Random) -> Persona:
    """Make a child of one parent (mutation) or two (crossover) that walks differently from every persona of the roster.

    Pruned personas count, too. Raises PersonaError if a parent is the control, is pruned, or has no such child.
    """
    for persona, state in ((entry.persona, entry.state) for entry in parents):
        if persona.is_control:
            raise PersonaError(f"{persona.persona_id} is the neutral control", hint="it has no traits to pass on")
        if state is PersonaState.PRUNED:
            raise PersonaError(f"{persona.persona_id} is pruned", hint="restore it first")
    first, *others = (entry.persona for entry in parents)
    traits = crossover(first.traits, others[0].traits, rng) if others else mutate(first.traits, rng)
    walks = {walk_parameters(entry.persona) for entry in roster}
    for _ in range(_TRIES):
        if walk_parameters(Persona("", traits)) not in walks:
            return _named([first, *others], roster, traits)
        traits = mutate(traits, rng)
    names = " and ".join(parent.persona_id for parent in (first, *others))
    raise PersonaError(f"no child of {names} would walk like no one else", hint="choose other parents")


def breed(roster: Roster, parents: Sequence[RosterEntry], *, seed: int, decided_by: str) -> PersonaBorn:
    """Add a child of one or two personas to the roster as experimental. Raises PersonaError."""
    entries = roster.entries()
    rng = random.Random(f"{seed}-{roster.births().count}")  # noqa: S311 - chance that can be repeated, no secret
    child = child_of(parents, entries, rng)
    roster.add(child, PersonaState.EXPERIMENTAL, decided_by=decided_by)
    return PersonaBorn(child.persona_id, child.parents, child.traits, decided_by)


def evolve(roster: Roster, thresholds: Thresholds, *, seed: int, decided_by: str) -> PersonaBorn | None:
    """Add the child that is due after a run: of the best two proven personas, or of the only one.

    None unless `evolution` is on, `evolution_interval` runs were rewarded since the last birth, there are fewer than
    `max_experimental` experimental personas, and a persona is proven. Raises PersonaError if the child cannot join.
    """
    if not thresholds.evolution or roster.births().runs_since < thresholds.evolution_interval:
        return None
    entries = roster.entries()
    trials = sum(entry.state is PersonaState.EXPERIMENTAL for entry in entries)
    parents = _proven(entries, thresholds)[:2] if trials < thresholds.max_experimental else []
    return breed(roster, parents, seed=seed, decided_by=decided_by) if parents else None


def _proven(entries: Sequence[RosterEntry], thresholds: Thresholds) -> list[RosterEntry]:
    """Return the stable and active personas with enough samples, by the lower bound of their mean, best first."""
    ranked = []
    for entry in entries:
        earned = performance_of(entry.persona)
        settled = entry.state in {PersonaState.STABLE, PersonaState.ACTIVE} and not entry.persona.is_control
        if settled and earned.samples >= thresholds.minimum_samples:
            ranked.append((-earned.bounds(thresholds.confidence)[0], entry.persona.persona_id, entry))
    return [entry for _, _, entry in sorted(ranked, key=lambda rank: rank[:2])]


def _named(parents: Sequence[Persona], roster: Sequence[RosterEntry], traits: Traits) -> Persona:
    names = [parent.persona_id for parent in parents]
    prefix = "-".join(dict.fromkeys(re.sub(r"-\d+$", "", name)[:_PARENT_NAME].rstrip("-_") for name in names))
    used = {entry.persona.persona_id for entry in roster}
    persona_id = next(name for n in count(2) if (name := f"{prefix}-{n}") not in used)
    summary = ", ".join(f"{trait} {value}" for trait, value in traits.items()) or "every trait in the middle"
    fields = chain.from_iterable(zip_longest(*(parent.expertise for parent in parents)))
    return Persona(
        persona_id,
        traits,
        tuple(dict.fromkeys(field for field in fields if field is not None))[:_EXPERTISE],
        round(sum(parent.activation_cost for parent in parents) / len(parents), 4),
        metadata={
            "name": persona_id.title(),
            "description": f"Child of {' and '.join(name.title() for name in names)}: {summary}.",
            "parents": names,
            "generation": 1 + max(parent.generation for parent in parents),
        },
    )
