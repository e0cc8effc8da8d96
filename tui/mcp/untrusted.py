"""Remove control characters from all texts of a result: they come from documents, and the client may print them."""

from typing import TypeVar

import msgspec

from engine.text.safe import printable

Value = TypeVar("Value")


def cleaned(value: Value) -> Value:
    """Return the same value (a dataclass of `tui.api`) with all its texts printable."""
    return msgspec.convert(_clean(msgspec.to_builtins(value)), type(value))


def _clean(value: object) -> object:
    match value:
        case str():
            return printable(value)
        case dict():
            return {_clean(name): _clean(item) for name, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value
