"""Reads HTML and PDF in a process of its own that may take so much time and memory and no more.

A page of a hundred kilobytes can be made to take minutes, a PDF of one to unpack to gigabytes. Such a file then has a
reason why it was left out, like any other that cannot be read, and the ingest goes on.
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
_LENGTH = 8  # bytes that tell how long an answer is

_START = "import sys; sys.path.insert(0, sys.argv[1]); from engine.documents.sandbox import serve; serve()"


class ConfinedReader:
    """Reads one file after the other; its process is started by the first, and again after one that it died of."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: Path) -> tuple[str, str]:
        """Title (may be empty) and text of a file in one of the `engine.documents.formats`. Raises DocumentError."""
        seconds = self._seconds + SECONDS_A_MEGABYTE * path.stat().st_size / 1e6
        answer = self._answer(json.dumps([str(path), seconds]).encode() + b"\n")
        if answer is None:
            raise DocumentError(self._epitaph(seconds), hint="save its text as a plain file")
        if "reason" in answer:
            raise DocumentError(answer["reason"], hint=answer["hint"])
        return answer["title"], answer["text"]

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _answer(self, question: bytes) -> dict[str, str] | None:
        """What the process says; None if it died of the question."""
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question)
            process.stdin.flush()
        except BrokenPipeError:
            return None
        length = process.stdout.read(_LENGTH)
        data = process.stdout.read(int.from_bytes(length, "big")) if len(length) == _LENGTH else b""
        return msgspec.msgpack.decode(data, type=dict[str, str]) if data else None

    def _started(self) -> subprocess.Popen[bytes]:
        # Isolated (-I): a file called like one of our modules, beside the documents, must not be run. A session of
        # its own: ctrl+C ends the ingest, not the file that is being read.
        command = [sys.executable, "-I", "-c", _START, str(Path(__file__).parents[2]), str(self._memory)]
        return subprocess.Popen(  # noqa: S603 - this interpreter and this module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def _epitaph(self, seconds: float) -> str:
        """What the process died of; the next file gets a new one."""
        assert self._process is not None
        code = self._process.wait()
        self.close()
        return f"takes more than {seconds:.0f} s to read" if code == -signal.SIGPROF else "cannot be read within limits"


def serve() -> None:
    """The process itself: answers what it is asked on stdin until that ends."""
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
    for line in sys.stdin.buffer:
        name, seconds = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, seconds)  # nobody handles it: it ends the process, whatever it is doing
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
