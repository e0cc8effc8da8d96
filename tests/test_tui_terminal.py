"""Where the screens may start, what they may import first, and how they end when they are told to."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from tui.terminal import terminal_problem

HEAVY = ("tantivy", "networkx", "ollama", "tinydb", "jsonschema", "pypdf", "yaml", "httpx")

PROGRAM = """
import sys
import scripted_run as script
session = script.ScriptedSession(script.walk(), hold=True)
app = script.app(session)
app.run()
with open(sys.argv[1], "w") as report:
    print("ended", session.cancelled, session.closed, file=report)
sys.exit(app.return_code)
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
    program = f"import sys, tui.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Terminal:
    """The application in a pseudo-terminal of 80x24, in the middle of a run; everything it writes is collected."""

    def __init__(self, folder: Path) -> None:
        self.report = folder / "report"
        self.pid, self.file = pty.fork()
        if not self.pid:
            here = str(Path(__file__).parent)
            os.environ.update(TERM="xterm-256color", PYTHONPATH=os.pathsep.join((here, str(Path(here).parent))))
            os.execv(sys.executable, [sys.executable, "-c", PROGRAM, str(self.report)])
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.written = b""
        self._open = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for(lambda: b"412" in self.written)
        os.write(self.file, b"1")
        wait_for(lambda: b"walking" in self.written)

    def _read(self) -> None:
        while self._open:
            if select.select([self.file], [], [], 0.05)[0]:
                try:
                    self.written += os.read(self.file, 65536)
                except OSError:
                    return

    def close(self) -> None:
        # A read that still waits would keep the terminal open.
        self._open = False
        self._reader.join()
        os.close(self.file)


def wait_for(holds) -> None:
    for _ in range(1500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def exit_code(pid: int) -> int:
    for _ in range(1000):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it did not end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stores_the_run_and_leaves_the_terminal_clean(number, tmp_path):
    terminal = Terminal(tmp_path)
    os.kill(terminal.pid, number)
    assert exit_code(terminal.pid) == 128 + number
    assert terminal.report.read_text() == "ended True True\n"
    assert terminal.written.rindex(b"\x1b[?1049l") > terminal.written.rindex(b"\x1b[?1049h")
    assert b"\x1b[?1000l" in terminal.written
    terminal.close()


def test_a_vanished_terminal_ends_it_too(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.close()
    assert exit_code(terminal.pid) == 128 + signal.SIGHUP
    assert terminal.report.read_text() == "ended True True\n"
