"""The process that connects to another machine, as streams of messages, with bounds on what it sends."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from engine.text.safe import one_line

LONGEST_LINE = 8_000_000  # bytes of one message
_MOST_OTHER_LINES = 100  # that are no messages, such as the greeting of a login shell
_KEPT_ERRORS = 2_000  # bytes of the last that the process said
END_SECONDS = 2.0  # for a process to end, before it is told to more firmly

Received = MemoryObjectReceiveStream[SessionMessage | Exception]
Sent = MemoryObjectSendStream[SessionMessage]


class ProcessTransport:
    """Runs `command` in a session of its own, without a terminal that it could ask for a password.

    `problem` says why it ended, if it did: what it sent wrong, or the last line that it wrote to stderr. `ended` is
    set when it sends nothing any more.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._errors, self._sent_wrong = b"", ""
        self._process: asyncio.subprocess.Process | None = None
        self._is_ending = False
        self.ended = asyncio.Event()

    @property
    def problem(self) -> str:
        """Why the process ended, in one line; empty if it did not say."""
        lines = [line for line in self._errors.decode("utf-8", "replace").splitlines() if line.strip()]
        return self._sent_wrong or (one_line(lines[-1])[-200:] if lines else "")

    def end(self) -> None:
        """End the process, also one that has not answered yet; its streams then end, too."""
        self._is_ending = True
        if self._process is not None:
            _signal(self._process, force=False)

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator[tuple[Received, Sent]]:
        """Start the process, and give its messages; it is ended with the block. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            start_new_session=True,
        )
        self._process = process
        if self._is_ending:
            self.end()
        received, reading = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        writing, sent = anyio.create_memory_object_stream[SessionMessage](0)
        errors = asyncio.create_task(self._keep_errors(process))
        jobs = self._receive(process, received, errors), self._send(process, sent)
        tasks = [errors, *map(asyncio.create_task, jobs)]
        try:
            yield reading, writing
        finally:
            for stream in (received, reading, writing, sent):
                stream.close()
            ending = asyncio.create_task(_end(process, tasks))
            with anyio.CancelScope(shield=True):
                try:
                    await asyncio.shield(ending)
                except asyncio.CancelledError:
                    await asyncio.wait([ending])
                    raise

    async def _receive(
        self,
        process: asyncio.subprocess.Process,
        received: MemoryObjectSendStream[SessionMessage | Exception],
        errors: "asyncio.Task[None]",
    ) -> None:
        """Pass on each line that is a message, until the process ends or sends what is no message."""
        assert process.stdout is not None, "it was started with pipes"
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # nobody reads any more
            async with received:
                await self._pass_on(process.stdout, received)
                if not self._sent_wrong:  # a process that has ended has said why, too
                    await asyncio.wait([errors], timeout=END_SECONDS)
        self.ended.set()

    async def _pass_on(
        self, lines: asyncio.StreamReader, received: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        others = 0
        try:
            while line := await lines.readline():
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    others += 1
                    if others > _MOST_OTHER_LINES:
                        self._sent_wrong = "it does not speak the Model Context Protocol"
                        return
                else:
                    await received.send(SessionMessage(message))
        except ValueError:  # of `readline`
            self._sent_wrong = f"it sent more than {LONGEST_LINE // 1_000_000} MB at once"

    @staticmethod
    async def _send(process: asyncio.subprocess.Process, sent: MemoryObjectReceiveStream[SessionMessage]) -> None:
        assert process.stdin is not None, "it was started with pipes"
        with contextlib.suppress(OSError, anyio.ClosedResourceError):
            async for message in sent:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(f"{text}\n".encode())
                await process.stdin.drain()

    async def _keep_errors(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None, "it was started with pipes"
        while part := await process.stderr.read(_KEPT_ERRORS):
            self._errors = (self._errors + part)[-_KEPT_ERRORS:]


async def _end(process: asyncio.subprocess.Process, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Close the process's stdin, which ends it, or end it by signals."""
    assert process.stdin is not None, "it was started with pipes"
    assert process.stdout is not None, "it was started with pipes"
    process.stdin.close()
    for force in (False, True):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
            break
        _signal(process, force=force)
    if not process.stdout.at_eof():  # what it started may outlive it, and hold its pipes
        _signal(process, force=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public closes unread pipes
    await asyncio.sleep(0)


def _signal(process: asyncio.subprocess.Process, *, force: bool) -> None:
    """End the process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill() if force else process.terminate()
        else:
            os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)
