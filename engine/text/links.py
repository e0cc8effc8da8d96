"""How links in Markdown read."""

import re

_WITH_ADDRESS = (
    re.compile(r"!?\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)\]\]"),
    re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?: \"[^\"\n]*\")?\)"),
)


def legible_links(text: str) -> str:
    """Return a text in which links and pictures are their words: `[[note#part|words]]` and `[words](address)`."""
    for pattern in _WITH_ADDRESS:
        text = pattern.sub(r"\1", text)
    return text
