"""The events of a run as the one JSON object of `ask --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from engine.events import (
    AnswerCutShort,
    AnswerWritten,
    ClaimsWritten,
    Degraded,
    EvidenceRanked,
    GateReceipt,
    ModelReplied,
    OutputScored,
    PersonaBorn,
    QuestionRead,
    RecordedEvent,
    RunFinished,
    RunStarted,
    Scores,
)
from engine.run.model_use import sum_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from db.runs.history import RunSummary


class RunReport:
    """Collects a run's result from its events; id and question are given for a run that ended before it began."""

    def __init__(self, run_id: str = "", question: str = "") -> None:
        self._run_id, self._question = run_id, question
        self.context_names: tuple[str, ...] = ()  # stands in the events, not in the object
        self._answer = AnswerWritten("", abstained=False, citations=(), removed=0)
        self._evidence = EvidenceRanked((), 0.0, 0, 0)
        self._personas: dict[str, tuple[str, bool]] = {}
        self._scores: dict[str, Scores] = {}
        self._born: list[PersonaBorn] = []
        self._replies: list[ModelReplied] = []
        self._claims: dict[str, ClaimsWritten] = {}
        self._cut: AnswerCutShort | None = None
        self._degraded: list[str] = []
        self._timings: dict[str, float] = {}

    @classmethod
    def of(cls, summary: RunSummary, recorded: Iterable[RecordedEvent]) -> dict[str, Any]:
        """The result of a run of the history."""
        report = cls(summary.run_id, summary.question)
        for one in recorded:
            report.note(one)
        return report.result()

    def note(self, recorded: RecordedEvent) -> None:  # noqa: C901, PLR0912 - one case a kind of event, nothing else
        """Take what the result needs from one event."""
        match recorded.event:
            case RunStarted(run_id=run_id, question=question):
                self._run_id, self._question = run_id, question
            case QuestionRead(context_names=names):
                self.context_names = names
            case GateReceipt(persona_id=name, state=state, activated=activated):
                self._personas[name] = (state, activated or self._personas.get(name, ("", False))[1])
            case OutputScored(persona_id=name, scores=scores):
                self._scores[name] = scores
            case EvidenceRanked() as event:
                self._evidence = event
            case ModelReplied() as event:
                self._replies.append(event)
            case ClaimsWritten(persona_id=name) as event:
                self._claims[name] = event
            case AnswerCutShort() as event:
                self._cut = event
            case AnswerWritten() as event:
                self._answer = event
            case PersonaBorn() as event:
                self._born.append(event)
            case Degraded(reason=reason):
                self._degraded.append(reason)
            case RunFinished(timings_ms=timings):
                self._timings = timings
            case _:
                pass

    def result(self) -> dict[str, Any]:
        """The object, in the order its readers expect."""
        return {
            "run_id": self._run_id,
            "question": self._question,
            "answer": self._answer.answer,
            "abstained": self._answer.abstained,
            "citations": [msgspec.to_builtins(citation) for citation in self._answer.citations],
            "passages": [{"id": p.id, "source": p.source, "score": p.score} for p in self._evidence.passages],
            "personas": [self._persona(name) for name in self._personas],
            "born": [msgspec.to_builtins(child) for child in self._born],
            "graph": {"nodes": self._evidence.nodes, "edges": self._evidence.edges},
            **self._model_use(),
            "degraded": self._degraded,
            "timings_ms": self._timings,
        }

    def _model_use(self) -> dict[str, Any]:
        """What the language model cost, in all and by persona, and what it wrote beside the answer.

        `""` among the personas is the answer itself. Nothing for a run that no model wrote in.
        """
        if not self._replies and self._cut is None:
            return {}
        by_persona: dict[str, list[ModelReplied]] = {}
        for reply in self._replies:
            by_persona.setdefault(reply.persona_id, []).append(reply)
        use = {
            "name": next((reply.model for reply in self._replies), ""),
            **_costs(self._replies),
            "personas": {name: _costs(replies) for name, replies in by_persona.items()},
            "claims": [msgspec.to_builtins(claims) for claims in self._claims.values()],
            "cut_short": msgspec.to_builtins(self._cut),
        }
        return {"model": use}

    def _persona(self, name: str) -> dict[str, Any]:
        state, activated = self._personas[name]
        scores = self._scores.get(name, Scores(0.0, 0.0, 0.0, 0.0, 0.0))
        return {"persona_id": name, "state": state, "activated": activated, "scores": msgspec.to_builtins(scores)}


def _costs(replies: Sequence[ModelReplied]) -> dict[str, Any]:
    use = sum_of(replies)
    return {**asdict(use), "tokens_per_second": use.tokens_per_second}
