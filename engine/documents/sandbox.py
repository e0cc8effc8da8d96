"""Read HTML and PDF in a separate process with limits on processor time and memory.

A prepared page of a hundred kilobytes can take minutes to parse, a PDF of one kilobyte can unpack to gigabytes. Such
a file is listed with a reason like any other unreadable file, and the ingest goes on.
"""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import msgspec

from engine.documents.formats import FORMATS
from engine.errors import DocumentError

SECONDS, SECONDS_A_MEGABYTE = 20.0, 10.0  # of processor time
MEMORY = 1_500_000_000  # bytes of address space
_LENGTH = 8  # bytes in front of a reply, which hold its length

_START = "import sys; sys.path.insert(0, sys.argv[1]); from engine.documents.sandbox import serve; serve()"


class ConfinedReader:
    """Reads one file after another; the first starts the process, as does the next after a file that ended it."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: Path) -> tuple[str, str]:
        """Return title (may be empty) and text of a file whose suffix is in `FORMATS`. Raises DocumentError."""
        seconds = self._seconds + SECONDS_A_MEGABYTE * path.stat().st_size / 1e6
        reply = self._request(json.dumps([str(path), seconds]).encode() + b"\n")
        if reply is None:
            raise DocumentError(self._exit_reason(seconds), hint="save its text as a plain file")
        if "reason" in reply:
            raise DocumentError(reply["reason"], hint=reply["hint"])
        return reply["title"], reply["text"]

    def close(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _request(self, line: bytes) -> dict[str, str] | None:
        """Send a request and return the reply; None if the process ended."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except BrokenPipeError:
            return None
        length = process.stdout.read(_LENGTH)
        data = process.stdout.read(int.from_bytes(length, "big")) if len(length) == _LENGTH else b""
        return msgspec.msgpack.decode(data, type=dict[str, str]) if data else None

    def _start(self) -> subprocess.Popen[bytes]:
        # Isolated (-I): a file among the documents with the name of a module of ours must not be run. A new session:
        # ctrl+C must end the ingest, not the reading of one file.
        command = [sys.executable, "-I", "-c", _START, str(Path(__file__).parents[2]), str(self._memory)]
        return subprocess.Popen(  # noqa: S603 - this interpreter and this module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def _exit_reason(self, seconds: float) -> str:
        """Return why the process ended; the next file starts a new one."""
        assert self._process is not None
        code = self._process.wait()
        self.close()
        return f"takes more than {seconds:.0f} s to read" if code == -signal.SIGPROF else "cannot be read within limits"


def serve() -> None:
    """Run in the process: answer the requests on stdin until it is closed."""
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
    for line in sys.stdin.buffer:
        name, seconds = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, seconds)  # no handler: the signal ends the process in any state
        data = msgspec.msgpack.encode(_read(Path(name)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(len(data).to_bytes(_LENGTH, "big") + data)
        sys.stdout.buffer.flush()


def _read(path: Path) -> dict[str, Any]:
    try:
        title, text = FORMATS[path.suffix.lower()](path)
    except DocumentError as error:
        return {"reason": error.message, "hint": error.hint}
    except OSError as error:
        return {"reason": error.strerror or type(error).__name__, "hint": ""}
    except MemoryError:
        return {"reason": "unpacks to more than fits into memory", "hint": "save its text as a plain file"}
    return {"title": title, "text": text}
