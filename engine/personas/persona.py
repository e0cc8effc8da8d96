"""The persona: traits that set its walk, fields of expertise, and the record of its rewards; and its JSON form."""

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

_LINEAGE = ("control", "parents", "generation")  # keys of the metadata that are neither edited nor copied
_LONGEST_MESSAGE = 300  # characters; the schema's messages contain the value, which may be the whole file
PERSONA_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class PersonaState(StrEnum):
    """The state of a persona; each is a folder of the workspace's `personas/`."""

    ACTIVE = "active"
    STABLE = "stable"
    EXPERIMENTAL = "experimental"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona, with the fields of the article's schema.

    `traits` are integers from 1 to 9; `historical_performance` holds `samples`, `mean` and `m2` of its rewards (see
    `engine.personas.metrics`); `metadata` may hold `name`, `description`, `control` and, for a child, `parents` and
    `generation`.
    """

    persona_id: str
    traits: dict[str, int]
    expertise: tuple[str, ...] = ()
    activation_cost: float = 0.0
    historical_performance: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def is_control(self) -> bool:
        """Whether it is the neutral persona that only searches, is always on the panel, and is never pruned."""
        return bool(self.metadata.get("control", False))

    @property
    def name(self) -> str:
        """The name for screens."""
        return str(self.metadata.get("name", self.persona_id))

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of its parents; empty for a persona that was made by hand."""
        return tuple(self.metadata.get("parents", ()))

    @property
    def generation(self) -> int:
        """1 for a persona that was made by hand; for a child, one more than the highest of its parents."""
        return int(self.metadata.get("generation", 1))


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A persona and its state."""

    persona: Persona
    state: PersonaState


def require_persona_id(persona_id: str) -> str:
    """Return the id if it is a safe file name. Raises PersonaError otherwise."""
    if not PERSONA_ID.fullmatch(persona_id):
        raise PersonaError(
            f"persona_id {persona_id!r} is not valid",
            hint="1-64 lower-case letters, digits, - and _, starting with a letter or digit",
        )
    return persona_id


def persona_from_json(data: Any, *, where: str) -> Persona:
    """Return the persona in decoded JSON; `where` names the file in errors.

    Raises PersonaError with the path of the invalid value and what is valid there.
    """
    for problem in persona_problems(data):
        raise PersonaError(f"{where}: {problem}", hint="see `persona-moe personas show --schema`")
    require_persona_id(data["persona_id"])
    return msgspec.convert(data, Persona)


def persona_problems(data: Any) -> list[str]:
    """Return the schema's objections to decoded JSON, each with the path of the value; empty for a valid persona."""
    errors = sorted(_validator().iter_errors(data), key=lambda error: list(map(str, error.absolute_path)))
    paths = ("/".join(map(str, error.absolute_path)) or "top level" for error in errors)
    return [f"{path[:_LONGEST_MESSAGE]}: {_brief(error.message)}" for path, error in zip(paths, errors, strict=True)]


def _brief(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"


def content_of(persona: Persona) -> dict[str, Any]:
    """Return a persona without id and rewards, as JSON holds it: traits, expertise, activation cost, metadata."""
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(persona))
    return {name: content[name] for name in ("traits", "expertise", "activation_cost", "metadata")}


def with_content(persona: Persona, content: dict[str, Any]) -> Persona:
    """Return the persona with another content (see `content_of`)."""
    return msgspec.convert({**msgspec.to_builtins(persona), **content}, Persona)


def copy_of(persona: Persona, persona_id: str) -> Persona:
    """Return a copy under another id, without rewards and lineage; a copy of the control is not a control."""
    metadata = {name: value for name, value in persona.metadata.items() if name not in _LINEAGE}
    return replace(persona, persona_id=persona_id, historical_performance={}, metadata=metadata)


def edited(persona: Persona, edit: Persona) -> Persona:
    """Return the persona with the content of `edit`; its id, its rewards and its lineage stay.

    Raises PersonaError for other traits of the control.
    """
    if persona.is_control and edit.traits != persona.traits:
        raise PersonaError(
            f"{persona.persona_id} is the neutral control",
            hint="it only searches: its texts can change, not its traits",
        )
    lineage = {name: persona.metadata[name] for name in _LINEAGE if name in persona.metadata}
    metadata = {name: value for name, value in edit.metadata.items() if name not in _LINEAGE}
    return replace(
        edit,
        persona_id=persona.persona_id,
        historical_performance=persona.historical_performance,
        metadata={**metadata, **lineage},
    )


def persona_to_json(persona: Persona) -> str:
    """Return the text of a persona file: indented, keys in the schema's order, a newline at the end."""
    return json.dumps(msgspec.to_builtins(persona), ensure_ascii=False, indent=2) + "\n"


def persona_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a persona file."""
    schema: dict[str, Any] = json.loads(shipped("personas/schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Any:
    return strict_validator(persona_schema())
