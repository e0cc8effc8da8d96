"""What is wired to what: a workspace, its settings, library, personas, history and language model, as one session."""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import LanguageModelError, StoreError, UnknownRunError
from engine.events import Degraded, Emit, PersonaBorn, RecordedEvent, RunFinished
from engine.run.stream import events_of
from engine.shipped import shipped
from engine.text.safe import one_line

if TYPE_CHECKING:
    from db.personas.folder_roster import FolderRoster
    from db.personas.record import PersonaRecord
    from db.runs.history import History
    from db.runs.metrics import Metrics
    from db.runs.trash import Trash
    from db.workspace import Workspace
    from engine.documents.cited_source import SourceText
    from engine.documents.passages import Passage
    from engine.index.catalogue import IngestReport, Progress
    from engine.index.library import Library
    from engine.model.client import LanguageModel
    from engine.question.follow_up import Conversation
    from engine.run.feedback import FeedbackGiven
    from engine.run.persona_comparison import Comparison
    from engine.run.persona_part import RunPart
    from engine.settings.options import Option
    from engine.settings.settings import Settings
    from tui.session.checks import Finding

_NO_MODEL = "none"
_LOG = logging.getLogger("persona_moe")


class Session:
    """One user at one workspace. The parts are opened when they are first used: a first paint needs none of them.

    `paths` are the folders or files to ask; without any, the workspace's library, or the sample if that is empty.
    `model` overrides the configured one; "none" asks no model.
    """

    def __init__(
        self, workspace: "Workspace", settings: "Settings", *, paths: Sequence[Path] = (), model: str | None = None
    ) -> None:
        self.workspace, self.settings = workspace, settings
        self._paths, self._model_name = tuple(paths), model or settings.ollama.model_name
        self._given_model = model
        self._model: LanguageModel | None = None
        self._left_models: list[LanguageModel] = []
        self.passages = 0

    @cached_property
    def library(self) -> "Library":
        """The documents; opening them reads no document."""
        from engine.index.library import Library  # noqa: PLC0415 - after the first paint

        return Library(self.workspace.library, self.settings.system)

    @cached_property
    def roster(self) -> "FolderRoster":
        """The personas."""
        from db.personas.folder_roster import FolderRoster  # noqa: PLC0415 - after the first paint

        roster = FolderRoster(self.workspace)
        _tell(f"recovered after a crash: {difference}" for difference in roster.recovered)
        return roster

    @cached_property
    def history(self) -> "History":
        """The finished runs, with those that a killed session could not enter any more."""
        from db.runs.history import History  # noqa: PLC0415 - after the first paint
        from db.runs.recorder import finish_left  # noqa: PLC0415 - after the first paint
        from db.runs.summary import SummaryOfRun  # noqa: PLC0415 - after the first paint
        from db.runs.trash import Trash  # noqa: PLC0415 - after the first paint

        history = History(self.workspace.history)

        def enter(run_id: str, events: Sequence[RecordedEvent]) -> None:
            try:
                history.find(run_id)
            except UnknownRunError:
                history.add(SummaryOfRun.of(run_id, events).finished())

        try:
            _tell(f"recovered after a crash: {line}" for line in finish_left(self.workspace.runs, enter))
            Trash(self.workspace.trash, history, self.workspace.runs).tidy()
        except StoreError as error:  # the runs of this session are none the worse
            _tell([str(error)])
        return history

    @cached_property
    def trash(self) -> "Trash":
        """The deleted runs, for as long as they can be brought back."""
        from db.runs.trash import Trash  # noqa: PLC0415 - after the first paint

        return Trash(self.workspace.trash, self.history, self.workspace.runs)

    # -- the library --------------------------------------------------------------------------------------

    @property
    def library_name(self) -> str:
        """What the questions go to, in a few words."""
        roots = [str(path) for path in self._paths] or list(self.library.roots)
        if not roots or roots == [str(sample_library())]:
            return "sample library"
        return ", ".join(Path(root).name or root for root in roots)

    def suggestions(self) -> list[str]:
        """Questions for an empty screen: the sample has some; of other libraries nothing is known."""
        if self.library_name != "sample library":
            return []
        import json  # noqa: PLC0415 - after the first paint

        return [entry["question"] for entry in json.loads(shipped("db/sample_questions.json").read_bytes())[:8]]

    def ingest(self, paths: Sequence[Path], progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """Bring folders or files into the library; the sample leaves when the user's own documents come."""
        from engine.index.catalogue import existing  # noqa: PLC0415 - after the first paint

        roots, sample = [existing(path) for path in paths], sample_library()
        report = self.library.ingest(roots, progress=progress, cancelled=cancelled.is_set)
        if str(sample) in self.library.roots and any(root != sample for root in roots):
            self.library.remove(str(sample))
            report = replace(report, passages=len(self.library.retriever()))
        return report

    def open_now(self, progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """Make ready what the questions go to: only what changed in it is read."""
        roots = self.library.roots
        if not self._paths and roots and roots != (str(sample_library()),):
            from engine.index.catalogue import IngestReport  # noqa: PLC0415 - after the first paint

            there = [Path(root) for root in roots if Path(root).exists()] if self.library.is_outdated else []
            report = self.ingest(there, progress, cancelled) if there else IngestReport(skipped=self.library.skipped)
            self._count()
            return replace(report, passages=self.passages)
        self._paths = tuple(self._paths) or (sample_library(),)
        report = self.ingest(self._paths, progress, cancelled)
        self._count()
        return report

    def add(self, paths: Sequence[Path], progress: "Progress", cancelled: threading.Event) -> "IngestReport":
        """`ingest`, and ask what it brings from now on; the sample is asked only while there is nothing else."""
        report = self.ingest(paths, progress, cancelled)
        if self._paths and self._scope() != [str(sample_library())]:
            self._paths = tuple(dict.fromkeys((*self._paths, *paths)))
        elif str(sample_library()) not in self.library.roots:
            self._paths = ()
        self._count()
        return report

    def drop(self, root: str, progress: "Progress", cancelled: threading.Event) -> int:
        """Take a root out of the library; returns how many files left. Nothing left to ask: the sample comes back."""
        files = self.library.remove(root)
        self._paths = tuple(path for path, name in zip(self._paths, self._scope(), strict=True) if name != root)
        if not self.library.roots:
            self.open_now(progress, cancelled)
        self._count()
        return files

    def _count(self) -> None:
        scope = self._scope()
        self.passages = sum(self.library.count(path)[1] for path in scope) if scope else len(self.library.retriever())

    def _scope(self) -> list[str]:
        """The folders and files that the questions go to, as the library knows them."""
        return [str(path.expanduser().resolve()) for path in self._paths]

    async def open_library(self, progress: "Progress") -> "IngestReport":
        """`open_now` in a thread; `progress` is called there. Cancelling the task ends the ingest after its file."""
        cancelled = threading.Event()
        try:
            return await asyncio.to_thread(self.open_now, progress, cancelled)
        finally:
            cancelled.set()

    def complete(self, text: str) -> str:
        """Complete the last words of a question to a title of the library; empty if there is none."""
        from engine.index.title_completion import complete  # noqa: PLC0415 - after the first paint

        return complete(text, partial(self.library.titles, scope=self._scope()))

    def prepare(self) -> None:
        """Bring into memory what the first question needs, 0.3 s of it, so that it starts as fast as the others."""
        from engine.run.orchestrator import MoeOrchestrator  # noqa: F401, PLC0415 - after the first paint
        from engine.walk.graph import DynamicKnowledgeGraph  # noqa: PLC0415 - after the first paint

        DynamicKnowledgeGraph()
        self.roster.entries()

    # -- a run --------------------------------------------------------------------------------------------

    async def ask(self, question: str, before: "Conversation | None" = None) -> AsyncGenerator[RecordedEvent, None]:
        """The events of one run as they happen. Read inside `contextlib.aclosing`: leaving cancels the run.

        `before` is what was talked about before: a question that refers to it is asked with the names it means.
        The question is stored before anything else, and every event as it comes; graph and events are complete
        before the history names the run.
        """
        from db.log import record  # noqa: PLC0415 - after the first paint
        from db.runs.history import new_run_id  # noqa: PLC0415 - after the first paint
        from db.runs.recorder import RunRecorder  # noqa: PLC0415 - after the first paint
        from db.runs.summary import SummaryOfRun  # noqa: PLC0415 - after the first paint

        run_id = new_run_id()
        summary = SummaryOfRun(run_id, question)
        with RunRecorder(self.workspace.runs, run_id, question) as recorder:
            try:
                async with aclosing(events_of(partial(self._run, run_id, question, before))) as events:
                    async for recorded in events:
                        recorder.append(recorded)
                        summary.note(recorded)
                        _log(run_id, recorded)
                        yield recorded
            except BaseException as error:
                if isinstance(error, Exception):
                    record(error, run_id=run_id)
                if not summary.ended:
                    recorder.append(summary.broken_off(error))
                raise
            finally:
                recorder.close()
                self.history.add(summary.finished())

    async def _run(self, run_id: str, question: str, before: "Conversation | None", emit: Emit) -> None:
        from db.runs.graph_snapshots import save_graph_snapshot  # noqa: PLC0415 - after the first paint
        from engine.question.follow_up import names_meant  # noqa: PLC0415 - after the first paint
        from engine.run.orchestrator import MoeOrchestrator  # noqa: PLC0415 - after the first paint

        missing = await self._connect()
        retriever = await asyncio.to_thread(self.library.retriever, self._scope())
        run = MoeOrchestrator(
            question,
            retriever,
            self.roster,
            self.settings,
            emit=emit,
            run_id=run_id,
            language_model=self._model,
            missing=missing,
            context_names=await asyncio.to_thread(names_meant, question, before, retriever) if before else (),
        )
        await run.run()
        timestamp = datetime.now(UTC).isoformat(timespec="seconds")
        save_graph_snapshot(run.graph, run_id, timestamp, folder=self.workspace.runs)

    async def _connect(self) -> tuple[str, ...]:
        """Find the language model if one is wanted; returns what the run has to do without."""
        if self._model_name == _NO_MODEL or self._model is not None:
            return ()
        from engine.model.client import connect  # noqa: PLC0415 - after the first paint

        try:
            self._model = await connect(self.settings.ollama, self._model_name, seed=self.settings.system.seed)
        except LanguageModelError as error:
            return (f"no language model: {error}",)
        return ()

    def replay(self, run_id: str) -> list[RecordedEvent]:
        """The recorded events of a run; raises UnknownRunError."""
        from db.runs.recorder import load_events  # noqa: PLC0415 - after the first paint

        return load_events(self.workspace.runs, run_id)

    # -- what an answer stands on ---------------------------------------------------------------------------

    def read_source(self, source: str) -> "SourceText":
        """The text of a file or record of the library as it is now, or why it cannot be read."""
        from engine.documents.cited_source import read_source  # noqa: PLC0415 - after the first paint

        limit = int(self.settings.system.max_file_megabytes * 1e6)
        return read_source(source, roots=self.library.roots, max_bytes=limit)

    def passage(self, passage_id: str, title: str) -> "Passage | None":
        """A passage as it was indexed; None if it is not in the index any more. Raises LibraryError."""
        return self.library.index.find(passage_id, title)

    # -- the user's word on answers and personas ----------------------------------------------------------

    def judge(self, run_id: str, *, liked: bool, citation: int | None = None) -> "FeedbackGiven":
        """Reward the personas of a run by what the user says of its answer, or of one of its citations.

        Then those change their states whom the thresholds say. Raises InputError or UnknownRunError.
        """
        from engine.personas.lifecycle import review  # noqa: PLC0415 - after the first paint
        from engine.run.feedback import FeedbackGiven, judge  # noqa: PLC0415 - after the first paint

        judgement = judge((recorded.event for recorded in self.replay(run_id)), liked=liked, citation=citation)
        means = self.roster.record_feedback(judgement)
        moved = review(self.roster, means, self.settings.thresholds, decided_by=f"feedback on {run_id}")
        return FeedbackGiven(judgement, means, tuple(moved))

    def breed(self, persona_ids: Sequence[str]) -> PersonaBorn:
        """A child of one persona (nudged) or two (crossed) joins as experimental. Raises PersonaError."""
        from engine.personas.evolution import breed  # noqa: PLC0415 - after the first paint

        parents = [self.roster.find(name) for name in dict.fromkeys(persona_ids)]
        return breed(self.roster, parents, seed=self.settings.system.seed, decided_by="user")

    def record_of(self, persona_id: str) -> "PersonaRecord":
        """The rewards and changes of a persona, from the ledger. Raises StoreError."""
        from db.personas.ledger import Ledger  # noqa: PLC0415 - after the first paint
        from db.personas.record import read_record  # noqa: PLC0415 - after the first paint

        return read_record(Ledger(self.workspace.ledger), persona_id)

    def parts_of(self, persona_ids: Sequence[str], limit: int = 20) -> "list[dict[str, RunPart]]":
        """The parts that personas had in the last `limit` runs in which the gate judged one of them, newest first."""
        from db.personas.record import latest_parts  # noqa: PLC0415 - after the first paint

        return latest_parts(self.history, self.workspace.runs, persona_ids, limit)

    def compare(self, left: str, right: str) -> "Comparison":
        """Two personas over the last recorded runs. Raises PersonaError or StoreError."""
        from engine.run.persona_comparison import COMPARED_RUNS, compare  # noqa: PLC0415 - after the first paint

        entries = self.roster.find(left), self.roster.find(right)
        runs = self.parts_of([left, right], COMPARED_RUNS)
        return compare(*entries, runs, confidence=self.settings.thresholds.confidence)

    def judgements(self) -> dict[str, str]:
        """What the user said of each run that was judged, in a few signs (`engine.run.feedback.marks`).

        Nothing if the ledger is damaged: `personas ledger` says where, and the history is none the worse.
        """
        from engine.run.feedback import marks  # noqa: PLC0415 - after the first paint

        return {run_id: marks(judged) for run_id, judged in self._judged().items()}

    def judgements_of(self, run_id: str) -> dict[int | None, bool]:
        """What the user said of the answer of a run (None) and of its citations by number."""
        return self._judged().get(run_id, {})

    def _judged(self) -> dict[str, dict[int | None, bool]]:

        try:
            judged = self.roster.ledger.judgements()
        except StoreError:
            return {}
        return {run_id: {n: entry.liked for n, entry in entries.items()} for run_id, entries in judged.items()}

    def metrics(self) -> "Metrics":
        """The workspace in numbers. Raises StoreError."""
        from db.log import entries  # noqa: PLC0415 - after the first paint
        from db.runs.metrics import measure  # noqa: PLC0415 - after the first paint

        return measure(self.history.runs(), self.workspace.runs, entries(self.workspace.log))

    def logged(self, limit: int) -> list[dict[str, Any]]:
        """The newest entries of the log, newest first. Raises StoreError."""
        from db.log import entries  # noqa: PLC0415 - after the first paint

        return list(islice(entries(self.workspace.log), limit))

    def checks(self) -> "Iterator[Finding]":
        """Everything that a run needs, looked at one by one (`tui.session.checks`)."""
        from tui.session.checks import checks  # noqa: PLC0415 - after the first paint

        return checks(self)

    # -- the settings --------------------------------------------------------------------------------------

    def read_settings(self) -> "Settings":
        """The settings as they are on disk now: another session may have changed them. Raises SettingsError."""
        from engine.settings.settings import load_settings  # noqa: PLC0415 - after the first paint

        return load_settings(self.workspace.configs)

    def write_setting(self, option: "Option", value: object) -> "Settings":
        """Put one setting into its file; `adopt` makes the returned settings count. Raises as `write_setting`."""
        from db.settings_files import write_setting  # noqa: PLC0415 - after the first paint

        return write_setting(self.workspace, option, value)

    def adopt(self, settings: "Settings") -> None:
        """From the next question on these settings count; a run that goes on keeps its own."""
        if settings.ollama != self.settings.ollama or settings.system.seed != self.settings.system.seed:
            self._model_name = self._given_model or settings.ollama.model_name
            self._left_models += [self._model] if self._model is not None else []
            self._model = None
        self.settings = settings

    async def installed_models(self) -> tuple[str, ...]:
        """The names of the models that the configured servers have; nothing if none answers."""
        from engine.model.hosts import installed_at  # noqa: PLC0415 - after the first paint

        try:
            return await installed_at(self.settings.ollama.endpoints)
        except LanguageModelError:
            return ()

    async def close(self) -> None:
        """Let go of the language model's connections."""
        models, self._left_models = self._left_models, []
        for model in [*models, *([self._model] if self._model is not None else [])]:
            await model.close()
        self._model = None


def _tell(lines: Iterable[str]) -> None:
    """On stderr, so that it mixes with no output; the application's screen keeps it off."""
    for line in lines:
        print(f"persona-moe: {one_line(line)}", file=sys.stderr)  # noqa: T201 - for the user of any command


def _log(run_id: str, recorded: RecordedEvent) -> None:
    """What of a run is worth a line of the log, beside the errors that end it."""
    match recorded.event:
        case Degraded(reason=reason):
            _LOG.warning("degraded: %s", reason, extra={"fields": {"run_id": run_id}})
        case RunFinished():
            _LOG.info("run done", extra={"fields": {"run_id": run_id, "ms": recorded.at_ms}})
        case _:
            pass


def sample_library() -> Path:
    """The folder of the documents that come with the program."""
    return shipped("db/sample")


def open_session(workspace: Path | None, *, paths: Sequence[Path] = (), model: str | None = None) -> Session:
    """The session of a command: its workspace is made if need be. Raises InputError or SettingsError."""
    from db.log import begin  # noqa: PLC0415 - with the workspace
    from db.workspace import open_workspace  # noqa: PLC0415 - `--version` needs no workspace
    from engine.settings.settings import load_settings  # noqa: PLC0415 - `--version` needs no settings

    opened = open_workspace(workspace)
    settings = load_settings(opened.configs)
    begin(opened.log, settings.system.log_level)
    return Session(opened, settings, paths=paths, model=model)
