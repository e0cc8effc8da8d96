"""A run's line of the history, made from its events as they come, or later from its record."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from db.runs.history import RunSummary
from engine.events import (
    AnswerWritten,
    EvidenceRanked,
    OutputScored,
    RecordedEvent,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
)
from engine.text.safe import one_line


class SummaryOfRun:
    """Collects what the history shows of one run from its events."""

    def __init__(self, run_id: str, question: str) -> None:
        self._run_id, self._question = run_id, question
        self._at = datetime.now(UTC).isoformat(timespec="seconds")
        self._model: str | None = None
        self._answer, self._abstained, self._passages = "", False, 0
        self._totals: dict[str, float] = {}
        self._status: Literal["done", "failed", "cancelled"] = "cancelled"
        self.duration_ms, self.ended = 0.0, False

    @classmethod
    def of(cls, run_id: str, events: Sequence[RecordedEvent]) -> "SummaryOfRun":
        """The summary of a run that another session began."""
        summary = cls(run_id, "")
        with suppress(ValueError):  # a run id begins with its time
            asked = datetime.strptime(run_id.rpartition("-")[0], "%Y%m%d-%H%M%S%f").replace(tzinfo=UTC)
            summary._at = asked.isoformat(timespec="seconds")
        for recorded in events:
            summary.note(recorded)
        return summary

    def note(self, recorded: RecordedEvent) -> None:
        """Take from an event what the history shows."""
        self.duration_ms = recorded.at_ms
        match recorded.event:
            case RunStarted(question=question, model=model):
                self._question, self._model = question, model
            case EvidenceRanked(passages=passages):
                self._passages = len(passages)
            case OutputScored(persona_id=name, scores=scores):
                self._totals[name] = scores.total
            case AnswerWritten(answer=answer, abstained=abstained):
                self._answer, self._abstained = answer, abstained
            case RunFinished():
                self._status, self.ended = "done", True
            case RunFailed():
                self._status, self.ended = "failed", True
            case RunCancelled():
                self.ended = True
            case _:
                pass

    def broken_off(self, error: BaseException) -> RecordedEvent:
        """The last event of a run that did not come to its end: a defect, or its reader left."""
        ended: RunFailed | RunCancelled = RunCancelled()
        if isinstance(error, Exception):
            reason = one_line(f"internal error: {type(error).__name__}: {error}")
            ended = RunFailed(reason, "run it again with `persona-moe --debug ask`")
        recorded = RecordedEvent(self.duration_ms, ended)
        self.note(recorded)
        return recorded

    def finished(self) -> RunSummary:
        """The line of the history."""
        best = max(self._totals, key=lambda name: (self._totals[name], name), default="")
        return RunSummary(
            run_id=self._run_id, at=self._at, question=self._question, answer=self._answer, abstained=self._abstained,
            model=self._model or "", passages=self._passages, personas=tuple(self._totals), top_persona=best,
            duration_ms=self.duration_ms, status=self._status,
        )  # fmt: skip
