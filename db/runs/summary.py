"""What the history keeps of one run: a small summary, made of the run's state."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from engine.events import RunCancelled, RunFailed
from engine.run.state import Outcome, RunState
from engine.text.safe import one_line

MAX_BYTES = 500
ANSWER_CHARACTERS = 160

_CUT = "…"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a list of runs shows of one; its events and graph are in `db/runs`. `at` is ISO 8601, UTC.

    `question` and `answer` may be shortened; `question_is_cut` says whether the events have more of the question.
    """

    run_id: str
    at: str
    question: str
    answer: str
    abstained: bool
    model: str
    passages: int
    personas: tuple[str, ...]
    top_persona: str
    duration_ms: float
    outcome: Outcome
    question_is_cut: bool = False


def summary_of(state: RunState, duration_ms: float) -> RunSummary:
    """Summarize a run; one whose events have no end counts as cancelled."""
    answer, evidence = state.answer, state.evidence
    totals = {name: row.scored.scores.total for name, row in state.rows.items() if row.scored}
    return RunSummary(
        run_id=state.run_id,
        at=_begin_of(state.run_id).isoformat(timespec="seconds"),
        question=state.question,
        answer=answer.answer if answer else "",
        abstained=answer is not None and answer.abstained,
        model=state.model or "",
        passages=len(evidence.passages) if evidence else 0,
        personas=tuple(totals),
        top_persona=max(totals, key=lambda name: (totals[name], name), default=""),
        duration_ms=duration_ms,
        outcome=state.outcome if state.finished and state.outcome else Outcome.CANCELLED,
    )


def _begin_of(run_id: str) -> datetime:
    """Read the time that a run id begins with; now for another id."""
    with suppress(ValueError):
        return datetime.strptime(run_id.rpartition("-")[0], "%Y%m%d-%H%M%S%f").replace(tzinfo=UTC)
    return datetime.now(UTC)


def last_event(error: BaseException, *, keeps_quotations: bool = False) -> RunFailed | RunCancelled:
    """Make the last event of a run that an error ended: a defect, or its reader left."""
    if not isinstance(error, Exception):
        return RunCancelled(keeps_quotations)
    reason = one_line(f"internal error: {type(error).__name__}: {error}")
    return RunFailed(reason, "run it again with `persona-moe --debug ask`")


def fitted(summary: RunSummary) -> RunSummary:
    """Shorten a summary to at most `MAX_BYTES` of JSON: its texts first, then the list of its personas."""
    short = replace(summary, model=summary.model[:60])
    for length in range(ANSWER_CHARACTERS, -1, -10):
        question = _shortened(summary.question, 2 * length)
        is_cut = summary.question_is_cut or question != summary.question
        short = replace(short, question=question, question_is_cut=is_cut, answer=_shortened(summary.answer, length))
        if len(msgspec.json.encode(short)) <= MAX_BYTES:
            return short
    while short.personas and len(msgspec.json.encode(short)) > MAX_BYTES:
        short = replace(short, personas=short.personas[:-1])
    return short


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: max(0, length - 1)] + _CUT * (length > 0)


def summary_from(fields: dict[str, Any]) -> RunSummary:
    """Read a stored summary; raises ValueError for a misshapen one.

    Version 0.1 stored a `status` (done, failed or cancelled) in place of the outcome, and no `question_is_cut`.
    """
    if "status" in fields:
        done = Outcome.UNANSWERED if fields.get("abstained") else Outcome.ANSWERED
        outcome = done if fields["status"] == "done" else fields["status"]
        fields = {**fields, "outcome": outcome, "question_is_cut": str(fields.get("question")).endswith(_CUT)}
    return msgspec.convert(fields, RunSummary)
