"""All libraries on other machines of one session: asked at once, each with a limit."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from engine.documents.cited_source import SourceText
from engine.documents.received import received_passage
from engine.errors import DocumentError, InputError, LibraryError
from engine.run.other_libraries import LibraryAnswer
from engine.text.safe import one_line, printable
from tui.remote.address import RemoteAddress

if TYPE_CHECKING:
    from engine.settings.settings import System
    from tui.remote.connection import RemoteConnection

PASSAGES = 20  # of each library for a question
_LONGEST_SOURCE = 4_000_000  # characters
_MOST_PARTS = 40  # messages for one source

Result = TypeVar("Result")


class _Evidence(msgspec.Struct):
    passages: list[Any]


class _Source(msgspec.Struct):
    text: str = ""
    form: str = ""
    problem: str = ""
    length: int = 0  # characters of the whole text, of which `text` is a part


class _Root(msgspec.Struct):
    passages: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 0


class _Contents(msgspec.Struct):
    roots: list[_Root]


class RemoteLibraries:
    """The libraries at `addresses`; their connections live in a thread, so that any thread and event loop can ask.

    Raises InputError without the package mcp.
    """

    def __init__(self, addresses: Sequence[RemoteAddress], settings: "Callable[[], System]") -> None:
        self.addresses, self._settings = tuple(addresses), settings
        self._connections: dict[RemoteAddress, RemoteConnection] = {}
        self._thread: threading.Thread | None = None
        self._running: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()
        if find_spec("mcp") is None:
            raise InputError("the package mcp is not installed", hint="pip install '.[mcp]'")

    @property
    def names(self) -> list[str]:
        """The addresses as text."""
        return list(map(str, self.addresses))

    async def passages(self, question: str) -> list[LibraryAnswer]:
        """Return the best passages of each library, in the order of the addresses, or why it did not answer."""
        return await self._in_loop(self._ask_all(question))

    def holds(self, source: str) -> bool:
        """Tell whether a source is of one of the machines."""
        return any(address.source_there(source) for address in self.addresses)

    def read_source(self, source: str) -> SourceText:
        """Read a source of one of the machines as it is now; the result says why if it cannot be read."""
        text = _Source(problem="it is on another machine: name its library when you start persona-moe")
        for address in self.addresses:  # several may be on one machine
            if name := address.source_there(source):
                try:
                    text = self.wait_for(self._read_source(address, name))
                except LibraryError as error:
                    text = _Source(problem=str(error))
                if not text.problem:
                    break
        return SourceText(Path(source), text.text, text.form or "the text of a file on another machine", text.problem)

    def passages_of(self, address: RemoteAddress) -> int:
        """Connect, and return how many passages a library has. Raises LibraryError."""
        return self.wait_for(self._count(address))

    def wait_for(self, job: "Coroutine[Any, Any, Result]") -> Result:
        """Run a coroutine in the thread of the connections, and wait for its result."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    async def close(self) -> None:
        """End all connections and the thread."""
        if self._thread is not None:
            await self._in_loop(self._close_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)
            self._loop.close()
            self._thread = self._running = None

    # -- in the thread ------------------------------------------------------------------------------------

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._running is None:
                self._running = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._running.run_forever, name="other machines", daemon=True)
                self._thread.start()
            return self._running

    async def _in_loop(self, job: "Coroutine[Any, Any, Result]") -> Result:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(job, self._loop))

    async def _ask_all(self, question: str) -> list[LibraryAnswer]:
        return await asyncio.gather(*(self._ask(address, question) for address in self.addresses))

    async def _ask(self, address: RemoteAddress, question: str) -> LibraryAnswer:
        try:
            arguments = {"question": question, "limit": PASSAGES}
            sent = _checked(await self._call(address, "evidence", arguments), _Evidence).passages[:PASSAGES]
            return LibraryAnswer([received_passage(fields, address.prefix_of(_source_of(fields))) for fields in sent])
        except DocumentError as error:
            return LibraryAnswer((), f"{address} was not asked: {error}; its persona-moe may be of another version")
        except LibraryError as error:
            return LibraryAnswer((), f"{address} was not asked: {error}")

    async def _read_source(self, address: RemoteAddress, source: str) -> _Source:
        """Read a source in parts, because a message has a bound. Raises LibraryError."""
        whole = await self._all_parts(address, source)
        return _Source(printable(whole.text), one_line(whole.form)[:200], one_line(whole.problem)[:200])

    async def _all_parts(self, address: RemoteAddress, source: str) -> _Source:
        deadline = self._loop.time() + self._settings().remote_seconds
        whole = _Source()
        for _ in range(_MOST_PARTS):
            arguments = {"source": source, "start": len(whole.text)}
            part = _checked(await self._call(address, "source_text", arguments), _Source)
            if whole.text and (part.length != whole.length or not part.text):
                return _Source(problem=part.problem or "it changed while it was sent: open it again")
            whole = msgspec.structs.replace(part, text=whole.text + part.text)
            if max(len(whole.text), whole.length) > _LONGEST_SOURCE:
                return _Source(problem=f"it is longer than {_LONGEST_SOURCE:,} characters")
            if len(whole.text) >= whole.length:  # an older version sends all at once, and no length
                return whole
            if self._loop.time() > deadline:
                return _Source(problem="it is sent too slowly; `remote_seconds` limits the time")
        return _Source(problem="it is sent in too many parts")

    async def _count(self, address: RemoteAddress) -> int:
        roots = _checked(await self._call(address, "library", {}), _Contents).roots
        return sum(root.passages for root in roots)

    async def _call(self, address: RemoteAddress, tool: str, arguments: dict[str, object]) -> Any:
        """Return what a tool of another machine returns. Raises LibraryError, also after `remote_seconds`."""
        from tui.remote.connection import RemoteConnection  # noqa: PLC0415 - the package mcp, with the first question

        system = self._settings()
        if address not in self._connections:
            self._connections[address] = RemoteConnection(
                lambda: address.command(self._settings().ssh_command, self._settings().remote_program)
            )
        try:
            async with asyncio.timeout(system.remote_seconds):
                return await self._connections[address].call(tool, arguments)
        except TimeoutError as error:
            reason = f"it was silent for {system.remote_seconds:g} seconds"
            if rubbish := self._connections[address].rubbish:
                reason = f"in {system.remote_seconds:g} seconds it sent no answer, but “{rubbish}”"
            raise LibraryError(reason) from error

    async def _close_all(self) -> None:
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))
        self._connections.clear()


def _checked(sent: Any, form: type[Result]) -> Result:
    try:
        return msgspec.convert(sent, form)
    except msgspec.ValidationError as error:
        reason = f"it sent something else: {one_line(str(error))[:200]}"
        raise LibraryError(reason, hint="its persona-moe may be of another version") from error


def _source_of(fields: Any) -> str:
    return str(fields.get("source", "")) if isinstance(fields, dict) else ""
