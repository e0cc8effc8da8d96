"""Reads the YAML files of the settings, and changes one value in the text of such a file.

The change is made between the marks that PyYAML gives: the round trip of ruamel.yaml also changes the spacing,
indentation and line ends of other lines.
"""

import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.errors import SettingsError

_MAX_BYTES, _MAX_DEPTH = 1_000_000, 16  # of a file
_ONE_A_LINE = "one `key: value` a line is valid"


def read_values(path: Path) -> dict[str, Any]:
    """Read the values of a file of settings, not yet checked; none if there is no file. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}", hint="the file must be readable") from error
    import yaml  # noqa: PLC0415 - 40 ms that files as shipped, or none, do not need

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_bombs(path, data, yaml.parse(data, Loader=loader))
        values = yaml.load(data, Loader=loader)  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(f"{path}: {' '.join(str(error).split())}", hint="the file must be valid YAML") from error
    return _mapping(values, f"{path}: ")


def _refuse_bombs(path: Path, data: bytes, events: Iterable[Any]) -> None:
    """Raise SettingsError for aliases, deep nesting and long files: a few lines of YAML can stand for gigabytes."""
    if len(data) > _MAX_BYTES:
        raise SettingsError(f"{path}: is over 1 MB", hint="the shipped file shows what is needed")
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        line = event.start_mark.line + 1
        if kind == "AliasEvent":
            raise SettingsError(f"{path}: line {line}: an alias (*)", hint="write the value itself")
        if depth > _MAX_DEPTH:
            raise SettingsError(f"{path}: line {line}: nested too deep", hint=_ONE_A_LINE)


def _mapping(values: Any, where: str = "") -> dict[Any, Any]:
    """The values of a document, empty for an empty one; raises SettingsError if it is no mapping."""
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{where}holds {reprlib.repr(values)}", hint=_ONE_A_LINE)
    return values


def parsed(text: str) -> dict[Any, Any]:
    """Read the values of a mapping; none of an empty text. Raises SettingsError."""
    import yaml  # noqa: PLC0415 - with the first change

    try:
        return _mapping(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(" ".join(str(error).split()), hint="the file must be valid YAML") from error


def with_value(text: str, key: str, value: Any, *, comment: str = "") -> str:
    """Set `key: value` at the top level of `text`: in place of the old value, else at the end below `comment`.

    Every other character stays as its owner wrote it. Raises SettingsError if the text is no YAML mapping, or if its
    notation (an anchor that is used elsewhere, say) does not allow one value to be changed alone.
    """
    old = parsed(text)
    new = {**old, key: value}
    edited = _replaced(text, key, value) if key in old else _appended(text, key, value, comment)
    try:
        result = parsed(edited)
    except SettingsError:
        result = {}
    if result != new or [type(v) for v in result.values()] != [type(v) for v in new.values()]:
        raise SettingsError(f"{key} cannot be changed alone in this file", hint="edit the file by hand")
    return edited


def as_yaml(value: Any) -> str:
    """Write a value as YAML on one line; a text has no quotes where it can be read back without them."""
    import json  # noqa: PLC0415 - with the first change

    import yaml  # noqa: PLC0415 - with the first change

    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = yaml.safe_dump(value, width=10_000, allow_unicode=True, default_flow_style=True).strip()
    return text.removesuffix("...").strip()


def _replaced(text: str, key: str, value: Any) -> str:
    """Write the value between the marks of the old one; of a key that stands twice, the last one counts."""
    node = [value_node for key_node, value_node in _root(text).value if key_node.value == key][-1]
    start, end = node.start_mark.index, _end(node)
    end = start + len(text[start:end].rstrip())
    blank = " " if end == start else ""  # `key:` with nothing behind it
    return text[:start] + blank + as_yaml(value) + text[end:]


def _appended(text: str, key: str, value: Any, comment: str) -> str:
    line = f"{key}: {as_yaml(value)}"
    root = _root(text)
    if root is not None and root.flow_style:
        end = root.end_mark.index - 1
        return text[:end] + (", " if root.value else "") + line + text[end:]
    newline = "\r\n" if "\r\n" in text else "\n"
    head = text if not text or text.endswith("\n") else text + newline
    gap = newline if head and not head.endswith(newline * 2) else ""
    return head + gap + comment.replace("\n", newline) + line + newline


def _root(text: str) -> Any:
    import yaml  # noqa: PLC0415 - with the first change

    return yaml.compose(text, Loader=yaml.SafeLoader)


def _end(node: Any) -> int:
    """Return where a node's own text ends; the end mark of a block collection includes the comments below it."""
    if isinstance(node.value, str) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)
