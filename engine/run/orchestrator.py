"""One run of the mixture: personas are called, walk, are scored, rise or fall, and one answer is written."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from engine.answer.citations import abstention, extractive_answer
from engine.answer.quotation import Quotation, is_covered, quote
from engine.answer.synthesis import GraphContext, synthesize_persona_context
from engine.answer.writing import write_answer, write_output
from engine.errors import PersonaError, PersonaMoeError
from engine.events import (
    AnswerWritten,
    CycleStarted,
    Degraded,
    Emit,
    EvidenceRanked,
    OutputProduced,
    OutputScored,
    PersonaStepped,
    QuestionRead,
    RankedPassage,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Scores,
)
from engine.index.retriever import Retriever
from engine.mixture.gate import BanditGate, Gate
from engine.mixture.outputs import PersonaOutput
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.mixture.scoring import DEPTH, reward_of, score_output
from engine.model.client import LanguageModel
from engine.personas.evolution import evolve
from engine.personas.lifecycle import review
from engine.personas.metrics import calculate_weighted_score
from engine.personas.persona import Persona
from engine.personas.roster import Roster
from engine.question.follow_up import with_names
from engine.settings.settings import Settings
from engine.walk.graph import DynamicKnowledgeGraph
from engine.walk.traversal import Walk

_ENOUGH = 0.9  # coverage of the question at which no further round is needed
_SHOWN = 20  # passages of the final ranking
_CONTEXT = 8  # passages that a model answers from


class MoeOrchestrator:
    """Orchestrates one question; a new instance for each run, so that nothing has to be reset.

    Everything that happens is emitted as an event (`engine.events`), from whatever thread it happens in.
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
        missing: Sequence[str] = (),
        gate: Gate | None = None,
        context_names: Sequence[str] = (),
    ) -> None:
        self._text, self._retriever, self._roster, self._settings = question, retriever, roster, settings
        self._emit, self._run_id, self._model = emit, run_id, language_model
        self._missing = missing  # what the run has to do without, each with the reason
        self._gate = gate
        self._context_names = tuple(context_names)  # of the conversation before, meant by the question
        self._whole_text = with_names(question, context_names)
        self.graph = DynamicKnowledgeGraph()
        self._panel: Panel | None = None
        self._called: dict[str, Persona] = {}  # by every cycle so far
        self._voices: dict[str, float] = {}
        self._walking: list[Persona] = []  # in this cycle
        self._outputs: dict[str, PersonaOutput] = {}
        self._rewards: dict[str, float] = {}  # of this cycle
        self._ranking: dict[int, float] = {}
        self._coverage = 0.0  # of the question, by the best of the ranking
        self._timings: dict[str, float] = {}
        self._cycle = 0
        self._features: tuple[float, ...] = ()  # of the question, for the gate

    @property
    def panel(self) -> Panel:
        """The panel at this question; the question is read when it is first asked for."""
        if self._panel is None:
            self._panel = Panel(self._whole_text, self._retriever)
        return self._panel

    async def run(self) -> AnswerWritten:
        """The whole run. Raises what it failed with, after saying so in an event."""
        system = self._settings.system
        model = self._model.name if self._model else None
        self._emit(RunStarted(self._run_id, self._text, system.seed, len(self._retriever), model))
        for reason in self._missing:
            self._emit(Degraded(reason))
        try:
            for self._cycle in range(1, system.max_iterations + 1):
                if not await self.expansion_phase():
                    break
                await asyncio.to_thread(self.evaluation_phase)
                await asyncio.to_thread(self.pruning_phase)
                if self._coverage >= _ENOUGH:
                    break
            await asyncio.to_thread(self.evolution_phase)
            answer = await self._answer()
        except PersonaMoeError as error:
            self._emit(RunFailed(error.message, error.hint))
            raise
        self._emit(answer)
        self._emit(RunFinished(self._timings))
        return answer

    # -- the three phases ---------------------------------------------------------------------------------

    async def expansion_phase(self) -> bool:
        """Generate diverse outputs: the gate calls personas, they walk. False when there is no one left to call."""
        called = await asyncio.to_thread(self._call_and_walk)
        if called and self._model is not None and self._settings.ollama.persona_outputs:
            with self._timed("writing"):
                await self._write_outputs(self._model)
        else:
            for persona in self._walking:
                self._tell_output(persona)
        return called

    def evaluation_phase(self) -> None:
        """Score and rank what was found."""
        with self._timed("evaluation"):
            self._ranking = self.panel.fused()
            for persona in self._walking:
                scores = self._score(self._outputs[persona.persona_id])
                credit = round(self.panel.credit(persona.persona_id), 4)
                self._emit(OutputScored(persona.persona_id, scores, credit))
                self._rewards[persona.persona_id] = reward_of(scores.total, credit)
            best = list(self._ranking)
            self._coverage = self.panel.coverage(best[:DEPTH])
            passages = tuple(self._ranked(number) for number in best[:_SHOWN])
            self._emit(EvidenceRanked(passages, round(self._coverage, 4), len(self.graph.nodes), len(self.graph.edges)))

    def pruning_phase(self) -> None:
        """Pay the rewards of this cycle; demote, prune or promote whom the thresholds say."""
        with self._timed("lifecycle"):
            self._roster.record_rewards(self._run_id, self._rewards, self._features)
            rewarded, self._rewards = self._rewards.keys(), {}
            for moved in review(self._roster, rewarded, self._settings.thresholds, decided_by=self._run_id):
                self._emit(moved)

    def evolution_phase(self) -> None:
        """Let proven personas have a child, if one is due: it can be called from the next question on."""
        with self._timed("lifecycle"):
            try:
                born = evolve(
                    self._roster,
                    self._settings.thresholds,
                    seed=self._settings.system.seed,
                    decided_by=self._run_id,
                )
            except PersonaError as error:
                self._emit(Degraded(f"no child was born: {error}"))
            else:
                if born is not None:
                    self._emit(born)

    # -- their parts --------------------------------------------------------------------------------------

    def _call_and_walk(self) -> bool:
        with self._timed("reading"):
            panel = self.panel
            if self._cycle == 1:
                known = tuple(name.key for name in panel.question.names)
                entities = (*known, *panel.question.unknown_names)
                self._features = question_features(panel.neighbourhood)
                terms = panel.question.terms
                self._emit(QuestionRead(entities, known, terms, self._features, self._context_names))
        with self._timed("walking"):
            self._walking = self._call()
            for persona in self._walking:
                self._show(persona, panel.send(persona, self._voices[persona.persona_id]))
                self._outputs[persona.persona_id] = panel.output(persona.persona_id)
        return bool(self._walking)

    def _call(self) -> list[Persona]:
        entries = self._roster.entries()
        if self._gate is None:
            thresholds, seats = self._settings.thresholds, self._settings.system.batch_size
            self._gate = BanditGate(thresholds.activation_threshold, seats, self._roster.experiences())
        receipts = self._gate.choose(
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

    def _show(self, persona: Persona, walk: Walk) -> None:
        """Tell and draw the best path to each passage that the persona brings back."""
        best = {path.nodes[-1]: path for path in reversed(walk.paths)}  # the first of equal ends is the best
        highest = max(walk.scores.values(), default=0.0) or 1.0
        told: set[tuple[int, int]] = set()
        for number in walk.ranking()[:_SHOWN]:
            nodes = best[number].nodes if number in best else (number,)
            for step, target in enumerate(nodes):
                source = nodes[step - 1] if step else -1
                if (source, target) not in told:
                    told.add((source, target))
                    self._show_step(persona, step, source, target, walk.scores.get(target, 0.0) / highest)

    def _show_step(self, persona: Persona, step: int, source: int, target: int, score: float) -> None:
        node_id, title = self._draw_node(target)
        source_id, via = "", "search"
        if step == 0 and target in self.panel.neighbourhood.titled:
            via = "title"
        if step and (link := self.panel.neighbourhood.link(source, target)):
            source_id, via = self._passage_id(source), link.name
            if not any(edge.target.node_id == node_id for edge in self.graph.nodes[source_id].edges):
                self.graph.add_edge(source_id, node_id, {"name": link.name, "kind": link.kind.name.lower()})
        self._emit(PersonaStepped(persona.persona_id, step, source_id, node_id, title, via, round(score, 4)))

    def _draw_node(self, number: int) -> tuple[str, str]:
        passage = self.panel.passage(number)
        self.graph.add_node(passage.id, {"number": number, "title": passage.title, "source": passage.source})
        return passage.id, passage.title

    def _score(self, output: PersonaOutput) -> Scores:
        walkers = [other for name, other in self._outputs.items() if not self._called[name].is_control]
        plain = [number for number, _ in self.panel.neighbourhood.first[:DEPTH]]
        scores = score_output(output, walkers, self.panel.question, plain)
        total = calculate_weighted_score(scores, self._settings.scoring.weights)
        return Scores(**{name: round(score, 4) for name, score in scores.items()}, total=round(total, 4))

    def _ranked(self, number: int) -> RankedPassage:
        passage = self.panel.passage(number)
        finders = tuple(name for name, output in self._outputs.items() if number in output.first(DEPTH))
        return RankedPassage(passage.id, passage.source, passage.title, round(self._ranking[number], 6), finders)

    def _passage_id(self, number: int) -> str:
        return self.panel.passage(number).id

    async def _write_outputs(self, model: LanguageModel) -> None:
        """Let the personas write, as many at a time as the hosts take; what comes of it is told in their order."""
        writing = [(p, asyncio.create_task(self._write_output(p, model))) for p in self._walking]
        try:
            for persona, task in writing:
                for event in await task:
                    self._emit(event)
                self._tell_output(persona)
        finally:
            for _, task in writing:
                task.cancel()
            await asyncio.gather(*(task for _, task in writing), return_exceptions=True)

    async def _write_output(self, persona: Persona, model: LanguageModel) -> list[RunEvent]:
        output = self._outputs[persona.persona_id]
        passages = [self._whole(number) for number in output.first(DEPTH)]
        claims, told = await write_output(persona, passages, self._text, model)
        self._outputs[persona.persona_id] = self.panel.with_claims(output, claims)
        return told

    def _tell_output(self, persona: Persona) -> None:
        output = self._outputs[persona.persona_id]
        ids = tuple(self._passage_id(found.number) for found in output.evidence)
        self._emit(OutputProduced(persona.persona_id, ids, output.text))

    # -- the answer ---------------------------------------------------------------------------------------

    async def _answer(self) -> AnswerWritten:
        with self._timed("answering"):
            ranking = list(self._ranking)
            quotations = await asyncio.to_thread(quote, self.panel, self._ranking)
            if not await asyncio.to_thread(is_covered, self.panel, quotations):
                return abstention()
            if self._model is not None and (written := await self._written_answer(ranking, self._model)):
                return written
            return extractive_answer(quotations)

    async def _written_answer(self, ranking: list[int], model: LanguageModel) -> AnswerWritten | None:
        """The model's answer with its citations resolved; None, and a reason told, where quotations must do."""
        passages = tuple(self._whole(number) for number in ranking[:_CONTEXT])
        context = synthesize_persona_context(
            list(self._outputs.values()),
            GraphContext(passages, self._links(ranking)),
            seed=f"{self._settings.system.seed} {self._text}",
        )
        return await write_answer(context, passages, self._whole_text, model, self._emit)

    def _links(self, ranking: list[int]) -> tuple[tuple[str, str, str], ...]:
        """Which of the best passages leads to which by what name."""
        best = set(ranking[:DEPTH])
        return tuple(
            (edge.source.data["title"], edge.target.data["title"], edge.data["name"])
            for edge in self.graph.edges
            if {edge.source.data["number"], edge.target.data["number"]} <= best
        )

    def _whole(self, number: int) -> Quotation:
        passage = self.panel.passage(number)
        return Quotation(number, passage, passage.start, passage.end)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - started) * 1000
            self._timings[phase] = round(self._timings.get(phase, 0.0) + spent, 3)
