"""`persona-moe --plain`: questions, answers and sources as lines, without a screen."""

import builtins

import pytest

from tui.command_line import main
from tui.session.library import sample_library

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


def test_what_cannot_be_done_is_said(talk):
    out = talk("s 3", "+", "", "h")
    assert "There is no source 3.\n" in out
    assert "There is no answer to judge.\n" in out
    assert "read source 1 of the answer" in out


def test_a_question_may_begin_like_a_command(talk):
    assert "Searching." in talk("s is what letter?")


def test_the_next_question_stands_alone_if_that_is_wanted(talk):
    out = talk("How high is Gannet Stack Light?", "Who built it?", "n", "Who built it?")
    assert out.count("read as:") == 1
    assert "The next question stands alone.\n" in out
