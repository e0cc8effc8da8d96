"""The runs of a workspace: asking a question, the history, replays, and the user's judgements."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from engine.errors import LanguageModelError, StoreError, UnknownRunError
from engine.events import Degraded, Emit, RecordedEvent, RunEvent, RunFinished
from engine.run.state import RunState
from engine.run.stream import events_of
from tui.session.overview import overview_of
from tui.session.personas import warn
from tui.session.reading_rate import ReadingRate

if TYPE_CHECKING:
    from db.runs.history import History
    from db.runs.summary import RunSummary
    from db.runs.trash import Trash
    from db.workspace import Workspace
    from engine.model.client import LanguageModel
    from engine.question.follow_up import Conversation
    from engine.run.asked_again import AskedAgain
    from engine.run.feedback import FeedbackGiven
    from engine.run.persona_comparison import Comparison
    from engine.run.persona_part import RunPart
    from engine.run.state import Judgements
    from engine.settings.settings import Settings
    from tui.session.library import ScopedLibrary
    from tui.session.meaning import Meaning
    from tui.session.model import ModelConnection
    from tui.session.personas import Personas

_NEWEST = 20  # runs in which the last one with a model is looked for
_LOG = logging.getLogger("persona_moe")


class Runs:
    """Makes runs of the workspace's library and personas with `model`, and reads the recorded ones."""

    def __init__(
        self,
        workspace: "Workspace",
        settings: Callable[[], "Settings"],
        *,
        library: "ScopedLibrary",
        personas: "Personas",
        model: "ModelConnection",
        meaning: "Meaning",
    ) -> None:
        self._workspace, self._settings = workspace, settings
        self._library, self._personas, self._model, self._meaning = library, personas, model, meaning
        self.reading_rate = ReadingRate()

    @cached_property
    def history(self) -> "History":
        """The finished runs; opening it also enters those of sessions that were killed."""
        from db.runs.history import History  # noqa: PLC0415 - after the first paint
        from db.runs.recorder import finish_unfinished  # noqa: PLC0415 - after the first paint
        from db.runs.summary import summary_of  # noqa: PLC0415 - after the first paint
        from db.runs.trash import Trash  # noqa: PLC0415 - after the first paint

        history = History(self._workspace.history)

        def enter(run_id: str, events: Sequence[RecordedEvent]) -> None:
            try:
                history.find(run_id)
            except UnknownRunError:
                history.add(summary_of(RunState.of(events, run_id=run_id), events[-1].at_ms))

        try:
            warn(f"recovered after a crash: {line}" for line in finish_unfinished(self._workspace.runs, enter))
            Trash(self._workspace.trash, history, self._workspace.runs).tidy()
        except StoreError as error:  # new runs are stored all the same
            warn([str(error)])
        return history

    @cached_property
    def trash(self) -> "Trash":
        """The deleted runs, for as long as they can be brought back."""
        from db.runs.trash import Trash  # noqa: PLC0415 - after the first paint

        return Trash(self._workspace.trash, self.history, self._workspace.runs)

    # -- making one -----------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Import and read what the first question needs, 0.3 s of it, so that it starts as fast as the others."""
        from engine.run.orchestrator import MoeOrchestrator  # noqa: F401, PLC0415 - after the first paint
        from engine.walk.graph import DynamicKnowledgeGraph  # noqa: PLC0415 - after the first paint

        DynamicKnowledgeGraph()
        self._personas.roster.entries()

    async def ask(
        self,
        question: str,
        conversation: "Conversation | None" = None,
        *,
        again: "AskedAgain | None" = None,
        keeps_quotations: bool = False,
    ) -> AsyncGenerator[RecordedEvent, None]:
        """Yield the events of one run as they happen. Read inside `contextlib.aclosing`: leaving cancels the run.

        `keeps_quotations`: quotations that it has chosen by then are its answer. `again`: how the question was read,
        and what the user has marked since.
        A question that refers to the `conversation` so far is read as the complete question that it stands for. The
        question is stored before anything else, and every event as it comes; graph and events are complete before the
        history has the run.
        """
        from db.log import record  # noqa: PLC0415 - after the first paint
        from db.runs.history import new_run_id  # noqa: PLC0415 - after the first paint
        from db.runs.recorder import RunRecorder  # noqa: PLC0415 - after the first paint
        from db.runs.summary import last_event, summary_of  # noqa: PLC0415 - after the first paint

        run_id = new_run_id()
        state, at_ms = RunState(question, run_id), 0.0
        with RunRecorder(self._workspace.runs, run_id, question) as recorder:
            try:
                async with aclosing(events_of(partial(self._run, run_id, question, conversation, again))) as events:
                    async for recorded in events:
                        recorder.append(recorded)
                        state.apply(recorded.event)
                        self.reading_rate.measure(recorded.event)
                        at_ms = recorded.at_ms
                        _log(run_id, recorded)
                        yield recorded
            except BaseException as error:
                if isinstance(error, Exception):
                    record(error, run_id=run_id)
                if not state.finished:
                    state.apply(end := last_event(error, keeps_quotations=keeps_quotations))
                    recorder.append(RecordedEvent(at_ms, end))
                raise
            finally:
                recorder.close()
                self.history.add(summary_of(state, at_ms))

    def _last_written_run(self) -> Iterator[RunEvent]:
        """Yield the events of the last of the newest runs that a model wrote in; nothing if they cannot be read."""
        run = next((run for run in self.history.recent(_NEWEST) if run.model), None)
        with suppress(StoreError, UnknownRunError):
            yield from (recorded.event for recorded in (self.replay(run.run_id) if run else ()))

    async def _find_model(self) -> "tuple[LanguageModel | None, tuple[str, ...]]":
        """Connect to the model, and take the rate at which it read its last prompt."""
        model, reasons = await self._model.connect()
        if model is not None:
            await asyncio.to_thread(self.reading_rate.recall, self._last_written_run)
        return model, reasons

    async def _run(
        self,
        run_id: str,
        question: str,
        conversation: "Conversation | None",
        again: "AskedAgain | None",
        emit: Emit,
    ) -> None:
        from db.runs.graph_snapshots import save_graph_snapshot  # noqa: PLC0415 - after the first paint
        from engine.question.follow_up import understood  # noqa: PLC0415 - after the first paint
        from engine.question.question_form import asks_about_library  # noqa: PLC0415 - after the first paint
        from engine.run.asked_again import AskedAgain  # noqa: PLC0415 - after the first paint
        from engine.run.orchestrator import MoeOrchestrator  # noqa: PLC0415 - after the first paint

        retriever = await asyncio.to_thread(self._library.retriever)
        if again is None:
            complete = await asyncio.to_thread(understood, question, conversation, retriever) if conversation else ""
            again = AskedAgain(complete, conversation.recent if conversation else (), ())
        complete = again.understood
        run = MoeOrchestrator(
            question,
            retriever,
            self._personas.roster,
            self._settings(),
            emit=emit,
            run_id=run_id,
            find_model=self._find_model if self._model.is_wanted else None,
            find_overview=partial(overview_of, self._library) if asks_about_library(complete or question) else None,
            understood=complete,
            context_names=again.context_names,
            marks=again.marks,
            today=datetime.now().astimezone().date(),
            find_similar=self._meaning.similar if self._meaning.is_wanted else None,
            others=self._library.others,
        )
        with self._meaning.paused():
            await run.run()
        save_graph_snapshot(run.graph, run_id, _now(), folder=self._workspace.runs)

    async def installed_models(self) -> tuple[str, ...]:
        """List the names of the models that the configured servers have; none if no server answers."""
        from engine.model.installed_models import list_models  # noqa: PLC0415 - after the first paint

        try:
            return tuple(sorted({model.name for model in await list_models(self._settings().ollama.endpoints)}))
        except LanguageModelError:
            return ()

    # -- recorded ones --------------------------------------------------------------------------------------

    def replay(self, run_id: str) -> list[RecordedEvent]:
        """Load the recorded events of a run. Raises UnknownRunError or StoreError."""
        from db.runs.recorder import load_events  # noqa: PLC0415 - after the first paint

        return load_events(self._workspace.runs, run_id)

    def state_of(self, run: "RunSummary") -> RunState:
        """Reduce the recorded events of a run to its state. Raises UnknownRunError or StoreError."""
        return RunState.of(self.replay(run.run_id), question=run.question, run_id=run.run_id)

    def question_of(self, run: "RunSummary") -> str:
        """Return the whole question of a run, of which the history may have the beginning. Raises as `replay`."""
        if not run.question_is_cut:
            return run.question
        if question := RunState.of(self.replay(run.run_id)).question:
            return question
        raise UnknownRunError("nothing of this run was recorded", hint="its question is not known in full")

    def parts_of(self, persona_ids: Sequence[str], limit: int = 20) -> "list[dict[str, RunPart]]":
        """Load the parts of personas in the last `limit` runs in which the gate judged one of them, newest first."""
        from db.personas.record import latest_parts  # noqa: PLC0415 - after the first paint

        return latest_parts(self.history, self._workspace.runs, persona_ids, limit)

    def compare_personas(self, left: str, right: str) -> "Comparison":
        """Compare two personas over the last recorded runs. Raises PersonaError or StoreError."""
        from engine.run.persona_comparison import COMPARED_RUNS, compare  # noqa: PLC0415 - after the first paint

        entries = self._personas.roster.find(left), self._personas.roster.find(right)
        parts = self.parts_of([left, right], COMPARED_RUNS)
        return compare(*entries, parts, confidence=self._settings().thresholds.confidence)

    # -- the user's judgements ------------------------------------------------------------------------------

    def judge(self, run_id: str, *, liked: bool, citation: int | None = None) -> "FeedbackGiven":
        """Reward the personas of a run by the user's judgement of its answer, or of one of its citations.

        Then the thresholds may change their states. Raises InputError, UnknownRunError or StoreError.
        """
        from engine.mixture.learned_factors import factors_of_kinds, learned_factors  # noqa: PLC0415 - as below
        from engine.personas.lifecycle import review  # noqa: PLC0415 - after the first paint
        from engine.run.feedback import FeedbackGiven, judge  # noqa: PLC0415 - after the first paint

        judgement = judge(RunState.of(self.replay(run_id), run_id=run_id), liked=liked, citation=citation)
        roster = self._personas.roster
        old = factors_of_kinds(learned_factors(roster.experiences()))
        means = roster.record_feedback(judgement)
        transitions = review(roster, means, self._settings().thresholds, decided_by=f"feedback on {run_id}")
        new = factors_of_kinds(learned_factors(roster.experiences()))
        changed = {kind: factor for kind, factor in new.items() if factor != old[kind]}
        return FeedbackGiven(judgement, means, tuple(transitions), changed)

    def judgements(self) -> "dict[str, Judgements]":
        """Read what the user said of each run that was judged, by run id.

        Nothing if the ledger is damaged: `personas ledger` says where, and the history is none the worse.
        """
        try:
            judged = self._personas.roster.ledger.judgements()
        except StoreError:
            return {}
        return {run_id: {n: entry.liked for n, entry in entries.items()} for run_id, entries in judged.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _log(run_id: str, recorded: RecordedEvent) -> None:
    """Log the events of a run that need a line, beside the errors that end it."""
    match recorded.event:
        case Degraded(reason=reason):
            _LOG.warning("degraded: %s", reason, extra={"fields": {"run_id": run_id}})
        case RunFinished():
            _LOG.info("run done", extra={"fields": {"run_id": run_id, "ms": recorded.at_ms}})
        case _:
            pass
