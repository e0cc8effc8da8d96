"""`persona-moe models`: what is there, what it can do, fetching with progress and an end, and the choice kept."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from engine.model.pull import PullProgress, pull_model
from engine.settings.settings import load_settings
from tests.support.ollama_server import COMPLETION, EMBEDDING, OllamaServer

MODELS = {"qwen3:4b": COMPLETION, "llama3.2:latest": COMPLETION, "nomic-embed-text:latest": EMBEDDING}
DIGESTS = ("sha256:aa", "sha256:bb")
PULL = [
    {"status": "pulling manifest"},
    {"status": "pulling aa", "digest": DIGESTS[0], "total": 100},
    {"status": "pulling aa", "digest": DIGESTS[0], "total": 100, "completed": 60},
    {"status": "pulling aa", "digest": DIGESTS[0], "total": 100, "completed": 100},
    {"status": "pulling bb", "digest": DIGESTS[1], "total": 300, "completed": 20},
    {"status": "verifying sha256 digest"},
    {"status": "success"},
]


@pytest.fixture
def server(workspace):
    with OllamaServer(MODELS, context_length=32_768) as running:
        write(workspace, f"# mine\nmodel_name: llama3.2  # the small one\napi_endpoint: {running.url}\n")
        yield running


def write(workspace, text):
    (workspace / "configs" / "ollama.yaml").write_text(text)


def read(workspace):
    return (workspace / "configs" / "ollama.yaml").read_text()


def test_the_models_are_listed_with_size_and_place(call, server):
    head, *rows, last = call("models", "list").splitlines()
    assert head.split() == ["model", "size", "parameters", "quantization", "where"]
    assert [row[3:].split() for row in rows] == [
        [name, "1", "byte", "4B", "Q4_K_M", server.url] for name in sorted(MODELS)
    ]
    assert [row[0] for row in rows] == ["*", " ", " "]
    assert last == "model_name is llama3.2"
    listed = json.loads(call("models", "list", "--json"))
    assert [model["name"] for model in listed] == sorted(MODELS)
    assert {(model["size"], model["endpoint"]) for model in listed} == {(1, server.url)}


def test_a_model_is_shown(call, server):
    (shown,) = json.loads(call("models", "show", "qwen3:4b", "--json"))
    assert (shown["context_length"], shown["capabilities"]) == (32_768, ["completion"])
    assert "context_length  32768" in call("models", "show", "qwen3:4b")
    assert "404: model 'nobody' not found" in call("models", "show", "nobody", code=1)


def test_a_choice_is_kept_and_the_file_stays_as_it_was(call, server, workspace):
    assert call("models", "use", "qwen3:4b").startswith("model_name is qwen3:4b in ")
    assert read(workspace) == f"# mine\nmodel_name: qwen3:4b  # the small one\napi_endpoint: {server.url}\n"
    assert load_settings(workspace / "configs").ollama.model_name == "qwen3:4b"
    for name in ("auto", "none"):
        call("models", "use", name)
        assert load_settings(workspace / "configs").ollama.model_name == name


@pytest.mark.parametrize(("name", "told"), [("mistral", "no model 'mistral'"), ("nomic-embed-text", "does not write")])
def test_what_cannot_be_used_changes_nothing(call, server, workspace, name, told):
    before = read(workspace)
    assert told in call("models", "use", name, code=2)
    assert read(workspace) == before


def test_a_choice_that_cannot_be_checked_is_noted(call, workspace):
    write(workspace, "api_endpoint: http://127.0.0.1:9\n")
    assert "note: not checked: Ollama does not answer" in call("models", "use", "qwen3:4b")
    assert read(workspace).startswith("api_endpoint: http://127.0.0.1:9\n")
    assert load_settings(workspace / "configs").ollama.model_name == "qwen3:4b"
    assert "does not answer" in call("models", "list", code=1)


async def test_a_download_is_told_as_the_sum_of_its_parts():
    with OllamaServer() as server:
        server.pulls = PULL
        steps = [step async for step in pull_model([server.url], "qwen3:4b", 5.0)]
    assert [(step.completed, step.total) for step in steps] == [
        (0, 0), (0, 100), (60, 100), (100, 100), (120, 400), (120, 400), (120, 400),
    ]  # fmt: skip
    assert steps[-1] == PullProgress("success", 120, 400)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([PULL[0], {"error": "pull model manifest: file does not exist"}], "is the name right?"),
        (PULL[:3], "ended the download before it was done"),
        ([{"status": "a\x1b[2J"}, "nonsense"], "does not speak Ollama's protocol"),
    ],
)
def test_a_download_that_fails_is_one_line(call, server, steps, told):
    server.pulls = steps
    assert told in call("models", "pull", "qwen3:4b", code=1)


def test_a_download_that_says_nothing_is_given_up(call, server, workspace):
    write(workspace, f"api_endpoint: {server.url}\ntimeout_seconds: 0.1\n")
    server.pulls, server.pull_delay = PULL, 9.0
    assert "silent for too long" in call("models", "pull", "qwen3:4b", code=1)


def test_every_host_fetches(call, server, workspace):
    with OllamaServer() as other:
        write(workspace, f"api_endpoint: [{server.url}, {other.url}]\n")
        server.pulls = other.pulls = PULL
        assert call("models", "pull", "qwen3:4b") == "qwen3:4b is installed: persona-moe models use qwen3:4b\n"
        for host in (server, other):
            assert [request.body["model"] for request in host.requests if request.path == "/api/pull"] == ["qwen3:4b"]


def test_ctrl_c_closes_the_connection(server, workspace):
    server.pulls, server.pull_delay = PULL * 500, 0.05
    command = [sys.executable, "-m", "tui", "models", "pull", "qwen3:4b", "--workspace", str(workspace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        wait_until(lambda: any(request.path == "/api/pull" for request in server.requests))
        os.kill(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=10)
    assert (running.returncode, err) == (130, "persona-moe: cancelled\n")
    (pull,) = [request for request in server.requests if request.path == "/api/pull"]
    wait_until(lambda: pull.disconnected)


def wait_until(is_true, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
