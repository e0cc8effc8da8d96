"""The state of one run, reduced from its events: everything that reads a run reads this."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest
from typing import Self, assert_never

from engine.events import (
    AnswerCutShort,
    AnswerFragment,
    AnswerThought,
    AnswerWritten,
    Citation,
    ClaimsWritten,
    CycleStarted,
    Degraded,
    EvidenceRanked,
    GateReceipt,
    Mark,
    ModelFound,
    ModelReplied,
    OthersAsked,
    OutputProduced,
    OutputScored,
    PersonaBorn,
    PersonaStepped,
    PersonaTransitioned,
    QuestionRead,
    QuotationsChosen,
    RecordedEvent,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Scores,
)
from engine.run.model_use import ModelUse, sum_of
from engine.text.safe import one_line

LOG_LINES = 5_000

Judgements = Mapping[int | None, bool]
"""Whether the user likes the answer of a run (None), and its citations by number."""

LogEntry = CycleStarted | GateReceipt | PersonaStepped | PersonaTransitioned | PersonaBorn


class Outcome(StrEnum):
    """How a run ended."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Phase(StrEnum):
    """What a run is doing while it has no outcome."""

    READY = "ready"
    ASKING = "asking"
    READING = "reading"
    CHOOSING = "choosing"
    WALKING = "walking"
    SCORING = "scoring"
    WRITING = "writing"


@dataclass(slots=True)
class PanelRow:
    """One persona of the run: the gate's receipts, its walk, and what its output was worth.

    `number` counts the personas of the run from 0, `title` is that of the passage of its last step.
    """

    persona_id: str
    number: int
    state: str = ""
    receipts: list[GateReceipt] = field(default_factory=list)
    steps: int = 0
    title: str = ""
    output: OutputProduced | None = None
    scored: OutputScored | None = None

    @property
    def receipt(self) -> GateReceipt | None:
        """The gate's last call of this persona, else its last refusal; None before the gate has judged it."""
        calls = (receipt for receipt in reversed(self.receipts) if receipt.activated)
        return next(calls, self.receipts[-1] if self.receipts else None)

    @property
    def activated(self) -> bool:
        """Whether the gate called it, or has not judged it yet."""
        return self.receipt is None or self.receipt.activated

    @property
    def gate(self) -> float | None:
        """The gate's score."""
        return None if self.receipt is None else self.receipt.score

    @property
    def reason(self) -> str:
        """Why the gate called it or did not."""
        return "" if self.receipt is None else self.receipt.reason

    @property
    def scores(self) -> Scores | None:
        """The scores of its output."""
        return None if self.scored is None else self.scored.scores

    @property
    def credit(self) -> float | None:
        """Its share in what the answer cites."""
        return None if self.scored is None else self.scored.credit

    @property
    def reward(self) -> float | None:
        """What it earned."""
        if self.scored is None:
            return None
        from engine.mixture.scoring import reward_of  # noqa: PLC0415 - after the first paint

        return reward_of(self.scored.scores.total, self.scored.credit)

    @property
    def change(self) -> float | None:
        """What it earned, less what the gate expected it to earn at such a question."""
        return None if self.receipt is None or self.reward is None else self.reward - self.receipt.expected


@dataclass(slots=True)
class RunState:
    """The state of one run; `apply` is the only way to change it.

    `rows` holds the personas in the order in which the gate judged them. The three counters grow when their part
    changed, so that a widget can tell whether it has to draw. `judged` is what the user said of the run, in no event.
    `others` maps libraries of other machines to the passages that they sent (None before, -1 if none came).
    `was_cut_off`: the user cancelled the model's writing, so quotations answer. `marks` are quotations that
    the user judged when the question was asked before.
    """

    question: str = ""
    run_id: str = ""
    passages: int = 0
    model: str | None = None
    phase: Phase = Phase.READY
    outcome: Outcome | None = None
    finished: bool = False
    was_cut_off: bool = False
    cycle: int = 0
    read: QuestionRead | None = None
    others: dict[str, int | None] = field(default_factory=dict)
    rows: dict[str, PanelRow] = field(default_factory=dict)
    log: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    steps: int = 0
    evidence: EvidenceRanked | None = None
    degraded: list[str] = field(default_factory=list)
    transitions: list[PersonaTransitioned] = field(default_factory=list)
    born: list[PersonaBorn] = field(default_factory=list)
    replies: list[ModelReplied] = field(default_factory=list)
    claims: dict[str, ClaimsWritten] = field(default_factory=dict)
    thoughts: list[str] = field(default_factory=list)
    quotations: QuotationsChosen | None = None
    draft: list[str] = field(default_factory=list)
    cut: AnswerCutShort | None = None
    answer: AnswerWritten | None = None
    judged: Judgements = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    failure: RunFailed | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    panel_changes: int = 0
    log_changes: int = 0
    answer_changes: int = 0

    @classmethod
    def of(cls, recorded: Iterable[RecordedEvent], *, question: str = "", run_id: str = "") -> Self:
        """Reduce recorded events; `question` and `run_id` are those of a run that ended before it began."""
        state = cls(question, run_id)
        for event in recorded:
            state.apply(event.event)
        return state

    @property
    def running(self) -> bool:
        """Whether more events may come."""
        return self.phase is not Phase.READY and not self.finished

    @property
    def is_written(self) -> bool:
        """Whether a model wrote the answer: otherwise it is quotations."""
        if self.answer is None or not self.draft or self.was_cut_off:
            return False
        quotes = (one_line(citation.quote) for citation in self.answer.citations)
        return bool(self.answer.quoted) or not all(quote in self.answer.answer for quote in quotes)

    @property
    def is_read_by_model(self) -> bool:
        """Whether a model reads the passages and has written nothing yet."""
        return self.quotations is not None and self.outcome is None and not self.draft and not self.thoughts

    @property
    def understood(self) -> str:
        """The complete question that a follow-up was read as; empty for a question that is read as written."""
        return self.read.understood if self.read else ""

    @property
    def sources(self) -> tuple[Citation, ...]:
        """What can be opened: the citations so far, or the nearest passages where the library does not say."""
        if self.answer is not None:
            return self.answer.sources
        return self.quotations.citations if self.quotations is not None else ()

    def marked(self) -> Judgements:
        """Return what the user has said of the answer and its citations, here or when the question was asked before."""
        latest = self.answer or self.quotations
        marked: dict[int | None, bool] = {}
        for citation in latest.citations if latest else ():
            for mark in self.marks:
                if mark.overlaps(citation.passage, citation.start, citation.end):
                    marked[citation.n] = mark.liked
        return {**marked, **self.judged}

    def judge(self, judged: Judgements) -> None:
        """Take over what the user has said of the run."""
        if judged != self.judged:
            self.judged = judged
            self.answer_changes += 1

    def panel(self) -> list[PanelRow]:
        """Order the rows for reading: those on the panel first, each group in the gate's order."""
        return sorted(self.rows.values(), key=lambda row: (not row.activated, row.number))

    def number_of(self, persona_id: str) -> int:
        """Return the number that a persona keeps during the run (it gives its colour), or -1 for an unknown one."""
        row = self.rows.get(persona_id)
        return -1 if row is None else row.number

    def use(self, persona_id: str | None = None) -> ModelUse:
        """Sum what the model cost so far: in all, for one persona, or (empty id) for the answer."""
        return sum_of(reply for reply in self.replies if persona_id in {None, reply.persona_id})

    def apply(self, event: RunEvent) -> None:  # noqa: C901, PLR0912, PLR0915 - one case a kind of event
        """Take in the next event of the run; a new kind of event without a case here is a type error."""
        match event:
            case RunStarted():
                self._start(event)
            case OthersAsked():
                self.others = dict(zip_longest(event.libraries, event.passages))
                self.phase = Phase.READING if event.passages else Phase.ASKING
            case QuestionRead():
                self.read, self.phase = event, Phase.CHOOSING
            case GateReceipt():
                self._choose(event)
            case CycleStarted():
                self.cycle, self.phase = event.cycle, Phase.WALKING
                self._log(event)
            case PersonaStepped():
                self._step(event)
            case ModelReplied():
                self.replies.append(event)
            case ClaimsWritten():
                self.claims[event.persona_id] = event
            case OutputProduced():
                self._change(event.persona_id, Phase.SCORING).output = event
            case OutputScored():
                self._change(event.persona_id, Phase.SCORING).scored = event
            case PersonaTransitioned():
                self._move(event)
            case PersonaBorn():
                self.born.append(event)
                self._log(event)
            case EvidenceRanked():
                self.evidence, self.phase = event, Phase.WRITING
            case ModelFound():
                self.model = event.model
            case QuotationsChosen():
                self.quotations = event
                self._write()
            case Degraded():
                self._degrade(event.reason)
            case AnswerThought():
                self.thoughts.append(event.text)
            case AnswerCutShort():
                self.cut = event
                self._write()
            case AnswerFragment():
                self.draft.append(event.text)
                self._write()
            case AnswerWritten():
                self.answer = event
                self._close(Outcome.UNANSWERED if event.abstained else Outcome.ANSWERED)
            case RunFinished():
                self.timings_ms, self.finished = dict(event.timings_ms), True
            case RunCancelled():
                self._cancel(event)
            case RunFailed():
                self.failure, self.finished = event, True
                self._close(Outcome.FAILED)
            case _ as never:
                assert_never(never)

    def _start(self, event: RunStarted) -> None:
        self.question, self.run_id = event.question, event.run_id
        self.passages, self.model, self.marks = event.passages, event.model, event.marks
        self.phase = Phase.READING
        self.answer_changes += 1

    def _cancel(self, event: RunCancelled) -> None:
        """End the run; quotations that are kept are its answer."""
        chosen, self.finished = self.quotations if event.keeps_quotations else None, True
        if chosen is None or self.outcome is not None:
            self._close(Outcome.CANCELLED)
            return
        self.was_cut_off = True
        self.answer = AnswerWritten(
            chosen.answer, abstained=False, citations=chosen.citations, removed=0, uncovered=chosen.uncovered
        )
        self._close(Outcome.ANSWERED)

    def _row(self, persona_id: str) -> PanelRow:
        if persona_id not in self.rows:
            self.panel_changes += 1
        return self.rows.setdefault(persona_id, PanelRow(persona_id, len(self.rows)))

    def _change(self, persona_id: str, phase: Phase) -> PanelRow:
        self.panel_changes += 1
        self.phase = phase
        return self._row(persona_id)

    def _choose(self, receipt: GateReceipt) -> None:
        row = self._change(receipt.persona_id, Phase.CHOOSING)
        row.state = receipt.state
        row.receipts.append(receipt)
        if receipt.activated:
            self._log(receipt)

    def _step(self, event: PersonaStepped) -> None:
        row = self._row(event.persona_id)
        row.steps, row.title = row.steps + 1, event.title
        self.steps += 1
        self.phase = Phase.WALKING
        self._log(event)

    def _move(self, event: PersonaTransitioned) -> None:
        self._row(event.persona_id).state = event.after
        self.panel_changes += 1
        self.transitions.append(event)
        self._log(event)

    def _degrade(self, reason: str) -> None:
        if reason not in self.degraded:
            self.degraded.append(reason)

    def _log(self, entry: LogEntry) -> None:
        self.log.append(entry)
        self.log_changes += 1

    def _write(self) -> None:
        self.phase = Phase.WRITING
        self.answer_changes += 1

    def _close(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.answer_changes += 1
