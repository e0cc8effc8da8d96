"""A workspace as a Python program uses it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Self, TypeVar

from engine.errors import InputError, OperationError
from engine.events import AnswerWritten, RecordedEvent
from engine.personas.experience import RANKED
from engine.run.state import RunState
from tui.api import sources
from tui.api.session_pool import SessionPool
from tui.api.values import (
    Answer,
    CitedSource,
    Judged,
    LibraryContents,
    LibraryPassage,
    LibraryRoot,
    PersonaSummary,
    RunRecord,
    UnreadFile,
)
from tui.remote.address import library_address
from tui.session.session import Session, open_session

if TYPE_CHECKING:
    from db.runs.metrics import Metrics
    from db.runs.summary import RunSummary
    from engine.documents.cited_source import SourceText
    from engine.documents.passages import Passage
    from engine.index.catalogue import IngestReport, Progress
    from engine.question.follow_up import Conversation
    from tui.remote.address import LibraryAddress

LONGEST_QUESTION = 20_000  # characters
MOST_AT_ONCE = 4  # questions
_LOOK_UPS = 2  # at once, beside the questions
_MOST_UNREAD = 20  # files that are named
_NO_ANSWER = AnswerWritten("", abstained=True, citations=(), removed=0)

Result = TypeVar("Result")


def _silent(_done: int, _total: int, _path: str) -> None:
    """Show no progress."""


class PersonaMoe:
    """One workspace: its library, its runs and its personas. Use it with `async with`, or call `open` and `close`.

    `workspace` is its folder, made if need be; without it, `PERSONA_MOE_WORKSPACE` or the user's data folder.
    `library` are the folders or files to ask, and libraries of other machines (`ssh://host/path`); without a folder or
    file, the workspace's library is asked, or the sample if that is empty.
    `model` is the name of an Ollama model; "none" asks no model, and without it the settings decide. At most
    `most_at_once` questions run at once, further ones wait.

    Raises InputError or SettingsError for a workspace that cannot be used. Every method may raise a PersonaMoeError.
    """

    def __init__(
        self,
        workspace: Path | str | None = None,
        *,
        library: "Sequence[LibraryAddress | str]" = (),
        model: str | None = None,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._folder = Path(workspace) if workspace is not None else None
        self._model = model
        self._paths = [library_address(path) if isinstance(path, str) else path for path in library]
        first = self._open_session()
        self.workspace = first.workspace
        self._sessions = SessionPool(first, self._open_session, most_at_once + _LOOK_UPS)
        self._slots = asyncio.Semaphore(most_at_once)
        self._runs: set[asyncio.Task[None]] = set()

    def _open_session(self) -> Session:
        return open_session(self._folder, paths=self._paths, model=self._model)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def open(self, progress: "Progress" = _silent) -> "IngestReport":
        """Bring the library up to date, reading only files that changed; `progress(done, total, path)` counts them."""
        async with self._sessions.session() as session:
            report = await session.library.open_in_thread(progress)
            await asyncio.to_thread(session.runs.prepare)
            return report

    async def close(self) -> None:
        """Cancel the runs that go on, wait for their end, and close the connections to the model."""
        for task in self._runs:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        await self._sessions.renew()

    async def follow(self) -> None:
        """Read documents again when they change, and read new ones, until this is cancelled."""
        session = await asyncio.to_thread(self._open_session)
        if session.settings.system.watch_folders:
            await session.library.follow(lambda _report: None)

    # -- questions ------------------------------------------------------------------------------------------

    async def ask(self, question: str, *, follow_up_to: str = "") -> Answer:
        """Ask a question and return its answer. Cancelling this cancels the run.

        `follow_up_to` is the id of an earlier run, or `last`: the question may then refer to it ("and when?").
        """
        state = RunState()
        async with aclosing(self.events(question, follow_up_to=follow_up_to)) as events:
            async for recorded in events:
                state.apply(recorded.event)
        return answer_of(state)

    async def events(self, question: str, *, follow_up_to: str = "") -> AsyncGenerator[RecordedEvent, None]:
        """Yield the events of a run as they happen. Read inside `contextlib.aclosing`: leaving cancels the run."""
        if not question.strip():
            raise InputError("the question is empty", hint="for example: Who built the lighthouse?")
        if len(question) > LONGEST_QUESTION:
            raise InputError("the question is too long", hint=f"at most {LONGEST_QUESTION:,} characters")
        text = question.encode("utf-8", "replace").decode("utf-8")  # JSON may hold half a character
        queue: asyncio.Queue[RecordedEvent | None] = asyncio.Queue()
        # A task of its own ends in order, however often its reader is cancelled.
        run = asyncio.create_task(self._run(text, follow_up_to, queue))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        try:
            while (recorded := await queue.get()) is not None:
                yield recorded
            await asyncio.wait([run])
            if run.cancelled():
                raise OperationError("the run was cancelled", hint="its workspace was closed")
            run.result()
        finally:
            run.cancel()
            await asyncio.wait([run])

    async def _run(self, question: str, follow_up_to: str, queue: "asyncio.Queue[RecordedEvent | None]") -> None:
        try:
            async with self._slots, self._sessions.session() as session:
                conversation = await asyncio.to_thread(_conversation, session, follow_up_to) if follow_up_to else None
                async with aclosing(session.runs.ask(question, conversation)) as events:
                    async for recorded in events:
                        queue.put_nowait(recorded)
        finally:
            queue.put_nowait(None)

    # -- the library ----------------------------------------------------------------------------------------

    async def ingest(self, *paths: Path | str, progress: "Progress" = _silent) -> "IngestReport":
        """Read folders or files into the library, and ask them from now on; the sample then leaves it.

        Only new and changed files are read. Cancelling this keeps the files that were read.
        """
        named = [Path(path) for path in paths]
        cancelled = Event()
        try:
            report = await self._in_thread(lambda session: session.library.ingest(named, progress, cancelled))
        finally:
            cancelled.set()
        if self._paths:
            self._paths = list(dict.fromkeys([*self._paths, *named]))
        await self._sessions.renew()
        return report

    async def library(self) -> LibraryContents:
        """Return what questions are asked of."""
        return await self._in_thread(_contents)

    async def search(self, query: str, limit: int = 10) -> list[LibraryPassage]:
        """Return the best passages of a plain search (BM25), best first; `limit` is 1 to 100."""
        return await self._in_thread(lambda session: list(sources.search(session.library, query, limit)))

    async def evidence(self, question: str, limit: int = RANKED) -> "list[Passage]":
        """Ask a question, and return the best passages of its panel, best first."""
        state = RunState()
        async with aclosing(self.events(question)) as events:
            async for recorded in events:
                state.apply(recorded.event)
        ranked = state.evidence.passages[:limit] if state.evidence else ()
        passages = await self._in_thread(lambda session: [session.library.passage(p.id, p.title) for p in ranked])
        return [passage for passage in passages if passage is not None]

    async def source_text(self, source: str) -> "SourceText":
        """Read a source of the library as it is now. Raises InputError if the library does not hold it."""
        return await self._in_thread(lambda session: sources.source_text(session.library, source))

    async def passage(self, passage_id: str) -> LibraryPassage:
        """Return the passage with the id of a search or a citation. Raises InputError if it is not there any more."""
        return await self._in_thread(lambda session: sources.passage(session.library, passage_id))

    async def open_citation(self, run_id: str, number: int, *, margin: int = 500) -> CitedSource:
        """Return a citation of a run in its source as it is now, with `margin` characters on each side.

        Only sources that the library holds are read.
        """

        def look_up(session: Session) -> CitedSource:
            return sources.open_citation(session.library, sources.citation_of(session, run_id, number), margin)

        return await self._in_thread(look_up)

    # -- runs and personas ----------------------------------------------------------------------------------

    async def runs(self, search: str = "", limit: int = 50) -> "Sequence[RunSummary]":
        """Return runs of the history, newest first; `search` is as in `persona-moe history list`."""
        return await self._in_thread(partial(_runs, search=search, limit=limit))

    async def run(self, run_id: str) -> RunRecord:
        """Return a run by its id, its first characters or `last`. Raises UnknownRunError."""
        return await self._in_thread(partial(_run_record, run_id=run_id))

    async def recorded_events(self, run_id: str) -> list[RecordedEvent]:
        """Return the recorded events of a run. Raises UnknownRunError."""
        return await self._in_thread(lambda session: session.runs.replay(session.runs.history.find(run_id).run_id))

    async def judge(self, run_id: str, *, liked: bool, citation: int | None = None) -> Judged:
        """Say that the answer of a run, or one citation of it, was good or bad: its personas are rewarded by it."""
        return await self._in_thread(partial(_judge, run_id=run_id, liked=liked, citation=citation))

    async def personas(self) -> list[PersonaSummary]:
        """Return all personas, those of the archive too."""
        return await self._in_thread(_personas)

    async def metrics(self) -> "Metrics":
        """Count runs, times and failures."""
        return await self._in_thread(lambda session: session.health.metrics())

    async def _in_thread(self, job: Callable[[Session], Result]) -> Result:
        async with self._sessions.session() as session:
            return await asyncio.to_thread(job, session)


def answer_of(state: RunState) -> Answer:
    """Make the answer of a run that has ended."""
    written = state.answer or _NO_ANSWER
    return Answer(
        run_id=state.run_id,
        question=state.question,
        answer=written.answer,
        is_unanswered=written.abstained,
        citations=written.citations,
        read_as=state.understood,
        uncovered=written.uncovered,
        model=(state.model or "") if state.is_written else "",
        degraded=tuple(state.degraded),
        nearest=written.nearest,
    )


def _conversation(session: Session, run_id: str) -> "Conversation":
    from engine.run.conversation import conversation_of  # noqa: PLC0415 - with the engine

    return conversation_of(session.runs.state_of(session.runs.history.find(run_id)))


def _contents(session: Session) -> LibraryContents:
    documents = session.library.documents
    documents.retriever()  # reads the catalogue again if another session changed it
    names = session.library.scope or documents.roots
    roots = tuple(LibraryRoot(name, *documents.count(name)) for name in names)
    unread = [file for file in documents.skipped if session.library.is_in_scope(file.path)]
    first = tuple(UnreadFile(file.path, file.reason) for file in unread[:_MOST_UNREAD])
    others = session.library.others
    return LibraryContents(session.library.name, roots, len(unread), first, tuple(others.names if others else ()))


def _runs(session: Session, search: str, limit: int) -> "Sequence[RunSummary]":
    from db.runs.query import RunQuery  # noqa: PLC0415 - with the store

    query = RunQuery.parse(search)
    judged = session.runs.judgements() if query.needs_judgements else {}
    return session.runs.history.search(partial(query.matches, judged=judged), limit)


def _run_record(session: Session, run_id: str) -> RunRecord:
    from tui.run.result import result_of  # noqa: PLC0415 - with the store

    summary = session.runs.history.find(run_id)
    result = result_of(session.runs.state_of(summary), session.library.passage)
    return RunRecord(summary.run_id, summary.at, str(summary.outcome), result)


def _judge(session: Session, run_id: str, *, liked: bool, citation: int | None) -> Judged:
    run_id = session.runs.history.find(run_id).run_id
    feedback = session.runs.judge(run_id, liked=liked, citation=citation)
    means = {name: round(mean, 4) for name, (_, mean) in feedback.means.items()}
    return Judged(run_id, citation, liked, means, feedback.transitions)


def _personas(session: Session) -> list[PersonaSummary]:
    from engine.personas.roster import performance_of  # noqa: PLC0415 - with the engine

    return [
        PersonaSummary(
            persona_id=entry.persona.persona_id,
            state=str(entry.state),
            name=entry.persona.name,
            description=str(entry.persona.metadata.get("description", "")),
            expertise=tuple(entry.persona.expertise),
            traits=dict(entry.persona.traits),
            samples=(earned := performance_of(entry.persona)).samples,
            mean=round(earned.mean, 4),
        )
        for entry in session.personas.roster.entries()
    ]
