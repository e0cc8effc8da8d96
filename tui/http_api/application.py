"""The ASGI application: its routes, and the tasks that live as long as it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db import log
from engine.errors import PersonaMoeError
from tui.http_api.chat_completions import Chats
from tui.http_api.guard import MOST_AT_ONCE, Guard
from tui.http_api.openapi import openapi
from tui.http_api.operations import OPERATIONS
from tui.http_api.replies import defect, http_error, json_reply, own_error

if TYPE_CHECKING:
    from tui.api import PersonaMoe


def application(
    program: "PersonaMoe", token: str, *, loopback_only: bool = True, most_at_once: int = MOST_AT_ONCE
) -> Starlette:
    """Return the application over a workspace, which it opens at its start and closes at its end."""

    async def description(_request: Request) -> Response:
        return json_reply(openapi())

    described = Route("/v1/openapi.json", description, methods=["GET"])
    routes = [Route(_typed(operation.path), operation.act, methods=[operation.method]) for operation in OPERATIONS]
    guard = Middleware(Guard, token=token, loopback_only=loopback_only, most_at_once=most_at_once)
    return Starlette(
        routes=[described, *routes],
        middleware=[guard],
        exception_handlers={PersonaMoeError: own_error, HTTPException: http_error, Exception: defect},
        lifespan=partial(_lifespan, program),
    )


def _typed(path: str) -> str:
    return path.replace("{number}", "{number:int}")


@asynccontextmanager
async def _lifespan(program: "PersonaMoe", app: Starlette) -> AsyncIterator[None]:
    app.state.program, app.state.chats = program, Chats()
    app.state.opening = asyncio.create_task(_open(program))
    following = asyncio.create_task(_follow(program, app.state.opening))
    try:
        yield
    finally:
        for task in (following, app.state.opening):
            task.cancel()
        await asyncio.gather(following, app.state.opening, return_exceptions=True)
        await program.close()


async def _open(program: "PersonaMoe") -> None:
    """Read the documents that changed; if that fails, the index answers as it is."""
    with _errors_in_log():
        await program.open()


async def _follow(program: "PersonaMoe", opening: asyncio.Task[None]) -> None:
    await asyncio.wait([opening])
    with _errors_in_log():
        await program.follow()


@contextmanager
def _errors_in_log() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a task ends here; questions can be asked all the same
        log.record(error)
