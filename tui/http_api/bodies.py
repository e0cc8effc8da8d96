"""The bodies of requests: bounded, and checked against their types."""

import asyncio
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tui.api.persona_moe import LONGEST_QUESTION
from tui.api.sources import MOST_PASSAGES

MOST_BYTES = 256_000
SECONDS = 30.0

Body = TypeVar("Body", bound=Struct)
Words = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]


class AskBody(Struct, forbid_unknown_fields=True):
    """A question; `follow_up_to` is the run that it refers to, `stream` asks for the events of the run."""

    question: Annotated[str, Meta(min_length=1, max_length=LONGEST_QUESTION, pattern=r"\S")]
    follow_up_to: Annotated[str, Meta(max_length=100)] = ""
    stream: bool = True


class SearchBody(Struct, forbid_unknown_fields=True):
    """Words to search for, and how many passages at most."""

    query: Words
    limit: Annotated[int, Meta(ge=1, le=MOST_PASSAGES)] = 10


class ContentPart(Struct):
    """A part of a message; only those with text are read."""

    type: str
    text: str = ""


class ChatMessage(Struct):
    """A message of a chat; only those of the user are read."""

    role: str
    content: str | list[ContentPart] | None = None


class StreamOptions(Struct):
    """Whether a stream ends with the number of tokens."""

    include_usage: bool = False


class ChatBody(Struct):
    """A chat in the form of OpenAI's API; its last message of the user is the question, other fields are ignored."""

    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=1_000)]
    model: str = ""
    stream: bool | None = False
    stream_options: StreamOptions | None = None


async def body_of(request: Request, kind: type[Body]) -> Body:
    """Read the body of a request as JSON of this type. Raises HTTPException with the status that says what is wrong."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "the body must be application/json")
    try:
        async with asyncio.timeout(SECONDS):
            return msgspec.json.decode(await _bytes_of(request), type=kind)
    except TimeoutError as error:
        raise HTTPException(408, f"the body did not come within {SECONDS:.0f} s") from error
    except msgspec.ValidationError as error:
        raise HTTPException(422, f"the body is not valid: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error


async def _bytes_of(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"the body is over {MOST_BYTES:,} bytes")
    return bytes(body)
