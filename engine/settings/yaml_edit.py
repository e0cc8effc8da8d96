"""One value changed in the text of a YAML file; every other character of it stays as its owner wrote it."""

import json
from typing import Any

from engine.errors import SettingsError


def with_value(text: str, key: str, value: Any, *, comment: str = "") -> str:
    """`text` with `key: value` at its top level: in the place of the old value, else at the end below `comment`.

    Raises SettingsError if the text is no YAML mapping, or if its notation (an anchor that is used elsewhere, say)
    does not let one value be changed alone.
    """
    before = _values(text)
    wanted = {**before, key: value}
    edited = _replaced(text, key, value) if key in before else _appended(text, key, value, comment)
    try:
        changed = _values(edited)
    except SettingsError:
        changed = {}
    if changed != wanted or [type(v) for v in changed.values()] != [type(v) for v in wanted.values()]:
        raise SettingsError(f"{key} cannot be changed alone in this file", hint="edit the file by hand")
    return edited


def _values(text: str) -> dict[Any, Any]:
    import yaml  # noqa: PLC0415 - with the first change

    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(" ".join(str(error).split()), hint="the file must be valid YAML") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"holds {values!r}", hint="one `key: value` a line is valid")
    return values


def _replaced(text: str, key: str, value: Any) -> str:
    """The new value between the marks of the old one; of a key that stands twice, the last one counts."""
    root = _root(text)
    node = [found for name, found in root.value if name.value == key][-1]
    start, end = node.start_mark.index, _end(node)
    end = start + len(text[start:end].rstrip())
    blank = " " if end == start else ""  # `key:` with nothing behind it
    return text[:start] + blank + _written(value) + text[end:]


def _appended(text: str, key: str, value: Any, comment: str) -> str:
    line = f"{key}: {_written(value)}"
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
    """Where a node's own text ends; a block collection's mark would take in the comments behind it."""
    if isinstance(node.value, str) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _written(value: Any) -> str:
    """A value in YAML on one line; a text without quotes where it can be read back so."""
    import yaml  # noqa: PLC0415 - with the first change

    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = yaml.safe_dump(value, width=10_000, allow_unicode=True, default_flow_style=True).strip()
    return text.removesuffix("...").strip()
