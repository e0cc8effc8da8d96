"""Run a function of ours in a separate process that answers messages, and let it end with the program.

Messages are bytes with their length in front. The process is isolated from the documents and from ctrl+C.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

_LENGTH = 8  # bytes in front of a message, which hold its length
_START = "import sys; sys.path.insert(0, sys.argv[1]); from engine.{module} import serve; serve()"


class ChildProcess:
    """A process that runs the function `serve` of a module of `engine`, with `arguments` from `sys.argv[2]` on."""

    def __init__(self, module: str, *arguments: str) -> None:
        # Isolated (-I): a file among the documents with the name of a module of ours must not be run. A new session:
        # ctrl+C must end the ingest, not the reading of one file.
        start = _START.format(module=module)
        command = [sys.executable, "-I", "-c", start, str(Path(__file__).parents[2]), *arguments]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def send(self, message: bytes) -> None:
        """Send a message; if the process ended, `receive` tells so."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            _write(self._process.stdin, message)

    def receive(self) -> bytes | None:
        """Wait for the next message; return None if the process ended."""
        assert self._process.stdout is not None
        return _read(self._process.stdout)

    def wait(self) -> int:
        """Wait until the process ends; return its exit status, minus the signal that ended it."""
        return self._process.wait()

    def kill(self) -> None:
        """Kill the process and those that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill the process, and close its pipes."""
        self.kill()
        self._process.communicate()


def requests() -> Iterator[bytes]:
    """Yield the messages to this process, until the program that started it ends."""
    while (message := _read(sys.stdin.buffer)) is not None:
        yield message


def reply(message: bytes) -> None:
    """Send a message from this process."""
    _write(sys.stdout.buffer, message)


def _write(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(_LENGTH, "big") + message)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    """Read one message; None at the end, also if the process ended within a message."""
    length = stream.read(_LENGTH)
    size = int.from_bytes(length, "big") if len(length) == _LENGTH else 0
    message = stream.read(size)
    return message if message and len(message) == size else None
