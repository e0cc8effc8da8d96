"""What is written in a run: the outputs of the personas, and the answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from engine.answer.answerability import uncovered
from engine.answer.citations import abstention, extractive_answer, with_quotations
from engine.answer.extract import nearest_sentences, quote_if_answerable
from engine.answer.persona_statements import own_sentences, quoted_claims
from engine.answer.prompt import prompt_tokens
from engine.answer.quotation import Quotation
from engine.answer.sentence_ranking import SentenceRanker
from engine.answer.synthesis import GraphContext, synthesize_persona_context
from engine.answer.writing import write_answer, write_output, write_outputs_together
from engine.events import AnswerWritten, Emit, QuotationsChosen, RunEvent
from engine.mixture.outputs import PersonaOutput
from engine.mixture.panel import Panel
from engine.mixture.scoring import DEPTH
from engine.model.client import LanguageModel
from engine.personas.persona import Persona

_LINES = 3  # of a persona, in a request for all of them
CONTEXT_PASSAGES = 5  # that a model answers from


async def written_outputs(
    panel: Panel, outputs: Mapping[str, PersonaOutput], personas: Sequence[Persona], question: str, model: LanguageModel
) -> AsyncGenerator[tuple[PersonaOutput, list[RunEvent]], None]:
    """Let the personas write, in one request on one host, or each by itself on several.

    Yields each output with its claims and the events of its writing, in the order of `personas`. Read inside
    `contextlib.aclosing`: leaving cancels the rest.
    """
    if len(model.endpoints) == 1:
        walked = [outputs[persona.persona_id] for persona in personas]
        evidence = await asyncio.to_thread(own_sentences, SentenceRanker(panel), walked, _LINES)
        claims, events = await write_outputs_together(evidence, question, model)
        for output in walked:
            yield panel.with_claims(output, claims.get(output.persona_id, ())), events
            events = []
        return

    async def write(persona: Persona) -> tuple[PersonaOutput, list[RunEvent]]:
        output = outputs[persona.persona_id]
        passages = [_whole(panel, number) for number in output.first(DEPTH)]
        claims, events = await write_output(persona, passages, question, model)
        return panel.with_claims(output, claims), events

    tasks = [asyncio.create_task(write(persona)) for persona in personas]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Answering:
    """Answers `question` from the evidence of a panel; `seed` orders what a model reads."""

    question: str
    panel: Panel
    seed: str
    emit: Emit

    async def answer(
        self,
        ranking: Mapping[int, float],
        quotations: Sequence[Quotation],
        outputs: Sequence[PersonaOutput],
        find_model: Callable[[], Awaitable[LanguageModel | None]] | None,
    ) -> AnswerWritten:
        """Write the answer: an abstention, the model's, or the `quotations` where the model writes none that holds.

        If there may be a model, the quotations are emitted before it is waited for, and stand below its text.
        """
        if not quotations:
            return abstention(uncovered(self.panel.question, ()), nearest_sentences(self._ranker, ranking))
        quoted = extractive_answer(quotations, uncovered(self.panel.question, quotations))
        if find_model is None:
            await self._emit_sentences(outputs)
            return quoted
        passages = tuple(_whole(self.panel, number) for number in list(ranking)[:CONTEXT_PASSAGES])
        context = synthesize_persona_context(outputs, GraphContext(passages), seed=self.seed)
        tokens = prompt_tokens(context, self.question)
        self.emit(QuotationsChosen(quoted.answer, quoted.citations, quoted.uncovered, tokens))
        await self._emit_sentences(outputs)
        if (model := await find_model()) is None:
            return quoted
        written = await write_answer(context, passages, self.question, model, self.emit)
        if written is None:
            return quoted
        if written.abstained:  # the quotations that were shown until now can still be opened
            return replace(written, nearest=quoted.citations)
        return with_quotations(written, quoted)

    @cached_property
    def _ranker(self) -> SentenceRanker:
        return SentenceRanker(self.panel)

    async def _emit_sentences(self, outputs: Sequence[PersonaOutput]) -> None:
        """Let each persona for which no model has written say the best sentence of its own evidence."""
        silent = [output for output in outputs if not output.claims]
        for claims in await asyncio.to_thread(quoted_claims, self._ranker, silent):
            self.emit(claims)

    def quotations(self, ranking: Mapping[int, float]) -> list[Quotation]:
        """Return what to quote; nothing if the passages do not answer the question."""
        return quote_if_answerable(self._ranker, ranking)


def _whole(panel: Panel, number: int) -> Quotation:
    passage = panel.passage(number)
    return Quotation(number, passage, passage.start, passage.end)
