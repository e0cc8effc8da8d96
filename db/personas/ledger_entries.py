"""The kinds of entries of the ledger. Times are ISO 8601 in UTC; in JSON, old and new are `before` and `after`."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from engine.personas.experience import MarkedRanking
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import PersonaState
from engine.run.feedback import WEIGHT

_STATES = {"old_state": "before", "new_state": "after"}
_CONTENTS = {"old_content": "before", "new_content": "after"}


class Added(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """A persona was seen for the first time, in `state`, with the performance it had then.

    `parents` are those of a child (`engine.personas.evolution`); its traits are in its file.
    """

    at: str
    persona_id: str
    state: PersonaState
    decided_by: str
    performance: PersonaPerformance = PersonaPerformance()
    parents: tuple[str, ...] = ()


class Transition(msgspec.Struct, frozen=True, tag=True, tag_field="entry", rename=_STATES):
    """A persona changed its state by `rule`; `performance` is what the decision was based on.

    With `afresh` only later rewards count for its performance.
    """

    at: str
    persona_id: str
    old_state: PersonaState
    new_state: PersonaState
    rule: str
    decided_by: str
    performance: PersonaPerformance
    afresh: bool = False


class Rewards(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """The rewards of a run, one in [0, 1] per persona; `context` are the features of its question."""

    at: str
    run_id: str
    rewards: dict[str, float]
    context: tuple[float, ...] = ()
    weight: ClassVar[int] = 1


class Feedback(msgspec.Struct, frozen=True, tag=True, tag_field="entry"):
    """The user's judgement of a run's answer (`citation` None) or of one citation (`engine.run.feedback`).

    Each of `rewards` counts as `weight` samples. `marked` is the ranking of the run, if the user liked a passage of it.
    A later judgement of the same answer or citation replaces this one.
    """

    at: str
    run_id: str
    citation: int | None
    liked: bool
    rewards: dict[str, float]
    context: tuple[float, ...] = ()
    weight: int = WEIGHT
    marked: MarkedRanking | None = None


class Edited(msgspec.Struct, frozen=True, tag=True, tag_field="entry", rename=_CONTENTS):
    """A persona's content was edited (`engine.personas.persona.content_of`).

    `performance` is the one it had then; `afresh` as in `Transition`.
    """

    at: str
    persona_id: str
    decided_by: str
    old_content: dict[str, Any]
    new_content: dict[str, Any]
    performance: PersonaPerformance
    afresh: bool = False


class Undone(msgspec.Struct, frozen=True, tag=True, tag_field="entry", rename=_STATES):
    """The latest change of a persona by hand was taken back; `undid` is its kind: Added, Transition or Edited.

    Of an edit, `edited` is the content before and after the undoing. If the change had started the record afresh, the
    earlier rewards count again.
    """

    at: str
    persona_id: str
    undid: str
    old_state: PersonaState
    new_state: PersonaState
    decided_by: str
    performance: PersonaPerformance
    edited: tuple[dict[str, Any], dict[str, Any]] | None = None


Change = Added | Transition | Edited | Undone


LedgerEntry = Change | Rewards | Feedback


BY_HAND = "user"
"""`decided_by` of a change that a key or a command asked for; only such a change can be undone."""

FIRST_SEEN = "found"
"""`decided_by` of a persona whose file appeared in a folder; also of the personas that are shipped."""


def time_text(time: datetime) -> str:
    """A time in UTC as the ledger writes it: ISO 8601, milliseconds."""
    return time.isoformat(timespec="milliseconds")


def now() -> str:
    """The current time as the ledger writes it: ISO 8601, UTC, milliseconds."""
    return time_text(datetime.now(UTC))
