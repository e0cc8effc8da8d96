"""A persona: traits that set how it walks, expertise that says where it is at home, and what it has earned."""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec

from engine.errors import PersonaError
from engine.schema import strict_validator
from engine.shipped import shipped

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
    rewards it earned (see `engine.metrics`); `metadata` may hold `name`, `description`, `control` and, of a
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
    for error in sorted(_validator().iter_errors(data), key=lambda e: list(map(str, e.absolute_path))):
        at = "/".join(map(str, error.absolute_path)) or "top level"
        raise PersonaError(f"{where}: {at}: {error.message}", hint="see `persona-moe personas show --schema`")
    require_persona_id(data["persona_id"])
    return msgspec.convert(data, Persona)


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
