"""One client of another machine's server, kept from question to question."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult
from pydantic import ValidationError

from engine.errors import LibraryError
from engine.text.safe import one_line
from tui.remote.transport import END_SECONDS, ProcessTransport

_LONGEST_REASON = 200  # characters
_PASSWORD = ("Permission denied", "Host key verification failed")
_OTHER_FORM = "its answer is not of the Model Context Protocol: its persona-moe may be of another version"
_OLDER = ("unrecognized arguments", "Unknown tool", "invalid choice")


class RemoteConnection:
    """Starts `command` at the first call, and again after it ended. For the tasks of one event loop."""

    def __init__(self, command: Callable[[], list[str]]) -> None:
        self._command = command
        self._client: asyncio.Future[Client] | None = None
        self._ending = asyncio.Event()
        self._holding: asyncio.Task[None] | None = None
        self._transport: ProcessTransport | None = None

    async def call(self, tool: str, arguments: Mapping[str, object]) -> Any:
        """Return the structured result of a tool. Cancelling this cancels it on the other machine.

        Raises LibraryError with the reason why there is no result.
        """
        client = await self._connected()
        if self._transport is not None:
            self._transport.expect()
        try:
            # `Client.call_tool` would check the result by a schema of that machine, whose patterns may take years.
            request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=dict(arguments)))
            result = await client.session.send_request(request, CallToolResult)
        except (MCPError, OSError, RuntimeError, ValueError) as error:  # it ended, or what it sent is not the protocol
            await self.close()
            raise self._error(error) from error
        if result.is_error:
            text = " ".join(getattr(part, "text", "") for part in result.content)
            raise LibraryError(_reason(text) or "it failed without a word")
        return result.structured_content

    async def _connected(self) -> Client:
        if self._client is None or self._holding is None or self._holding.done():
            loop = asyncio.get_running_loop()
            self._client, self._ending = loop.create_future(), asyncio.Event()
            self._transport = ProcessTransport(self._command())
            self._holding = loop.create_task(self._hold(self._transport, self._client, self._ending))
        try:
            return await asyncio.shield(self._client)  # a call that is cancelled leaves the connection to later ones
        except Exception as error:
            await self.close()
            raise self._error(error) from error

    @staticmethod
    async def _hold(transport: ProcessTransport, connected: "asyncio.Future[Client]", ending: asyncio.Event) -> None:
        """Keep the client open until it is to end or its process has ended: one task has to open and close it."""
        try:
            async with Client(transport.streams()) as client:
                connected.set_result(client)
                waiting = [asyncio.create_task(event.wait()) for event in (ending, transport.ended)]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in waiting:
                    task.cancel()
        except Exception as error:  # noqa: BLE001 - the task ends here, and the callers get the error
            if not connected.done():
                connected.set_exception(error)
        finally:
            connected.cancel()

    def _error(self, error: BaseException) -> LibraryError:
        """Say in a line what went wrong: what the process said last, or else the error."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, FileNotFoundError):
            return LibraryError(f"{one_line(str(error.filename))} is not installed on this machine")
        if isinstance(error, ValidationError):
            return LibraryError(_OTHER_FORM)
        problem = (self._transport.problem if self._transport else "") or str(error)
        return LibraryError(_reason(problem) or type(error).__name__)

    @property
    def rubbish(self) -> str:
        """What the machine sent since the last call that is no message; empty for nothing."""
        return self._transport.rubbish if self._transport else ""

    async def close(self) -> None:
        """End the process; a later call starts it again."""
        self._ending.set()
        holding, client, self._holding, self._client = self._holding, self._client, None, None
        if self._transport is not None and client is not None and not client.done():
            self._transport.end()
        if holding is not None:
            ended, _ = await asyncio.wait([holding], timeout=END_SECONDS)
            if not ended:
                holding.cancel()
                await asyncio.wait([holding])


def _reason(text: str) -> str:
    """Return why a machine did not answer in one line, with advice where there is any."""
    reason = one_line(text)[:_LONGEST_REASON]
    if any(words in reason for words in _PASSWORD):
        return f"{reason}: it must let you in without a question, by a key (`ssh-copy-id`, `ssh` to it once)"
    if any(words in reason for words in _OLDER):
        return f"{reason}: its persona-moe is of an older version"
    return reason
