"""JSON schemas as we mean them: an integer is written as one, and a number is a number."""

import math
from typing import Any


def strict_validator(schema: dict[str, Any]) -> Any:
    """A validator (draft 2020-12) of `schema` that takes neither 1.0 for an integer nor NaN for a number."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - 80 ms that `--version` does not need

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number})
    extend: Any = validators.extend
    return extend(Draft202012Validator, type_checker=checker)(schema)


def _is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_checker: Any, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
