"""What the program makes of a real Ollama server: `pytest -m ollama`.

It is the `ollama` on the PATH, or the program that PERSONA_MOE_OLLAMA names.
"""

import asyncio
import json
import threading
import time
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from engine.answer.claims import write_claims
from engine.answer.prompt import send_prompt_to_ollama
from engine.answer.quotation import Quotation
from engine.documents.passages import Passage
from engine.errors import LanguageModelError
from engine.events import AnswerFragment, AnswerWritten, Degraded, ModelFound, OutputProduced
from engine.model.client import Listeners, connect
from engine.model.faults import AnswerCutShortError, SilentError, UnreachableError
from engine.personas.persona import Persona
from engine.run.state import Outcome
from engine.settings.settings import Ollama, load_settings
from tests.support.real_ollama import SAID, WINDOW, RealOllama, exchanged, turn
from tui.session.session import open_session

pytestmark = pytest.mark.ollama

QUESTION = "Who led the Net Strike of 1894?"
CONTEXT = "[1] The strike was led by Keziah Rosk.\n\n[2] It began in March."
PASSAGES = [
    Quotation(n, Passage(f"file.md#{n}", "file.md", "Strike", "", 0, len(text), text), 0, len(text))
    for n, text in enumerate(("Keziah Rosk led it.", "It began in March."), 1)
]
LENGTHY = {"num_ctx": 32_768, "max_tokens": 30_000}


@pytest.fixture
def left_server(real_server):
    """The server, started anew afterwards: a client that leaves in mid-stream may leave it stuck."""
    yield real_server
    real_server.kill()
    real_server.start()


def settings(real_server, name, **changed) -> Ollama:
    known = {"model_name": name, "api_endpoint": real_server.url, "num_ctx": WINDOW, "max_tokens": 400}
    return replace(load_settings(Path("nowhere")).ollama, **{**known, "timeout_seconds": 20.0, **changed})


@asynccontextmanager
async def connected(real_server, name, **changed):
    model = await connect(settings(real_server, name, **changed), seed=7)
    try:
        yield model
    finally:
        await model.close()


# --- a model is found, and writes


async def test_auto_takes_the_newest_model_that_writes(real_server):
    async with connected(real_server, "auto") as model:
        assert model.name == "odd:latest", "the embedder is newer"
    with pytest.raises(LanguageModelError, match="no model 'mistral'; installed: embedder:latest, odd:latest"):
        await connect(settings(real_server, "mistral"))


@pytest.mark.parametrize("name", ["writer", "thinker"])
async def test_the_answer_is_streamed_and_returned_whole(real_server, name):
    if name == "thinker":
        real_server.needs(0, 9, 0)
    tokens, notices = [], []
    async with connected(real_server, name) as model:
        answer = await send_prompt_to_ollama(
            CONTEXT, QUESTION, model, listeners=Listeners(tokens.append, on_notice=notices.append)
        )
    assert answer == "".join(SAID)
    assert tokens == SAID
    assert notices == []


async def test_odd_line_breaks_and_control_sequences_of_a_model_are_read_and_removed(real_server):
    async with connected(real_server, "odd") as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "a\nb\n[2J<&>\u9418"
    raw = exchanged(real_server.url, *turn("odd")).content
    assert b"\xc2\x85" in raw, "else this tests nothing"


@pytest.mark.parametrize("name", ["babbler", "thinker", "writer"])
async def test_claims_obey_the_schema_whatever_the_model_would_write(real_server, name):
    if name == "thinker":
        real_server.needs(0, 9, 0)
    stated = []
    for seed in range(4):
        model = await connect(settings(real_server, name, temperature=1.0), seed=seed)
        stated += await write_claims(model, Persona("careful", {}), PASSAGES, QUESTION)
        await model.close()
    assert all(set(claim.passages) <= {1, 2} for claim in stated)


async def test_an_answer_that_reaches_max_tokens_is_flagged(real_server):
    notices = []
    async with connected(real_server, "endless", max_tokens=9) as model:
        answer = await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(on_notice=notices.append))
    assert answer == "one two three" * 3
    assert len(notices) == 1
    assert "max_tokens" in notices[0]


# --- what fails


class BegunError(Exception):
    """The first token is there, more are not wanted."""


async def begins(model):
    """Ask, and leave at the first token."""

    def leave(_token):
        raise BegunError

    with pytest.raises(BegunError):
        await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(leave))


def once(act):
    """A listener that acts at the first token only."""
    heard = []

    def listen(token):
        if not heard:
            act()
        heard.append(token)

    return listen


async def fails(model, kind=LanguageModelError, context=CONTEXT):
    with pytest.raises(LanguageModelError) as caught:
        await send_prompt_to_ollama(context, QUESTION, model)
    assert type(caught.value) is kind, caught.value
    assert str(caught.value).isprintable()
    return caught.value


async def test_a_prompt_that_is_longer_than_was_estimated_is_asked_again_with_less_evidence(real_server):
    real_server.needs(0, 12, 4)
    notices = []
    async with connected(real_server, "writer") as model:
        listeners = Listeners(on_notice=notices.append)
        answer = await send_prompt_to_ollama(CONTEXT + " word" * 500, QUESTION, model, listeners=listeners)
    assert answer == "".join(SAID)
    window = "the window (2048 tokens), for writer:latest counts more of them than were expected"
    assert notices == [f"of 2 passages 1 shortened to fit {window}"]


async def test_a_prompt_that_an_older_server_cuts_without_a_word_is_noticed(real_server):
    if real_server.version >= (0, 12, 4):
        pytest.skip("this server refuses instead")
    notices = []
    async with connected(real_server, "writer") as model:
        await send_prompt_to_ollama(
            CONTEXT + " word" * 500, QUESTION, model, listeners=Listeners(on_notice=notices.append)
        )
    assert notices == [f"writer:latest read only {WINDOW} tokens: the server cut the prompt, raise num_ctx"]


async def test_a_model_that_repeats_itself_is_stopped_and_the_text_kept(real_server):
    async with connected(real_server, "repeater") as model:
        error = await fails(model, AnswerCutShortError)
    assert "before it was done" in error.message
    assert set(error.partial.split("again")) == {""}
    assert len(error.partial) > 100


async def test_a_model_that_was_deleted_meanwhile(real_server):
    real_server.client.copy("writer", "short-lived")
    async with connected(real_server, "short-lived") as model:
        real_server.client.delete("short-lived")
        error = await fails(model)
    assert "404" in error.message
    assert "models pull short-lived" in error.hint


async def test_a_model_that_cannot_be_loaded(real_server):
    async with connected(real_server, "broken") as model:
        error = await fails(model)
    assert "500" in error.message
    assert "pull it again" in error.hint
    assert not error.retryable


async def test_a_model_that_takes_its_time_to_load(real_server):
    real_server.client.chat("writer", [], keep_alive=0)
    async with connected(real_server, "writer", timeout_seconds=0.02) as model:
        error = await fails(model, SilentError)
    assert "may be loading" in error.hint


async def test_an_endless_answer_is_given_up(left_server, monkeypatch):
    monkeypatch.setattr("engine.model.client._LONGEST", 0.5)  # half the two seconds of silence that are allowed
    async with connected(left_server, "endless", **LENGTHY, timeout_seconds=2) as model:
        await begins(model)  # it is loaded now
        error = await fails(model, AnswerCutShortError)
    assert error.partial.startswith("one two threeone two three")


async def test_a_full_queue_is_waited_for(real_server):
    _, path, body = turn("writer", "x")
    with RealOllama(real_server.program, real_server.folder, queue=2) as small:
        async with httpx.AsyncClient(base_url=small.url, timeout=20, trust_env=False) as client:
            others = [asyncio.create_task(client.post(path, json=body)) for _ in range(8)]
            async with connected(small, "writer") as model:
                assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "".join(SAID)
            refused = [reply for reply in await asyncio.gather(*others) if reply.status_code == 503]
    assert refused, "else the queue was never full"
    assert "server busy" in refused[0].json()["error"]


async def test_cancelling_stops_the_server(left_server):
    """The server works on one request at a time: the second is answered at once only when the first was given up."""
    begun = asyncio.Event()
    async with connected(left_server, "endless", **LENGTHY) as model:
        task = asyncio.create_task(
            send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(lambda _: begun.set()))
        )
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        started = time.monotonic()
        await begins(model)
        assert time.monotonic() - started < 3, "30,000 tokens take longer"


async def test_a_model_that_dies_in_the_middle(left_server):
    async with connected(left_server, "endless", **LENGTHY) as model:
        with pytest.raises(AnswerCutShortError, match="error was encountered while running the model") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(once(left_server.kill_runners)))
        assert caught.value.partial.startswith("one")
        await begins(model)  # the server has started it again


async def test_a_server_that_is_killed_in_the_middle_and_started_again(left_server):
    async with connected(left_server, "endless", **LENGTHY) as model:
        with pytest.raises(AnswerCutShortError, match="broke the connection") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(once(left_server.kill)))
        assert caught.value.partial.startswith("one")
        try:
            assert "cannot be reached" in str(await fails(model, UnreachableError))
        finally:
            left_server.start()
        await begins(model)  # nothing is left of the old connection


async def test_another_host_answers_when_one_is_gone(real_server):
    with RealOllama(real_server.program, real_server.folder) as other:
        model = await connect(settings(real_server, "writer", api_endpoint=(other.url, real_server.url)), seed=7)
        assert model.endpoints == (other.url, real_server.url)
        other.kill()
        assert [await send_prompt_to_ollama(CONTEXT, QUESTION, model) for _ in range(3)] == ["".join(SAID)] * 3
        await model.close()


# --- a whole question


@pytest.fixture
def docs(tmp_path):
    """Three short documents: the tiny models read byte by byte."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "net-strike.md").write_text("# Net Strike\n\nThe Net Strike of 1894 was led by Keziah Rosk.\n")
    (folder / "rosk.md").write_text("# Keziah Rosk\n\nKeziah Rosk went to the Net School at ten.\n")
    (folder / "clock.md").write_text("# Tide Clock\n\nThe Tide Clock struck ten when the Net Strike began.\n")
    return folder


async def asked(root, docs, real_server, name, **more):
    (root / "configs").mkdir(parents=True)
    values = {"api_endpoint": real_server.url, "timeout_seconds": 30, **more}
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in values.items()]
    (root / "configs" / "ollama.yaml").write_text("".join(lines))
    session = open_session(root, paths=(docs,), model=name)
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    async with aclosing(session.runs.ask(QUESTION)) as stream:
        events = [recorded.event async for recorded in stream]
    await session.close()
    assert session.runs.history.recent()[0].outcome is Outcome.ANSWERED
    return events


async def test_a_question_is_answered_in_the_models_words_and_each_is_held_by_a_source(tmp_path, docs, real_server):
    events = await asked(tmp_path / "workspace", docs, real_server, "writer")
    assert next(event.model for event in events if isinstance(event, ModelFound)) == "writer:latest"
    assert [event.text for event in events if isinstance(event, AnswerFragment)] == SAID
    (answer,) = [event for event in events if isinstance(event, AnswerWritten)]
    assert answer.answer == "Keziah Rosk led the Net Strike. [1] Moons eat cheese daily! (no source)"
    assert answer.citations[0].quote == "The Net Strike of 1894 was led by Keziah Rosk."
    assert answer.removed == 1
    assert not [event for event in events if isinstance(event, Degraded)]


async def test_random_words_are_removed_and_quotations_answer(tmp_path, docs, real_server):
    events = await asked(tmp_path / "workspace", docs, real_server, "babbler", persona_outputs=True)
    (answer,) = [event for event in events if isinstance(event, AnswerWritten)]
    assert "The Net Strike of 1894 was led by Keziah Rosk. [1]" in answer.answer
    reasons = [event.reason for event in events if isinstance(event, Degraded)]
    assert any("nothing that the model wrote is held by its sources" in reason for reason in reasons)
    assert not any("JSON" in reason for reason in reasons), "the server holds the personas to the schema"
    assert any(isinstance(event, OutputProduced) for event in events)
