"""The HTTP interface on a real uvicorn at 127.0.0.1, in the event loop of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tui.api import PersonaMoe
from tui.http_api.application import application
from tui.http_api.server import serve

TOKEN = "token-of-the-test"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@asynccontextmanager
async def api_server(workspace: Path, *library: Path, model: str | None = "none", **limits: Any) -> AsyncIterator[str]:
    """Serve a workspace until the end of the block; gives its address."""
    program = PersonaMoe(workspace, library=library, model=model)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    app = application(program, TOKEN, **limits)
    serving = asyncio.create_task(serve(app, "127.0.0.1", 0, address.set_result, stop))
    try:
        yield await asyncio.wait_for(address, 20)
    finally:
        stop.set()
        await asyncio.wait_for(serving, 30)


def client_of(address: str, **settings: Any) -> httpx.AsyncClient:
    """A client with the token."""
    return httpx.AsyncClient(**{"base_url": address, "headers": HEADERS, "timeout": 60, "trust_env": False, **settings})
