"""What can be requested: one function each, and the table of them all."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple

from sse_starlette import ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from db.runs.summary import RunSummary, last_event
from engine import __version__
from engine.errors import InputError, PersonaMoeError
from engine.events import RecordedEvent, to_json
from engine.text.safe import ascii_json
from tui.api.sources import LARGEST_MARGIN
from tui.api.values import CitedSource, LibraryContents, LibraryPassage, PersonaSummary, RunRecord
from tui.http_api import chat_completions
from tui.http_api.bodies import AskBody, ChatBody, SearchBody, body_of
from tui.http_api.event_schema import event_schema
from tui.http_api.replies import json_reply, stream_reply, unless_left
from tui.session.prometheus_text import metrics_text

if TYPE_CHECKING:
    from tui.api import PersonaMoe

MOST_RUNS = 200
LONGEST_TEXT = 2_000  # characters of a parameter
MOST_DIGITS = 9  # of a number; `int` raises ValueError for thousands
EVENTS = "events"  # in place of a type: the events of a run


class Parameter(NamedTuple):
    """A parameter of the path or the query; `schema` is its JSON schema."""

    name: str
    where: str
    about: str
    schema: dict[str, Any]


class Operation(NamedTuple):
    """A request: `body` is what it takes, `result` what it returns (a type, EVENTS, or None for another text)."""

    method: str
    path: str
    act: Callable[[Request], Awaitable[Response]]
    about: str
    result: Any = None
    body: type | None = None
    parameters: tuple[Parameter, ...] = ()
    media_type: str = "application/json"


async def program_of(request: Request) -> "PersonaMoe":
    """Return the workspace of the application as soon as its documents were read."""
    await asyncio.wait([request.app.state.opening])
    program: PersonaMoe = request.app.state.program
    return program


async def health(request: Request) -> Response:
    """Say that the server answers, and whether it still reads documents."""
    is_ready = request.app.state.opening.done()
    return json_reply({"status": "ready" if is_ready else "reading", "version": __version__})


async def events_schema(_request: Request) -> Response:
    """Publish the schema of the events."""
    return json_reply(event_schema())


async def ask(request: Request) -> Response:
    """Ask a question: server-sent events, or the answer alone."""
    body = await body_of(request, AskBody)
    program = await program_of(request)
    if not body.stream:
        return json_reply(await unless_left(request, program.ask(body.question, follow_up_to=body.follow_up_to)))
    events = program.events(body.question, follow_up_to=body.follow_up_to)
    first = await unless_left(request, anext(events))  # what is wrong with the request is told by the status
    return stream_reply(_sent(first, events))


async def _sent(first: RecordedEvent, events: AsyncGenerator[RecordedEvent, None]) -> AsyncIterator[ServerSentEvent]:
    """Yield the events of a run in their own form; one that fails ends with `RunFailed`."""
    number, at_ms = 0, first.at_ms
    try:
        async with aclosing(events):
            yield _as_sent(number, first)
            async for recorded in events:
                number, at_ms = number + 1, recorded.at_ms
                yield _as_sent(number, recorded)
    except PersonaMoeError:
        pass  # `RunFailed` was the last event
    except Exception as error:  # noqa: BLE001 - the run has logged it, and a stream has no other way to tell it
        yield _as_sent(number + 1, RecordedEvent(at_ms, last_event(error)))


def _as_sent(number: int, recorded: RecordedEvent) -> ServerSentEvent:
    data = ascii_json(to_json(recorded).decode("utf-8"))
    return ServerSentEvent(data, event=type(recorded.event).__name__, id=str(number))


async def search(request: Request) -> Response:
    """Search passages by their words."""
    body = await body_of(request, SearchBody)
    return json_reply(await (await program_of(request)).search(body.query, body.limit))


async def passage(request: Request) -> Response:
    """Return one passage."""
    try:
        return json_reply(await (await program_of(request)).passage(request.query_params.get("id", "")[:LONGEST_TEXT]))
    except InputError as error:
        raise HTTPException(404, str(error)) from error


async def runs(request: Request) -> Response:
    """List runs of the history."""
    limit = _number(request, "limit", default=50, lowest=1, highest=MOST_RUNS)
    words = request.query_params.get("search", "")
    if len(words) > LONGEST_TEXT:
        raise HTTPException(422, f"search has over {LONGEST_TEXT} characters")
    return json_reply(await (await program_of(request)).runs(words, limit))


async def run(request: Request) -> Response:
    """Return one run."""
    return json_reply(await (await program_of(request)).run(request.path_params["run_id"]))


async def run_events(request: Request) -> Response:
    """Return the events of a run as a list."""
    recorded = await (await program_of(request)).recorded_events(request.path_params["run_id"])
    text = ",\n".join(ascii_json(to_json(event).decode("utf-8")) for event in recorded)
    return Response(f"[{text}]", media_type="application/json")


async def citation(request: Request) -> Response:
    """Open a citation of a run in its source."""
    margin = _number(request, "margin", default=500, lowest=0, highest=LARGEST_MARGIN)
    run_id, number = request.path_params["run_id"], request.path_params["number"]
    try:
        return json_reply(await (await program_of(request)).open_citation(run_id, number, margin=margin))
    except InputError as error:
        raise HTTPException(404, str(error)) from error


async def library(request: Request) -> Response:
    """Return what questions are asked of."""
    return json_reply(await (await program_of(request)).library())


async def personas(request: Request) -> Response:
    """Return the personas."""
    return json_reply(await (await program_of(request)).personas())


async def metrics(request: Request) -> Response:
    """Return the metrics in the text format of Prometheus."""
    text = metrics_text(await (await program_of(request)).metrics())
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def models(_request: Request) -> Response:
    """List the one model that chat programs can choose."""
    return json_reply(chat_completions.MODELS)


async def completions(request: Request) -> Response:
    """Answer a chat in the form of OpenAI's API."""
    body = await body_of(request, ChatBody)
    program, chats = await program_of(request), request.app.state.chats
    question = chat_completions.question_of(body.messages)
    if body.stream:
        events = program.events(question.text, follow_up_to=chats.run_before(question))
        first = await unless_left(request, anext(events))
        return stream_reply(chat_completions.chunks(first, events, question, chats, body))
    return json_reply(await unless_left(request, chat_completions.completion(program, question, chats)))


def _number(request: Request, name: str, *, default: int, lowest: int, highest: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS and lowest <= int(text) <= highest):
        raise HTTPException(422, f"{name} must be a whole number from {lowest} to {highest}")
    return int(text)


_RUN = Parameter("run_id", "path", "the id of a run, its first characters, or `last`", {"type": "string"})
_TEXT = {"type": "string", "maxLength": LONGEST_TEXT}


def _integer(lowest: int, highest: int, default: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": lowest, "maximum": highest, "default": default}


OPERATIONS = (
    Operation("GET", "/v1/health", health, "whether the server answers", dict[str, str]),
    Operation("GET", "/v1/events/schema.json", events_schema, "the JSON schema of an event", dict[str, Any]),
    Operation(
        "POST", "/v1/ask", ask, "ask a question; server-sent events, or with stream=false the answer", EVENTS, AskBody
    ),
    Operation("POST", "/v1/search", search, "passages by their words, best first", list[LibraryPassage], SearchBody),
    Operation(
        "GET", "/v1/passages", passage, "one passage", LibraryPassage,
        parameters=(Parameter("id", "query", "the id of a passage", _TEXT),),
    ),
    Operation(
        "GET", "/v1/runs", runs, "runs of the history, newest first", list[RunSummary],
        parameters=(
            Parameter("search", "query", "as in `persona-moe history list`", _TEXT),
            Parameter("limit", "query", "how many at most", _integer(1, MOST_RUNS, 50)),
        ),
    ),
    Operation("GET", "/v1/runs/{run_id}", run, "one run", RunRecord, parameters=(_RUN,)),
    Operation(
        "GET", "/v1/runs/{run_id}/events", run_events, "the recorded events of a run", EVENTS, parameters=(_RUN,)
    ),
    Operation(
        "GET", "/v1/runs/{run_id}/citations/{number}", citation, "cited words in their source", CitedSource,
        parameters=(
            _RUN,
            Parameter("number", "path", "the number of the citation", {"type": "integer", "minimum": 1}),
            Parameter("margin", "query", "characters on each side", _integer(0, LARGEST_MARGIN, 500)),
        ),
    ),
    Operation("GET", "/v1/library", library, "what questions are asked of", LibraryContents),
    Operation("GET", "/v1/personas", personas, "the personas, and what they earned", list[PersonaSummary]),
    Operation("GET", "/v1/metrics", metrics, "metrics in the text format of Prometheus", media_type="text/plain"),
    Operation("GET", "/v1/models", models, "the model of `/v1/chat/completions`", dict[str, Any]),
    Operation(
        "POST", "/v1/chat/completions", completions, "a chat in the form of OpenAI's API", dict[str, Any], ChatBody
    ),
)  # fmt: skip
