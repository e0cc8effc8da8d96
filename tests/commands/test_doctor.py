"""`persona-moe doctor`: every part is looked at, and what is wrong comes with what to do."""

import json
import shutil
import threading
from argparse import Namespace
from pathlib import Path

import pytest

from db import locks, log
from db.locks import exclusive
from db.workspace import Workspace
from tests.support.ollama_server import EMBEDDING, OllamaServer
from tui.command_line import main
from tui.commands import doctor
from tui.session.session import open_session

PARTS = ["workspace", "locks", "library", "readers", "personas", "history", "log", "ollama", "meaning", "terminal"]


@pytest.fixture
def look(workspace, capsys):
    """The findings by what was looked at, with the exit code under `code`."""
    (workspace / "configs" / "ollama.yaml").write_text("model_name: none\nembedding_model: none\n")

    def run(folder: Path = workspace):
        code = main(["doctor", "--json", "--workspace", str(folder)])
        out, err = capsys.readouterr()
        assert err == ""
        findings = json.loads(out)
        assert all(list(finding) == ["what", "ok", "detail", "advice", "required"] for finding in findings)
        assert all(isinstance(finding["ok"], bool) for finding in findings)
        return {finding["what"]: finding for finding in findings} | {"code": code}

    return run


def test_a_workspace_that_is_well(look, workspace, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    found = look()
    assert list(found) == [*PARTS, "code"]
    assert [what for what in PARTS if not found[what]["required"]] == ["readers", "ollama", "meaning", "terminal"]
    assert found["code"] == 0
    assert [what for what in PARTS if not found[what]["ok"]] == ["terminal"]  # the output is no terminal here
    assert found["workspace"]["detail"] == str(workspace)
    assert found["locks"]["detail"] == "free"
    assert "1 folder or file" in found["library"]["detail"]
    assert found["readers"]["detail"].endswith("the process that reads PDF, office and other foreign files")
    assert found["personas"]["detail"] == "7, in step with the ledger"
    assert found["history"]["detail"] == "0 runs"
    assert found["log"]["detail"].endswith("db/log/persona-moe.jsonl, from WARNING on; no errors")
    assert found["ollama"]["detail"] == "not used: model_name is none"
    assert found["meaning"]["detail"] == "not used: embedding_model is none"
    assert "xterm-256color" in found["terminal"]["detail"]
    assert "persona-moe ask QUESTION" in found["terminal"]["advice"]


def test_for_a_person_each_finding_is_a_line_and_its_advice_another(look, workspace, capsys):
    assert main(["doctor", "--workspace", str(workspace)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if not line.startswith(" ")] == PARTS
    assert lines[0].startswith("ok    workspace")
    assert lines[-2].startswith("LOOK  terminal")
    assert lines[-1].strip().startswith("-> ")


def test_a_terminal_that_will_do(look, monkeypatch):
    monkeypatch.setattr("tui.session.checks.terminal_problem", lambda _environ, *, isatty: None)
    assert look()["terminal"] == look()["terminal"] | {"ok": True, "advice": ""}


def test_a_workspace_that_cannot_be_used(look, tmp_path):
    (tmp_path / "file").write_text("")
    found = look(tmp_path / "file")
    assert list(found) == ["workspace", "code"]
    assert (found["workspace"]["ok"], found["code"]) == (False, 1)
    assert "--workspace DIR" in found["workspace"]["advice"]


def test_a_bad_configuration(look, workspace):
    (workspace / "configs" / "system.yaml").write_text("sed: 1\n")
    found = look()
    assert (found["workspace"]["ok"], found["code"]) == (False, 1)
    assert "unknown key 'sed'" in found["workspace"]["detail"]
    assert found["workspace"]["advice"] == "did you mean 'seed'?"


def test_an_empty_library_and_a_root_that_went_away(look, tmp_path, capsys):
    found = look(tmp_path / "empty")
    assert found["library"]["ok"]
    assert "sample" in found["library"]["detail"]
    assert "ingest" in found["library"]["advice"]
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("An owl.\n")
    (docs / "b.bin").write_bytes(b"\0" * 20)
    assert main(["ingest", str(docs), "--workspace", str(tmp_path / "empty")]) == 0
    capsys.readouterr()
    found = look(tmp_path / "empty")
    assert found["library"]["detail"] == "1 folder or file, 1 passage, 1 file skipped"
    assert "library list" in found["library"]["advice"]
    shutil.rmtree(docs)
    found = look(tmp_path / "empty")
    assert (found["library"]["ok"], found["library"]["detail"], found["code"]) == (False, f"{docs} does not exist", 1)
    assert "library remove" in found["library"]["advice"]


def test_a_kernel_that_does_not_refuse_the_network_is_told_and_fails_nothing(look, monkeypatch):
    monkeypatch.setattr("engine.documents.sandbox.ConfinedReader.is_offline", lambda _self: False)
    monkeypatch.setattr("engine.documents.network_block.is_supported", lambda: True)
    found = look()
    assert (found["readers"]["ok"], found["code"]) == (False, 0)
    assert found["readers"]["detail"].startswith("the kernel does not refuse the network")
    assert "seccomp" in found["readers"]["advice"]
    monkeypatch.setattr("engine.documents.network_block.is_supported", lambda: False)
    found = look()
    assert (found["readers"]["ok"], found["readers"]["advice"]) == (True, "")
    assert found["readers"]["detail"].startswith("Python code has no network")


def test_readers_that_do_not_start(look, monkeypatch):
    monkeypatch.setattr("engine.documents.sandbox.sys.executable", "/nowhere/python")
    found = look()
    assert (found["readers"]["ok"], found["code"]) == (False, 1)
    assert found["readers"]["detail"] == "the process that reads files does not start: No such file or directory"


def test_a_damaged_library(look, workspace):
    (workspace / "db" / "library" / "files.json").write_text("{")
    found = look()
    assert (found["library"]["ok"], found["code"]) == (False, 1)
    assert "files.json is damaged" in found["library"]["detail"]
    assert "ingest again" in found["library"]["advice"]
    assert found["history"]["ok"]


def test_a_persona_that_cannot_be_read_or_stands_elsewhere(look, workspace):
    look()
    folder = workspace / "personas"
    (folder / "active" / "reader.json").rename(folder / "stable" / "reader.json")
    found = look()
    assert found["personas"]["detail"] == "reader: active in the ledger, but its file is in stable"
    (folder / "active" / "skeptic.json").write_text("{")
    found = look()
    assert "skeptic.json" in found["personas"]["detail"]
    assert (found["personas"]["ok"], found["code"]) == (False, 1)


def test_a_damaged_ledger(look, workspace):
    look()
    (workspace / "db" / "ledger.jsonl").write_text("nonsense\n")
    found = look()
    assert (found["personas"]["ok"], found["code"]) == (False, 1)
    assert "ledger.jsonl: line 1" in found["personas"]["detail"]


def test_a_damaged_history(look, workspace, capsys):
    assert main(["ask", "Who?", "--model", "none", "--workspace", str(workspace)]) == 0
    capsys.readouterr()
    (workspace / "db" / "history" / "runs-000001.json").write_text("{")
    found = look()
    assert not found["history"]["ok"]
    assert "damaged" in found["history"]["detail"]


def test_the_last_errors_of_the_log_are_told_and_fail_nothing(look, workspace, capsys, monkeypatch):
    def fail(*_arguments):
        raise ZeroDivisionError("a\x1b[31m\nb\u202e" + "c" * 500)

    with monkeypatch.context() as broken:
        broken.setattr("engine.run.orchestrator.MoeOrchestrator.run", fail)
        for _ in range(4):
            assert main(["ask", "Who?", "--model", "none", "--workspace", str(workspace)]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 4
    assert f"its traceback is in {Workspace(workspace).log}" in err
    found = look()
    assert (found["log"]["ok"], found["code"]) == (True, 0)
    assert found["log"]["detail"].count("internal error: ZeroDivisionError") == 3
    assert len(found["log"]["detail"]) < 800
    assert main(["doctor", "--workspace", str(workspace)]) == 0
    assert not {"\x1b", "\u202e"} & set(capsys.readouterr().out)
    traceback = next(entry["traceback"] for entry in log.entries(Workspace(workspace).log))
    assert "in fail" in traceback


def test_a_log_that_cannot_be_written_is_told_and_a_run_goes_on(look, workspace, capsys):
    (workspace / "db" / "log").write_text("in the way")
    found = look()
    assert (found["log"]["ok"], found["code"]) == (False, 1)
    assert f"the log {Workspace(workspace).log} cannot be written: " in found["log"]["detail"]
    (workspace / "configs" / "ollama.yaml").write_text("api_endpoint: http://127.0.0.1:9\n")  # what there is to log
    assert main(["ask", "Who led the Net Strike of 1894?", "--workspace", str(workspace)]) == 0
    out, err = capsys.readouterr()
    assert "[1]" in out
    assert err.startswith("persona-moe: the log ")
    assert err.count("\n") == 1


def test_a_session_that_is_writing(workspace):
    findings = doctor._findings(Namespace(workspace=workspace))
    assert next(findings).what == "workspace"
    with exclusive(Workspace(workspace).lock):
        found = next(findings)
    assert (found.what, found.ok, found.detail) == ("locks", False, "another session is writing")
    assert "wait" in found.advice


def test_a_session_that_holds_the_lock_for_ever_is_told_and_not_waited_for(look, workspace, monkeypatch):
    monkeypatch.setattr(locks, "WAIT_SECONDS", 0.05)
    is_held, done = threading.Event(), threading.Event()

    def hold():
        with exclusive(Workspace(workspace).lock):
            is_held.set()
            done.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(5)
        found = look()
    finally:
        done.set()
        holder.join()
    assert (found["workspace"]["ok"], found["code"]) == (False, 1)
    assert "held by another session" in found["workspace"]["detail"]


def test_an_ingest_that_is_going_on_is_told(look, workspace):
    with open_session(workspace).library.documents.index.writing():
        found = look()
    assert not found["locks"]["ok"]


def test_a_model_that_is_there(look, workspace):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        found = look()
        assert (found["ollama"]["ok"], found["code"]) == (True, 0)
        assert found["ollama"]["detail"] == f"qwen3:4b at {server.url}"
        assert not server.chats


@pytest.mark.parametrize(
    ("models", "wanted", "told", "advice"),
    [
        ({}, "auto", "no model that writes", "models pull"),
        ({"qwen3:4b": ("completion",)}, "mistral", "no model 'mistral'; installed: qwen3:4b", "models pull mistral"),
        (None, "auto", "does not answer at http://127.0.0.1:9", "ollama serve"),
    ],
)
def test_a_model_that_is_not_there_is_poorer_but_no_failure(look, workspace, models, wanted, told, advice):
    with OllamaServer(models or {}) as server:
        url = server.url if models is not None else "http://127.0.0.1:9"
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {url}\nmodel_name: {wanted}\n")
        found = look()
    assert (found["ollama"]["ok"], found["code"]) == (False, 0)
    assert told in found["ollama"]["detail"]
    assert "answers are quotations" in found["ollama"]["detail"]
    assert advice in found["ollama"]["advice"]


def test_an_embedding_model_is_told_with_how_much_is_embedded(look, workspace, capsys):
    with OllamaServer({"embedder:latest": EMBEDDING}) as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        found = look()["meaning"]
        passages = len(open_session(workspace).library.documents.index)
        assert found["detail"] == f"embedder:latest at {server.url}, 0 of {passages} passages embedded"
        assert "persona-moe library embed" in found["advice"]
        assert main(["library", "embed", "--workspace", str(workspace)]) == 0
        assert capsys.readouterr().out == f"{passages} of {passages} passages embedded by embedder:latest\n"
        assert look()["meaning"]["detail"].endswith(f"{passages} of {passages} passages embedded")
        server.models = {"qwen3:4b": ("completion",)}
        without = look()
        assert without["meaning"]["detail"].startswith("not used: Ollama has no model that embeds texts")
        assert (without["meaning"]["ok"], without["code"]) == (True, 0)
