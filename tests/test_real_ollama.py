"""What the program makes of a real Ollama server, and that the stand-in of the other tests answers as that one does.

pytest -m ollama                                                  # the `ollama` on the PATH
PERSONA_MOE_OLLAMA=/path/to/ollama pytest -m ollama               # another one
"""

import asyncio
import json
import threading
import time
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest
from ollama_server import COMPLETION, EMBEDDING, OllamaServer
from real_ollama import RealOllama, program
from tiny_model import ANSWER, ASSISTANT, CHAT, THINK, THINKING_CHAT, after, save

from engine.errors import LanguageModelError
from engine.events import AnswerFragment, AnswerWritten, Degraded, OutputProduced, RunStarted
from engine.language_model import connect, send_prompt_to_ollama, write_claims
from engine.ollama_hosts import AnswerCutShortError, BusyError
from engine.settings import Ollama, load_settings
from tui.composition import open_session

pytestmark = pytest.mark.ollama

QUESTION = "Who led the Net Strike of 1894?"
CONTEXT = "[1] The strike was led by Keziah Rosk.\n\n[2] It began in March."
BLOCKS = [("file.md#0-30", "Keziah Rosk led it."), ("file.md#31-60", "It began in March.")]
SAID = ["Keziah", " Rosk", " led", " the", " Net", " Strike", ".", " Moons", " eat", " cheese", " daily", "!"]
WINDOW = 2048
LENGTHY = {"num_ctx": 32_768, "max_tokens": 30_000}
MODELS = {  # name: what follows what, and the template of its chat
    "writer": (after(ASSISTANT, SAID), CHAT),
    "thinker": (after(ASSISTANT, [THINK, "Hm", " well", ANSWER]) | after(ANSWER, SAID), THINKING_CHAT),
    "babbler": ({}, CHAT),
    "endless": (after(ASSISTANT, ["one", " two", " three"], then="one"), CHAT),
    "repeater": (after(ASSISTANT, ["again"], then="again"), CHAT),
    "broken": (after(ASSISTANT, ["never"]), CHAT),
    "odd": (after(ASSISTANT, ["a\x85", "b\u2028", "\x1b[2J", "<&>", "\u202e\u9418"]), CHAT),
    "embedder": ({"vector": "vector"}, CHAT),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if (name := program()) is None:
        pytest.skip("there is no `ollama` on the PATH, and PERSONA_MOE_OLLAMA names none")
    folder = tmp_path_factory.mktemp("ollama")
    with RealOllama(name, folder) as running:
        for age, (model, (table, template)) in zip(range(len(MODELS), 0, -1), MODELS.items(), strict=True):
            path = save(folder / f"{model}.gguf", table, embeds=model == "embedder")
            running.create(model, path, template, age=age * 60)
        running.damage("broken")
        yield running


@pytest.fixture(scope="module")
def stand_in():
    models = {"writer:latest": COMPLETION, "thinker:latest": (*COMPLETION, "thinking"), "embedder:latest": EMBEDDING}
    with OllamaServer(models, context_length=32_768) as running:
        yield running


@pytest.fixture
def since(server):
    def skip(*version):
        if server.version < version:
            pytest.skip(f"Ollama {'.'.join(map(str, server.version))} does not do this yet")

    return skip


def settings(server, name, **changed) -> Ollama:
    known = {"model_name": name, "api_endpoint": server.url, "num_ctx": WINDOW, "max_tokens": 400}
    return replace(load_settings(Path("nowhere")).ollama, **{**known, "timeout_seconds": 20.0, **changed})


@asynccontextmanager
async def connected(server, name, **changed):
    model = await connect(settings(server, name, **changed), seed=7)
    try:
        yield model
    finally:
        await model.close()


def wait_until(is_true, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


# --- the stand-in says what the real one says


def turn(model: str, text: str = "hello", **more: Any) -> tuple[str, str, dict[str, Any]]:
    options = {"temperature": 0.2, "num_ctx": WINDOW, "num_predict": 64, "seed": 7}
    body = {"model": model, "messages": [{"role": "user", "content": text}], "options": options, "truncate": False}
    return "POST", "/api/chat", body | more


def embed(model: str, *texts: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/api/embed", {"model": model, "input": [*texts], **more}


LONG = "word " * 2000
EXCHANGES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "root": ("GET", "/", None),
    "version": ("GET", "/api/version", None),
    "list": ("GET", "/api/tags", None),
    "show": ("POST", "/api/show", {"model": "writer"}),
    "show what is missing": ("POST", "/api/show", {"model": "nobody"}),
    "no such path": ("GET", "/api/nothing", None),
    "chat": turn("writer"),
    "chat in one piece": turn("writer", stream=False),
    "chat with what is missing": turn("nobody"),
    "chat with what only embeds": turn("embedder"),
    "no thinking": turn("writer", think=False),
    "chat by a schema": turn("writer", format={"type": "object", "properties": {}}, stream=False),
    "embed": embed("embedder", "one", "two"),
    "load": ("POST", "/api/chat", {"model": "writer", "messages": []}),
    "unload": ("POST", "/api/chat", {"model": "writer", "messages": [], "keep_alive": 0}),
}
NEWER: dict[str, tuple[tuple[int, ...], tuple[str, str, dict[str, Any]]]] = {
    "thinking where it cannot": ((0, 9, 0), turn("writer", think=True)),
    "too long": ((0, 12, 4), turn("writer", LONG)),
    "too long in one piece": ((0, 12, 4), turn("writer", LONG, stream=False)),
    "embed what is too long": ((0, 13, 0), embed("embedder", LONG * 15, truncate=False)),
    "embed with what is missing": ((0, 12, 4), embed("nobody", "one")),
}


def exchanged(url, method, path, body):
    return httpx.request(method, url + path, json=body, timeout=20, trust_env=False)


def parts(reply: httpx.Response) -> list[Any]:
    """The objects of a reply; of a run of parts of one shape only the first."""
    is_json = "json" in reply.headers["content-type"]
    read = [json.loads(line) for line in reply.text.split("\n") if line] if is_json else [reply.text]
    return [next(alike) for _, alike in groupby(read, key=lambda part: repr(shape(part)))]


def shape(value: Any, *, is_error: bool = False) -> Any:
    """Names and types; what an error says is part of its shape, and the name of a model's family is none."""
    if isinstance(value, dict):
        return {key.split(".")[-1]: shape(inner, is_error=key == "error") for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return value if is_error else "number" if type(value) in {int, float} else type(value).__name__


def holds(real: Any, ours: Any) -> bool:
    """Whether the real shape has all that ours has."""
    if isinstance(ours, dict):
        return isinstance(real, dict) and all(key in real and holds(real[key], ours[key]) for key in ours)
    if isinstance(ours, list) and ours:
        return isinstance(real, list) and bool(real) and holds(real[0], ours[0])
    return bool(real == ours)


@pytest.mark.parametrize("case", [*EXCHANGES, *NEWER])
def test_the_stand_in_answers_as_the_server_does(server, stand_in, since, case):
    version, request = NEWER[case] if case in NEWER else ((0, 0, 0), EXCHANGES[case])
    since(*version)
    real, ours = exchanged(server.url, *request), exchanged(stand_in.url, *request)
    assert ours.status_code == real.status_code
    assert ours.headers["content-type"].split(";")[0] == real.headers["content-type"].split(";")[0]
    shapes = [list(map(shape, parts(reply))) for reply in (real, ours)]
    assert len(shapes[0]) == len(shapes[1]), shapes
    if server.version >= (0, 12, 4) or real.is_success:  # an older one has other words for what is missing
        assert all(holds(*pair) for pair in zip(*shapes, strict=True)), shapes


def test_thoughts_come_before_the_answer_and_apart(server, since):
    since(0, 9, 0)
    read = [part["message"] for part in parts(exchanged(server.url, *turn("thinker", think=True)))]
    assert [(bool(said.get("thinking")), bool(said["content"])) for said in read] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_a_token_is_counted_for_each_one_of_the_prompt_and_a_cut_shows(server):
    """The vocabulary of the tiny models is bytes, so that the right count is known."""
    closing = parts(exchanged(server.url, *turn("writer", "hello")))[-1]
    assert closing["prompt_eval_count"] == len(["<|user|>", *"hello", "<|end|>", "<|assistant|>"])
    assert (closing["eval_count"], closing["done_reason"]) == (len(SAID) + 1, "stop")
    cut = parts(exchanged(server.url, *turn("writer", LONG, truncate=True)))[-1]
    assert cut["prompt_eval_count"] == WINDOW


def test_show_tells_the_window_and_a_larger_one_is_never_opened(server, since):
    shown = server.client.show("writer")
    assert shown.modelinfo["llama.context_length"] == 32_768
    since(0, 13, 0)  # which tells how large the open one is
    assert exchanged(server.url, *turn("writer", options={"num_ctx": 100_000, "num_predict": 4})).is_success
    assert {one.model: one.context_length for one in server.client.ps().models}["writer:latest"] == 32_768


def test_a_model_stays_and_goes_as_keep_alive_says(server):
    def seconds_left():
        running = {one.model: one.expires_at for one in server.client.ps().models}
        return running["writer:latest"].timestamp() - time.time() if "writer:latest" in running else 0

    server.client.chat("writer", [{"role": "user", "content": "hi"}], keep_alive="10m")
    wait_until(lambda: 500 < seconds_left() <= 600)
    server.client.chat("writer", [], keep_alive=0)
    wait_until(lambda: not seconds_left())


def test_vectors_have_length_one_and_are_the_same_again(server):
    first, second = (server.client.embed("embedder", ["net strike", "tide clock"]).embeddings for _ in range(2))
    assert first == second
    assert first[0] != first[1]
    assert all(abs(sum(x * x for x in vector) - 1) < 1e-3 for vector in first)


# --- a model is found, and writes


async def test_auto_takes_the_newest_model_that_writes(server):
    async with connected(server, "auto") as model:
        assert model.name == "odd:latest", "the embedder is newer"
    with pytest.raises(LanguageModelError, match="no model 'mistral'; installed: embedder:latest, odd:latest"):
        await connect(settings(server, "mistral"))


@pytest.mark.parametrize("name", ["writer", "thinker"])
async def test_the_answer_is_streamed_and_returned_whole(server, since, name):
    if name == "thinker":
        since(0, 9, 0)
    tokens, notices = [], []
    async with connected(server, name) as model:
        answer = await send_prompt_to_ollama(CONTEXT, QUESTION, model, on_token=tokens.append, on_notice=notices.append)
    assert answer == "".join(SAID)
    assert tokens == SAID
    assert notices == []


async def test_odd_line_breaks_and_control_sequences_of_a_model_are_read_and_removed(server):
    async with connected(server, "odd") as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "a\nb\n[2J<&>\u9418"
    raw = exchanged(server.url, *turn("odd")).content
    assert b"\xc2\x85" in raw, "else this tests nothing"


@pytest.mark.parametrize("name", ["babbler", "thinker", "writer"])
async def test_claims_obey_the_schema_whatever_the_model_would_write(server, since, name):
    if name == "thinker":
        since(0, 9, 0)
    stated = []
    for seed in range(4):
        model = await connect(settings(server, name, temperature=1.0), seed=seed)
        stated.append(await write_claims(model, "You are careful.", BLOCKS, QUESTION))
        await model.close()
    assert all(claim.passage_id in dict(BLOCKS) for claims in stated for claim in claims.kept)


async def test_an_answer_that_reaches_max_tokens_is_flagged(server):
    notices = []
    async with connected(server, "endless", max_tokens=9) as model:
        answer = await send_prompt_to_ollama(CONTEXT, QUESTION, model, on_notice=notices.append)
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
        await send_prompt_to_ollama(CONTEXT, QUESTION, model, on_token=leave)


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


async def test_a_prompt_that_is_longer_than_was_estimated_is_refused_not_cut(server, since):
    since(0, 12, 4)
    async with connected(server, "writer") as model:
        error = await fails(model, context=CONTEXT + " word" * 500)
    assert "exceeds the context length" in error.message
    assert "num_ctx" in error.hint


async def test_a_prompt_that_an_older_server_cuts_without_a_word_is_noticed(server):
    if server.version >= (0, 12, 4):
        pytest.skip("this server refuses instead")
    notices = []
    async with connected(server, "writer") as model:
        await send_prompt_to_ollama(CONTEXT + " word" * 500, QUESTION, model, on_notice=notices.append)
    assert notices == [f"writer:latest read only {WINDOW} tokens: the server cut the prompt, lower num_ctx"]


async def test_a_model_that_repeats_itself_is_stopped_and_the_text_kept(server):
    async with connected(server, "repeater") as model:
        error = await fails(model, AnswerCutShortError)
    assert "before it was done" in error.message
    assert set(error.partial.split("again")) == {""}
    assert len(error.partial) > 100


async def test_a_model_that_was_deleted_meanwhile(server):
    server.client.copy("writer", "short-lived")
    async with connected(server, "short-lived") as model:
        server.client.delete("short-lived")
        error = await fails(model)
    assert "404" in error.message
    assert "ollama pull short-lived" in error.hint


async def test_a_model_that_cannot_be_loaded(server):
    async with connected(server, "broken") as model:
        error = await fails(model)
    assert "500" in error.message
    assert error.retryable


async def test_a_model_that_takes_its_time_to_load(server):
    server.client.chat("writer", [], keep_alive=0)
    async with connected(server, "writer", timeout_seconds=0.02) as model:
        error = await fails(model)
    assert "may still be loading" in error.hint


async def test_an_endless_answer_is_given_up(server, monkeypatch):
    monkeypatch.setattr("engine.language_model._LONGEST", 0.5)  # half the two seconds of silence that are allowed
    async with connected(server, "endless", **LENGTHY, timeout_seconds=2) as model:
        await begins(model)  # it is loaded now
        error = await fails(model, AnswerCutShortError)
    assert error.partial.startswith("one two threeone two three")


async def test_a_full_queue_is_waited_for(server):
    server.client.chat("writer", [], keep_alive=0)
    request = turn("writer", "x")
    async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
        others = [asyncio.create_task(client.post(request[1], json=request[2])) for _ in range(8)]
        async with connected(server, "writer") as model:
            assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "".join(SAID)
        refused = [reply for reply in await asyncio.gather(*others) if reply.status_code == 503]
    assert refused, "else the queue was never full"
    assert "server busy" in refused[0].json()["error"]


async def test_cancelling_stops_the_server(server):
    """The server works on one request at a time: the second is answered at once only when the first was given up."""
    begun = asyncio.Event()
    async with connected(server, "endless", **LENGTHY) as model:
        task = asyncio.create_task(send_prompt_to_ollama(CONTEXT, QUESTION, model, on_token=lambda _: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        started = time.monotonic()
        await begins(model)
        assert time.monotonic() - started < 3, "30,000 tokens take longer"


async def test_a_model_that_dies_in_the_middle(server):
    async with connected(server, "endless", **LENGTHY) as model:
        with pytest.raises(AnswerCutShortError, match="error was encountered while running the model") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, on_token=once(server.kill_runners))
        assert caught.value.partial.startswith("one")
        await begins(model)  # the server has started it again


async def test_a_server_that_is_killed_in_the_middle_and_started_again(server):
    async with connected(server, "endless", **LENGTHY) as model:
        with pytest.raises(AnswerCutShortError, match="broke the connection") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, on_token=once(server.kill))
        assert caught.value.partial.startswith("one")
        try:
            assert "cannot be reached" in str(await fails(model, BusyError))
        finally:
            server.start()
        await begins(model)  # nothing is left of the old connection


async def test_another_host_answers_when_one_is_gone(server):
    with RealOllama(program(), server.log.parent) as other:
        model = await connect(settings(server, "writer", api_endpoint=(other.url, server.url)), seed=7)
        assert model.endpoints == (other.url, server.url)
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


async def asked(root, docs, server, name, **more):
    (root / "configs").mkdir(parents=True)
    values = {"api_endpoint": server.url, "timeout_seconds": 30, **more}
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in values.items()]
    (root / "configs" / "ollama.yaml").write_text("".join(lines))
    session = open_session(root, paths=(docs,), model=name)
    session.open_now(lambda _done, _total, _path: None, threading.Event())
    async with aclosing(session.ask(QUESTION)) as stream:
        events = [recorded.event async for recorded in stream]
    await session.close()
    assert session.history.recent()[0].status == "done"
    return events


async def test_a_question_is_answered_in_the_models_words_and_each_is_held_by_a_source(tmp_path, docs, server):
    events = await asked(tmp_path / "workspace", docs, server, "writer")
    assert next(event.model for event in events if isinstance(event, RunStarted)) == "writer:latest"
    assert [event.text for event in events if isinstance(event, AnswerFragment)] == SAID
    (answer,) = [event for event in events if isinstance(event, AnswerWritten)]
    assert answer.answer == "Keziah Rosk led the Net Strike. [1]"
    assert answer.citations[0].quote == "The Net Strike of 1894 was led by Keziah Rosk."
    assert answer.removed == 1, "no source says what moons eat"
    assert not [event for event in events if isinstance(event, Degraded)]


async def test_random_words_are_removed_and_quotations_answer(tmp_path, docs, server):
    events = await asked(tmp_path / "workspace", docs, server, "babbler", persona_outputs=True)
    (answer,) = [event for event in events if isinstance(event, AnswerWritten)]
    assert "The Net Strike of 1894 was led by Keziah Rosk. [1]" in answer.answer
    reasons = [event.reason for event in events if isinstance(event, Degraded)]
    assert any("nothing that the model wrote is held by its sources" in reason for reason in reasons)
    assert not any("JSON" in reason for reason in reasons), "the server holds the personas to the schema"
    assert any(isinstance(event, OutputProduced) for event in events)
