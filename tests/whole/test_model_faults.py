"""Every fault of a model server, through a whole run: how often it is asked, and how the run ends.

However it ends, it ends with an answer; the table of `FAULTS` is also what one reads to know it.
"""

import asyncio
import socket
import time
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from engine.events import (
    AnswerCutShort,
    AnswerFragment,
    AnswerWritten,
    ClaimsWritten,
    CycleStarted,
    Degraded,
    ModelReplied,
    RunFinished,
)
from tests.support.ollama_server import COMPLETION, OllamaServer, Scripted, failure
from tui.session.session import open_session

QUESTION = "Who led the Net Strike of 1894?"
LED = "The strike was led by Keziah Rosk"
GOOD = Scripted([LED, " [1]."])
PAR = (LED, " and")
TOO_LONG = "the input length exceeds the context length"
BUSY = "server busy, please try again.  maximum pending requests exceeded"
UNEXPECTED = "an error was encountered while running the model: unexpected EOF"
DAMAGED = 'tensor "output.weight" offset+size exceeds file size'
ENDLESS = 100_000


@dataclass(frozen=True)
class Fault:
    """What the server does one request after the other, how often it is then asked, and how that ends.

    `writes` whether the model's answer stands in the end, else quotations do and `told` says why; `kept` whether a
    part of the answer is kept, marked as cut.
    """

    replies: tuple[Scripted, ...]
    tries: int
    writes: bool = False
    told: str = ""
    kept: bool = False


FAULTS = {
    "timeout before the first chunk": Fault((Scripted(end="hang"),), 1, told="was silent for too long"),
    "timeout between chunks": Fault((Scripted(PAR, end="hang"),), 1, told="was silent for too long", kept=True),
    "404, the model was removed": Fault((failure(404, "model 'x' not found"),), 1, told="models pull qwen3:4b"),
    "400, the prompt is too long": Fault((failure(400, TOO_LONG), GOOD), 2, writes=True, told="shortened to fit"),
    "400, it is still too long": Fault((failure(400, TOO_LONG),) * 3, 3, told="raise num_ctx"),
    "400, something else": Fault((failure(400, "bad"),), 1, told="400: bad"),
    "401": Fault((failure(401, "unauthorized"),), 1, told="OLLAMA_API_KEY"),
    "500 once": Fault((failure(500, "runner died"), GOOD), 2, writes=True),
    "500 again": Fault((failure(500, "runner died"),) * 2, 2, told="500: runner died"),
    "500, a damaged model": Fault((failure(500, DAMAGED),), 1, told="pull it again"),
    "503 once, queue full": Fault((failure(503, BUSY), GOOD), 2, writes=True),
    "503 three times": Fault((failure(503, BUSY),) * 3 + (GOOD,), 4, writes=True),
    "error object before any text": Fault((Scripted(end="error", error=UNEXPECTED), GOOD), 2, writes=True),
    "error object in the stream": Fault((Scripted(PAR, end="error", error=UNEXPECTED),), 1, told="EOF", kept=True),
    "error object with status 200": Fault((failure(200, "boom"), GOOD), 2, writes=True),
    "cut before any text": Fault((Scripted(end="reset"), GOOD), 2, writes=True),
    "cut before any text, again": Fault((Scripted(end="close"),) * 2, 2, told="broke the connection"),
    "cut in the stream, reset": Fault((Scripted(PAR, end="reset"),), 1, told="broke the connection", kept=True),
    "cut in the stream, closed": Fault((Scripted(PAR, end="close"),), 1, told="broke the connection", kept=True),
    "ended without done": Fault((Scripted(PAR, end="silent"),), 1, told="before it was done", kept=True),
    "broken JSON": Fault((Scripted(body=b'{"message": {"ro\n'),), 1, told="does not speak Ollama's protocol"),
    "HTML": Fault((Scripted(body=b"<html>\x1b[2J</html>"),), 1, told="does not speak Ollama's protocol"),
    "a line without end": Fault((Scripted(body=b"{" * 9_000_000),), 1, told="a line without end"),
    "wrong content type, good body": Fault((Scripted(GOOD.tokens, content_type="text/html"),), 1, writes=True),
    "endless text": Fault((Scripted(["word "] * ENDLESS),), 1, told="without end", kept=True),
    "endless blanks": Fault((Scripted([" "] * ENDLESS),), 1, told="without end"),
    "endless thinking": Fault((Scripted(thinking=["hm "] * ENDLESS),), 1, told="without end"),
    "endless empty parts": Fault((Scripted([""] * ENDLESS),), 1, told="without end"),
    "huge tokens": Fault((Scripted(["word " * 9_999] * 99),), 1, told="without end"),
    "slow loading": Fault((Scripted(GOOD.tokens, delay=0.15),), 1, writes=True),
    "no text": Fault((Scripted(done_reason="length"),), 1, told="wrote no text"),
    "nothing that holds": Fault((Scripted(["Purple elephants [1]."]),), 1, told="held by its sources"),
}


def configure(workspace, *urls: str, **more: Any) -> None:
    values = {"api_endpoint": f"[{', '.join(urls)}]", "timeout_seconds": 60, "max_tokens": 256, **more}
    lines = "".join(f"{key}: {value}\n" for key, value in values.items())
    (workspace / "configs" / "ollama.yaml").write_text(lines)


async def ask(session) -> list[Any]:
    async with aclosing(session.runs.ask(QUESTION)) as stream:
        return [recorded.event async for recorded in stream]


async def run(workspace) -> list[Any]:
    session = open_session(workspace)
    try:
        return await ask(session)
    finally:
        await session.close()


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def check_end(events, *, writes: bool, told: str = "") -> None:
    """Each run ends with an answer and its exact words, and says what it went without."""
    (answer,) = only(events, AnswerWritten)
    assert isinstance(events[-1], RunFinished)
    assert answer.citations
    assert "Keziah Rosk" in answer.answer
    assert (answer.answer == f"{LED}. [1]") is writes
    reasons = [event.reason for event in only(events, Degraded)]
    assert all(reason.isprintable() for reason in reasons)
    assert any(told in reason for reason in reasons) if told else not reasons


@pytest.fixture
def server():
    with OllamaServer() as running:
        yield running


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_and_its_end(workspace, server, name, monkeypatch):
    monkeypatch.setattr("engine.model.client._BUSY_WAITS", (0.01, 0.02))
    fault = FAULTS[name]
    configure(workspace, server.url, timeout_seconds=0.4 if fault.replies[0].end == "hang" else 60)
    server.enqueue(*fault.replies)
    events = await run(workspace)
    assert len(server.chats) == fault.tries
    check_end(events, writes=fault.writes, told=fault.told)
    cut = only(events, AnswerCutShort)
    assert len(cut) == fault.kept
    for event in cut:
        assert event.partial == "".join(fragment.text for fragment in only(events, AnswerFragment))
        assert event.reason


UNHEARD = [name for name, fault in FAULTS.items() if not any(r.tokens or r.error == TOO_LONG for r in fault.replies)]


@pytest.mark.parametrize("name", UNHEARD)
async def test_another_host_takes_over_where_no_word_was_heard(workspace, server, name):
    replies = FAULTS[name].replies[:1]
    with OllamaServer() as other:
        configure(workspace, server.url, other.url, timeout_seconds=2 if replies[0].end == "hang" else 60)
        server.enqueue(*replies)
        other.enqueue(GOOD)
        events = await run(workspace)
        assert (len(server.chats), len(other.chats)) == (1, 1)
    check_end(events, writes=True)


async def test_refused_from_the_start(workspace):
    configure(workspace, "http://127.0.0.1:9")
    check_end(await run(workspace), writes=False, told="Ollama does not answer at http://127.0.0.1:9")


async def test_refused_later(workspace, monkeypatch):
    monkeypatch.setattr("engine.model.client._UNREACHABLE_WAITS", (0.01, 0.01))
    with OllamaServer() as server:
        configure(workspace, server.url)
        session = open_session(workspace)
        server.enqueue(GOOD)
        check_end(await ask(session), writes=True)
    check_end(await ask(session), writes=False, told="cannot be reached")
    await session.close()


async def test_a_name_that_no_one_knows(workspace, monkeypatch):
    async def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    configure(workspace, "http://no-such-host.invalid:11434")
    check_end(await run(workspace), writes=False, told="does not answer at http://no-such-host.invalid:11434")


async def test_a_model_that_no_host_has(workspace, server):
    configure(workspace, server.url, model_name="mistral")
    check_end(await run(workspace), writes=False, told="no model 'mistral'; installed: qwen3:4b")
    assert server.chats == []


async def test_a_server_that_stays_busy_is_given_up_when_the_time_is_up(workspace, server, monkeypatch):
    monkeypatch.setattr("engine.model.client._BUSY_WAITS", (0.01, 0.02))
    clock = SimpleNamespace(monotonic=count().__next__)  # a second from look to look
    monkeypatch.setattr("engine.model.client.time", clock)
    configure(workspace, server.url, timeout_seconds=5)
    server.enqueue(*[failure(503, BUSY)] * 99)
    check_end(await run(workspace), writes=False, told="503: server busy")
    assert len(server.chats) == 5


async def test_a_schema_that_the_model_ignores_leaves_the_evidence(workspace, server):
    configure(workspace, server.url, persona_outputs="true")
    server.enqueue(*[Scripted(["Sure! Keziah Rosk it was."])] * 99)
    events = await run(workspace)
    called = only(events, CycleStarted)[0].personas
    reasons = [event.reason for event in only(events, Degraded)]
    assert "did not write its claims as JSON" in reasons[0]
    said = only(events, ClaimsWritten)
    assert [event.persona_id for event in said] == list(called)
    assert all(event.is_quoted for event in said)
    assert len(server.chats) == 3  # the claims are asked for twice, then comes the answer
    assert [reply.persona_id for reply in only(events, ModelReplied)] == ["*", "*", ""]
    assert "Keziah Rosk" in only(events, AnswerWritten)[0].answer


async def test_a_host_that_fails_is_set_aside_and_its_work_goes_to_another(workspace, server):
    with OllamaServer() as broken:
        broken.enqueue(*[failure(500, "disk")] * 99)
        configure(workspace, broken.url, server.url, persona_outputs="true")
        events = await run(workspace)
        called = only(events, CycleStarted)[0].personas
        assert len(broken.chats) == 1  # then it rests
        assert len(server.chats) == len(called) + 1
    written = [event.persona_id for event in only(events, ClaimsWritten) if not event.is_quoted]
    assert written == list(called)


async def test_writing_that_never_ends_has_a_deadline(workspace, server, monkeypatch):
    monkeypatch.setattr("engine.model.client._LONGEST", 1)
    configure(workspace, server.url, timeout_seconds=3)
    server.enqueue(Scripted(["word "] * ENDLESS, delay=0.01))
    check_end(await run(workspace), writes=False, told="wrote for 3 seconds without end")


async def test_cancelling_closes_every_connection(workspace, server):
    with OllamaServer({"qwen3:4b": COMPLETION}) as other:
        configure(workspace, server.url, other.url, persona_outputs="true", timeout_seconds=60)
        for host in (server, other):
            host.enqueue(*[Scripted(end="hang")] * 9)
        session = open_session(workspace)
        asked = asyncio.create_task(ask(session))
        await until(lambda: server.chats and other.chats)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await until(lambda: all(host.chats[0].disconnected for host in (server, other)))
        assert (len(server.chats), len(other.chats)) == (1, 1)
        await session.close()


async def until(is_true, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.005)
