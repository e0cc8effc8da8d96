"""Make text from documents and models safe to print: no control sequences, one line."""

import re

# Control characters (C0 but tab and line feed, C1, DEL), bidirectional overrides and isolates, and the
# separators and invisible marks that move what follows them on a terminal.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def printable(text: str) -> str:
    """`text` without anything that could steer a terminal; tabs and line feeds stay."""
    return _UNPRINTABLE.sub("", text)


def escaped(json: str) -> str:
    """JSON in which everything that could steer a terminal is written as its escape."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def one_line(text: str) -> str:
    """`text` made printable, with every run of white space as one blank."""
    return " ".join(printable(text).split())
