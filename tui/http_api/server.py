"""Listen for requests until a signal comes."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from tui.web.address import unusable_address, url_of

SECONDS_TO_END = 5
_BACKLOG = 256
_MOST_CONNECTIONS = 512


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`: uvicorn would raise them again at its end."""
        yield


async def serve(
    app: Starlette, host: str, port: int, ready: Callable[[str], None], stop: asyncio.Event | None = None
) -> None:
    """Serve until SIGINT, SIGTERM or `stop`; calls `ready` with the address. Raises InputError if it cannot be used."""
    stop = stop or asyncio.Event()
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
        ws="none",
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = _Server(config)
    ending = asyncio.create_task(_end(server, stop))
    ready(url_of(*listening.getsockname()[:2]))
    try:
        await server.serve(sockets=[listening])
    finally:
        ending.cancel()


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sets TCP_NODELAY: otherwise the body of an answer comes 40 ms after its head.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise unusable_address(host, port, error) from error
    return listening
