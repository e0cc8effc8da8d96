"""Read foreign formats in a separate process with limits on processor time and memory.

A prepared page of a hundred kilobytes can take minutes to parse, a PDF of one kilobyte can unpack to gigabytes. Such
a file is listed with a reason like any other unreadable file, and the ingest goes on. The program that recognises text
runs in the same session of processes: it has the same limits and ends with the process. Both have no network.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

import msgspec

from engine.documents import child_process
from engine.documents.child_process import ChildProcess, requests
from engine.documents.document import Box, Extract, Raster
from engine.documents.foreign.formats import read_format
from engine.documents.foreign.picture_pixels import decode_picture
from engine.documents.foreign.text_recognition import SECONDS as RECOGNITION_SECONDS
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.documents.network_block import refuse_network
from engine.errors import DocumentError

SECONDS, SECONDS_A_MEGABYTE = 20.0, 10.0  # of processor time
MEMORY = 1_500_000_000  # bytes of address space

OnPage = Callable[[int, int], bool]
"""Called with page and number of pages before text is recognised on that page; False ends the reading."""


class Drawing(msgspec.Struct, array_like=True):
    """How to draw a picture: in at most `size` pixels and `colours` colours, with a frame around the part `mark`."""

    size: tuple[int, int]
    colours: int
    mark: Box | None = None


class _Request(msgspec.Struct, array_like=True):
    """What is sent to the process: a file to read, or with `drawing` a picture to draw; no path asks `is_offline`."""

    path: bytes = b""
    seconds: float = 0.0
    recognition_seconds: float = 0.0
    drawing: Drawing | None = None


class _Reply(msgspec.Struct, array_like=True):
    """What the process sends: a page whose text it is about to recognise, or extracts or raster, or a reason for none.

    `is_offline` answers a request without a file: whether the kernel refuses the network to the process.
    """

    extracts: list[Extract] = []
    reason: str = ""
    hint: str = ""
    page: int = 0
    pages: int = 0
    is_offline: bool = False
    raster: Raster | None = None


class ConfinedReader:
    """Reads one file after another; the first starts the process, as does the next after a file that ended it.

    Text is recognised for at most `recognition_seconds` a file, 0 for not at all.
    """

    def __init__(
        self, *, seconds: float = SECONDS, memory: int = MEMORY, recognition_seconds: float = RECOGNITION_SECONDS
    ) -> None:
        self._seconds, self._memory, self._recognition_seconds = seconds, memory, recognition_seconds
        self._process: ChildProcess | None = None
        self._begun: tuple[Path, float] | None = None  # file and its seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: Path, on_page: OnPage = lambda _page, _pages: True) -> list[Extract]:
        """Return the extracts of a file whose suffix is in `FORMATS`. Raises DocumentError.

        `on_page(page, pages)` is called for each page whose text is recognised; if it returns False, reading ends.
        """
        if not self._begun or self._begun[0] != path:
            self.begin(path)
        assert self._begun is not None
        seconds, self._begun = self._begun[1], None
        while (reply := self._reply()) is not None and reply.pages:
            if not on_page(reply.page, reply.pages):
                self.close()
                raise DocumentError("cancelled while its text was recognised")
        if reply is None:
            raise DocumentError(self._exit_reason(seconds), hint="save its text as a plain file")
        if reply.reason:
            raise DocumentError(reply.reason, hint=reply.hint)
        return reply.extracts

    def draw(self, path: Path, drawing: Drawing) -> Raster:
        """Return a picture for a terminal. Raises DocumentError."""
        self._request(_Request(os.fsencode(path), self._seconds, drawing=drawing))
        reply = self._reply()
        if reply is None:
            raise DocumentError(self._exit_reason(self._seconds))
        if reply.raster is None:
            raise DocumentError(reply.reason)
        return reply.raster

    def begin(self, path: Path) -> None:
        """Let the process begin with a file, while this one goes on; `read` returns its extracts."""
        if self._begun:  # its extracts are not read any more
            self.close()
        seconds = self._seconds + SECONDS_A_MEGABYTE * path.stat().st_size / 1e6
        self._request(_Request(os.fsencode(path), seconds, self._recognition_seconds))
        self._begun = path, seconds

    def is_offline(self) -> bool:
        """Tell whether the kernel refuses the network to the process. Raises DocumentError if it does not start."""
        try:
            self._request(_Request())
            reply = self._reply()
        except OSError as error:
            raise DocumentError(f"the process that reads files does not start: {error.strerror}") from error
        if reply is None:
            self.close()
            raise DocumentError("the process that reads files ends at its start")
        return reply.is_offline

    def close(self) -> None:
        """Kill the process and those that it started."""
        if self._process is not None:
            self._process.close()
            self._process = self._begun = None

    def _request(self, request: _Request) -> None:
        self._process = self._process or ChildProcess("documents.sandbox", str(self._memory))
        self._process.send(msgspec.msgpack.encode(request))

    def _reply(self) -> _Reply | None:
        """Return the next reply; None if the process ended."""
        assert self._process is not None
        message = self._process.receive()
        return msgspec.msgpack.decode(message, type=_Reply) if message else None

    def _exit_reason(self, seconds: float) -> str:
        """Return why the process ended; the next file starts a new one."""
        assert self._process is not None
        code = self._process.wait()
        self.close()
        return f"takes more than {seconds:.0f} s to read" if code == -signal.SIGPROF else "cannot be read within limits"


def serve() -> None:
    """Run in the process: answer the requests on stdin until it is closed."""
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
    is_offline = refuse_network()
    for message in requests():
        request = msgspec.msgpack.decode(message, type=_Request)
        if not request.path:
            _send(_Reply(is_offline=is_offline))
            continue
        signal.setitimer(signal.ITIMER_PROF, request.seconds)  # no handler: the signal ends the process in any state
        reply = _answer(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(reply)


def _begin_page(seconds: float, page: int, pages: int) -> None:
    """Report a page whose text is recognised; drawing it needs processor time of its own."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    _send(_Reply(page=page, pages=pages))


def _send(reply: _Reply) -> None:
    child_process.reply(msgspec.msgpack.encode(reply))


def _answer(request: _Request) -> _Reply:
    path, drawing = Path(os.fsdecode(request.path)), request.drawing
    progress = partial(_begin_page, request.seconds)
    try:
        if drawing is not None:
            return _Reply(raster=decode_picture(path, drawing.size, drawing.colours, drawing.mark))
        return _Reply(read_format(path, TextRecogniser(seconds=request.recognition_seconds, progress=progress)))
    except DocumentError as error:
        return _Reply(reason=error.message, hint=error.hint)
    except OSError as error:
        return _Reply(reason=error.strerror or type(error).__name__)
    except MemoryError:
        return _Reply(reason="unpacks to more than fits into memory", hint="save its text as a plain file")
