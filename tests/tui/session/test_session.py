"""A session: what its questions go to, what is kept of its runs, and who may interrupt it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from shutil import copytree

import pytest

from db.runs.graph_snapshots import graph_path, load_graph_snapshot
from db.runs.run_files import unfinished
from engine.errors import InputError, LibraryError, SettingsError, UnknownRunError
from engine.events import AnswerWritten, EvidenceRanked, RecordedEvent, RunCancelled, RunFailed, RunStarted, to_json
from engine.index.catalogue import IngestReport
from engine.index.retriever import Retriever
from engine.mixture.panel import Panel
from engine.personas.roster import Verdict
from engine.run.state import RunState
from tests.support.ollama_server import OllamaServer
from tui.session.library import sample_library
from tui.session.session import Session, open_session

QUESTION = "Who led the Net Strike of 1894?"


def nothing(_done, _total, _path):
    """No progress is shown."""


async def asked(session: Session, question: str = QUESTION) -> list[RecordedEvent]:
    async with aclosing(session.runs.ask(question)) as stream:
        return [recorded async for recorded in stream]


def opened(root: Path, *paths: Path) -> tuple[Session, IngestReport]:
    session = open_session(root, paths=paths, model="none")
    return session, session.library.open(nothing, threading.Event())


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "owl.md").write_text("# Owl\n\nAda Quist keeps an owl.\n")
    (folder / "crow.md").write_text("# Crow\n\nBo Quist keeps a crow.\n")
    return folder


# -- what is asked --------------------------------------------------------------------------------------------


def test_an_empty_workspace_asks_the_sample(tmp_path):
    session, report = opened(tmp_path / "workspace")
    assert session.library.documents.roots == (str(sample_library()),)
    assert (session.library.name, session.library.passages == report.passages > 50) == ("sample library", True)
    assert report.added == report.files > 40
    assert len(session.library.suggestions()) == 8
    _, again = opened(tmp_path / "workspace")
    assert (again.added, again.changed, again.removed) == (0, 0, 0)


OF_TITLES = ["What is Crow about?", "What is Owl about?"]


def test_the_sample_leaves_when_own_documents_come(workspace, docs):
    session, report = opened(workspace, docs)
    assert session.library.documents.roots == (str(docs),)
    library = session.library
    assert (report.added, library.passages, library.name, library.suggestions()) == (2, 2, "docs", OF_TITLES)
    later, _ = opened(workspace)
    assert (later.library.documents.roots, later.library.name, later.library.passages) == ((str(docs),), "docs", 2)


def test_the_sample_may_be_asked_by_name(tmp_path):
    session, _ = opened(tmp_path / "workspace", sample_library())
    assert session.library.documents.roots == (str(sample_library()),)
    assert session.library.name == "sample library"


def test_without_a_name_the_known_files_are_read_again_where_they_changed(workspace, docs):
    opened(workspace, docs)
    (docs / "owl.md").write_text("# Owl\n\nAda Quist keeps a parrot now.\n")
    (docs / "new.md").write_text("# New\n\nNobody told the library of this file.\n")
    _, unnamed = opened(workspace)
    assert (unnamed.files, unnamed.changed, unnamed.passages) == (1, 1, 2)
    _, named = opened(workspace, docs)
    assert (named.files, named.added, named.changed, named.passages) == (3, 1, 0, 3)


async def test_an_open_session_follows_its_folders(workspace, docs):
    session, _ = await asyncio.to_thread(opened, workspace, docs)
    reports, number = list[IngestReport](), 0
    following = asyncio.create_task(session.library.follow(reports.append))
    while not reports:  # the watch begins in a thread: one of these changes is the first that it sees
        number += 1
        (docs / "new.md").write_text(f"# New\n\nThis is number {number} of the texts.\n")
        await asyncio.sleep(0.2)
    assert reports[0].added == 1
    (docs / "owl.md").unlink()
    while not any(report.removed for report in reports):  # noqa: ASYNC110 - a callback adds them
        await asyncio.sleep(0.01)
    assert session.library.passages == 2
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following


async def test_the_sample_is_not_watched(workspace):
    session, _ = await asyncio.to_thread(opened, workspace)
    await session.library.follow(lambda _report: None)


def test_the_passages_are_those_of_what_is_asked(workspace, docs):
    opened(workspace, docs)
    session, _ = opened(workspace, docs / "owl.md")
    assert (session.library.passages, session.library.name) == (1, "owl.md")
    both, _ = opened(workspace, docs / "owl.md", docs / "crow.md")
    assert (both.library.passages, both.library.name) == (2, "owl.md, crow.md")


def test_folders_of_the_same_name_are_told_apart_and_many_are_counted(workspace, tmp_path):
    folders = [tmp_path / name for name in ("a/notes", "b/notes", "mail", "bills", "plans")]
    for folder in folders:
        folder.mkdir(parents=True)
    session = open_session(workspace, paths=folders[:3])
    assert session.library.name == "a/notes, b/notes, mail"
    assert open_session(workspace, paths=folders).library.name == "a/notes, b/notes, mail, 2 more"


def test_a_path_that_is_not_there_is_refused_and_the_sample_stays(workspace, docs):
    with pytest.raises(InputError, match="does not exist"):
        opened(workspace, docs, docs / "nowhere")
    session, _ = opened(workspace)
    assert session.library.documents.roots == (str(sample_library()),)


def test_a_bad_configuration_opens_no_session(workspace):
    (workspace / "configs" / "system.yaml").write_text("sed: 1\n")
    with pytest.raises(SettingsError):
        open_session(workspace)


async def test_the_library_is_opened_beside_the_event_loop(workspace, docs):
    session = open_session(workspace, paths=[docs], model="none")
    threads = set()
    report = await session.library.open_in_thread(lambda _done, _total, _path: threads.add(threading.get_ident()))
    assert report.added == 2
    assert threads
    assert threading.get_ident() not in threads


async def test_an_opening_that_is_cancelled_keeps_what_was_done_in_whole(workspace, docs):
    session = open_session(workspace, paths=[docs], model="none")
    begun, go_on = threading.Event(), threading.Event()

    def progress(done, _total, _path):
        if done == 2:
            begun.set()
            go_on.wait(10)

    opening = asyncio.create_task(session.library.open_in_thread(progress))
    assert await asyncio.to_thread(begun.wait, 10)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    go_on.set()
    for _ in range(500):
        if (kept := open_session(workspace).library.documents.count(str(docs))) != (0, 0):  # what was committed
            break
        await asyncio.sleep(0.01)
    assert kept == (1, 1)


# -- what is kept of a run ------------------------------------------------------------------------------------


async def test_a_run_is_kept_with_events_graph_and_summary(session):
    recorded = await asked(session)
    events = [one.event for one in recorded]
    started, answer = events[0], next(event for event in events if isinstance(event, AnswerWritten))
    assert isinstance(started, RunStarted)
    assert session.runs.replay(started.run_id) == recorded
    (summary,) = session.runs.history.recent()
    assert (summary.run_id, summary.outcome, summary.model) == (started.run_id, "answered", "")
    assert answer.answer.startswith(summary.answer.rstrip("…"))
    assert summary.duration_ms == recorded[-1].at_ms
    graph = load_graph_snapshot(graph_path(session.workspace.runs, started.run_id))
    ranked = next(event for event in reversed(events) if isinstance(event, EvidenceRanked))
    assert (len(graph["nodes"]), len(graph["sources"])) == (ranked.nodes, ranked.edges)
    assert summary.passages == len(ranked.passages)


async def test_two_runs_with_the_same_runs_before_are_equal_but_for_id_and_time(workspace, tmp_path):
    sessions = [open_session(folder, model="none") for folder in (workspace, copytree(workspace, tmp_path / "copy"))]
    for _ in range(3):  # what is learned from a run counts for the next
        first, second = [[one.event for one in await asked(session)] for session in sessions]
        ids = [event.run_id for event in (first[0], second[0]) if isinstance(event, RunStarted)]
        assert len(set(ids)) == 2
        assert [type(event) for event in first] == [type(event) for event in second]
        assert first[1:-1] == second[1:-1]  # the last one tells the times
    for session in sessions:
        await session.close()


async def test_two_sessions_may_ask_at_once(workspace):
    sessions = [open_session(workspace, model="none") for _ in range(3)]
    runs = await asyncio.gather(*map(asked, sessions))
    answers = [next(one.event.answer for one in run if isinstance(one.event, AnswerWritten)) for run in runs]
    assert len([answer for answer in answers if "Keziah Rosk" in answer]) == 3  # not the same if one ended earlier
    assert len({run[0].event for run in runs}) == 3
    assert sessions[0].runs.history.count() == 3
    assert sessions[0].personas.roster.verify() == []
    assert sessions[0].personas.roster.find("control").persona.historical_performance["samples"] == 3


@pytest.mark.parametrize("kind", [RunStarted, EvidenceRanked, AnswerWritten])
async def test_a_reader_that_leaves_cancels_the_run(session, kind):
    async with aclosing(session.runs.ask(QUESTION)) as stream:
        async for recorded in stream:
            if isinstance(recorded.event, kind):
                break
    (summary,) = session.runs.history.recent()
    assert (summary.outcome, summary.question) == ("cancelled", QUESTION)
    events = [one.event for one in session.runs.replay(summary.run_id)]
    assert isinstance(events[0], RunStarted)
    assert events[-1] == RunCancelled()
    assert isinstance(events[-2], kind)


async def test_a_reader_that_has_the_whole_run_has_cancelled_nothing(session):
    async with aclosing(session.runs.ask(QUESTION)) as stream:
        count = len([one async for one in stream])
    assert session.runs.history.recent()[0].outcome == "answered"
    assert len(session.runs.replay(session.runs.history.recent()[0].run_id)) == count


async def test_a_run_that_failed_is_kept_as_such(session, monkeypatch):
    def damaged(*_arguments, **_options):
        raise LibraryError("the index is damaged", hint="ingest again")

    monkeypatch.setattr(Retriever, "look_up", damaged)
    with pytest.raises(LibraryError):
        await asked(session)
    (summary,) = session.runs.history.recent()
    assert summary.outcome == "failed"
    assert session.runs.replay(summary.run_id)[-1].event == RunFailed("the index is damaged", "ingest again")


async def test_a_run_that_a_defect_ended_is_kept_as_failed(session, monkeypatch):
    monkeypatch.setattr(Panel, "fused", lambda *_arguments, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await asked(session)
    (summary,) = session.runs.history.recent()
    assert summary.outcome == "failed"
    assert isinstance(session.runs.replay(summary.run_id)[-1].event, RunFailed)


def test_a_run_that_was_never_recorded(session):
    for run_id in ("20990101", "../../etc/passwd", ""):
        with pytest.raises(UnknownRunError):
            session.runs.replay(run_id)


# -- the language model ---------------------------------------------------------------------------------------


async def test_the_connection_is_kept_between_questions_and_let_go_at_the_end(workspace):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        session = open_session(workspace)
        await asked(session)
        await asked(session)
        assert [request.path for request in server.requests].count("/api/tags") == 1
        assert len(server.chats) == 2
        await session.close()
        await session.close()
        await asked(session)
        assert [request.path for request in server.requests].count("/api/tags") == 2
        await session.close()


async def test_the_argument_wins_over_the_configuration(workspace):
    with OllamaServer({"a": ("completion",), "b": ("completion",)}) as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\nmodel_name: a\n")
        for model, used in ((None, "a"), ("b", "b"), ("none", None)):
            session = open_session(workspace, model=model)
            state = RunState.of(await asked(session))
            assert state.model == used
            await session.close()


async def test_a_run_whose_session_was_killed_is_in_the_history_of_the_next(workspace, capsys):
    session, _ = opened(workspace)
    events = await asked(session)
    run_id = session.runs.history.recent()[0].run_id
    runs = workspace / "db" / "runs"
    killed = run_id.replace(run_id[:8], "20260102")
    lines = [to_json(recorded).replace(run_id.encode(), killed.encode()) + b"\n" for recorded in events]
    (unfinished(runs) / f"{killed}.jsonl").write_bytes(b"".join(lines))
    (unfinished(runs) / f"{run_id}.jsonl").write_bytes(
        b"".join(lines)
    )  # killed between the history and the end of its block
    after, _ = opened(workspace)
    assert [(run.run_id, run.question, run.outcome) for run in after.runs.history.recent()] == [
        (killed, QUESTION, "answered"),
        (run_id, QUESTION, "answered"),
    ]
    assert after.runs.history.recent()[0].at.startswith("2026-01-02T")
    assert f"run {killed} was finished" in capsys.readouterr().err
    assert list(runs.rglob("*.jsonl")) == []


def test_personas_that_a_crash_left_behind_the_ledger_are_told_at_the_next_start(workspace, capsys):
    opened(workspace)[0].personas.roster.change("skeptic", Verdict.DEMOTE, rule="r", decided_by="u")
    (workspace / "personas" / "stable" / "skeptic.json").rename(workspace / "personas" / "active" / "skeptic.json")
    (workspace / "db" / ".unfinished").touch()
    assert opened(workspace)[0].personas.roster.verify() == []
    assert "recovered after a crash: skeptic: stable in the ledger" in capsys.readouterr().err


def test_checks_at_the_same_time_and_an_ingest_of_its_own_are_no_other_session(workspace, docs):
    session, _ = opened(workspace, docs)

    def detail():
        return next(found.detail for found in session.health.checks() if found.what == "locks")

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: detail(), range(8))) == {"free"}
        with session.library._changing:
            assert threads.submit(detail).result() == "this session is reading documents"
