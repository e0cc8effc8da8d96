"""What a model writes in a run: a persona's claims from its own evidence, and the one answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from engine.answer.citations import ground_claims, resolve_citations
from engine.answer.claims import write_claims
from engine.answer.prompt import send_prompt_to_ollama
from engine.answer.quotation import Quotation
from engine.answer.voice import instructions_of, voice_of
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
    ModelReplied,
    RunEvent,
)
from engine.model.client import LanguageModel, Listeners, Usage
from engine.model.faults import AnswerCutShortError
from engine.personas.persona import Persona


async def write_output(
    persona: Persona, passages: Sequence[Quotation], question: str, model: LanguageModel
) -> tuple[tuple[GroundedClaim, ...], list[RunEvent]]:
    """What a persona states from these passages, as far as they carry it, and what is to be told of that."""
    name, told = persona.persona_id, list[RunEvent]()
    listeners = Listeners(
        on_notice=lambda notice: told.append(Degraded(f"{name}: {notice}")),
        on_reply=lambda usage: told.append(_replied("claims", name, usage)),
    )
    blocks = [(q.passage.id, f"{q.passage.title}: {q.text}") for q in passages]
    try:
        stated = await write_claims(
            model, instructions_of(persona), blocks, question, voice=voice_of(persona), listeners=listeners
        )
    except LanguageModelError as error:
        return (), [*told, Degraded(f"{name} could not write: {error}")]
    pairs = [(claim.text, claim.passage_ids) for claim in stated.kept]
    claims, removed = await asyncio.to_thread(ground_claims, pairs, passages)
    return claims, [*told, ClaimsWritten(name, claims, removed + stated.dropped)]


async def write_answer(
    context: str, passages: Sequence[Quotation], question: str, model: LanguageModel, emit: Emit
) -> AnswerWritten | None:
    """The model's answer with its citations resolved; None, and the reason told, where quotations must do."""
    listeners = Listeners(
        on_token=lambda token: emit(AnswerFragment(token)),
        on_thought=lambda thought: emit(AnswerThought(thought)),
        on_notice=lambda notice: emit(Degraded(notice)),
        on_reply=lambda usage: emit(_replied("answer", "", usage)),
    )
    try:
        text = await send_prompt_to_ollama(context, question, model, listeners=listeners)
    except LanguageModelError as error:
        if isinstance(error, AnswerCutShortError) and error.partial.strip():
            emit(AnswerCutShort(error.partial, error.message))
        emit(Degraded(f"the model failed, so quotations answer: {error}"))
        return None
    answer = await asyncio.to_thread(resolve_citations, text, passages)
    if not answer.abstained and not answer.citations:
        emit(Degraded("nothing that the model wrote is held by its sources, so quotations answer"))
        return None
    return answer


def _replied(purpose: str, persona_id: str, usage: Usage) -> ModelReplied:
    return ModelReplied(purpose, persona_id, **asdict(usage))
