"""Serves the application to browsers: textual-serve with our own page, on the loopback address by default."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp_jinja2
import jinja2
from aiohttp import web
from textual_serve.server import Server

from tui.web.address import unusable_address, url_of
from tui.web.request_check import LOOPBACK, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler, Middleware

PAGE = Path(__file__).parent
SECONDS_TO_END = 10.0
# The browser loads nothing from other hosts, and no other page may show this one in a frame.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)


class BrowserServer(Server):
    """Starts one process of `command` for each browser window, and ends all of them when it ends."""

    def __init__(self, command: str, host: str, port: int) -> None:
        super().__init__(command, host=host, port=port, title="persona-moe", templates_path=PAGE)
        self._sessions: set[asyncio.Task[object]] = set()

    async def run(self, ready: Callable[[str], None]) -> None:
        """Serve until SIGINT or SIGTERM; calls `ready` with the address. Raises InputError if that cannot be used."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        runner = web.AppRunner(await self._make_app(), access_log=None, shutdown_timeout=SECONDS_TO_END)
        await runner.setup()
        try:
            ready(await self._listen(runner))
            await stop.wait()
            await self._end_sessions()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> str:
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except OSError as error:
            raise unusable_address(self.host, self.port, error) from error
        return url_of(*runner.addresses[0][:2])

    async def _end_sessions(self) -> None:
        for task in self._sessions:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._sessions, return_exceptions=True), SECONDS_TO_END)

    async def _make_app(self) -> web.Application:
        """Return the routes of textual-serve and of our page, with the check of every request."""
        app = web.Application(middlewares=[self._guard])
        aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(PAGE))
        app.add_routes([
            web.get("/", self.handle_index, name="index"),
            web.get("/ws", self.handle_websocket, name="websocket"),
            web.get("/download/{key}", self.handle_download, name="download"),
            web.get("/page.css", _file), web.get("/page.js", _file),
            web.static("/static", self.statics_path, name="static"),
        ])  # fmt: skip
        return app

    @property
    def _guard(self) -> Middleware:
        loopback_only = self.host in LOOPBACK

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if problem := refusal(request.host, origin, loopback_only=loopback_only):
                raise web.HTTPForbidden(text=problem)
            response = await handler(request)
            if not response.prepared:
                response.headers["Content-Security-Policy"] = _POLICY
                response.headers["Cache-Control"] = "no-cache"
            return response

        return guard

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one window; its task is remembered, so that its process can be ended."""
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            return await super().handle_websocket(request)
        finally:
            self._sessions.discard(task)


async def _file(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(PAGE / request.path.removeprefix("/"))
