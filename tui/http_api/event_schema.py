"""The JSON schema of the events of a run, made of their types."""

from functools import cache
from typing import Any, get_args

import msgspec

from engine.events import RunEvent

REFERENCE = "#/components/schemas/{name}"
RECORDED_EVENT = "RecordedEvent"
_SUFFIX = "Event"  # so that no event has the name of a value


def event_schemas(reference: str = REFERENCE) -> dict[str, Any]:
    """Return the schemas of all events by name, and `RecordedEvent`, which is one of them."""
    kinds = get_args(RunEvent)
    _, schemas = msgspec.json.schema_components(kinds, ref_template=reference)
    names = {kind.__name__ for kind in kinds}
    values = {name: schema for name, schema in schemas.items() if name not in names}
    events = {f"{kind.__name__}{_SUFFIX}": _as_recorded(schemas[kind.__name__], kind.__name__) for kind in kinds}
    one_of = [{"$ref": reference.format(name=name)} for name in events]
    return {**values, **events, RECORDED_EVENT: {"oneOf": one_of}}


@cache
def event_schema() -> dict[str, Any]:
    """Return one schema of an event, as it is published at `/v1/events/schema.json`; it is made once."""
    schemas = event_schemas("#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One event of a run",
        **schemas.pop(RECORDED_EVENT),
        "$defs": schemas,
    }


def _as_recorded(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """Add what `engine.events.to_json` adds to the fields of an event."""
    about = {"at_ms": {"type": "number", "description": "milliseconds since the run began"}, "event": {"const": name}}
    required = ["at_ms", "event", *schema.get("required", ())]
    return {**schema, "title": name, "properties": about | schema["properties"], "required": required}
