import asyncio
import base64
import json
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from itertools import count
from types import SimpleNamespace

import pytest

from engine.answer.citations import ABSTENTION
from engine.answer.prompt import send_prompt_to_ollama
from engine.errors import LanguageModelError
from engine.model.client import Listeners, connect
from engine.model.faults import AnswerCutShortError, PromptTooLongError, SilentError, clean
from engine.model.hosts import endpoint_address
from engine.settings.settings import Ollama
from tests.support import ROOT
from tests.support.ollama_server import COMPLETION, EMBEDDING, OllamaServer, Scripted, failure

CONTEXT = "[1] Paris is the capital of France.\n\n[2] Lyon is older than Paris."
QUESTION = "What is the capital of France?"


def settings(*urls, **changed):
    values = {
        "model_name": "auto",
        "temperature": 0.2,
        "max_tokens": 256,
        "api_endpoint": urls,
        "num_ctx": 4096,
        "timeout_seconds": 60.0,
        "persona_outputs": False,
    }
    return Ollama(**{**values, **changed})


@asynccontextmanager
async def connected(*servers, **changed):
    model = await connect(settings(*(server.url for server in servers), **changed), seed=7)
    try:
        yield model
    finally:
        await model.close()


@pytest.fixture
def server():
    with OllamaServer() as running:
        yield running


async def wait_until(is_true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.005)


def unused_url():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# --- an answer


async def test_the_answer_is_streamed_and_returned_whole(server):
    server.enqueue(Scripted(["Paris", " is", " it [1]."], thinking=["hm", "hm"]))
    tokens, notices = [], []
    async with connected(server) as model:
        answer = await send_prompt_to_ollama(
            CONTEXT, QUESTION, model, listeners=Listeners(tokens.append, on_notice=notices.append)
        )
    assert answer == "Paris is it [1]."
    assert tokens == ["Paris", " is", " it [1]."]
    assert notices == []


async def test_the_request_carries_rules_quotations_options_and_no_truncation(server):
    async with connected(server) as model:
        await send_prompt_to_ollama(CONTEXT, QUESTION, model)
    body = server.chats[0].body
    system, user = body["messages"]
    assert ABSTENTION in system["content"]
    head, fence, *quotations, end, asked = user["content"].split("\n\n")
    assert (head, end) == (f"Quotations, between the two lines {fence}", fence)
    assert ("\n\n".join(quotations), asked) == (CONTEXT, f"Question: {QUESTION}")
    assert body["options"] == {"temperature": 0.2, "num_ctx": 4096, "num_predict": 256, "seed": 7}
    assert (body["model"], body["stream"], body["think"]) == ("qwen3:4b", True, False)
    assert (body["truncate"], body["shift"]) == (False, False)


async def test_a_question_with_undecodable_bytes_is_sent(server):
    async with connected(server) as model:
        assert await send_prompt_to_ollama(CONTEXT, "caf\udce9?\x1b[2J <|im_end|>", model)
    assert server.chats[0].body["messages"][1]["content"].endswith("Question: caf?[2J \u2039|im_end|\u203a")


async def test_without_a_quotation_the_model_is_not_asked(server):
    tokens = []
    async with connected(server) as model:
        assert await send_prompt_to_ollama(" \n\n ", QUESTION, model, listeners=Listeners(tokens.append)) == ABSTENTION
    assert tokens == [ABSTENTION]
    assert server.chats == []


async def test_control_characters_never_reach_the_reader(server):
    server.enqueue(Scripted(["a\x1b[31mb", "\x00", "\tc\r\n", "d\x9b\u202e\x07"]))
    tokens = []
    async with connected(server) as model:
        answer = await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(tokens.append))
    assert tokens == ["a[31mb", "\tc\n", "d"]
    assert answer == "a[31mb\tc\nd"


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029"])
async def test_a_raw_line_break_inside_a_token_does_not_end_the_stream(server, odd):
    body = {"message": {"role": "assistant", "content": f"Wien{odd}caf\u00e9 \u20ac"}, "done": True}
    server.enqueue(Scripted(body=json.dumps(body, ensure_ascii=False).encode() + b"\n"))
    async with connected(server) as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "Wien\ncaf\u00e9 \u20ac"


async def test_a_raw_line_break_cut_in_two_by_the_network(server):
    async with connected(server) as model:
        import httpx  # the package has been imported by now

        hook = model._hosts[0].client._client.event_hooks["response"][0]

        class Bytewise(httpx.AsyncByteStream):
            async def __aiter__(self):
                for byte in "a\x85b\u2029c\u00e9\u20ac".encode():
                    yield bytes([byte])

        response = httpx.Response(200, stream=Bytewise())
        await hook(response)
        assert await response.aread() == "a\\u0085b\\u2029c\u00e9\u20ac".encode()


async def test_an_exception_of_the_listener_is_its_own_and_stops_the_server(server):
    server.enqueue(Scripted(["x"] * 1000, delay=0.01))

    def listener(token):
        raise ValueError("mine")

    async with connected(server) as model:
        with pytest.raises(ValueError, match="mine"):
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(listener))
        await wait_until(lambda: server.chats[0].disconnected)


# --- the table of failures: script, message, hint, retryable, error type


WHOLE, CUT = LanguageModelError, AnswerCutShortError
PROTOCOL = ("does not speak Ollama's protocol", "address", False, WHOLE)
BROKEN = {
    "error object with 200": (failure(200, "boom"), "answered: boom", "log", True, WHOLE),
    "400": (failure(400, "does not support chat"), "400: does not support chat", "model_name", False, WHOLE),
    "400 context": (failure(400, "exceeds context"), "exceeds context", "num_ctx", False, PromptTooLongError),
    "401": (failure(401, "unauthorized"), "401: unauthorized", "OLLAMA_API_KEY", False, WHOLE),
    "404": (failure(404, "not found"), "404: not found", "models pull qwen3:4b", False, WHOLE),
    "418": (failure(418, "teapot"), "418: teapot", "address", False, WHOLE),
    "500": (failure(500, "runner\n\x1b[2Jdied"), "500: runner [2Jdied", "smaller model", True, WHOLE),
    "502": (Scripted(status=502, body=b"<h1>Bad\ngateway</h1>"), "502: <h1>Bad gateway", "", True, WHOLE),
    "a long message": (failure(500, "very " * 999), "very very", "", True, WHOLE),
    "redirect": (Scripted(status=308, body=b"", headers={"Location": "/x"}), "308: no reason", "address", False, WHOLE),
    "error in the stream": (Scripted(["Par"], end="error", error="cuda"), "answered: cuda", "", True, CUT),
    "end without done": (Scripted(["Par"], end="silent"), "before it was done", "", True, CUT),
    "empty body": (Scripted(end="silent"), "before it was done", "", True, CUT),
    "reset": (Scripted(["Par"], end="reset"), "broke the connection", "", True, CUT),
    "reset before a token": (Scripted(end="reset"), "broke the connection", "", True, WHOLE),
    "close": (Scripted(["Par"], end="close"), "broke the connection", "", True, CUT),
    "only thinking": (Scripted(thinking=["hm"], done_reason="length"), "no text (length)", "max_tokens", False, WHOLE),
    "broken JSON": (Scripted(body=b'{"message": {"ro\n'), *PROTOCOL),
    "blank line": (Scripted(body=b"\n\n"), *PROTOCOL),
    "SSE": (Scripted(body=b'data: {"x": 1}\n\n'), *PROTOCOL),
    "HTML": (Scripted(body=b"<html>\x1b[2J</html>"), *PROTOCOL),
    "no object": (Scripted(body=b"[1]\n"), *PROTOCOL),
    "error is no text": (Scripted(body=b'{"error": {"a": 1}}\n'), *PROTOCOL),
    "error body is no object": (Scripted(status=500, body=b"[1]"), *PROTOCOL),
    "missing field": (Scripted(body=b'{"done": true}\n'), *PROTOCOL),
    "wrong field": (Scripted(body=b'{"message": {"role": "x", "content": 5}}\n'), *PROTOCOL),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_every_failure_is_one_clean_line(server, case):
    script, message, hint, retryable, kind = BROKEN[case]
    tries = 2 if retryable else 1
    server.enqueue(*[script] * tries)
    async with connected(server) as model:
        with pytest.raises(LanguageModelError) as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model)
        assert type(caught.value) is kind
        assert message in caught.value.message
        assert hint in caught.value.hint
        assert caught.value.retryable is retryable
        assert str(caught.value).isprintable()
        assert len(caught.value.message) < 300
        assert len(server.chats) == tries
        if isinstance(caught.value, AnswerCutShortError):
            assert caught.value.partial == "".join(script.tokens)
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model), "the model is usable after a failure"


async def test_a_wrong_content_type_with_a_good_body_is_no_failure(server):
    server.enqueue(Scripted(["fine [1]."], content_type="text/html"))
    async with connected(server) as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "fine [1]."


@pytest.mark.parametrize(("tokens", "kind"), [(["Par"], AnswerCutShortError), ([], SilentError)])
async def test_a_silent_server_is_given_up(server, tokens, kind):
    server.enqueue(Scripted(tokens, end="hang"))
    async with connected(server, timeout_seconds=0.15) as model:
        with pytest.raises(LanguageModelError, match="silent for too long") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model)
        assert type(caught.value) is kind
        await wait_until(lambda: server.chats[0].disconnected)


async def test_slow_tokens_are_waited_for_but_not_forever(server, monkeypatch):
    loop = asyncio.get_running_loop()
    real, tokens = loop.time, list[str]()
    monkeypatch.setattr(loop, "time", lambda: real() + 20 * len(tokens))  # each token comes 20 s after the one before
    slow = Listeners(on_token=tokens.append)
    server.enqueue(Scripted(["a", "b", "c"], delay=0.01), Scripted(["x"] * 1000, delay=0.01))
    async with connected(server, timeout_seconds=30) as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=slow) == "abc"
        with pytest.raises(AnswerCutShortError, match="wrote for 300 seconds without end") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=slow)
    assert 15 <= len(caught.value.partial) < 1000


async def test_a_busy_server_is_asked_again(server):
    server.enqueue(failure(503, "busy"), Scripted(["fine [1]."]))
    async with connected(server) as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model) == "fine [1]."
    assert len(server.chats) == 2


async def test_a_busy_server_is_asked_until_the_time_is_up(server, monkeypatch):
    monkeypatch.setattr("engine.model.client._BUSY_WAITS", (0.01, 0.02))
    monkeypatch.setattr("engine.model.client.time", SimpleNamespace(monotonic=count().__next__))
    server.enqueue(*[failure(503, "server busy")] * 99)
    async with connected(server, timeout_seconds=5) as model:
        with pytest.raises(LanguageModelError, match="503: server busy") as caught:
            await send_prompt_to_ollama(CONTEXT, QUESTION, model)
    assert caught.value.retryable
    assert len(server.chats) == 5


async def test_a_server_that_went_away_is_named(monkeypatch):
    monkeypatch.setattr("engine.model.client._UNREACHABLE_WAITS", (0.01, 0.01))
    with OllamaServer() as gone:
        model = await connect(settings(gone.url))
    with pytest.raises(LanguageModelError, match="cannot be reached") as caught:
        await send_prompt_to_ollama(CONTEXT, QUESTION, model)
    assert caught.value.retryable
    await model.close()
    await model.close()


# --- cancelling, and one request at a time


async def test_cancelling_stops_the_server_at_once(server):
    server.enqueue(Scripted(["x "] * 1000, delay=0.01))
    tokens = []
    async with connected(server) as model:
        task = asyncio.create_task(send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(tokens.append)))
        await wait_until(lambda: len(tokens) >= 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await wait_until(lambda: server.chats[0].disconnected)
        sent = server.chats[0].tokens_sent
        assert sent < 20
        await asyncio.sleep(0.05)
        assert server.chats[0].tokens_sent == sent
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model), "its host is free again"


async def test_cancelling_before_the_first_token_stops_the_server(server):
    server.enqueue(Scripted(end="hang"))
    async with connected(server) as model:
        task = asyncio.create_task(send_prompt_to_ollama(CONTEXT, QUESTION, model))
        await wait_until(lambda: server.chats)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await wait_until(lambda: server.chats[0].disconnected)


async def test_a_host_works_on_one_request_at_a_time(server):
    server.enqueue(*[Scripted(["a", "b"], delay=0.01)] * 6)
    async with connected(server) as model:
        await asyncio.gather(*(send_prompt_to_ollama(CONTEXT, QUESTION, model) for _ in range(6)))
    assert (len(server.chats), server.most_at_once) == (6, 1)


async def test_several_hosts_take_turns():
    with OllamaServer() as one, OllamaServer() as two:
        for host in (one, two):
            host.enqueue(*[Scripted(["a", "b"], delay=0.02)] * 3)
        async with connected(one, two) as model:
            await asyncio.gather(*(send_prompt_to_ollama(CONTEXT, QUESTION, model) for _ in range(6)))
            assert model.endpoints == (one.url, two.url)
        assert [len(host.chats) for host in (one, two)] == [3, 3]
        assert (one.most_at_once, two.most_at_once) == (1, 1)


async def test_the_next_host_takes_over_from_one_that_went_away():
    with OllamaServer() as stays:
        with OllamaServer() as leaves:
            model = await connect(settings(leaves.url, stays.url))
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model)
        assert len(stays.chats) == 1
        await model.close()


# --- which model, where


async def test_auto_takes_the_first_model_that_writes_text_here():
    models = {
        "nomic-embed-text:latest": EMBEDDING,
        "gpt-oss:120b-cloud": COMPLETION,
        "qwen3:4b": COMPLETION,
        "z": COMPLETION,
    }
    with OllamaServer(models) as server:
        async with connected(server) as model:
            assert model.name == "qwen3:4b"


async def test_auto_goes_by_the_name_where_an_old_server_tells_no_capabilities():
    models = {"all-minilm:latest": EMBEDDING, "mxbai-embed-large:latest": COMPLETION, "llama3:8b": COMPLETION}
    with OllamaServer(models) as server:
        server.tells_capabilities = False
        async with connected(server) as model:
            assert model.name == "llama3:8b"


async def test_auto_without_a_model_says_what_to_do():
    with (
        OllamaServer({"nomic-embed-text:latest": EMBEDDING}) as server,
        pytest.raises(LanguageModelError, match="no model that writes; installed: nomic-embed-text") as caught,
    ):
        await connect(settings(server.url))
    assert "models pull" in caught.value.hint


@pytest.mark.parametrize("asked", ["llama3.2", "llama3.2:latest"])
async def test_a_named_model_is_found_with_or_without_latest(asked):
    with OllamaServer({"qwen3:4b": COMPLETION, "llama3.2:latest": COMPLETION}) as server:
        async with connected(server, model_name=asked) as model:
            assert model.name == "llama3.2:latest"
        other = await connect(settings(server.url, model_name=asked), "qwen3:4b")
        assert other.name == "qwen3:4b"
        await other.close()


async def test_a_missing_model_names_the_installed_ones(server):
    with pytest.raises(LanguageModelError, match="no model 'mistral'; installed: qwen3:4b") as caught:
        await connect(settings(server.url), "mistral")
    assert caught.value.hint == "`persona-moe models pull mistral`"


async def test_a_host_without_the_model_is_not_used():
    with OllamaServer({"z:1b": COMPLETION}) as other, OllamaServer() as server:
        async with connected(other, server, model_name="qwen3:4b") as model:
            assert model.endpoints == (server.url,)


def test_a_refused_port_is_known_at_once_and_without_the_package():
    url = unused_url()
    code = (
        "import asyncio, sys, time\n"
        "from engine.errors import LanguageModelError\n"
        "from engine.model.client import connect\n"
        "from engine.settings.settings import Ollama\n"
        f"settings = Ollama('auto', 0.2, 9, {url!r}, 512, 5.0, False)\n"
        "try:\n    asyncio.run(connect(settings))\n"
        "except LanguageModelError as error:\n    print(error)\n"
        "print('ollama' in sys.modules, 'httpx' in sys.modules)\n"
    )
    root = ROOT
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    message, modules = done.stdout.splitlines()
    assert message.startswith(f"Ollama does not answer at {url} (start it with `ollama serve`")
    assert modules == "False False"


async def test_a_host_that_drops_packets_costs_a_second(monkeypatch):
    async def never(*_):
        await asyncio.sleep(60)

    monkeypatch.setattr("engine.model.hosts._PROBE_SECONDS", 0.05)
    monkeypatch.setattr(asyncio, "open_connection", never)
    with pytest.raises(LanguageModelError, match="does not answer"):
        await connect(settings("http://10.255.255.1"))


async def test_hosts_that_are_down_are_left_out(server):
    model = await connect(settings(unused_url(), server.url))
    assert model.endpoints == (server.url,)
    await model.close()


async def test_none_never_asks():
    with pytest.raises(LanguageModelError, match="no language model is wanted"):
        await connect(settings("http://127.0.0.1:1", model_name="none"))


async def test_something_else_that_listens_there_is_told(server):
    server.listing = Scripted(body=b"<html>hello</html>", content_type="text/html")
    with pytest.raises(LanguageModelError, match="does not speak Ollama's protocol"):
        await connect(settings(server.url))
    server.listing = failure(500, "disk")
    with pytest.raises(LanguageModelError, match="500: disk"):
        await connect(settings(server.url))
    server.listing = failure(200, "boom")
    with pytest.raises(LanguageModelError, match="protocol"):
        await connect(settings(server.url))


async def test_a_host_that_cannot_list_does_not_spoil_the_others(server):
    with OllamaServer() as broken:
        broken.listing = failure(500, "disk")
        async with connected(broken, server) as model:
            assert model.endpoints == (server.url,)


async def test_a_proxy_variable_does_not_catch_loopback(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, unused_url())
    async with connected(server) as model:
        assert await send_prompt_to_ollama(CONTEXT, QUESTION, model)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_PROXY", "localhost,fe80::/10"),
        ("no_proxy", "[::1]"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("SSL_CERT_FILE", "/nonexistent.pem"),
        ("OLLAMA_HOST", "http://[:::9"),
    ],
)
def test_no_variable_of_the_environment_stops_the_import(server, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    script = (
        "import os; from engine.model.hosts import open_host;"
        f"print(open_host({server.url!r})._client.base_url, os.environ[{name!r}])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.stdout.split() == [f"{server.url}", value] or run.stdout.split() == [f"{server.url}/", value], run.stderr


async def test_the_import_of_the_package_may_fail(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "ollama", None)
    with pytest.raises(LanguageModelError, match="ollama package does not start"):
        await connect(settings(server.url))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://gpu", "http://gpu:11434"),
        ("gpu:9", "http://gpu:9"),
        ("https://gpu/ollama/", "https://gpu:443/ollama"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("http://[::]:1", "http://[::1]:1"),
        ("http://user:secret@gpu", "http://gpu:11434"),
        ("::1", "http://[::1]:11434"),
        ("fe80::7", "http://[fe80::7]:11434"),
    ],
)
def test_an_address_is_read_as_ollama_users_mean_it(given, read):
    assert endpoint_address(given) == read


async def test_user_and_password_of_an_address_are_sent_and_not_shown(server):
    address = server.url.replace("http://", "http://Ada:s%C3%A9cret@")
    model = await connect(settings(address), seed=7)
    assert model.endpoints == (server.url,)
    assert await send_prompt_to_ollama(CONTEXT, QUESTION, model)
    await model.close()
    expected = base64.b64encode("Ada:sécret".encode()).decode()
    assert server.requests[-1].headers["authorization"] == f"Basic {expected}"


@pytest.mark.parametrize("given", ["http://gpu:port", "http://:1", "http://gpu:99999", "http://[::1"])
def test_a_bad_address_is_told(given):
    with pytest.raises(LanguageModelError, match="is no address"):
        endpoint_address(given)


# --- the window, and what a server makes of it


async def test_a_prompt_that_the_server_cut_silently_is_flagged():
    with OllamaServer(context_length=900) as server:
        server.knows_truncate = server.tells_limit = False
        notices = []
        context = "\n\n".join(f"[{n}] " + "many words here " * 20 for n in range(1, 20))
        async with connected(server) as model:
            await send_prompt_to_ollama(context, QUESTION, model, listeners=Listeners(on_notice=notices.append))
    assert notices == ["qwen3:4b read only 900 tokens: the server cut the prompt, raise num_ctx"]


async def test_a_server_that_refuses_to_cut_is_asked_again_with_less_evidence():
    with OllamaServer(context_length=1500) as server:
        server.tells_limit = False
        notices = []
        context = "\n\n".join(f"[{n}] " + "many words here. " * 20 for n in range(1, 20))
        async with connected(server) as model:
            assert await send_prompt_to_ollama(context, QUESTION, model, listeners=Listeners(on_notice=notices.append))
    first, second = (len(chat.body["messages"][1]["content"]) for chat in server.chats)
    assert second < 0.8 * first
    told = "to fit the window (4096 tokens), for qwen3:4b counts more of them than were expected"
    assert notices == [f"of 19 passages 18 shortened and 1 left out {told}"]


async def test_the_window_is_never_above_the_models_own():
    with OllamaServer(context_length=1500) as server, OllamaServer(context_length=2000) as larger:
        async with connected(larger, server) as model:
            assert model.window == 1500
            await send_prompt_to_ollama(CONTEXT, QUESTION, model)
        async with connected(server, num_ctx=1024) as model:
            assert model.window == 1024
    assert (server.chats + larger.chats)[0].body["options"]["num_ctx"] == 1500


async def test_a_server_that_counts_nothing_is_not_suspected(server):
    server.enqueue(Scripted(["fine [1]."], prompt_eval_count=0))
    notices = []
    async with connected(server) as model:
        await send_prompt_to_ollama(CONTEXT * 9, QUESTION, model, listeners=Listeners(on_notice=notices.append))
    assert notices == []


async def test_an_answer_that_reached_max_tokens_is_flagged(server):
    server.enqueue(Scripted(["Paris"], done_reason="length"))
    notices = []
    async with connected(server) as model:
        assert (
            await send_prompt_to_ollama(CONTEXT, QUESTION, model, listeners=Listeners(on_notice=notices.append))
            == "Paris"
        )
    assert notices == ["qwen3:4b stopped at max_tokens (256), its text is not complete"]


def test_clean_keeps_newline_and_tab_alone():
    assert clean("".join(map(chr, range(32))) + "\x7f\x85\x9b\u2066a\ud800") == "\t\n\n\n\na\ufffd"


# --- the stand-in itself


async def test_the_stand_in_speaks_to_the_package_as_ollama_does(server):
    import ollama

    client = ollama.AsyncClient(server.url)
    try:
        assert (await client.list()).models[0].model == "qwen3:4b"
        assert len((await client.embed("qwen3:4b", ["a", "b"])).embeddings) == 2
        whole = await client.chat("qwen3:4b", [{"role": "user", "content": "hi"}])
        assert (whole.done, whole.message.content) == (True, "The first quotation answers this [1].")
        with pytest.raises(ollama.ResponseError, match="not found"):
            await client.chat("nobody", [{"role": "user", "content": "hi"}])
    finally:
        await client.close()
