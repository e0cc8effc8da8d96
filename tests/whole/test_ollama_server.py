"""The stand-in for Ollama answers as the real server does, and what else the program relies on there."""

import json
import time
from itertools import groupby
from typing import Any

import httpx
import pytest

from tests.support.ollama_server import COMPLETION, EMBEDDING, OllamaServer
from tests.support.real_ollama import SAID, WINDOW, exchanged, turn

pytestmark = pytest.mark.ollama


@pytest.fixture(scope="module")
def stand_in():
    models = {"writer:latest": COMPLETION, "thinker:latest": (*COMPLETION, "thinking"), "embedder:latest": EMBEDDING}
    with OllamaServer(models, context_length=32_768) as running:
        yield running


def wait_until(is_true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


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
def test_the_stand_in_answers_as_the_server_does(real_server, stand_in, case):
    version, request = NEWER[case] if case in NEWER else ((0, 0, 0), EXCHANGES[case])
    real_server.needs(*version)
    real, ours = exchanged(real_server.url, *request), exchanged(stand_in.url, *request)
    assert ours.status_code == real.status_code
    assert ours.headers["content-type"].split(";")[0] == real.headers["content-type"].split(";")[0]
    shapes = [list(map(shape, parts(reply))) for reply in (real, ours)]
    assert len(shapes[0]) == len(shapes[1]), shapes
    if real_server.version >= (0, 12, 4) or real.is_success:  # an older one has other words for what is missing
        assert all(holds(*pair) for pair in zip(*shapes, strict=True)), shapes


def test_thoughts_come_before_the_answer_and_apart(real_server):
    real_server.needs(0, 9, 0)
    read = [part["message"] for part in parts(exchanged(real_server.url, *turn("thinker", think=True)))]
    assert [(bool(said.get("thinking")), bool(said["content"])) for said in read] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_a_token_is_counted_for_each_one_of_the_prompt_and_a_cut_shows(real_server):
    """The vocabulary of the tiny models is bytes, so that the right count is known."""
    closing = parts(exchanged(real_server.url, *turn("writer", "hello")))[-1]
    assert closing["prompt_eval_count"] == len(["<|user|>", *"hello", "<|end|>", "<|assistant|>"])
    assert (closing["eval_count"], closing["done_reason"]) == (len(SAID) + 1, "stop")
    cut = parts(exchanged(real_server.url, *turn("writer", LONG, truncate=True)))[-1]
    assert cut["prompt_eval_count"] == WINDOW


def test_show_tells_the_window_and_a_larger_one_is_never_opened(real_server):
    shown = real_server.client.show("writer")
    assert shown.modelinfo["llama.context_length"] == 32_768
    real_server.needs(0, 13, 0)  # which tells how large the open one is
    assert exchanged(real_server.url, *turn("writer", options={"num_ctx": 100_000, "num_predict": 4})).is_success
    assert {one.model: one.context_length for one in real_server.client.ps().models}["writer:latest"] == 32_768


def test_a_model_stays_and_goes_as_keep_alive_says(real_server):
    def seconds_left():
        running = {one.model: one.expires_at for one in real_server.client.ps().models}
        return running["writer:latest"].timestamp() - time.time() if "writer:latest" in running else 0

    real_server.client.chat("writer", [{"role": "user", "content": "hi"}], keep_alive="10m")
    wait_until(lambda: 500 < seconds_left() <= 600)
    real_server.client.chat("writer", [], keep_alive=0)
    wait_until(lambda: not seconds_left())


def test_vectors_have_length_one_and_are_the_same_again(real_server):
    first, second = (real_server.client.embed("embedder", ["net strike", "tide clock"]).embeddings for _ in range(2))
    assert first == second
    assert first[0] != first[1]
    assert all(abs(sum(x * x for x in vector) - 1) < 1e-3 for vector in first)
