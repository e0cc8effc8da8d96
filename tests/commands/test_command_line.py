"""The command as a whole: what it does with usage it does not know, with errors, signals, pipes and odd terminals."""

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import tui.commands.history
from db import log
from db.workspace import Workspace
from engine import __version__
from engine.errors import InputError, LibraryError, StoreError
from tests.support import ROOT
from tests.support.ollama_server import OllamaServer, Scripted
from tui.command_line import main
from tui.commands.arguments import COMMANDS

QUESTION = "Who led the Net Strike of 1894?"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def process(*arguments: object, **options: Any) -> "subprocess.Popen[str]":
    """`persona-moe` in a process of its own, its output in blocks as it is outside of a terminal."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    options.setdefault("stdout", subprocess.PIPE)
    command = [sys.executable, "-m", "tui", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environ | options.pop("environ", {}), **options
    )


def left_by_its_reader(*arguments, workspace: Path) -> tuple[str, int]:
    """What a process that writes into a closed pipe leaves on stderr, and its exit code."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    more = [] if "--version" in arguments else ["--workspace", workspace]
    with process(*arguments, *more, stdout=write_end) as running:
        os.close(write_end)
        return running.communicate(timeout=30)[1], running.returncode


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """Run what must fail with this exit code, and return its one line on stderr."""
    assert main([str(argument) for argument in arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("persona-moe: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not CONTROLS.search(err.rstrip("\n"))
    return err


# -- usage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["frobnicate"], "frobnicate does not exist"),
        (["frobnicate"], "--help lists them"),
        (["asks"], "asks does not exist (did you mean ask? persona-moe --help lists all commands)"),
        (["setting", "list", "--json"], "did you mean settings?"),
        (["Who built the lighthouse?"], "to ask a question: persona-moe ask QUESTION"),
        (["Who? " * 2000], "to ask a question: persona-moe ask QUESTION"),
        (["x" * 5000], "does not exist"),
        (["help", "asks"], "did you mean ask?"),
        (["--frobnicate"], "--frobnicate"),
        (["ask", "Who?", "--frobnicate"], "unrecognized arguments: --frobnicate (persona-moe ask --help)"),
        (["history", "list", "--work", "/tmp"], "--work"),
        (["ask", "Who?", "--js"], "--js"),  # no abbreviations: the next option that begins so would break scripts
        (["ask", "Who?", "--json", "--events"], "not allowed with"),
        (["ask"], "QUESTION"),
        (["ask", ""], "the question is empty"),
        (["ask", " \t\n"], "the question is empty"),
        (["ask", "Who?", "--library"], "--library"),
        (["ask", "Who?", "--library", "/nowhere/docs"], "/nowhere/docs does not exist"),
        (["ingest"], "PATH"),
        (["ingest", "/nowhere/docs"], "/nowhere/docs does not exist"),
        (["/nowhere/docs"], "/nowhere/docs does not exist"),
        (["library"], "ACTION"),
        (["library", "frobnicate"], "frobnicate"),
        (["library", "remove", "/nowhere/docs"], "/nowhere/docs is not in the library"),
        (["personas"], "ACTION"),
        (["personas", "frobnicate"], "frobnicate"),
        (["personas", "promote", "skeptik"], "there is no persona 'skeptik' (did you mean 'skeptic'?)"),
        (["personas", "prune", "control"], "control is the neutral control"),
        (["personas", "demote", "control"], "control is the neutral control"),
        (["personas", "promote", "../../etc/passwd"], "persona_id '../../etc/passwd' is not valid"),
        (["personas", "restore", "skeptic"], "only a pruned persona can be restored"),
        (["history", "show", "20990101"], "no run with id '20990101'"),
        (["history", "export", "../x"], "no run with id '../x'"),
        (["history", "replay", ""], "no run with id ''"),
        (["history", "list", "--limit", "0"], "--limit 0 is not valid"),
        (["history", "list", "--limit", "many"], "--limit"),
        (["bench"], "DATASET"),
        (["bench", "/nowhere/data"], "/nowhere/data/corpus.jsonl: No such file or directory"),
        (["bench", "/nowhere/data", "--limit", "0"], "--limit 0 is not valid"),
        (["doctor", "--workspace"], "--workspace"),
    ],
)
def test_bad_usage_is_one_clear_line_and_exit_code_2(workspace, capsys, arguments, told):
    if "--workspace" not in arguments:
        arguments = [*arguments, "--workspace", workspace]
    assert told in refused(capsys, 2, *arguments)


def test_a_workspace_that_cannot_be_one_is_told(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("in the way")
    for workspace in (file, file / "below"):
        err = refused(capsys, 2, "history", "list", "--workspace", workspace)
        assert str(workspace) in err
        assert "--workspace DIR" in err
    assert file.read_text() == "in the way"


def test_every_command_takes_the_workspace_before_and_after_its_name(workspace, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PERSONA_MOE_WORKSPACE", str(tmp_path / "other"))
    assert main(["--workspace", str(workspace), "library", "list"]) == 0
    before = capsys.readouterr().out
    assert main(["library", "list", f"--workspace={workspace}"]) == 0
    assert capsys.readouterr().out == before
    assert "sample" in before
    assert main(["library", "list"]) == 0
    assert "empty" in capsys.readouterr().out
    assert (tmp_path / "other" / "configs" / "system.yaml").exists()


def test_every_command_explains_itself(capsys):
    for command in ([], *([name] for name in COMMANDS)):
        with pytest.raises(SystemExit) as left:
            main([*command, "--help"])
        out, err = capsys.readouterr()
        assert left.value.code in {0, None}
        assert err == ""
        assert out.startswith(f"usage: {' '.join(['persona-moe', *command])} ")
        assert "--workspace DIR" in out
        assert "--debug" in out


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"], ["--workspace", "/nowhere", "--help"]])
def test_the_help_lists_every_command_with_a_line_about_it(capsys, arguments):
    with pytest.raises(SystemExit):
        main(arguments)
    out = capsys.readouterr().out
    for name in COMMANDS:
        module = importlib.import_module(f"tui.commands.{name}")
        summary = (module.__doc__ or "").partition("\n")[0]
        assert summary.endswith((".", ":"))
        assert re.search(rf"^    {name} +{summary.split()[0]} ", out, re.MULTILINE)
        assert summary in " ".join(out.split())


def test_help_of_a_command_is_what_the_command_says_of_itself(capsys):
    for arguments in (["help", "history"], ["history", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
    first, _, second = capsys.readouterr().out.partition("usage: ")[2].partition("usage: ")
    assert first == second
    assert first.startswith("persona-moe history ")


def test_without_a_terminal_the_application_is_refused_with_the_way_that_works(workspace, tmp_path, capsys):
    err = refused(capsys, 2, tmp_path, "--workspace", workspace)
    assert "need a terminal" in err
    assert "persona-moe ask QUESTION" in err


# -- configuration --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("system", "batch_sise: 3", ["unknown key 'batch_sise'", "did you mean 'batch_size'?"]),
        ("system", "batch_size: 65", ["batch_size: 65 is not valid", "a whole number from 1 to 64"]),
        ("system", "batch_size: many", ["batch_size: 'many' is not valid", "a whole number from 1 to 64"]),
        ("system", "log_level: LOUD", ["log_level: 'LOUD'", "one of DEBUG, INFO, WARNING, ERROR"]),
        ("system", "- a\n- b", ["['a', 'b']", "one `key: value` a line"]),
        ("system", "seed: [1", ["valid YAML"]),
        ("thresholds", "pruning_treshold: 0.1", ["'pruning_treshold'", "'pruning_threshold'"]),
        ("thresholds", "confidence: -1", ["confidence: -1", "a number from 0 to 10"]),
        ("ollama", "api_endpoint: ftp://x", ["api_endpoint: 'ftp://x'", "http://127.0.0.1:11434"]),
        ("ollama", "persona_outputs: 3", ["persona_outputs: 3", "true or false"]),
        ("scoring", "novelty: 2", ["novelty: 2", "a number from 0 to 1"]),
        ("screen", "theme: 7", ["theme: 7", "a text"]),
    ],
)
def test_a_bad_configuration_names_file_key_value_and_what_is_valid(workspace, capsys, name, text, told):
    path = workspace / "configs" / f"{name}.yaml"
    path.write_text(f"# a comment\n{text}\n")
    err = refused(capsys, 2, "ask", QUESTION, "--workspace", workspace, "--model", "none")
    for part in (str(path), *told):
        assert part in err


# -- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("no\x1b[31m such\nthing"), 2),
        (StoreError("no\x1b[31m such\nthing"), 1),
        (LibraryError("no such thing"), 1),
    ],
)
def test_an_error_is_one_line_and_its_kind_the_exit_code(workspace, capsys, monkeypatch, error, code):
    def fail(_options):
        raise error

    monkeypatch.setattr(tui.commands.history, "run", fail)
    assert "such thing" in refused(capsys, code, "history", "list", "--workspace", workspace)
    with pytest.raises(type(error)):
        main(["history", "list", "--debug"])


def test_a_defect_is_one_line_too_and_debug_shows_where(capsys, monkeypatch):
    def fail(_options):
        raise ZeroDivisionError("a\x1b[31m\nb\u202e")

    monkeypatch.setattr(tui.commands.history, "run", fail)
    err = refused(capsys, 1, "history", "list")
    assert "internal error: ZeroDivisionError: a" in err
    assert "--debug" in err
    for place in (["--debug", "history", "list"], ["history", "list", "--debug"]):
        with pytest.raises(ZeroDivisionError):
            main(place)


def test_debug_logs_everything_and_others_only_what_went_wrong(workspace, capsys):
    path = Workspace(workspace).log
    assert main(["ask", QUESTION, "--workspace", str(workspace), "--model", "none"]) == 0
    assert not path.exists()
    assert main(["ask", QUESTION, "--workspace", str(workspace), "--model", "none", "--debug"]) == 0
    assert "run done" in [entry["message"] for entry in log.entries(path)]
    assert capsys.readouterr().err == ""


def test_debug_in_a_process_gives_the_traceback(tmp_path):
    plain, debugged = (process("ask", "", "--workspace", tmp_path, *more) for more in ([], ["--debug"]))
    out, err = plain.communicate(timeout=30)
    assert (plain.returncode, out, err.count("\n")) == (2, "", 1)
    out, err = debugged.communicate(timeout=30)
    assert debugged.returncode != 0
    assert err.startswith("Traceback (most recent call last):")
    assert "InputError: the question is empty" in err


def test_ctrl_c_is_one_line_and_its_own_exit_code(capsys, monkeypatch):
    def interrupted(_options):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(tui.commands.history, "run", interrupted)
    assert refused(capsys, 130, "history", "list") == "persona-moe: cancelled\n"


# -- as a process ---------------------------------------------------------------------------------------------


def test_the_version_is_answered_by_a_process_that_imports_nearly_nothing():
    code = (
        "import sys; from tui.command_line import main; status = main(['--version'])\n"
        "print(status, sorted({n.split('.')[0] for n in sys.modules} & {'textual', 'tantivy', 'networkx', 'numpy',"
        " 'yaml', 'jsonschema', 'msgspec', 'tinydb', 'ollama', 'asyncio', 'argparse', 'db', 'rich'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"persona-moe {__version__}\n0 []\n"
    as_module = process("--version")
    assert as_module.communicate(timeout=30) == (f"persona-moe {__version__}\n", "")
    assert as_module.returncode == 0


@pytest.mark.parametrize("more", [["--debug"], ["--workspace", "/tmp"]], ids=["debug", "workspace"])
def test_the_version_is_answered_beside_the_options_that_every_command_takes(capsys, more):
    try:
        code = main(["--version", *more])
    except InputError:
        code = 2
    assert (code, capsys.readouterr().out) == (0, f"persona-moe {__version__}\n")


def test_a_reader_that_leaves_in_the_middle_is_no_error(workspace):
    with process("ask", QUESTION, "--events", "--model", "none", "--workspace", workspace) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith('{"at_ms":')
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 0


def test_a_reader_that_left_before_the_end_is_no_error(workspace):
    for arguments in (["personas", "list"], ["--version"], ["library", "list", "--json"]):
        assert left_by_its_reader(*arguments, workspace=workspace) == ("", 0)


def test_a_reader_that_left_before_the_end_of_the_help_is_no_error(workspace):
    assert left_by_its_reader("history", "--help", workspace=workspace) == ("", 0)


def test_a_terminal_that_knows_only_ascii_still_gets_the_answer(workspace):
    question = "Who built the lighthouse that Ysolde Marrak kept?"
    arguments = ["ask", question, "--model", "none", "--workspace", workspace]
    running = process(*arguments, environ={"PYTHONIOENCODING": "ascii"})
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    assert "Krelle" in out


def test_a_question_with_undecodable_bytes_is_asked_or_refused(workspace, capsys):
    code = main(["ask", "Who led the Net Strike \udcff of 1894?", "--model", "none", "--workspace", str(workspace)])
    out, err = capsys.readouterr()
    assert "internal error" not in err
    assert (code == 0 and "Keziah Rosk" in out) or code == 2


def test_two_copies_of_a_workspace_and_two_hash_seeds_give_one_output(workspace, tmp_path):
    copy = shutil.copytree(workspace, tmp_path / "copy")
    arguments = [
        "ask",
        "Which boat did the father of the Blow Song's author steer?",
        "--json",
        "--model",
        "none",
        "--workspace",
    ]
    running = [
        process(*arguments, folder, environ={"PYTHONHASHSEED": seed})
        for folder, seed in ((workspace, "1"), (copy, "4242"))
    ]
    outputs = []
    for one in running:
        out, err = one.communicate(timeout=60)
        assert (one.returncode, err) == (0, "")
        without_id = re.sub(r'"run_id": "[^"]+"', '"run_id": ""', out)
        outputs.append(re.sub(r'"timings_ms": \{[^}]*\}', '"timings_ms": {}', without_id))
    assert outputs[0] == outputs[1]
    assert "Constant Hope" in outputs[0]


def test_ctrl_c_while_the_model_writes_stops_the_server_and_is_remembered(workspace, capsys):
    with OllamaServer() as server:
        server.enqueue(Scripted(["word "] * 2000, delay=0.01))
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        with process("ask", QUESTION, "--events", "--workspace", workspace) as running:
            assert running.stdout is not None
            while (line := running.stdout.readline()) and '"AnswerFragment"' not in line:
                pass
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=30)
        assert (err, running.returncode) == ("persona-moe: cancelled\n", 130)
        until = time.monotonic() + 5
        while not server.chats[0].disconnected and time.monotonic() < until:
            time.sleep(0.01)
        assert server.chats[0].disconnected
        assert server.chats[0].tokens_sent < 2000
    assert main(["history", "list", "--workspace", str(workspace)]) == 0
    assert "cancelled" in capsys.readouterr().out


def test_the_commands_are_those_of_the_contract():
    assert set(COMMANDS) == {
        "ask", "feedback", "ingest", "library", "personas", "history", "graph", "bench", "doctor", "metrics",
        "models", "settings", "keys", "serve", "mcp", "completion",
    }  # fmt: skip
