"""What a persona's traits mean for its walk: one table, each named trait sets one parameter.

A trait of 5 (or none) leaves the parameter as it is for everyone; 1 and 9 are the ends, values between lie on
straight lines. Traits that are not in the table say how a persona writes (`engine.answer.voice`).
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

from engine.personas.persona import Persona


@dataclass(frozen=True, slots=True)
class WalkParameters:
    """How a persona walks. Every field is one habit; weights are relative to each other, without units."""

    hops: int = 2  # steps away from where the walk starts
    beam: int = 4  # paths that are followed at each step
    seeds: int = 6  # plain hits that the walk starts from; without any, it only searches
    title_bonus: float = 1.5  # a passage whose title stands in the question
    anchor: float = 0.8  # how far the words of a recognised name stop counting elsewhere, 0-1
    focus: float = 1.0  # how far a covered term stops counting on the same path, 0-1
    gain_weight: float = 1.5  # newly covered terms
    link_weight: float = 0.75  # the link itself
    rarity: float = 0.7  # of the name that the link goes by
    relation_weight: float = 1.0  # question words near that name
    shared: float = 0.6  # a link by a name that both passages mention, a link by title being 1
    corroboration: float = 0.15  # what a second path to the same passage adds, 0-1


_WHOLE = {field.name for field in fields(WalkParameters) if field.type is int}
PLAIN = WalkParameters(hops=0, seeds=0)


class Scale(NamedTuple):
    """The parameter that a trait sets, its values at 1, 5 and 9, and what it is in a few words."""

    parameter: str
    low: float
    middle: float
    high: float
    meaning: str


TRAITS: dict[str, Scale] = {
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
    """The walk that a persona's traits make; the control only searches."""
    if persona.is_control:
        return PLAIN
    named = {trait: value for trait, value in persona.traits.items() if trait in TRAITS}
    return WalkParameters(**{TRAITS[trait].parameter: trait_value(trait, value) for trait, value in named.items()})  # type: ignore[arg-type]


def trait_value(trait: str, value: int) -> float:
    """What a walk trait of `value` (1 to 9) sets its parameter to; whole where that counts steps or paths."""
    scale = TRAITS[trait]
    exact = _value(scale, value)
    return round(exact) if scale.parameter in _WHOLE else exact


def _value(scale: Scale, trait: int) -> float:
    end = scale.low if trait < 5 else scale.high  # noqa: PLR2004 - the middle of 1 to 9
    return scale.middle + (end - scale.middle) * abs(trait - 5) / 4
