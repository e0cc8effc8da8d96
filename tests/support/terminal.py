"""A terminal that a program runs in, as an SSH client would show it: a pseudo-terminal and what stands on it."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

from tests.support import ROOT

SCRIPTED = """
import sys
from tests.support import scripted_run as script
session = script.ScriptedSession(script.{script}(), hold={hold})
app = script.app(session)
app.run()
with open(sys.argv[1], "w") as report:
    print("ended", session.cancelled, session.closed, file=report)
sys.exit(app.return_code)
"""


class Terminal:
    """`argv` in a pseudo-terminal of its own; everything it writes is collected and drawn."""

    def __init__(
        self, argv: Sequence[str], *, term: str = "xterm-256color", size: tuple[int, int] = (80, 24),
        environ: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.written = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.pid, self.file = pty.fork()
        if not self.pid:
            path = str(ROOT)
            # LINES and COLUMNS would be taken for the size of the terminal.
            other = {"TMUX", "STY", "COLORTERM", "LINES", "COLUMNS"}
            kept = {name: value for name, value in os.environ.items() if name not in other}
            kept |= {"TERM": term, "PYTHONPATH": path, "LC_ALL": "C.UTF-8", **(environ or {})}
            os.execvpe(argv[0], list(argv), kept)
        self._set_size(*size)
        self._open = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while self._open:
            if select.select([self.file], [], [], 0.05)[0]:
                try:
                    data = os.read(self.file, 65536)
                except OSError:
                    return
                with self._lock:
                    self.written += data
                    self._stream.feed(data.replace(b"\x1b[>", b"\x1b["))  # pyte takes a private mode for a colour

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """As when a person drags the corner of the window."""
        with self._lock:
            self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        with self._lock:
            return "\n".join(self._screen.display)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.file, keys.encode())

    def shows(self, words: str) -> None:
        """Wait until `words` stand on the screen."""
        wait_for(lambda: words in self.text, lambda: f"{words!r} in\n{self.text}")

    def ends(self) -> int:
        """Wait for the program's end; its exit code."""
        for _ in range(1000):
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"it did not end\n{self.text}")

    @property
    def is_as_it_was(self) -> bool:
        """Whether alternate screen, mouse and hidden cursor were taken back."""
        data = self.written
        left = data.rfind(b"\x1b[?1049l") > data.rfind(b"\x1b[?1049h")
        return left and data.rfind(b"\x1b[?1000l") > data.rfind(b"\x1b[?1000h") and b"\x1b[?25h" in data

    def vanish(self) -> None:
        """The connection breaks. (A read that still waits would keep the terminal open.)"""
        self._open = False
        self._reader.join()
        os.close(self.file)


def wait_for(holds: Callable[[], object], told: Callable[[], str] = lambda: "") -> None:
    """Wait until it holds; a test never sleeps for a guessed time."""
    for _ in range(1500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError(f"it did not happen in time: {told()}")


def walking(report: Path, **environ: str) -> Terminal:
    """The application in a terminal, in the middle of a run that waits; its end is told in the file `report`."""
    program = SCRIPTED.format(script="walk", hold=True)
    terminal = Terminal([sys.executable, "-c", program, str(report)], environ=environ)
    wait_for(lambda: b"412 passages" in terminal.written, lambda: terminal.text)
    terminal.press("1\r")
    wait_for(lambda: b"walking" in terminal.written, lambda: terminal.text)
    return terminal
