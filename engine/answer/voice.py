"""Derive from a persona's traits how it writes: two traits set a parameter each, all others only describe it."""

from dataclasses import dataclass

from engine.model.untrusted_text import disarmed
from engine.personas.persona import Persona
from engine.personas.traits import TRAITS, Scale


@dataclass(frozen=True, slots=True)
class Voice:
    """How a persona writes: `temperature` is a factor of the configured one, `claims` the highest number of claims."""

    temperature: float = 1.0
    claims: int = 4


VOICE_TRAITS: dict[str, Scale] = {
    "creativity": Scale("temperature", 0.0, 1.0, 3.0, "factor of the temperature"),
    "talkativeness": Scale("claims", 1, 4, 8, "highest number of claims"),
}


def voice_of(persona: Persona) -> Voice:
    """Return the voice of a persona; a trait of 5, or none, gives the common value."""
    scales = [(VOICE_TRAITS[name], value) for name, value in persona.traits.items() if name in VOICE_TRAITS]
    parameters = {scale.parameter: scale.at(value) for scale, value in scales}
    return Voice(parameters.get("temperature", 1.0), round(parameters.get("claims", 4)))


def instructions_of(persona: Persona) -> str:
    """Describe a persona to the model that writes for it, without the traits that set parameters."""
    described = [
        f"{disarmed(name)} {value} of 9"
        for name, value in persona.traits.items()
        if name not in TRAITS and name not in VOICE_TRAITS
    ]
    lines = [f"You are {disarmed(persona.name)}.", disarmed(str(persona.metadata.get("description", "")))]
    lines += [f"In your words: {', '.join(described)}."] if described else []
    lines += [f"You are at home in {disarmed(', '.join(persona.expertise))}."] if persona.expertise else []
    return " ".join(filter(None, lines))
