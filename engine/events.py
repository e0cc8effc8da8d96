"""The events of a run, as one union of types, and their JSON form.

The engine emits them; the screens, the JSON lines of the command line and the history read the same stream. A recorded
run consists of its events, so nothing that a reader shows may come from elsewhere. Events contain no times (see
`RecordedEvent.at_ms`), so two equal runs have equal events. The names of classes and fields are stored: keep them.
"""

from collections.abc import Callable, Sequence
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
    """A passage with its score in the panel's ranking; `personas` are those that found it.

    `values` is what each column of evidence adds to its value (`engine.mixture.evidence.COLUMNS`); empty in records of
    old versions.
    """

    id: str
    source: str
    title: str
    score: float
    personas: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


DIFFERS = "differs"  # the role of a citation that is another version of the one before


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of a source: `quote` is characters `start` to `end` (excluded) of the text of `source`.

    `passage` is the id of its passage; empty in records of old versions. `lead` are words elsewhere in the source that
    the quote belongs to, such as the header of its table, at `lead_start`. `page` is the page of the file (0: it has
    none), `location` a place of another kind, such as the row of a sheet or a time; `box` is the place on the page as
    left, top, right and bottom, in shares of its width and height. `role` is why it is quoted, if not as the answer or
    its support: it DIFFERS from the one before, or begins a section of that name. `marks` are the spans
    of `quote` that most likely hold the answer. `computed` states what was computed from the marked cells of this
    citation and those after it, such as their sum, and names the cells.
    """

    n: int
    source: str
    title: str
    start: int
    end: int
    quote: str
    passage: str = ""
    lead: str = ""
    lead_start: int = -1
    page: int = 0
    location: str = ""
    box: tuple[float, float, float, float] | None = None
    role: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    computed: str = ""

    @property
    def place(self) -> str:
        """The place in the file (see `place_name`)."""
        return place_name(self.page, self.location, self.box)


def place_name(page: int, location: str, box: Sequence[float] | None = None) -> str:
    """Return where a reader finds words in a file: page, cell, row or time, and the box of recognised words.

    `p. 12`, `sheet Dues, B4`, `p. 3, row 2, column Price`, or `picture, at (10, 15, 32, 2) %`: left, top, width and
    height in percent of the page or picture. Empty if unknown.
    """
    names = [f"p. {page}" * bool(page), location]
    if box:
        left, top, right, bottom = box
        names.append(
            "at ({:.0f}, {:.0f}, {:.0f}, {:.0f}) %".format(*(100 * n for n in (left, top, right - left, bottom - top)))
        )
    return ", ".join(filter(None, names))


@dataclass(frozen=True, slots=True)
class Mark:
    """The user's judgement of characters `start` to `end` (excluded) of a source, in the passage with this id."""

    passage: str
    start: int
    end: int
    liked: bool

    def overlaps(self, passage: str, start: int, end: int) -> bool:
        """Tell whether a quotation has words of the marked one."""
        return passage == self.passage and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began: a question to a library of `passages` passages.

    `today` is the day (ISO 8601) on which words such as "yesterday" were read; empty in records of old versions.
    `marks` are quotations that the user judged when the question was asked before.
    """

    run_id: str
    question: str
    seed: int
    passages: int
    model: str | None
    today: str = ""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class OthersAsked:
    """The libraries of other machines, by address, are asked, or have answered.

    Then `passages` counts those of each; -1 for a library that did not answer.
    """

    libraries: tuple[str, ...]
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionRead:
    """The question was analysed: its names (`entities`), those that the library knows, and its terms.

    `context` are its features for the gate; empty in records of old versions. `context_names` are the subjects of the
    questions before. `understood` is the complete question that a follow-up was read as
    (`engine.question.follow_up`); empty where that is the question as written.
    """

    entities: tuple[str, ...]
    known: tuple[str, ...]
    terms: tuple[str, ...]
    context: tuple[float, ...] = ()
    context_names: tuple[str, ...] = ()
    understood: str = ""


@dataclass(frozen=True, slots=True)
class GateReceipt:
    """The gate's decision on one persona in a cycle, with its `score` against the `threshold`.

    The score is the `expected` reward, plus the `bonus` and the worth of its `expertise` for this question, minus its
    `cost`. The bonus is for exploration, and from the second cycle on for new kinds of evidence. `voice` is the weight
    of its evidence in the ranking, 1 for the best of those called.
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
    """A cycle of expansion, evaluation and pruning began; `cycle` counts from 1."""

    cycle: int
    personas: tuple[str, ...]


BY_TABLE = "table"
"""The `via` of a step by which a persona that goes by amounts came to a passage with rows of a table."""


@dataclass(frozen=True, slots=True)
class PersonaStepped:
    """A persona came to a passage by the link `via`; `source_id` is empty for a start, and `via` then says its kind.

    `score` is that of the passage as a share of the persona's highest score, in [0, 1].
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
    """A persona's claim and the words that support it: `quote` is characters `start` to `end` of `source`."""

    text: str
    passage: str
    source: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class ClaimsWritten:
    """A persona's claims: a model wrote them, or without one they are words of its evidence.

    `removed` counts those that its passages do not support.
    """

    persona_id: str
    claims: tuple[GroundedClaim, ...]
    removed: int

    @property
    def is_quoted(self) -> bool:
        """Whether the claims are the words of the evidence themselves."""
        return bool(self.claims) and all(claim.text == claim.quote for claim in self.claims)


@dataclass(frozen=True, slots=True)
class ModelReplied:
    """A model replied to one request, for `claims` or the `answer`, at this cost.

    `persona_id` is `*` if the claims of all personas were asked for. Tokens read and written (0 if the server does not
    say), milliseconds to load the model, to read and to write.
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
    """A persona's output: passage ids, best first, and its text if a model wrote its claims."""

    persona_id: str
    passages: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class OutputScored:
    """A persona's output was scored; `credit` is the share of the panel's result that is lost without it, in [0, 1]."""

    persona_id: str
    scores: Scores
    credit: float


@dataclass(frozen=True, slots=True)
class PersonaTransitioned:
    """A persona changed its state from `before` to `after` by `rule`; `decided_by` is a run id or the user."""

    persona_id: str
    before: str
    after: str
    rule: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class PersonaBorn:
    """A child of `parents` joined the roster as experimental; `traits` are its walk traits, 1 to 9."""

    persona_id: str
    parents: tuple[str, ...]
    traits: dict[str, int]
    decided_by: str


@dataclass(frozen=True, slots=True)
class EvidenceRanked:
    """The panel's evidence was ranked; `coverage` is the share of the question in the best passages, in [0, 1]."""

    passages: tuple[RankedPassage, ...]
    coverage: float
    nodes: int
    edges: int


@dataclass(frozen=True, slots=True)
class Degraded:
    """Something is missing; the run goes on without it."""

    reason: str


@dataclass(frozen=True, slots=True)
class ModelFound:
    """The search for a language model, which began with the run, is over: its name, None if there is none."""

    model: str | None


@dataclass(frozen=True, slots=True)
class QuotationsChosen:
    """Quotations answer until a model has written; if it does not, they are the answer.

    `answer`, `citations` and `uncovered` are those of `AnswerWritten`; `prompt_tokens` is an estimate, rather too high,
    of what the model reads first.
    """

    answer: str
    citations: tuple[Citation, ...]
    uncovered: tuple[str, ...] = ()
    prompt_tokens: int = 0


@dataclass(frozen=True, slots=True)
class AnswerFragment:
    """A piece of the answer while a model writes it."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerThought:
    """A piece of a model's thoughts before the answer; no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerCutShort:
    """A model's answer broke off; `partial` is the text so far, which was not checked against the sources."""

    partial: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerWritten:
    """The answer; `[n]` in it refers to citation `n`. `removed` counts citations and sentences without support.

    `uncovered` are words of the question, names or unknown to the library, of which nothing is quoted. `quoted` are the
    numbers of the citations that stand below a model's text as quotations. `nearest` are the passages that come nearest
    to the question where the answer says that the library does not answer it; they are cited by nothing.
    """

    answer: str
    abstained: bool
    citations: tuple[Citation, ...]
    removed: int
    uncovered: tuple[str, ...] = ()
    quoted: tuple[int, ...] = ()
    nearest: tuple[Citation, ...] = ()

    @property
    def sources(self) -> tuple[Citation, ...]:
        """What can be opened below the answer: its citations, or without any the nearest passages."""
        return self.citations or self.nearest


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is complete; `timings_ms` maps each phase to its milliseconds."""

    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The user cancelled the run; nothing is recorded after this.

    `keeps_quotations`: quotations that were chosen before and shown are the answer.
    """

    keeps_quotations: bool = False


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended with an error that is shown to the user."""

    message: str
    hint: str


RunEvent = (
    RunStarted
    | OthersAsked
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
    | ModelFound
    | QuotationsChosen
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
    """An event, and when it happened in milliseconds since the start of the run."""

    at_ms: float
    event: RunEvent


def to_json(recorded: RecordedEvent) -> bytes:
    """Encode as one JSON object on one line: `{"at_ms": ..., "event": name, ...fields}`."""
    fields = msgspec.to_builtins(recorded.event)
    return msgspec.json.encode({"at_ms": recorded.at_ms, "event": type(recorded.event).__name__, **fields})


def from_json(line: bytes | str) -> RecordedEvent:
    """Decode what `to_json` wrote. Raises ValueError for an unknown or malformed event."""
    fields = msgspec.json.decode(line, type=dict)
    at_ms, name = fields.pop("at_ms", 0.0), fields.pop("event", None)
    if not isinstance(name, str) or name not in _TYPES:
        raise ValueError(f"unknown event {name!r}")
    return RecordedEvent(msgspec.convert(at_ms, float), msgspec.convert(fields, _TYPES[name]))
