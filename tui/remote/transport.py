"""The process that connects to another machine, as streams of messages, with bounds on what it sends."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from engine.text.safe import one_line

LONGEST_LINE = 8_000_000  # bytes of one message
_MOST_OTHER_LINES = 100  # that are no messages, such as the greeting of a login shell
_MOST_MESSAGES, _MOST_BYTES = 1_000, 4 * LONGEST_LINE  # for one call; a machine that sends more never ends
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
        self.expect()
        self._process: asyncio.subprocess.Process | None = None
        self._is_ending = False
        self.ended = asyncio.Event()

    def expect(self) -> None:
        """Count from now on what is sent for a call, until the next call."""
        self._messages = self._other_lines = self._bytes = 0
        self._other_line = b""

    @property
    def problem(self) -> str:
        """Why the process ended, in one line; empty if it did not say."""
        lines = [line for line in self._errors.decode("utf-8", "replace").splitlines() if line.strip()]
        return self._sent_wrong or (one_line(lines[-1])[-200:] if lines else "")

    @property
    def rubbish(self) -> str:
        """The first line since `expect` that is no message; empty if each is one."""
        return one_line(self._other_line[:200].decode("utf-8", "replace"))[:60]

    def end(self) -> None:
        """End the process, also one that has not answered yet; its streams then end, too."""
        self._is_ending = True
        if self._process is not None:
            _signal(self._process, force=False)

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator[tuple[Received, Sent]]:
        """Start the process, and give its messages; it is ended with the block. Raises OSError."""
        loop = asyncio.get_running_loop()
        # As `asyncio.create_subprocess_exec` does, which hides the pipes that `_end` has to close.
        pipes, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=LONGEST_LINE, loop=loop), *self._command, start_new_session=True
        )
        self._process = process = asyncio.subprocess.Process(pipes, protocol, loop)
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
            ending = asyncio.create_task(_end(process, pipes, tasks))
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
        try:
            while (line := await lines.readline()) and self._is_in_bounds(len(line), is_message=True):
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    self._other_line = self._other_line or line.strip()
                    self._other_lines += 1
                    if self._other_lines > _MOST_OTHER_LINES:
                        self._sent_wrong = "it does not speak the Model Context Protocol"
                        return
                else:
                    await received.send(SessionMessage(message))
        except ValueError:  # of `readline`
            self._sent_wrong = f"it sent more than {LONGEST_LINE // 1_000_000} MB at once"

    def _is_in_bounds(self, size: int, *, is_message: bool) -> bool:
        """Count what was sent; False, with the reason as `problem`, if it was too much for one call."""
        self._bytes += size
        self._messages += is_message
        if self._bytes <= _MOST_BYTES and self._messages <= _MOST_MESSAGES:
            return True
        self._sent_wrong = self._sent_wrong or "it sent without end"
        self.end()
        return False

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
        while (part := await process.stderr.read(_KEPT_ERRORS)) and self._is_in_bounds(len(part), is_message=False):
            self._errors = (self._errors + part)[-_KEPT_ERRORS:]


async def _end(
    process: asyncio.subprocess.Process, pipes: asyncio.SubprocessTransport, tasks: Sequence[asyncio.Task[None]]
) -> None:
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
    pipes.close()
    await asyncio.sleep(0)


def _signal(process: asyncio.subprocess.Process, *, force: bool) -> None:
    """End the process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill() if force else process.terminate()
        else:
            os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)
