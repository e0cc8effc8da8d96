"""Two personas for tests beside the shipped ones, which are all active: one that is stable, one on trial."""

from pathlib import Path

from engine.personas.persona import Persona, persona_to_json

STABLE = Persona("wanderer", {"words": 1, "names": 9, "structure": 1, "closeness": 1, "amounts": 1, "curiosity": 8})
ON_TRIAL = Persona("minimalist", {"words": 1, "names": 1, "structure": 1, "closeness": 1, "amounts": 1})
"""It goes by no kind of evidence, so it finds nothing."""


def add_reserves(workspace: Path) -> None:
    """Add both to the personas of a workspace."""
    for state, persona in (("stable", STABLE), ("experimental", ON_TRIAL)):
        folder = workspace / "personas" / state
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{persona.persona_id}.json").write_text(persona_to_json(persona))
