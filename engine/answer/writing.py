"""Let a model write: the claims of a persona from its own evidence, and the answer."""

import asyncio
from collections.abc import Mapping, Sequence

from engine.answer.citations import ground_claims, resolve_citations
from engine.answer.claims import write_claims, write_shared_claims
from engine.answer.prompt import send_prompt_to_ollama
from engine.answer.quotation import Quotation
from engine.answer.thought_filter import ThoughtFilter
from engine.errors import LanguageModelError
from engine.events import (
    AnswerCutShort,
    AnswerFragment,
    AnswerThought,
    AnswerWritten,
    ClaimsWritten,
    Degraded,
    Emit,
    GroundedClaim,
    RunEvent,
)
from engine.model.client import LanguageModel, Listeners
from engine.model.faults import AnswerCutShortError
from engine.personas.persona import Persona


async def write_output(
    persona: Persona, passages: Sequence[Quotation], question: str, model: LanguageModel
) -> tuple[tuple[GroundedClaim, ...], list[RunEvent]]:
    """Return the claims of a persona that these passages support, and the events to emit."""
    name, events = persona.persona_id, list[RunEvent]()
    listeners = Listeners(on_notice=lambda notice: events.append(Degraded(f"{name}: {notice}")), on_reply=events.append)
    try:
        stated = await write_claims(model, persona, passages, question, listeners=listeners)
    except LanguageModelError as error:
        return (), [*events, Degraded(f"{name} could not write: {error}")]
    claims, removed = await asyncio.to_thread(ground_claims, stated, passages, question)
    return claims, [*events, ClaimsWritten(name, claims, removed)]


async def write_outputs_together(
    evidence: Mapping[str, Sequence[Quotation]], question: str, model: LanguageModel
) -> tuple[dict[str, tuple[GroundedClaim, ...]], list[RunEvent]]:
    """Return the claims of each persona that its own lines support, written in one request, and the events to emit."""
    events = list[RunEvent]()
    listeners = Listeners(on_notice=lambda notice: events.append(Degraded(notice)), on_reply=events.append)
    try:
        stated = await write_shared_claims(model, evidence, question, listeners=listeners)
    except LanguageModelError as error:
        return {}, [*events, Degraded(f"the personas could not write: {error}")]
    claims = {}
    for name, own_claims in stated.items():
        claims[name], removed = await asyncio.to_thread(ground_claims, own_claims, evidence[name], question)
        events.append(ClaimsWritten(name, claims[name], removed))
    return claims, events


async def write_answer(
    context: str, passages: Sequence[Quotation], question: str, model: LanguageModel, emit: Emit
) -> AnswerWritten | None:
    """Return the model's answer with its citations resolved; None, after an event with the reason, if there is none."""
    text_filter = ThoughtFilter(lambda text: emit(AnswerFragment(text)), lambda text: emit(AnswerThought(text)))
    listeners = Listeners(
        on_token=text_filter.feed,
        on_thought=lambda thought: emit(AnswerThought(thought)),
        on_notice=lambda notice: emit(Degraded(notice)),
        on_reply=emit,
    )
    try:
        text = await send_prompt_to_ollama(context, question, model, listeners=listeners)
    except LanguageModelError as error:
        if isinstance(error, AnswerCutShortError) and error.partial.strip():
            emit(AnswerCutShort(error.partial, error.message))
        emit(Degraded(f"the model failed, so quotations answer: {error}"))
        return None
    text_filter.close()
    answer = await asyncio.to_thread(resolve_citations, text, passages, question)
    if not answer.abstained and not answer.citations:
        emit(Degraded("nothing that the model wrote is held by its sources, so quotations answer"))
        return None
    return answer
