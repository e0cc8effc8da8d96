"""Make text from documents and models safe to print: no control sequences, one line."""

import json
import re

# Control characters (C0 except tab and line feed, C1, DEL), bidirectional overrides and isolates, and separators and
# invisible marks that displace the following text on a terminal.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

_BEYOND_ASCII = re.compile(r"[^ -~]")


def printable(text: str) -> str:
    """Remove everything from `text` that could control a terminal; tabs and line feeds stay."""
    return _UNPRINTABLE.sub("", text)


def printable_name(name: str) -> str:
    """Make a name printable on one line: its blanks stay, and a tab or line feed becomes one."""
    return printable(name).replace("\t", " ").replace("\n", " ")


def one_line(text: str) -> str:
    """Make `text` printable on one line: every run of white space becomes one blank."""
    return " ".join(printable(text).split())


def ascii_json(text: str) -> str:
    """Return the same JSON with all but printable ASCII written as escapes."""
    return _BEYOND_ASCII.sub(lambda character: json.dumps(character[0])[1:-1], text)
