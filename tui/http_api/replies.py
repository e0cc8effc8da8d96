"""How requests are answered: JSON, errors, the events of a run; and what ends when a client leaves."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import TypeVar

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from engine.errors import InputError, PersonaMoeError, UnknownRunError
from engine.text.safe import ascii_json, one_line

PING_SECONDS = 15
CLIENT_LEFT = 499
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MORE_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}

Result = TypeVar("Result")


def json_reply(value: object, status: int = 200) -> Response:
    """Answer with a value as JSON in plain ASCII."""
    text = ascii_json(msgspec.json.encode(value).decode("utf-8"))
    headers = _HEADERS | _MORE_HEADERS.get(status, {})
    return Response(text, status, headers=headers, media_type="application/json")


def error_reply(status: int, message: str, hint: str = "") -> Response:
    """Answer with an error, in a form that clients of OpenAI's API read too."""
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004 - of HTTP
    error = {"message": one_line(message), "hint": one_line(hint), "type": kind, "code": str(status)}
    return json_reply({"error": error}, status)


def stream_reply(events: AsyncIterator[ServerSentEvent]) -> Response:
    """Answer with server-sent events, and a comment while there are none for a while."""
    return EventSourceResponse(events, headers=_HEADERS, ping=PING_SECONDS, sep="\n")


async def own_error(_request: Request, error: Exception) -> Response:
    """Answer with one of our own errors."""
    assert isinstance(error, PersonaMoeError)
    status = 404 if isinstance(error, UnknownRunError) else 400 if isinstance(error, InputError) else 503
    return error_reply(status, error.message, error.hint)


async def http_error(_request: Request, error: Exception) -> Response:
    """Answer with an error of the request; a client that has left reads nothing any more."""
    assert isinstance(error, HTTPException)
    reply = error_reply(error.status_code, error.detail)
    reply.headers.update(error.headers or {})
    return reply


async def defect(_request: Request, error: Exception) -> Response:
    """Answer with a defect of the program, without its text: that is in the log."""
    return error_reply(500, f"internal error: {type(error).__name__}", "its traceback is in the log")


async def unless_left(request: Request, job: Coroutine[object, object, Result]) -> Result:
    """Do a job, and cancel it when the client leaves. Raises HTTPException then."""
    task, leaving = asyncio.ensure_future(job), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait([task, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HTTPException(CLIENT_LEFT, "the client has left")
        return task.result()
    finally:
        for other in (task, leaving):
            other.cancel()
        await asyncio.gather(task, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
