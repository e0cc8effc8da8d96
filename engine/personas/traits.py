"""Translate a persona's traits into the parameters of its search: each trait of the table sets one parameter.

A trait of 5, or none, gives the common value; 1 and 9 give the ends, with linear interpolation between. Traits that
are not in the table set how a persona writes (`engine.answer.voice`).
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple

from engine.personas.persona import Persona


class Kind(StrEnum):
    """A kind of evidence. Each is also a trait, and a parameter: how far a persona goes by it, 0-1."""

    WORDS = "words"
    NAMES = "names"
    STRUCTURE = "structure"
    CLOSENESS = "closeness"
    AMOUNTS = "amounts"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class WalkParameters:
    """The weights of the kinds of evidence, and the parameters of the walk by names; weights have no unit."""

    words: float = 0.5
    names: float = 0.5
    structure: float = 0.5
    closeness: float = 0.5
    amounts: float = 0.5
    meaning: float = 0.0  # only of those that say so: it needs an embedding model

    hops: int = 2  # steps away from the start
    beam: int = 4  # paths followed at each step
    seeds: int = 6  # plain hits from which the walk starts; with 0 it only searches
    title_bonus: float = 1.5  # for a passage whose title is in the question
    anchor: float = 0.8  # share by which the words of a known name count less in other passages, 0-1
    focus: float = 1.0  # share by which a covered term counts less on the same path, 0-1
    gain_weight: float = 1.5  # of newly covered terms
    link_weight: float = 0.75  # of the link itself
    rarity: float = 0.7  # weight of the linking name's rarity
    relation_weight: float = 1.0  # of question words near that name
    shared: float = 0.6  # worth of a link by a shared name; a title link counts 1
    corroboration: float = 0.15  # share of a second path's value that is added, 0-1

    def kinds(self) -> dict[Kind, float]:
        """Return the weights of the kinds of evidence."""
        return {kind: getattr(self, kind) for kind in Kind}


_WHOLE = {field.name for field in fields(WalkParameters) if field.type is int}
PLAIN = WalkParameters(1.0, 0.0, 0.0, 0.0, 0.0, hops=0, seeds=0)


class Scale(NamedTuple):
    """The parameter that a trait sets, its values at 1, 5 and 9, and its meaning in a few words."""

    parameter: str
    low: float
    middle: float
    high: float
    meaning: str

    def at(self, trait: int) -> float:
        """Return the parameter for a trait of 1 to 9, by linear interpolation between the three values."""
        end = self.low if trait < 5 else self.high  # noqa: PLR2004 - the middle of 1 to 9
        return self.middle + (end - self.middle) * abs(trait - 5) / 4


TRAITS: dict[str, Scale] = {
    "words": Scale("words", 0.0, 0.5, 1.0, "goes by the words of the question"),
    "names": Scale("names", 0.0, 0.5, 1.0, "goes from name to name"),
    "structure": Scale("structure", 0.0, 0.5, 1.0, "goes by what stands beside, and by whole documents"),
    "closeness": Scale("closeness", 0.0, 0.5, 1.0, "goes by how close together the words stand"),
    "amounts": Scale("amounts", 0.0, 0.5, 1.0, "goes by numbers and tables"),
    "meaning": Scale("meaning", 0.0, 0.0, 1.0, "goes by what passages mean, with an embedding model"),
    "association": Scale("link_weight", 0.4, 0.75, 1.4, "weight of a link itself"),
    "ambition": Scale("gain_weight", 0.6, 1.5, 3.0, "weight of newly covered terms"),
    "attention": Scale("relation_weight", 0.0, 1.0, 3.0, "weight of question words near a name"),
    "breadth": Scale("beam", 2, 4, 8, "paths followed at each step"),
    "caution": Scale("anchor", 0.0, 0.8, 1.0, "how far a known name stops counting elsewhere"),
    "curiosity": Scale("shared", 0.2, 0.6, 1.0, "worth of a link by a shared name"),
    "focus": Scale("focus", 0.6, 1.0, 1.0, "how far a covered term stops counting"),
    "literalness": Scale("title_bonus", 0.5, 1.5, 3.0, "bonus for titles named in the question"),
    "originality": Scale("rarity", 0.2, 0.7, 1.5, "weight of rare names"),
    "persistence": Scale("hops", 0, 2, 4, "steps away from the start"),
    "skepticism": Scale("corroboration", 0.0, 0.15, 0.6, "worth of a second path to a passage"),
    "thoroughness": Scale("seeds", 2, 6, 14, "plain hits to start from"),
}


def walk_parameters(persona: Persona) -> WalkParameters:
    """Return the parameters of a persona; the control only searches for the words."""
    if persona.is_control:
        return PLAIN
    named = {trait: value for trait, value in persona.traits.items() if trait in TRAITS}
    return WalkParameters(**{TRAITS[trait].parameter: trait_value(trait, value) for trait, value in named.items()})  # type: ignore[arg-type]


def needs_vectors(persona: Persona) -> bool:
    """Tell whether a persona goes by meaning alone, so that it finds nothing without an embedding model."""
    return not persona.is_control and {k for k, weight in walk_parameters(persona).kinds().items() if weight} == {
        Kind.MEANING
    }


def starts_afresh(old: Persona, new: Persona) -> bool:
    """Whether an edit ends the record of a persona: rewards count only for the walk that earned them."""
    return walk_parameters(new) != walk_parameters(old)


def trait_value(trait: str, value: int) -> float:
    """Return the parameter's value for a walk trait of 1 to 9; a whole number for steps, paths and hits."""
    scale = TRAITS[trait]
    exact = scale.at(value)
    return round(exact) if scale.parameter in _WHOLE else exact
