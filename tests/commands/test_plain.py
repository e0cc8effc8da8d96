"""`persona-moe --plain`: questions, answers and sources as lines, without a screen."""

import base64
import builtins
import re
import sys

import pytest

from engine.errors import LibraryError
from tests.support.ollama_server import OllamaServer, Scripted
from tests.support.terminal import Terminal, wait_for
from tui.command_line import main
from tui.commands.plain import run_plain
from tui.session.library import sample_library
from tui.session.session import open_session

QUESTION = "Who led the Net Strike of 1894?"


@pytest.fixture
def talk(workspace, capsys, monkeypatch):
    """Type lines at the prompt, and return what is printed."""

    def run(*lines: str) -> str:
        typed = iter(lines)

        def read(_prompt: str) -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr(builtins, "input", read)
        arguments = [str(sample_library()), "--plain", "--workspace", str(workspace), "--model", "none"]
        assert main(arguments) == 0
        out: str = capsys.readouterr().out
        return out

    return run


def test_a_question_is_answered_and_its_source_read_and_judged(talk):
    out = talk(QUESTION, "s 1", "+ 1", "l", "q", "never asked")
    assert "Answer:\n" in out
    assert "Keziah Rosk" in out
    assert "Before the quotation:\n" in out
    assert "noted for citation 1" in out
    assert f"{QUESTION} (answered)" in out
    assert "never asked" not in out
    assert "\x1b" not in out


def test_a_mail_is_read_with_its_sender_and_date(workspace, tmp_path, capsys, monkeypatch):
    mail = "From: Ilse <ilse@example.org>\nDate: Tue, 12 Mar 2024 10:15:02 +0100\nSubject: Key\n\nBo has the shed key."
    (tmp_path / "key.eml").write_text(mail)
    typed = iter(["Who has the shed key?", "1", "q"])
    monkeypatch.setattr(builtins, "input", lambda _prompt: next(typed))
    assert main([str(tmp_path / "key.eml"), "--plain", "--workspace", str(workspace), "--model", "none"]) == 0
    assert "Source 1: Key, from Ilse, 2024-03-12 10:15, /" in capsys.readouterr().out


def test_what_cannot_be_done_is_said(talk):
    out = talk("s 3", "+", "", "h")
    assert "There is no source 3: ask a question first." in out
    assert "There is no answer to judge.\n" in out
    assert "read source 1 of the answer" in out


def test_a_question_may_begin_like_a_command(talk):
    assert "Searching." in talk("s is what letter?")


def test_bytes_that_the_terminal_could_not_decode_are_left_out_of_a_question(talk):
    assert "Keziah Rosk" in talk(f"\udcff{QUESTION}\udce9")


def test_the_next_question_stands_alone_if_that_is_wanted(talk):
    out = talk("How high is Gannet Stack Light?", "Who built it?", "n", "Who built it?")
    assert out.count("read as:") == 1
    assert "The next question stands alone.\n" in out


def test_a_lone_digit_reads_that_source_of_the_last_answer(talk):
    out = talk("2", "In which year was the Long Arm built?", "2", " 1 ", "9", "1894", "q")
    assert "There is no source 2: ask a question first. A question of a number alone needs a word more.\n" in out
    assert "Source 2: Ruan Pallask, " in out
    assert "Source 1: Long Arm, " in out
    assert "There is no source 9: the answer has 2 sources.\n" in out
    assert out.count("Searching.") == 2  # a year is a question


def test_the_answer_and_a_quotation_are_copied_as_text_where_there_is_no_terminal(talk):
    out = talk("y", "y 1", "In which year was the Long Arm built?", "y 1", "y 7", "y", "exit", "never asked")
    assert "There is no answer to copy.\n" in out
    assert "There is no source 1: ask a question first." in out
    assert "There is no source 7: the answer has 2 sources.\n" in out
    quotation = "[1] “The Long Arm is the breakwater of Anstrake,"
    assert quotation in out
    assert out.count(quotation[4:]) == 2
    assert "never asked" not in out


def test_an_abstention_without_a_source_promises_none(talk):
    out = talk("xqzw flurbon?")
    assert "Your library does not say." in out
    assert "nearest" not in out


@pytest.fixture
def terminal(workspace):
    command = [sys.executable, "-m", "tui", "--plain", "--model", "qwen3:4b", "--workspace", str(workspace)]
    with OllamaServer() as server:
        server.enqueue(Scripted(["It was"], end="hang"))
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        running = Terminal(command)
        running.shows("Question, or h for help:")
        yield running, server


def cancel_a_question(running, server):
    running.press("In which year was the Long Arm built?\r")
    wait_for(lambda: server.chats, lambda: running.text)
    running.press("\x03")
    running.shows("Cancelled.")


def test_ctrl_c_ends_a_question_and_at_the_prompt_the_program(terminal):
    running, server = terminal
    cancel_a_question(running, server)
    running.press("l\r")
    running.shows("(cancelled)")
    running.press("y\r")
    running.shows("There is no answer to copy.")
    running.press("\x03")
    assert running.ends() == 130
    assert "cancelled" in running.text


def test_a_silent_model_is_waited_for_in_words(terminal):
    running, server = terminal
    running.press("In which year was the Long Arm built?\r")
    wait_for(lambda: server.chats, lambda: running.text)
    running.shows("Waiting for the model.")
    running.press("\x03")
    running.shows("Cancelled.")
    assert running.text.count("Waiting for the model.") == 1
    running.press("\x03")
    assert running.ends() == 130


def test_a_session_is_closed_if_its_library_cannot_be_opened(workspace, monkeypatch):
    session = open_session(workspace, model="none")
    closed = []

    async def close():
        closed.append(True)

    def fail(*_arguments):
        raise LibraryError("no space is left")

    monkeypatch.setattr(session, "close", close)
    monkeypatch.setattr(session.library, "open", fail)
    with pytest.raises(LibraryError):
        run_plain(session)
    assert closed == [True]


def test_a_terminal_gets_what_is_copied_and_q_ends(terminal):
    running, server = terminal
    cancel_a_question(running, server)
    running.press("who built the Long Arm?\r")
    running.shows("Answer:")
    running.press("y 1\r")
    running.shows("Copied: quotation 1.")
    copied = re.search(rb"\x1b\]52;c;([^\x07]+)\x07", running.written)
    assert copied
    assert "“" in base64.b64decode(copied[1]).decode()
    running.press("q\r")
    assert running.ends() == 0
