"""What a run looks like so far: its events, live or recorded, reduced to the state that widgets show."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from engine.events import (
    AnswerCutShort,
    AnswerFragment,
    AnswerThought,
    AnswerWritten,
    ClaimsWritten,
    CycleStarted,
    Degraded,
    EvidenceRanked,
    GateReceipt,
    ModelReplied,
    OutputProduced,
    OutputScored,
    PersonaBorn,
    PersonaStepped,
    PersonaTransitioned,
    QuestionRead,
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

LogEntry = CycleStarted | GateReceipt | PersonaStepped | PersonaTransitioned | PersonaBorn


class Phase(StrEnum):
    """How far a run is, in the words of the status line."""

    READY = "ready"
    READING = "reading the question"
    CHOOSING = "choosing the panel"
    WALKING = "walking"
    SCORING = "scoring"
    WRITING = "writing"
    ANSWERED = "answered"
    ABSTAINED = "no answer found"
    CANCELLED = "cancelled"
    FAILED = "failed"


OUTCOMES = frozenset({Phase.ANSWERED, Phase.ABSTAINED, Phase.CANCELLED, Phase.FAILED})


@dataclass(slots=True)
class PanelRow:
    """One persona of the run: how the gate judged it, where it is, and what its output was worth."""

    persona_id: str
    place: int
    state: str = ""
    activated: bool = True
    receipt: GateReceipt | None = None
    steps: int = 0
    node: str = ""  # the title of its last step
    is_back: bool = False  # with its output
    scores: Scores | None = None
    credit: float | None = None

    @property
    def gate(self) -> float | None:
        """The gate's score."""
        return None if self.receipt is None else self.receipt.score

    @property
    def reason(self) -> str:
        """Why the gate called it or did not."""
        return "" if self.receipt is None else self.receipt.reason

    @property
    def change(self) -> float | None:
        """What it earned here, less what the gate expected of it by what it earned before at questions like this."""
        if self.receipt is None or self.scores is None or self.credit is None:
            return None
        from engine.mixture.scoring import reward_of  # noqa: PLC0415 - after the first paint

        return reward_of(self.scores.total, self.credit) - self.receipt.expected


@dataclass(slots=True)
class RunView:
    """The state of one run; `apply` is the only way to change it.

    The three counters grow when their part changed, so that a widget can tell whether it has to draw. `judged` is
    what the user said of the answer (None) or of one of its citations; no event tells that.
    """

    question: str = ""
    run_id: str = ""
    passages: int = 0
    model: str | None = None
    phase: Phase = Phase.READY
    finished: bool = False
    cycle: int = 0
    read: QuestionRead | None = None
    rows: dict[str, PanelRow] = field(default_factory=dict)
    log: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    steps: int = 0
    evidence: EvidenceRanked | None = None
    degraded: list[str] = field(default_factory=list)
    transitions: list[PersonaTransitioned] = field(default_factory=list)
    replies: list[ModelReplied] = field(default_factory=list)
    claims: dict[str, ClaimsWritten] = field(default_factory=dict)
    thoughts: list[str] = field(default_factory=list)
    draft: list[str] = field(default_factory=list)
    cut: AnswerCutShort | None = None
    answer: AnswerWritten | None = None
    judged: Mapping[int | None, bool] = field(default_factory=dict)
    failure: RunFailed | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    panel_changes: int = 0
    log_changes: int = 0
    answer_changes: int = 0

    @property
    def running(self) -> bool:
        """Whether more events may come."""
        return self.phase is not Phase.READY and not self.finished

    @property
    def is_written(self) -> bool:
        """Whether a model wrote the answer: otherwise it is quotations."""
        if self.answer is None or not self.draft:
            return False
        return not all(one_line(citation.quote) in self.answer.answer for citation in self.answer.citations)

    def judge(self, judged: Mapping[int | None, bool]) -> None:
        """Take over what the user has said of the answer."""
        if judged != self.judged:
            self.judged = judged
            self.answer_changes += 1

    def panel(self) -> list[PanelRow]:
        """The rows as they are shown: those on the panel first, each group in the gate's order."""
        return sorted(self.rows.values(), key=lambda row: (not row.activated, row.place))

    def place_of(self, persona_id: str) -> int:
        """The number that a persona keeps during the run (its colour), or -1 before it was seen."""
        row = self.rows.get(persona_id)
        return -1 if row is None else row.place

    def use(self, persona_id: str | None = None) -> ModelUse:
        """What the model cost so far: in all, for one persona, or (empty id) for the answer."""
        return sum_of(reply for reply in self.replies if persona_id in {None, reply.persona_id})

    def apply(self, event: RunEvent) -> None:  # noqa: C901, PLR0912, PLR0915 - one case a kind of event
        """Take in the next event of the run; a new kind of event without a case here is a type error."""
        match event:
            case RunStarted():
                self._start(event)
            case QuestionRead():
                self.read, self.phase = event, Phase.CHOOSING
            case GateReceipt():
                self._judge(event)
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
                self._row(event.persona_id).is_back = True
                self.panel_changes += 1
                self.phase = Phase.SCORING
            case OutputScored():
                self._score(event)
            case PersonaTransitioned():
                self._move(event)
            case PersonaBorn():
                self._log(event)
            case EvidenceRanked():
                self.evidence, self.phase = event, Phase.WRITING
            case Degraded():
                self._degrade(event.reason)
            case AnswerThought():
                self.thoughts.append(event.text)
            case AnswerCutShort():
                self.cut = event
                self._answered(Phase.WRITING)
            case AnswerFragment():
                self.draft.append(event.text)
                self._answered(Phase.WRITING)
            case AnswerWritten():
                self.answer = event
                self._answered(Phase.ABSTAINED if event.abstained else Phase.ANSWERED)
            case RunFinished():
                self.timings_ms, self.finished = dict(event.timings_ms), True
            case RunCancelled():
                self._end(Phase.CANCELLED)
            case RunFailed():
                self.failure = event
                self._end(Phase.FAILED)
            case _ as never:
                assert_never(never)

    def _start(self, event: RunStarted) -> None:
        self.question, self.run_id = event.question, event.run_id
        self.passages, self.model = event.passages, event.model
        self._answered(Phase.READING)

    def _row(self, persona_id: str) -> PanelRow:
        if persona_id not in self.rows:
            self.panel_changes += 1
        return self.rows.setdefault(persona_id, PanelRow(persona_id, len(self.rows)))

    def _judge(self, receipt: GateReceipt) -> None:
        row = self._row(receipt.persona_id)
        if row.receipt and row.activated and not receipt.activated:  # it walked in an earlier cycle
            return
        row.state, row.activated, row.receipt = receipt.state, receipt.activated, receipt
        self.panel_changes += 1
        if receipt.activated:
            self._log(receipt)
        self.phase = Phase.CHOOSING

    def _step(self, event: PersonaStepped) -> None:
        row = self._row(event.persona_id)
        row.steps, row.node = row.steps + 1, event.title
        self.steps += 1
        self.phase = Phase.WALKING
        self._log(event)

    def _score(self, event: OutputScored) -> None:
        row = self._row(event.persona_id)
        row.scores, row.credit = event.scores, event.credit
        self.panel_changes += 1
        self.phase = Phase.SCORING

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

    def _answered(self, phase: Phase) -> None:
        self.phase = phase
        self.answer_changes += 1

    def _end(self, phase: Phase) -> None:
        self.finished = True
        self._answered(phase)
