"""The HTTP interface: httpx, the client of OpenAI and schemathesis at a real uvicorn on 127.0.0.1."""

import asyncio
import json
import subprocess
import sys
from typing import Any, cast

import httpx
import jsonschema
import openai
import pytest

from db.runs.history import History
from engine.errors import LibraryError
from engine.events import RunFailed, RunFinished, from_json
from engine.index.retriever import Retriever
from engine.run.state import Outcome
from tests.support import ROOT
from tests.support.api_server import HEADERS, TOKEN, api_server, client_of
from tests.support.ollama_server import OllamaServer, Scripted
from tests.support.settled import until
from tui.http_api import bodies
from tui.http_api.bodies import MOST_BYTES
from tui.http_api.event_schema import event_schema

QUESTION = "Who led the Net Strike of 1894?"


def sent(text: str) -> list[dict[str, str]]:
    """The server-sent events of a body, as a reader of the specification takes them."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


# -- what is answered -----------------------------------------------------------------------------------------


async def test_a_question_is_answered_by_the_events_of_its_run(workspace):
    async with api_server(workspace) as address, client_of(address) as client:
        response = await client.post("/v1/ask", json={"question": QUESTION})
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.text.isascii()
        events = sent(response.text)
        recorded = [from_json(event["data"]) for event in events]
        assert [event["event"] for event in events] == [type(r.event).__name__ for r in recorded]
        assert [int(event["id"]) for event in events] == list(range(len(events)))
        assert isinstance(recorded[-1].event, RunFinished)
        run_id = json.loads(events[0]["data"])["run_id"]
        schema = (await client.get("/v1/events/schema.json")).json()
        assert schema == json.loads(json.dumps(event_schema()))
        validator = jsonschema.Draft202012Validator(schema)
        for event in events:
            validator.validate(json.loads(event["data"]))
        assert list(validator.iter_errors({"at_ms": 0, "event": "RunStarted"}))
        stored = (await client.get(f"/v1/runs/{run_id}/events")).json()
        assert stored == [json.loads(event["data"]) for event in events]


async def test_everything_else_is_read(workspace, folder):
    async with api_server(workspace, folder) as address, client_of(address) as client:

        async def get(path: str, **parameters: Any) -> Any:
            response = await client.get(path, params=parameters)
            assert response.status_code == 200, response.text
            assert response.text.isascii()
            return response.json()

        answer = (
            await client.post("/v1/ask", json={"question": "When is the boiler serviced?", "stream": False})
        ).json()
        assert "October" in answer["answer"]
        later = await client.post(
            "/v1/ask", json={"question": "Who installed it?", "stream": False, "follow_up_to": answer["run_id"]}
        )
        assert later.json()["read_as"] == "Who installed the boiler?"
        opened = await get(f"/v1/runs/{answer['run_id']}/citations/1", margin=0)
        assert (opened["state"], opened["text"]) == ("exact", answer["citations"][0]["quote"])
        (hit,) = (await client.post("/v1/search", json={"query": "boiler"})).json()
        assert (
            (await get("/v1/passages", id=hit["id"]))["text"]
            == hit["text"]
            == (folder / "boiler.md").read_text().rstrip()
        )
        assert [run["question"] for run in await get("/v1/runs", limit=1)] == ["Who installed it?"]
        assert [run["run_id"] for run in await get("/v1/runs", search="When")] == [answer["run_id"]]
        assert (await get(f"/v1/runs/{answer['run_id']}"))["result"]["answer"] == answer["answer"]
        assert (await get("/v1/library"))["roots"] == [{"path": str(folder), "files": 1, "passages": 1}]
        assert "control" in {persona["persona_id"] for persona in await get("/v1/personas")}
        assert (await get("/v1/health"))["status"] == "ready"
        metrics = await client.get("/v1/metrics")
        assert 'persona_moe_runs_total{outcome="answered"} 2' in metrics.text


async def test_fifty_clients_at_once_get_the_answer_of_one(workspace, folder):
    async with api_server(workspace, folder) as address:

        async def ask() -> list[dict[str, str]]:
            async with client_of(address) as client:
                return sent((await client.post("/v1/ask", json={"question": "When is the boiler serviced?"})).text)

        results = await asyncio.gather(*(ask() for _ in range(50)))
    ends = {events[-1]["event"] for events in results}
    answers = {
        json.loads(event["data"])["answer"]
        for events in results
        for event in events
        if event["event"] == "AnswerWritten"
    }
    assert (ends, len(answers)) == ({"RunFinished"}, 1)
    assert History(workspace / "db" / "history").count() == 50


# -- what is refused ------------------------------------------------------------------------------------------


async def test_only_requests_with_the_token_from_this_machine_are_answered(workspace):
    async with api_server(workspace) as address, client_of(address) as client:
        for headers, status in [
            ({"Authorization": ""}, 401),
            ({"Authorization": f"Bearer {TOKEN}x"}, 401),
            ({"Authorization": f"Basic {TOKEN}"}, 401),
            ({"Authorization": "Bearer \xe9"}, 401),
            ({"Host": "evil.example"}, 403),
            ({"Host": ""}, 403),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({}, 200),
            ({"Host": "localhost:80"}, 200),
        ]:
            encoded: list[tuple[bytes, bytes]] = [
                (name.encode(), value.encode("latin-1")) for name, value in {**HEADERS, **headers}.items()
            ]
            response = await client.get("/v1/library", headers=encoded)
            assert response.status_code == status, headers
            assert "access-control-allow-origin" not in response.headers
        asked = await client.options("/v1/ask", headers={"Access-Control-Request-Method": "POST"})
        assert asked.status_code == 405
        async with httpx.AsyncClient(base_url=address, trust_env=False) as other:
            assert (await other.get("/v1/health")).status_code == 200
            assert (await other.get("/v1/runs")).headers["www-authenticate"] == "Bearer"
            assert (await other.get("/v1/health", headers={"Host": "evil.example"})).status_code == 403


@pytest.mark.parametrize("form", ["json", "chat"])
async def test_bad_bodies_are_refused(workspace, form):
    requests: dict[str, tuple[str, dict[str, object]]] = {
        "json": ("/v1/ask", {"question": QUESTION}),
        "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
    }
    path, good = requests[form]
    json_type = {"content-type": "application/json"}
    async with api_server(workspace) as address, client_of(address) as client:
        for content, headers, status in [
            (b"{", json_type, 400),
            (b"\xff", json_type, 400),
            (b'{"other": ' + b"[" * 200_000, json_type, 422 if form == "json" else 400),
            (b"[]", json_type, 422),
            (json.dumps(good).encode(), {"content-type": "text/plain"}, 415),
            (json.dumps(good | {"x": "y" * MOST_BYTES}).encode(), json_type, 413),
        ]:
            response = await client.post(path, content=content, headers=headers)
            assert response.status_code == status, content[:40]
            assert response.json()["error"]["message"]
        for body in ({"question": ""}, {"question": " "}, {"question": "x" * 20_001}, {"question": "a", "other": 1}):
            assert (await client.post("/v1/ask", json=body)).status_code == 422
        no_messages: list[dict[str, str]] = []
        for messages in (no_messages, [{"role": "system", "content": "Be brief."}]):
            refused = await client.post("/v1/chat/completions", json={"messages": messages})
            assert refused.status_code in {400, 422}
    assert History(workspace / "db" / "history").count() == 0


async def test_what_is_not_there_is_told(workspace, tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    async with api_server(workspace) as address, client_of(address) as client:
        for path, status in [
            ("/v1/runs/nothing", 404),
            ("/v1/runs/..%2F..%2Fledger/events", 404),
            ("/v1/runs/last/citations/1", 404),
            ("/v1/runs/last/citations/x", 404),
            (f"/v1/passages?id={tmp_path}/secret.md%231", 404),
            ("/v1/passages", 404),
            ("/v1/runs?limit=0", 422),
            ("/v1/runs?limit=%C2%B2", 422),
            ("/v1/runs?limit=0000000501", 422),
            (f"/v1/runs?limit=1{'0' * 5000}", 422),
            (f"/v1/runs?limit=000000001{'0' * 5000}", 422),
            ("/v1/runs?search=is:nothing", 400),
            (f"/v1/runs?search={'x' * 2001}", 422),
            ("/v1/nothing", 404),
        ]:
            response = await client.get(path)
            assert response.status_code == status, path
            assert "secret" not in response.text.replace("secret.md", "")
        assert (await client.post("/v1/ask", json={"question": "And when?", "follow_up_to": "no"})).status_code == 404
        assert (await client.get("/v1/ask")).status_code == 405


async def test_too_many_at_once_are_refused_and_the_others_answered(workspace):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n", "utf-8")
        server.enqueue(Scripted(["One"], end="hang"))
        async with api_server(workspace, model=None, most_at_once=1) as address, client_of(address) as client:
            async with client.stream("POST", "/v1/ask", json={"question": QUESTION}) as response:
                await until(lambda: bool(server.chats))
                refused = await client.get("/v1/health")
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
                assert response.status_code == 200
            await until(lambda: server.chats[0].disconnected)
            for _ in range(2000):
                if (await client.get("/v1/health")).status_code == 200:
                    break
            else:
                raise AssertionError("it did not answer again")


async def test_a_body_that_does_not_come_is_not_waited_for(workspace, monkeypatch):
    monkeypatch.setattr(bodies, "SECONDS", 0.05)
    async with api_server(workspace) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v1/ask HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{{".encode())
        assert b" 408 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [(LibraryError("the index is damaged"), 503, "the index is damaged"), (ValueError("x"), 500, "internal error")],
)
async def test_a_run_that_fails_says_so(workspace, monkeypatch, error, status, words):
    def fail(*_arguments, **_options):
        raise error

    async with api_server(workspace) as address, client_of(address) as client:
        await client.get("/v1/library")
        monkeypatch.setattr(Retriever, "look_up", fail)
        events = sent((await client.post("/v1/ask", json={"question": QUESTION})).text)
        last = from_json(events[-1]["data"]).event
        assert isinstance(last, RunFailed)
        assert words in last.message
        chat = {"messages": [{"role": "user", "content": QUESTION}]}
        for path, body in [("/v1/ask", {"question": QUESTION, "stream": False}), ("/v1/chat/completions", chat)]:
            response = await client.post(path, json=body)
            assert (response.status_code, words in response.text) == (status, True)
        stream = sent((await client.post("/v1/chat/completions", json={**chat, "stream": True})).text)
        assert words in json.loads(stream[-1]["data"])["error"]["message"]


# -- what ends ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {"question": QUESTION}),
        ("/v1/ask", {"question": QUESTION, "stream": False}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}], "stream": True}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
    ],
)
async def test_a_client_that_leaves_ends_the_run_and_what_its_model_writes(workspace, path, body):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n", "utf-8")
        server.enqueue(Scripted(["One", " word"], end="hang"))
        async with api_server(workspace, model=None) as address, client_of(address) as client:
            asking = asyncio.create_task(client.post(path, json=body))
            await until(lambda: bool(server.chats) and server.chats[0].tokens_sent > 0)
            asking.cancel()
            await until(lambda: server.chats[0].disconnected)
            assert (await client.get("/v1/library")).status_code == 200  # the server goes on
    assert [run.outcome for run in History(workspace / "db" / "history").recent(5)] == [Outcome.CANCELLED]


async def test_the_end_of_the_server_ends_its_runs(workspace):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n", "utf-8")
        server.enqueue(Scripted(["One"], end="hang"))
        async with client_of("http://127.0.0.1") as client:
            async with api_server(workspace, model=None) as address:
                asking = asyncio.create_task(client.post(f"{address}/v1/ask", json={"question": QUESTION}))
                await until(lambda: bool(server.chats) and server.chats[0].tokens_sent > 0)
            await asyncio.wait([asking])
            asking.exception()
            await until(lambda: server.chats[0].disconnected)
    assert [run.outcome for run in History(workspace / "db" / "history").recent(5)] == [Outcome.CANCELLED]


# -- chat programs --------------------------------------------------------------------------------------------


async def test_the_client_of_openai_uses_the_library_as_a_model(workspace, folder):
    async with (
        api_server(workspace, folder) as address,
        openai.AsyncOpenAI(
            base_url=f"{address}/v1", api_key=TOKEN, http_client=cast("Any", client_of(address)), max_retries=0
        ) as client,
    ):
        (model,) = [model.id async for model in await client.models.list()]
        chat: list[Any] = [{"role": "user", "content": "When is the boiler serviced?"}]
        first = await client.chat.completions.create(model=model, messages=chat)
        text = first.choices[0].message.content
        assert text
        assert "October. [1]\n\n[1] Boiler, " in text
        assert (first.choices[0].finish_reason, first.usage and first.usage.total_tokens) == ("stop", 0)
        chat += [
            {"role": "assistant", "content": text},
            {"role": "user", "content": [{"type": "text", "text": "Who installed it?"}]},
        ]
        stream = await client.chat.completions.create(
            model=model, messages=chat, stream=True, stream_options={"include_usage": True}
        )
        pieces = [chunk async for chunk in stream]
        written = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
        assert "Nordtherm" in written
        assert [piece.choices[0].finish_reason for piece in pieces if piece.choices][-1] == "stop"
        assert pieces[-1].usage
        with pytest.raises(openai.BadRequestError, match="no question"):
            await client.chat.completions.create(model=model, messages=[{"role": "user", "content": " "}])
    assert History(workspace / "db" / "history").recent(1)[0].question == "Who installed it?"


# -- its description ------------------------------------------------------------------------------------------


async def test_schemathesis_sees_nothing_that_its_description_does_not_say(workspace, folder):
    async with api_server(workspace, folder) as address:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "run", f"{address}/v1/openapi.json", "--max-examples", "8",
            "--seed", "1", "--phases", "examples,coverage,fuzzing", "--header", f"Authorization: Bearer {TOKEN}",
            # A search of the history has a grammar that a schema cannot say.
            "--exclude-checks", "positive_data_acceptance", "--no-color",
            cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-6000:]


def test_the_other_commands_need_no_server_of_requests():
    code = (
        "import sys, tui.commands.serve, tui.api; print({'starlette', 'uvicorn', 'aiohttp', 'mcp'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ended.stdout == "set()\n"
