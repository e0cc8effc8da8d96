"""The kinds of entries of the ledger."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState
from engine.run.feedback import WEIGHT


class Added(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """A persona was seen for the first time, in `state`, with what it had earned until then.

    `parents` are those of a child that was born (`engine.personas.evolution`); its traits are in its file.
    """

    at: str
    persona_id: str
    state: PersonaState
    decided_by: str
    performance: PersonaPerformance = PersonaPerformance()
    parents: tuple[str, ...] = ()


class Transition(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """A persona went from `before` to `after` by `rule`; `performance` is what the decision was based on.

    `afresh`: from here on only what comes after counts for its performance.
    """

    at: str
    persona_id: str
    before: PersonaState
    after: PersonaState
    rule: str
    decided_by: str
    performance: PersonaPerformance
    afresh: bool = False


class Rewards(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """What a run paid: one reward in [0, 1] per persona; `context` are the features of its question."""

    at: str
    run_id: str
    rewards: dict[str, float]
    context: tuple[float, ...] = ()
    weight: ClassVar[int] = 1


class Feedback(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """The user's judgement of a run's answer (`citation` None) or of one citation (`engine.run.feedback`).

    Each of `rewards` counts as `weight` samples. A later judgement of the same thing replaces this one.
    """

    at: str
    run_id: str
    citation: int | None
    liked: bool
    rewards: dict[str, float]
    context: tuple[float, ...] = ()
    weight: int = WEIGHT


class Edited(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """A persona's file was edited, from what it said `before` to `after` (`engine.personas.persona.content_of`).

    `performance` is what it had earned by then; `afresh` as in `Transition`.
    """

    at: str
    persona_id: str
    decided_by: str
    before: dict[str, Any]
    after: dict[str, Any]
    performance: PersonaPerformance
    afresh: bool = False


class Undone(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """The latest change of a persona by hand was taken back: an `undid` (Added, Transition or Edited).

    The state went from `before` to `after`; of an edit, `edited` is what the file said before and after this. Had the
    change started the record afresh, what was earned before it counts again.
    """

    at: str
    persona_id: str
    undid: str
    before: PersonaState
    after: PersonaState
    decided_by: str
    performance: PersonaPerformance
    edited: tuple[dict[str, Any], dict[str, Any]] | None = None


Change = Added | Transition | Edited | Undone


LedgerEntry = Change | Rewards | Feedback


BY_HAND = "user"
"""Who decided what a key or a command asked for; only that can be undone."""


def now() -> str:
    """The time as the ledger and the history write it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
