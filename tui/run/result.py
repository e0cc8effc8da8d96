"""The result of a run as the JSON object of `ask --json` and `history show --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from engine.errors import LibraryError
from engine.events import AnswerWritten, EvidenceRanked, ModelReplied, RankedPassage, Scores
from engine.run.model_use import sum_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.documents.passages import Passage
    from engine.run.state import PanelRow, RunState

    LibraryPassage = Callable[[str, str], Passage | None]

_NO_ANSWER = AnswerWritten("", abstained=False, citations=(), removed=0)
_NO_EVIDENCE = EvidenceRanked((), 0.0, 0, 0)
_NO_SCORES = Scores(0.0, 0.0, 0.0, 0.0, 0.0)


def result_of(state: RunState, library_passage: LibraryPassage | None = None) -> dict[str, Any]:
    """Make the object of a run; what the run did not come to is empty or 0.

    `library_passage` finds a passage by its id and title as the library holds it now. Without it, and for a passage
    that it does not find, the object has no place and text.
    """
    answer, evidence = state.answer or _NO_ANSWER, state.evidence or _NO_EVIDENCE
    return {
        "run_id": state.run_id,
        "question": state.question,
        **({"read_as": state.understood} if state.understood else {}),
        "answer": answer.answer,
        "abstained": answer.abstained,
        "citations": [msgspec.to_builtins(citation) for citation in answer.citations],
        "nearest": [msgspec.to_builtins(citation) for citation in answer.nearest],
        "passages": [_passage(ranked, library_passage) for ranked in evidence.passages],
        "personas": [_persona(row) for row in state.rows.values() if row.receipts],
        "born": [msgspec.to_builtins(child) for child in state.born],
        "graph": {"nodes": evidence.nodes, "edges": evidence.edges},
        **_model_use(state),
        **({"other_libraries": state.others} if state.others else {}),
        "degraded": state.degraded,
        "timings_ms": state.timings_ms,
    }


def _passage(ranked: RankedPassage, library_passage: LibraryPassage | None) -> dict[str, Any]:
    """Name a ranked passage, with its place and text if it is found."""
    fields = {"id": ranked.id, "source": ranked.source, "title": ranked.title, "score": ranked.score}
    try:
        indexed = library_passage(ranked.id, ranked.title) if library_passage else None
    except LibraryError:  # the index cannot be read: the run is still whole
        indexed = None
    return fields | passage_fields(indexed) if indexed else fields


def passage_fields(passage: Passage) -> dict[str, Any]:
    """Return a passage, its place and its text as the fields of `tui.api.values.LibraryPassage`."""
    location = passage.location(passage.start)
    return {
        "id": passage.id,
        "source": passage.source,
        "title": passage.title,
        "heading": passage.heading,
        "page": location.page,
        "location": location.name,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def _persona(row: PanelRow) -> dict[str, Any]:
    return {
        "persona_id": row.persona_id,
        "state": row.receipts[-1].state,
        "activated": row.activated,
        "scores": msgspec.to_builtins(row.scores or _NO_SCORES),
    }


def _model_use(state: RunState) -> dict[str, Any]:
    """Sum what the language model cost, in all and by persona; nothing for a run that no model wrote in.

    The empty id among the personas is the answer itself, `*` the claims of all of them.
    """
    if not state.replies and state.cut is None:
        return {}
    by_persona: dict[str, list[ModelReplied]] = {}
    for reply in state.replies:
        by_persona.setdefault(reply.persona_id, []).append(reply)
    use = {
        "name": next((reply.model for reply in state.replies), ""),
        **_costs(state.replies),
        "personas": {name: _costs(replies) for name, replies in by_persona.items()},
        "claims": [msgspec.to_builtins(claims) for claims in state.claims.values() if not claims.is_quoted],
        "cut_short": msgspec.to_builtins(state.cut),
    }
    return {"model": use}


def _costs(replies: Sequence[ModelReplied]) -> dict[str, Any]:
    use = sum_of(replies)
    return {**asdict(use), "tokens_per_second": use.tokens_per_second}
