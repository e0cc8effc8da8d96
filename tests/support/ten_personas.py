"""Ten personas in three states, who go by every kind of evidence: a roster for tests of screens and commands."""

from pathlib import Path

from engine.personas.persona import Persona, PersonaState, persona_to_json

_TEN = [
    (
        Persona(
            "analyst",
            {"breadth": 7, "analysis": 7},
            ("comparison of two things", "dates and numbers"),
            0.02,
            metadata={
                "name": "The Analyst",
                "description": "Balanced in everything, with an eye on many paths at once.",
            },
        ),
        PersonaState.ACTIVE,
    ),
    (
        Persona(
            "archivist",
            {"attention": 2, "originality": 8},
            ("titles and registers", "records and documents"),
            0.02,
            metadata={
                "name": "The Archivist",
                "description": "Goes by rare names, whatever the words around them say.",
            },
        ),
        PersonaState.ACTIVE,
    ),
    (
        Persona(
            "control",
            {},
            (),
            0.0,
            metadata={
                "name": "The Control",
                "description": "Searches and does not walk: what it finds, anyone would find. Keeps the others honest.",
                "control": True,
            },
        ),
        PersonaState.ACTIVE,
    ),
    (
        Persona(
            "networker",
            {"ambition": 2, "caution": 2},
            ("people and their relations", "places and who lived there"),
            0.02,
            metadata={
                "name": "The Networker",
                "description": "Follows who is linked to whom rather than the words of the question.",
            },
        ),
        PersonaState.ACTIVE,
    ),
    (
        Persona(
            "skeptic",
            {"ambition": 2, "skepticism": 8},
            ("disputes and contradictions", "evidence"),
            0.02,
            metadata={"name": "The Skeptic", "description": "Wants a second path to everything."},
        ),
        PersonaState.ACTIVE,
    ),
    (
        Persona(
            "tracker",
            {"ambition": 8, "literalness": 8},
            ("family and descent", "who did what", "offices held"),
            0.02,
            metadata={
                "name": "The Tracker",
                "description": "Hunts for what is still missing, and holds on to what is named outright.",
            },
        ),
        PersonaState.ACTIVE,
    ),
    (
        Persona(
            "minimalist",
            {"association": 2, "ambition": 2},
            ("single facts",),
            0.1,
            metadata={
                "name": "The Minimalist",
                "description": "Expects little of a further step and stays near where it began.",
            },
        ),
        PersonaState.EXPERIMENTAL,
    ),
    (
        Persona(
            "reader",
            {"focus": 2, "skepticism": 2},
            ("plain facts", "descriptions"),
            0.1,
            metadata={"name": "The Reader", "description": "Reads each passage for itself, whatever was read before."},
        ),
        PersonaState.STABLE,
    ),
    (
        Persona(
            "specialist",
            {"association": 2, "thoroughness": 8},
            ("rare names", "crafts and technical terms"),
            0.1,
            metadata={
                "name": "The Specialist",
                "description": "Begins in many places and trusts words more than links.",
            },
        ),
        PersonaState.STABLE,
    ),
    (
        Persona(
            "wanderer",
            {"curiosity": 8, "thoroughness": 8},
            ("long chains of connections", "journeys"),
            0.1,
            metadata={
                "name": "The Wanderer",
                "description": "Begins in many places and follows every name mentioned in passing.",
            },
        ),
        PersonaState.STABLE,
    ),
]


def write_ten_personas(workspace: Path) -> None:
    """Write them into a workspace in place of those that it has."""
    for path in (workspace / "personas").glob("*/*.json"):
        path.unlink()
    for state in PersonaState:
        (workspace / "personas" / state).mkdir(parents=True, exist_ok=True)
    for persona, state in _TEN:
        (workspace / "personas" / state / f"{persona.persona_id}.json").write_text(persona_to_json(persona))
