"""A session with an embedding model: passages found by their meaning, and none where there is no model."""

import asyncio
from contextlib import aclosing, asynccontextmanager

import pytest

from engine.events import AnswerWritten, Degraded, EvidenceRanked, GateReceipt, OutputProduced, RunEvent
from tests.support.ollama_server import COMPLETION, EMBEDDING, OllamaServer, failure
from tui.session.meaning import EmbeddingProgress
from tui.session.session import Session, open_session

MODELS = {"embedder:latest": EMBEDDING}
QUESTION = "Whose employment does the physician mention?"
ANSWER = "# Work\n\nThe job of the doctor is hard.\n"


@pytest.fixture
def server():
    with OllamaServer(MODELS) as running:
        running.synonyms = {"physician": "doctor", "employment": "job", "mention": "hard", "whose": "work"}
        yield running


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "work.md").write_text(ANSWER)
    for n in range(40):
        writer, letter = "physician" if n < 12 else "keeper", "x" * (n + 1)
        (folder / f"{n:02}.md").write_text(f"# Day\n\nThe {writer} wrote letter {letter} to the harbour.\n")
    return folder


@asynccontextmanager
async def opened(workspace, server: OllamaServer | None, *docs, **changed):
    url = server.url if server else "http://127.0.0.1:9"
    lines = [f"api_endpoint: {url}", "model_name: none", *(f"{key}: {value}" for key, value in changed.items())]
    (workspace / "configs" / "ollama.yaml").write_text("\n".join(lines))
    session = open_session(workspace, paths=docs)
    try:
        await session.library.open_in_thread(lambda _done, _total, _path: None)
        yield session
    finally:
        await session.close()


async def asked(session: Session, question: str = QUESTION) -> list[RunEvent]:
    async with aclosing(session.runs.ask(question)) as stream:
        return [recorded.event async for recorded in stream]


def receipt(events: list[RunEvent]) -> GateReceipt:
    return next(e for e in events if isinstance(e, GateReceipt) and e.persona_id == "interpreter")


def ranked(events: list[RunEvent]) -> list[str]:
    return [passage.id for e in events if isinstance(e, EvidenceRanked) for passage in e.passages]


def reasons(events: list[RunEvent]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Degraded)]


def silent(_done, _total):
    """No progress is shown."""


async def test_a_passage_of_other_words_is_found_by_its_meaning(workspace, server, docs):
    async with opened(workspace, server, docs) as session:
        before = await asked(session)
        assert (receipt(before).activated, receipt(before).reason) == (False, "no embedding model")
        assert await session.meaning.embed(silent) == (41, 41)
        events = await asked(session)
        assert receipt(events).activated
        [output] = [e for e in events if isinstance(e, OutputProduced) and e.persona_id == "interpreter"]
        assert output.passages[0].startswith(str(docs / "work.md"))
        assert f"{docs / 'work.md'}#1" not in ranked(before)
        assert f"{docs / 'work.md'}#1" in ranked(events)
        assert ranked(await asked(session)) == ranked(events)
        assert reasons(events) == []


async def test_without_vectors_no_server_is_asked_and_the_run_is_the_same(workspace, server, docs):
    async with opened(workspace, server, docs) as session:
        with_model = await asked(session)
        assert server.requests == []
    async with opened(workspace, None, docs, embedding_model="none") as session:
        without = await asked(session)
        assert not session.meaning.is_wanted

    def lasting(events: list[RunEvent]) -> list[RunEvent]:
        return [e for e in events if isinstance(e, (EvidenceRanked, OutputProduced, GateReceipt, AnswerWritten))]

    assert lasting(with_model) == lasting(without)


async def test_a_server_that_is_away_is_told_once(workspace, server, docs):
    async with opened(workspace, server, docs) as session:
        await session.meaning.embed(silent)
    async with opened(workspace, None, docs) as session:
        first, second = await asked(session), await asked(session)
        assert [len(reasons(first)), reasons(second)] == [1, []]
        assert reasons(first)[0].startswith("passages are not found by meaning: Ollama does not answer")
        assert receipt(first).reason == "no embedding model"


async def test_a_question_waits_for_its_vector_only_so_long(workspace, server, docs, monkeypatch):
    async with opened(workspace, server, docs) as session:
        await session.meaning.embed(silent)
        server.embed_delay = 60.0
        monkeypatch.setattr("tui.session.meaning._PATIENCE", 0.05)
        events = await asked(session)
        assert reasons(events) == ["passages are not found by meaning: the embedding model was silent for 0.05 seconds"]
        assert any(isinstance(event, AnswerWritten) for event in events)


async def test_the_background_job_embeds_and_tells_how_far_it_is(workspace, server, docs):
    async with opened(workspace, server, docs) as session:
        told: list[EmbeddingProgress | None] = []
        session.meaning.watchers.append(lambda: told.append(session.meaning.progress))
        await session.meaning.keep_up()
        assert [(p.done, p.total) for p in told if p] == [(0, 41), (16, 41), (32, 41), (41, 41), (41, 41)]
        assert told[-1] == EmbeddingProgress("embedder:latest", 41, 41)


async def test_the_checks_leave_the_connection_of_the_session_alone(workspace, server, docs):
    async with opened(workspace, server, docs) as session:
        both = await asyncio.gather(session.meaning.connect(), session.meaning.connect())
        assert both[0][0] is both[1][0], "one connection, however many ask for it at once"
        findings = await asyncio.to_thread(lambda: list(session.health.checks()))
        assert next(found.detail for found in findings if found.what == "meaning").endswith("embedded")
        assert (await session.meaning.connect())[0] is both[0][0]
        await session.meaning.keep_up()
        assert session.meaning.progress.problem == ""
        assert len(server.embedded) == session.library.passages


async def test_a_job_that_is_begun_anew_waits_for_the_end_of_the_cancelled_one(workspace, server, docs):
    server.embed_delay = 0.01
    async with opened(workspace, server, docs) as session:
        begun, problems = asyncio.Event(), list[str]()
        session.meaning.watchers.append(begun.set)
        session.meaning.watchers.append(lambda: problems.append(session.meaning.progress.problem))
        for _ in range(8):
            job = asyncio.ensure_future(session.meaning.keep_up())
            begun.clear()
            await begun.wait()
            job.cancel()
        await session.meaning.keep_up()
        assert set(problems) == {""}
        assert session.meaning.progress.is_complete


async def test_while_a_question_runs_the_background_job_sends_nothing(workspace, server, docs):
    async with opened(workspace, server, docs) as session:
        waiting = asyncio.Event()
        session.meaning.watchers.append(waiting.set)
        with session.meaning.paused():
            job = asyncio.ensure_future(session.meaning.keep_up())
            await waiting.wait()
            assert server.embedded == []
            assert ranked(await asked(session))
            assert server.embedded == []  # another question is still running
        await job
        assert len(server.embedded) == 41


async def test_a_failure_in_the_background_waits_and_says_so(workspace, server, docs, monkeypatch):
    monkeypatch.setattr("tui.session.meaning._PAUSE", 0.0)
    server.embeddings.append(failure(500, "out of memory"))
    async with opened(workspace, server, docs) as session:
        told: list[str] = []
        session.meaning.watchers.append(lambda: told.append(session.meaning.progress.problem))
        await session.meaning.keep_up()
        assert any("out of memory" in problem for problem in told)
        assert told[-1] == ""


async def test_without_a_model_the_background_job_ends_quietly(workspace, server, docs):
    server.models = {"qwen3:4b": COMPLETION}
    async with opened(workspace, server, docs) as session:
        await session.meaning.keep_up()
        assert session.meaning.progress is None
    async with opened(workspace, None, docs) as session:
        await session.meaning.keep_up()
        assert session.meaning.progress is None


async def test_model_none_asks_no_model_for_vectors_either(workspace, server):
    (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}")
    session = open_session(workspace, model="none")
    assert not session.meaning.is_wanted
    await session.meaning.keep_up()
    assert server.requests == []
