"""How a persona writes with a language model: two traits set a parameter each, all others only colour the prompt."""

from dataclasses import dataclass
from typing import NamedTuple

from engine.model.untrusted_text import disarmed
from engine.personas.persona import Persona
from engine.personas.traits import TRAITS


@dataclass(frozen=True, slots=True)
class Voice:
    """A persona's way of writing: `temperature` is a factor of the configured one, `claims` how many it may make."""

    temperature: float = 1.0
    claims: int = 4


class VoiceScale(NamedTuple):
    """The parameter of the voice that a trait sets, and its values at 1, 5 and 9."""

    parameter: str
    low: float
    middle: float
    high: float

    def at(self, trait: int) -> float:
        """The value for a trait of 1 to 9, on straight lines between the three."""
        end = self.low if trait < 5 else self.high  # noqa: PLR2004 - the middle of 1 to 9
        return self.middle + (end - self.middle) * abs(trait - 5) / 4


VOICE_TRAITS: dict[str, VoiceScale] = {
    "creativity": VoiceScale("temperature", 0.0, 1.0, 3.0),
    "talkativeness": VoiceScale("claims", 1, 4, 8),
}


def voice_of(persona: Persona) -> Voice:
    """The voice that a persona's traits make; a trait of 5 (or none) leaves it as it is for everyone."""
    named = [(VOICE_TRAITS[name], value) for name, value in persona.traits.items() if name in VOICE_TRAITS]
    made = {scale.parameter: scale.at(value) for scale, value in named}
    return Voice(made.get("temperature", 1.0), round(made.get("claims", 4)))


def instructions_of(persona: Persona) -> str:
    """What a model is told of the persona that it speaks for; how it walks is none of its business."""
    colours = [
        f"{disarmed(n)} {v} of 9" for n, v in persona.traits.items() if n not in TRAITS and n not in VOICE_TRAITS
    ]
    told = [f"You are {disarmed(persona.name)}.", disarmed(str(persona.metadata.get("description", "")))]
    told += [f"In your words: {', '.join(colours)}."] if colours else []
    told += [f"You are at home in {disarmed(', '.join(persona.expertise))}."] if persona.expertise else []
    return " ".join(filter(None, told))
