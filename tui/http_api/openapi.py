"""The description of the interface (OpenAPI 3.1), made of the table of operations and their types."""

from functools import cache
from typing import Any

import msgspec

from engine import __version__
from tui.api.values import Answer
from tui.http_api.event_schema import RECORDED_EVENT, REFERENCE, event_schemas
from tui.http_api.guard import PUBLIC
from tui.http_api.operations import EVENTS, OPERATIONS, Operation

_ERRORS = {
    400: "the request cannot be used",
    401: "the token is missing or wrong",
    403: "another page or another host name",
    404: "there is no such thing",
    408: "the body did not come in time",
    413: "the body is too large",
    415: "the body is not JSON",
    422: "a value is not valid",
    503: "the library or a store cannot be used now, or too many requests are being answered",
}
_FIELDS = ("message", "hint", "type", "code")
_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in _FIELDS},
            "required": list(_FIELDS),
        }
    },
    "required": ["error"],
}


@cache
def openapi() -> dict[str, Any]:
    """Return the description; it is made once, as it takes 10 ms and everybody may ask for it."""
    typed = [Answer, *{t for o in OPERATIONS for t in (o.body, o.result) if t is not None and t is not EVENTS}]
    typed = sorted(typed, key=str)
    schemas, components = msgspec.json.schema_components(typed, ref_template=REFERENCE)
    by_type = dict(zip(map(str, typed), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "persona-moe", "version": __version__, "description": "Ask your own documents."},
        "paths": paths,
        "components": {
            "schemas": {**event_schemas(), **components, "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, by_type: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.act.__name__,
        "summary": operation.about,
        "security": [] if operation.path in PUBLIC else [{"token": []}],
        "responses": {"200": {"description": "done", "content": _content(operation, by_type)}, **_errors()},
    }
    if operation.parameters:
        described["parameters"] = [
            {"name": p.name, "in": p.where, "description": p.about, "required": p.where == "path", "schema": p.schema}
            for p in operation.parameters
        ]
    if operation.body is not None:
        content = {"application/json": {"schema": by_type[str(operation.body)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _content(operation: Operation, by_type: dict[str, Any]) -> dict[str, Any]:
    event = {"$ref": REFERENCE.format(name=RECORDED_EVENT)}
    if operation.result is EVENTS and operation.method == "GET":
        return {"application/json": {"schema": {"type": "array", "items": event}}}
    if operation.result is EVENTS:
        answer = by_type[str(Answer)]
        return {"application/json": {"schema": answer}, "text/event-stream": {"schema": _sent(event)}}
    schema = {"type": "string"} if operation.result is None else by_type[str(operation.result)]
    content = {operation.media_type: {"schema": schema}}
    if operation.path == "/v1/chat/completions":
        content["text/event-stream"] = {"schema": _sent({"type": "object"})}
    return content


def _sent(event: dict[str, Any]) -> dict[str, Any]:
    """Describe each event of a stream: its `data` is JSON text."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": event}
    return {"type": "object", "properties": {"data": data}, "required": ["data"]}


def _errors() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REFERENCE.format(name="Error")}}}
    return {str(status): {"description": about, "content": content} for status, about in _ERRORS.items()}
