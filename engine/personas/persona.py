"""A persona: traits that set how it walks, expertise that says where it is at home, and what it has earned."""

import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec

from engine.errors import PersonaError
from engine.personas.json_schema import strict_validator
from engine.shipped import shipped

_LINEAGE = ("control", "parents", "generation")  # of the metadata: no one edits or copies it
_TOLD = 300  # characters of an error message: it holds the value, which may be the whole file
PERSONA_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class PersonaState(StrEnum):
    """Where a persona stands; each state is a folder of the workspace's `personas/`."""

    ACTIVE = "active"
    STABLE = "stable"
    EXPERIMENTAL = "experimental"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona, with the fields of the article's schema.

    `traits` are integers from 1 to 9; `historical_performance` holds `samples`, `mean` and `m2` of the
    rewards it earned (see `engine.personas.metrics`); `metadata` may hold `name`, `description`, `control` and, of a
    child, `parents` and `generation`.
    """

    persona_id: str
    traits: dict[str, int]
    expertise: tuple[str, ...] = ()
    activation_cost: float = 0.0
    historical_performance: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def is_control(self) -> bool:
        """The neutral persona that only searches: always on the panel, never pruned."""
        return bool(self.metadata.get("control", False))

    @property
    def name(self) -> str:
        """What the screen calls it."""
        return str(self.metadata.get("name", self.persona_id))

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the personas that it descends from; empty for one that was made by hand."""
        return tuple(self.metadata.get("parents", ()))

    @property
    def generation(self) -> int:
        """1 for a persona that was made by hand, one more than its parents for a child."""
        return int(self.metadata.get("generation", 1))


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A persona and the state it is in."""

    persona: Persona
    state: PersonaState


def require_persona_id(persona_id: str) -> str:
    """The id itself if it is a safe file name; raises PersonaError otherwise."""
    if not PERSONA_ID.fullmatch(persona_id):
        raise PersonaError(
            f"persona_id {persona_id!r} is not valid",
            hint="1-64 lower-case letters, digits, - and _, starting with a letter or digit",
        )
    return persona_id


def persona_from_json(data: Any, *, where: str) -> Persona:
    """The persona that `data` (decoded JSON) describes; `where` names the file in errors.

    Raises PersonaError with the path of the offending value and what is valid there.
    """
    for problem in persona_problems(data):
        raise PersonaError(f"{where}: {problem}", hint="see `persona-moe personas show --schema`")
    require_persona_id(data["persona_id"])
    return msgspec.convert(data, Persona)


def persona_problems(data: Any) -> list[str]:
    """What the schema says against `data` (decoded JSON), each with the path of the value; empty for a persona."""
    errors = sorted(_validator().iter_errors(data), key=lambda error: list(map(str, error.absolute_path)))
    places = ("/".join(map(str, error.absolute_path)) or "top level" for error in errors)
    return [f"{place[:_TOLD]}: {_brief(error.message)}" for place, error in zip(places, errors, strict=True)]


def _brief(message: str) -> str:
    return message if len(message) <= _TOLD else f"{message[:_TOLD]}…"


def content_of(persona: Persona) -> dict[str, Any]:
    """What a persona is, without what it earned, as JSON holds it: traits, expertise, activation cost, metadata."""
    kept = {"traits": persona.traits, "expertise": persona.expertise, "activation_cost": persona.activation_cost}
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({**kept, "metadata": persona.metadata}))
    return content


def with_content(persona: Persona, content: dict[str, Any]) -> Persona:
    """The persona with another `content_of`."""
    return msgspec.convert({**msgspec.to_builtins(persona), **content}, Persona)


def copy_of(persona: Persona, persona_id: str) -> Persona:
    """A persona like this one under another id, with no record; a copy of the control is none, nor has it parents."""
    metadata = {name: value for name, value in persona.metadata.items() if name not in _LINEAGE}
    return replace(persona, persona_id=persona_id, historical_performance={}, metadata=metadata)


def edited(before: Persona, wanted: Persona) -> Persona:
    """`before` with the content that is `wanted`; who its parents are, and whether it is the control, stays.

    Raises PersonaError for other traits of the control.
    """
    if before.is_control and wanted.traits != before.traits:
        raise PersonaError(
            f"{before.persona_id} is the neutral control", hint="it only searches: its texts can change, not its traits"
        )
    lineage = {name: before.metadata[name] for name in _LINEAGE if name in before.metadata}
    metadata = {name: value for name, value in wanted.metadata.items() if name not in _LINEAGE}
    kept = before.persona_id, before.historical_performance
    return replace(wanted, persona_id=kept[0], historical_performance=kept[1], metadata={**metadata, **lineage})


def persona_to_json(persona: Persona) -> str:
    """The persona as its file holds it: indented, keys in the schema's order, a newline at the end."""
    return json.dumps(msgspec.to_builtins(persona), ensure_ascii=False, indent=2) + "\n"


def persona_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a persona file."""
    schema: dict[str, Any] = json.loads(shipped("personas/schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Any:
    return strict_validator(persona_schema())
