"""Read the metadata before the text of a note: YAML front matter, or the settings of an Org file."""

import re
from typing import Any

import yaml

from engine.documents.structure.markdown import front_matter
from engine.text.safe import one_line

_MAX_LENGTH = 20_000  # characters of front matter
_MAX_VALUES, _MAX_VALUE = 50, 200
_TERMS = {"alias": "aliases", "tag": "tags", "keywords": "tags", "categories": "tags", "category": "tags"}
_ORG_SETTING = re.compile(r"^[ \t]*#\+(\w+):[ \t]*(.*)$", re.MULTILINE)
_ORG_TERMS = {"title": "title", "author": "author", "date": "date", "filetags": "tags", "keywords": "tags"}
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # all values as they are written


def read_front_matter(text: str) -> dict[str, tuple[str, ...]]:
    """Return the terms of a note's front matter with their values as texts; none if it is not YAML."""
    source = front_matter(text)
    if not source.strip() or len(source) > _MAX_LENGTH:
        return {}
    try:
        values = yaml.load(source, Loader=_LOADER)  # noqa: S506 - it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    metadata: dict[str, tuple[str, ...]] = {}
    for key, value in values.items():
        if isinstance(key, str) and (texts := _texts(value)):
            term = _TERMS.get(key.lower(), key.lower())
            metadata[term] = (*metadata.get(term, ()), *texts)
    return metadata


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    texts = (one_line(entry)[:_MAX_VALUE] for entry in values[:_MAX_VALUES] if isinstance(entry, str))
    return tuple(text for text in texts if text)


def read_org_settings(text: str) -> dict[str, tuple[str, ...]]:
    """Return the title, author, date and tags that an Org file sets."""
    metadata: dict[str, tuple[str, ...]] = {}
    for match in _ORG_SETTING.finditer(text[:_MAX_LENGTH]):
        term, value = _ORG_TERMS.get(match[1].lower(), ""), one_line(match[2])[:_MAX_VALUE]
        if term and value:
            values = value.strip(":").split(":") if term == "tags" else [value.strip("<>[]")]
            metadata[term] = (*metadata.get(term, ()), *values)
    return metadata
