"""One run of the mixture of personas, from the question to the answer, in cycles of three phases."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from engine.errors import PersonaError, PersonaMoeError
from engine.events import (
    DIFFERS,
    AnswerWritten,
    CycleStarted,
    Degraded,
    Emit,
    EvidenceRanked,
    Mark,
    ModelFound,
    OthersAsked,
    OutputProduced,
    OutputScored,
    QuestionRead,
    RankedPassage,
    RunFailed,
    RunFinished,
    RunStarted,
    Scores,
)
from engine.index.retriever import Retriever
from engine.mixture.gate import BanditGate, Gate
from engine.mixture.learned_factors import learned_factors
from engine.mixture.outputs import PersonaOutput
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.mixture.scoring import DEPTH, reward_of, score_output
from engine.model.client import LanguageModel
from engine.personas.evolution import evolve
from engine.personas.experience import RANKED, Experience
from engine.personas.lifecycle import review
from engine.personas.metrics import calculate_weighted_score
from engine.personas.persona import Persona
from engine.personas.roster import Roster
from engine.run.answering import Answering, written_outputs
from engine.run.graph_record import GraphRecord
from engine.run.other_libraries import OtherLibraries
from engine.settings.settings import Settings
from engine.walk.graph import DynamicKnowledgeGraph

if TYPE_CHECKING:
    from engine.answer.quotation import Quotation
    from engine.meaning.similarity import SimilarPassages

_ENOUGH = 0.9  # coverage of the question at which no further round is needed

FindModel = Callable[[], Awaitable[tuple[LanguageModel | None, Sequence[str]]]]
"""Finds the language model, if there is one, and the reasons why there is none although one is wanted."""

FindSimilar = Callable[[str, Retriever], Awaitable[tuple["SimilarPassages | None", Sequence[str]]]]
"""Compares a question with the passages by meaning, if there is an embedding model; and says why not, if it failed."""

FindAnswer = Callable[[], Awaitable[AnswerWritten]]
"""Makes an answer from the whole library."""


class MoeOrchestrator:
    """Runs one question; each run has its own instance, so that nothing has to be reset.

    The model is `language_model`, or `find_model` looks for it while the personas walk. `understood` is the
    complete question that a follow-up is read as, `context_names` are the subjects of the questions before, `today`
    is the day for words such as "yesterday". `marks` are quotations that the user has judged at this question.
    `find_similar` compares the question with passages by meaning, `others` are libraries whose passages join
    those of the retriever. Everything that happens is emitted as an event (`engine.events`), from any thread.
    """

    def __init__(  # noqa: PLR0913 - the parts of a run, wired in one place
        self,
        question: str,
        retriever: Retriever,
        roster: Roster,
        settings: Settings,
        *,
        emit: Emit,
        run_id: str,
        language_model: LanguageModel | None = None,
        find_model: FindModel | None = None,
        gate: Gate | None = None,
        find_overview: FindAnswer | None = None,
        understood: str = "",
        context_names: Sequence[str] = (),
        marks: tuple[Mark, ...] = (),
        today: date | None = None,
        find_similar: FindSimilar | None = None,
        others: OtherLibraries | None = None,
    ) -> None:
        self._text, self._retriever, self._roster, self._settings = question, retriever, roster, settings
        self._emit, self._run_id, self._model = emit, run_id, language_model
        self._find_model, self._gate, self._context_names = find_model, gate, tuple(context_names)
        self._search: asyncio.Task[tuple[LanguageModel | None, Sequence[str]]] | None = None
        self._find_overview = find_overview
        self._today = today
        self._marks = marks
        self._find_similar, self._others = find_similar, others
        self._similar: SimilarPassages | None = None
        self._understood = understood
        self._whole_text = understood or question
        self.graph = DynamicKnowledgeGraph()
        self._panel: Panel | None = None
        self._called: dict[str, Persona] = {}  # in all cycles
        self._voices: dict[str, float] = {}
        self._walking: list[Persona] = []  # in this cycle
        self._outputs: dict[str, PersonaOutput] = {}
        self._rewards: dict[str, float] = {}  # of this cycle
        self._ranking: dict[int, float] = {}
        self._answering: Answering | None = None
        self._quotations: Sequence[Quotation] = ()  # from the ranking
        self._coverage = 0.0  # of the question, by the best of the ranking
        self._timings: dict[str, float] = {}
        self._cycle = 0
        self._features: tuple[float, ...] = ()  # of the question, for the gate

    @property
    def panel(self) -> Panel:
        """The panel at this question; the question is read when it is first asked for."""
        if self._panel is None:
            factors = learned_factors(self._experiences)
            self._panel = Panel(
                self._whole_text,
                self._retriever,
                factors=factors,
                marks=self._marks,
                today=self._today,
                similar=self._similar,
            )
        return self._panel

    @cached_property
    def _experiences(self) -> Sequence[Experience]:
        return self._roster.experiences()

    @property
    def answering(self) -> Answering:
        """What answers from the panel's evidence; made when it is first asked for, as the panel."""
        if self._answering is None:
            seed = f"{self._settings.system.seed} {self._text}"
            self._answering = Answering(self._whole_text, self.panel, seed, self._emit)
        return self._answering

    async def run(self) -> AnswerWritten:
        """Run all cycles and write the answer. Raises the error that it failed with, after emitting it."""
        system = self._settings.system
        model = self._model.name if self._model else None
        today = self._today.isoformat() if self._today else ""
        passages = len(self._retriever)
        self._emit(RunStarted(self._run_id, self._text, system.seed, passages, model, today, self._marks))
        if self._find_model is not None:
            self._search = asyncio.ensure_future(self._find_model())
        try:
            await self._join_others()
            await self._compare_meaning()
            for self._cycle in range(1, system.max_iterations + 1):
                if not await self.expansion_phase():
                    break
                first = list(self._ranking)[:DEPTH]
                await asyncio.to_thread(self.evaluation_phase)
                await asyncio.to_thread(self.pruning_phase)
                if self._coverage >= _ENOUGH or first == list(self._ranking)[:DEPTH]:
                    break
            await asyncio.to_thread(self.evolution_phase)
            answer = await self._answer()
        except PersonaMoeError as error:
            self._emit(RunFailed(error.message, error.hint))
            raise
        finally:
            await self._end_search()
        self._emit(answer)
        self._emit(RunFinished(self._timings))
        return answer

    # -- the three phases ---------------------------------------------------------------------------------

    async def expansion_phase(self) -> bool:
        """Generate diverse outputs: the gate calls personas, and they walk. Returns False if it calls none."""
        called = await asyncio.to_thread(self._call_and_walk)
        model = await self._found_model() if called and self._settings.ollama.persona_outputs else None
        if model is not None:
            with self._timed("writing"):
                await self._write_outputs(model)
        else:
            for persona in self._walking:
                self._emit_output(self._outputs[persona.persona_id])
        return called

    def evaluation_phase(self) -> None:
        """Rank the evidence of all, choose what to quote, and score the outputs of this cycle.

        Nothing is earned at a question that the library does not answer, and none for evidence that the user picked.
        """
        with self._timed("evaluation"):
            self._ranking = self.panel.fused()
            self._quotations = [] if self._find_overview else self.answering.quotations(self._ranking)
            cited = dict.fromkeys(q.number for q in self._quotations if q.role != DIFFERS)
            for persona in self._walking:
                scores = self._score(self._outputs[persona.persona_id])
                credit = round(self.panel.credit(persona.persona_id, cited), 4)
                self._emit(OutputScored(persona.persona_id, scores, credit))
                if cited and not self._marks:
                    self._rewards[persona.persona_id] = reward_of(scores.total, credit)
            numbers = list(self._ranking)
            self._coverage = self.panel.coverage(numbers[:DEPTH])
            values = self.panel.values(self.panel.voices)
            passages = tuple(self._ranked(number, values.get(number, ())) for number in numbers[:RANKED])
            self._emit(EvidenceRanked(passages, round(self._coverage, 4), len(self.graph.nodes), len(self.graph.edges)))

    def pruning_phase(self) -> None:
        """Pay the rewards of this cycle; demote, prune or promote by the thresholds."""
        with self._timed("lifecycle"):
            self._roster.record_rewards(self._run_id, self._rewards, self._features)
            rewarded, self._rewards = self._rewards.keys(), {}
            for transition in review(self._roster, rewarded, self._settings.thresholds, decided_by=self._run_id):
                self._emit(transition)

    def evolution_phase(self) -> None:
        """Breed a child of proven personas if one is due; it can be called from the next question on."""
        with self._timed("lifecycle"):
            try:
                seed = self._settings.system.seed
                child = evolve(self._roster, self._settings.thresholds, seed=seed, decided_by=self._run_id)
            except PersonaError as error:
                self._emit(Degraded(f"no child was born: {error}"))
            else:
                if child is not None:
                    self._emit(child)

    # -- their parts --------------------------------------------------------------------------------------

    async def _join_others(self) -> None:
        """Let the passages of other machines join those of the retriever, before the first persona searches."""
        if self._others is None:
            return
        libraries = tuple(self._others.names)
        self._emit(OthersAsked(libraries))
        with self._timed("other machines"):
            answers = await self._others.passages(self._whole_text)
        self._emit(OthersAsked(libraries, tuple(-1 if a.problem else len(a.passages) for a in answers)))
        for answer in answers:
            if answer.problem:
                self._emit(Degraded(answer.problem))
        from engine.index.joined_retriever import joined  # noqa: PLC0415 - only with libraries of other machines

        if passages := [passage for answer in answers for passage in answer.passages]:
            self._retriever = await asyncio.to_thread(joined, self._retriever, passages)

    async def _compare_meaning(self) -> None:
        """Compare the question with the passages by meaning, before the first persona searches."""
        if self._find_similar is not None:
            with self._timed("meaning"):
                self._similar, reasons = await self._find_similar(self._whole_text, self._retriever)
            for reason in reasons:
                self._emit(Degraded(reason))

    def _call_and_walk(self) -> bool:
        with self._timed("reading"):
            panel = self.panel
            if self._cycle == 1:
                known_names = tuple(name.key for name in panel.question.names)
                entities = (*known_names, *panel.question.unknown_names)
                self._features = question_features(panel.neighbourhood)
                terms = panel.question.terms
                context = self._context_names, self._understood
                self._emit(QuestionRead(entities, known_names, terms, self._features, *context))
        with self._timed("walking"):
            self._walking = self._call()
            record = GraphRecord(self.graph, panel, self._emit)
            panel.send_all([(persona, self._voices[persona.persona_id]) for persona in self._walking])
            for persona in self._walking:
                record.draw(persona.persona_id, panel.walks[persona.persona_id])
                self._outputs[persona.persona_id] = panel.output(persona.persona_id)
        return bool(self._walking)

    def _call(self) -> list[Persona]:
        entries = self._roster.entries()
        gate = self._gate or self._make_gate()
        receipts = gate.choose(
            self.panel.question, self._features, entries, cycle=self._cycle, called=self._called.keys()
        )
        self._voices = {receipt.persona_id: receipt.voice for receipt in receipts}
        chosen = [e.persona for e, receipt in zip(entries, receipts, strict=True) if receipt.activated]
        if chosen or self._cycle == 1:
            for receipt in receipts:
                self._emit(receipt)
            self._emit(CycleStarted(self._cycle, tuple(persona.persona_id for persona in chosen)))
        self._called.update({persona.persona_id: persona for persona in chosen})
        return chosen

    def _make_gate(self) -> Gate:
        """Return a gate that knows the rewards of the earlier cycles, too."""
        experiences = self._experiences if self._cycle == 1 else self._roster.experiences()
        threshold, seats = self._settings.thresholds.activation_threshold, self._settings.system.batch_size
        return BanditGate(threshold, seats, experiences, has_vectors=self._similar is not None)

    def _score(self, output: PersonaOutput) -> Scores:
        walkers = [walker for name, walker in self._outputs.items() if not self._called[name].is_control]
        scores = score_output(output, walkers, self.panel.question, self.panel.plain)
        total = calculate_weighted_score(scores, self._settings.scoring.weights)
        return Scores(**{name: round(score, 4) for name, score in scores.items()}, total=round(total, 4))

    def _ranked(self, number: int, values: Sequence[float]) -> RankedPassage:
        passage = self.panel.passage(number)
        finders = tuple(name for name, output in self._outputs.items() if number in output.first(DEPTH))
        score, rounded = round(self._ranking[number], 6), tuple(round(value, 2) for value in values)
        return RankedPassage(passage.id, passage.source, passage.title, score, finders, rounded)

    async def _write_outputs(self, model: LanguageModel) -> None:
        outputs = written_outputs(self.panel, self._outputs, self._walking, self._text, model)
        async with aclosing(outputs):
            async for output, events in outputs:
                self._outputs[output.persona_id] = output
                for event in events:
                    self._emit(event)
                self._emit_output(output)

    def _emit_output(self, output: PersonaOutput) -> None:
        ids = tuple(self.panel.passage(evidence.number).id for evidence in output.evidence)
        self._emit(OutputProduced(output.persona_id, ids, output.text))

    async def _answer(self) -> AnswerWritten:
        may_be_written = self._model is not None or self._search is not None
        find_model = self._found_model if may_be_written else None
        with self._timed("answering"):
            if self._find_overview is not None:
                return await self._find_overview()
            outputs = list(self._outputs.values())
            return await self.answering.answer(self._ranking, self._quotations, outputs, find_model)

    async def _found_model(self) -> LanguageModel | None:
        """Wait for the search for the model, and emit what it found; the same at every call."""
        if self._search is not None and self._find_model is not None:
            search, self._find_model = self._search, None
            self._model, reasons = await search
            self._emit(ModelFound(self._model.name if self._model else None))
            for reason in reasons:
                self._emit(Degraded(reason))
        return self._model

    async def _end_search(self) -> None:
        """Give up a search that nothing waits for; its error, if any, is of no interest."""
        if self._search is not None and not self._search.done():
            self._search.cancel()
            await asyncio.gather(self._search, return_exceptions=True)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - started) * 1000
            self._timings[phase] = round(self._timings.get(phase, 0.0) + spent, 3)
