"""Everything that happens in a run, as one union of typed events.

The engine emits them; the screen, the command line's JSON lines and the history are three readers of
the same stream. A recorded run *is* its events, so nothing that a reader shows may come from elsewhere.
Events carry no clock: when one happened stands beside it (`RecordedEvent.at_ms`), which keeps the events
of two equal runs equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import msgspec


@dataclass(frozen=True, slots=True)
class Scores:
    """The four scores of one output and their weighted total, each in [0, 1]."""

    relevance: float
    consistency: float
    novelty: float
    entity_grounding: float
    total: float


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with its fused score; `personas` are those that brought it."""

    id: str
    source: str
    title: str
    score: float
    personas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of a source: `quote` stands at characters `start` to `end` (end excluded) of `source`.

    `passage` is the id of the passage that they belong to; empty in records from before it was kept.
    """

    n: int
    source: str
    title: str
    start: int
    end: int
    quote: str
    passage: str = ""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A question was asked of a library of `passages` passages."""

    run_id: str
    question: str
    seed: int
    passages: int
    model: str | None


@dataclass(frozen=True, slots=True)
class QuestionRead:
    """What the question is about: names found in it, those of them that the library knows, its terms.

    `context` are its features, as a learning gate has them; empty if there are none. `context_names` are those
    of the conversation before that it means without saying them (`engine.question.follow_up`); they were read with it.
    """

    entities: tuple[str, ...]
    known: tuple[str, ...]
    terms: tuple[str, ...]
    context: tuple[float, ...] = ()
    context_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReceipt:
    """Why one persona was or was not activated in a cycle: its `score` against `threshold`.

    The score is the `expected` reward, a `bonus` for how little is known of it, and what its `expertise` is worth
    here, less its `cost`. `voice` is what its evidence counts in the ranking, 1 for the best of those called.
    """

    persona_id: str
    state: str
    cycle: int
    expertise: float
    expected: float
    bonus: float
    cost: float
    score: float
    threshold: float
    voice: float
    activated: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CycleStarted:
    """One round of expansion, evaluation and pruning begins (`cycle` counts from 1)."""

    cycle: int
    personas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonaStepped:
    """A persona moved along an edge of the graph; `source_id` is empty for a seed. `via` names the link.

    `score` is that of the passage as a share of the best one that the persona found, in [0, 1].
    """

    persona_id: str
    step: int
    source_id: str
    target_id: str
    title: str
    via: str
    score: float


@dataclass(frozen=True, slots=True)
class GroundedClaim:
    """A persona's statement and the words that carry it: characters `start` to `end` of `source`, exactly."""

    text: str
    passage: str
    source: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class ClaimsWritten:
    """What a persona stated with a model's help; `removed` counts the claims that its passages do not carry."""

    persona_id: str
    claims: tuple[GroundedClaim, ...]
    removed: int


@dataclass(frozen=True, slots=True)
class ModelReplied:
    """A model's whole reply to one request, and its cost; `purpose` is `claims` or `answer`.

    Tokens read and written (0 where the server does not say), milliseconds to load the model, to read and to write.
    """

    purpose: str
    persona_id: str
    endpoint: str
    model: str
    prompt_tokens: int
    output_tokens: int
    load_ms: float
    prompt_ms: float
    output_ms: float


@dataclass(frozen=True, slots=True)
class OutputProduced:
    """What a persona brought back: passage ids, best first, and its text (quotes, or the model's words)."""

    persona_id: str
    passages: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class OutputScored:
    """How a persona's output was judged; `credit` is what the panel's result loses without it, in [0, 1]."""

    persona_id: str
    scores: Scores
    credit: float


@dataclass(frozen=True, slots=True)
class PersonaTransitioned:
    """A persona changed its state (`before` to `after`) by `rule`, decided by `decided_by`."""

    persona_id: str
    before: str
    after: str
    rule: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class PersonaBorn:
    """A child of `parents` joined the roster as experimental; `traits` map its walk traits to 1-9."""

    persona_id: str
    parents: tuple[str, ...]
    traits: dict[str, int]
    decided_by: str


@dataclass(frozen=True, slots=True)
class EvidenceRanked:
    """The panel's evidence as one ranking; `coverage` is the share of the question found in it, in [0, 1]."""

    passages: tuple[RankedPassage, ...]
    coverage: float
    nodes: int
    edges: int


@dataclass(frozen=True, slots=True)
class Degraded:
    """Something is missing, the run goes on without it."""

    reason: str


@dataclass(frozen=True, slots=True)
class AnswerFragment:
    """A piece of the answer while a model writes it."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerThought:
    """A piece of what a model thinks before it answers; no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerCutShort:
    """A model's answer broke off; `partial` is what it had written, for the reader's eye only: it was not checked."""

    partial: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerWritten:
    """The final answer. `[n]` in the text refers to the citation `n`; `removed` counts those that did not resolve."""

    answer: str
    abstained: bool
    citations: tuple[Citation, ...]
    removed: int


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is complete; `timings_ms` maps a phase to its milliseconds."""

    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The reader left or pressed cancel; nothing of the run is written after this."""


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended with an error that is meant for the user."""

    message: str
    hint: str


RunEvent = (
    RunStarted
    | QuestionRead
    | GateReceipt
    | CycleStarted
    | PersonaStepped
    | ModelReplied
    | ClaimsWritten
    | OutputProduced
    | OutputScored
    | PersonaTransitioned
    | PersonaBorn
    | EvidenceRanked
    | Degraded
    | AnswerThought
    | AnswerFragment
    | AnswerCutShort
    | AnswerWritten
    | RunFinished
    | RunCancelled
    | RunFailed
)

Emit = Callable[[RunEvent], None]

_TYPES: dict[str, type[RunEvent]] = {kind.__name__: kind for kind in get_args(RunEvent)}


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event and when it happened, in milliseconds since the run started."""

    at_ms: float
    event: RunEvent


def to_json(recorded: RecordedEvent) -> bytes:
    """One JSON object on one line: `{"at_ms": ..., "event": name, ...fields}`."""
    fields = msgspec.to_builtins(recorded.event)
    return msgspec.json.encode({"at_ms": recorded.at_ms, "event": type(recorded.event).__name__, **fields})


def from_json(line: bytes | str) -> RecordedEvent:
    """The event written by `to_json`; raises ValueError for an unknown or misshapen one."""
    fields = msgspec.json.decode(line, type=dict)
    at_ms, name = fields.pop("at_ms", 0.0), fields.pop("event", None)
    if not isinstance(name, str) or name not in _TYPES:
        raise ValueError(f"unknown event {name!r}")
    return RecordedEvent(msgspec.convert(at_ms, float), msgspec.convert(fields, _TYPES[name]))
