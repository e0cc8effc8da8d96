"""Where the screens may start, what they may import first, and how they end when they are told to."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.terminal import SCRIPTED, Terminal, wait_for, walking
from tui.terminal.requirements import terminal_problem

HEAVY = ("tantivy", "networkx", "ollama", "tinydb", "jsonschema", "pypdf", "yaml", "httpx")

HANGING = """
import time
from tui.ask.screen import AskScreen
async def hang(screen):
    time.sleep(1_000)
AskScreen.complete = hang
"""


@pytest.mark.parametrize(
    ("environ", "isatty", "words"),
    [
        ({"TERM": "xterm"}, False, "need a terminal"),
        ({}, True, "TERM is not set"),
        ({"TERM": "dumb"}, True, "TERM=dumb"),
    ],
)
def test_a_terminal_that_cannot_show_it_is_refused_in_one_line(environ, isatty, words):
    problem = terminal_problem(environ, isatty)
    assert problem is not None
    assert words in problem
    assert "persona-moe ask" in problem


@pytest.mark.parametrize("environ", [{"TERM": "xterm-256color"}, {"TERM": "linux"}, {"OS": "Windows_NT"}])
def test_a_usable_terminal_is_not(environ):
    assert terminal_problem(environ, isatty=True) is None


def test_the_first_paint_needs_no_engine():
    program = f"import sys, tui.app.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_paint_does_not_wait_for_what_only_a_run_needs(tmp_path):
    program = HANGING + SCRIPTED.format(script="answered", hold=False)
    terminal = Terminal([sys.executable, "-c", program, str(tmp_path / "report")])
    terminal.shows("a question about your documents")
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.ends() == -signal.SIGKILL
    terminal.vanish()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stores_the_run_and_leaves_the_terminal_clean(number, tmp_path):
    terminal = walking(tmp_path / "report")
    os.kill(terminal.pid, number)
    assert terminal.ends() == 128 + number
    assert (tmp_path / "report").read_text() == "ended True True\n"
    assert terminal.is_as_it_was
    terminal.vanish()


def test_a_vanished_terminal_ends_it_too(tmp_path):
    terminal = walking(tmp_path / "report")
    terminal.vanish()
    assert terminal.ends() == 128 + signal.SIGHUP
    assert (tmp_path / "report").read_text() == "ended True True\n"


@pytest.mark.parametrize("term", ["xterm", "xterm-256color", "screen-256color", "tmux-256color", "linux", "vt220"])
def test_every_kind_of_terminal_shows_the_answer_and_survives_another_size(term, tmp_path):
    program = SCRIPTED.format(script="answered", hold=False)
    terminal = Terminal([sys.executable, "-c", program, str(tmp_path / "report")], term=term)
    terminal.shows("412 passages")
    terminal.press("1\r")
    terminal.shows("She kept Gannet Stack Light for nineteen years.")
    terminal.resize(40, 10)
    terminal.shows("answered · no model")
    terminal.resize(80, 24)
    terminal.shows("It was built by Tobiász Krelle.")
    terminal.press("\x11")
    assert terminal.ends() == 0
    assert terminal.is_as_it_was
    terminal.vanish()


def test_suspended_it_gives_the_terminal_back_and_returns(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(SCRIPTED.format(script="answered", hold=False))
    terminal = Terminal(["sh", "-i"], environ={"PS1": "shell> "})
    terminal.shows("shell> ")
    terminal.press(f"{sys.executable} {program} {tmp_path / 'report'}\r")
    terminal.shows("412 passages")
    terminal.press("\x1a")
    terminal.shows("Stopped")
    assert terminal.is_as_it_was
    terminal.press("fg\r")
    wait_for(lambda: terminal.written.count(b"\x1b[?2004h") == 2, lambda: terminal.text)
    terminal.shows("412 passages")
    terminal.press("1\r")
    terminal.shows("It was built by Tobiász Krelle.")
    terminal.press("\x11")
    wait_for(lambda: (tmp_path / "report").exists() and (tmp_path / "report").read_text() == "ended False True\n")
    assert terminal.is_as_it_was
    terminal.press("exit\r")
    terminal.ends()
    terminal.vanish()
