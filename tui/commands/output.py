"""How commands print: JSON as plain ASCII, tables of text columns, progress on a terminal only."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.text.safe import escaped, one_line, printable


def print_json(value: object) -> None:
    """One JSON value on one line; non-ASCII is escaped, so nothing in it can steer a terminal."""
    print(json.dumps(msgspec.to_builtins(value)))  # noqa: T201 - the command line's own output


def print_json_line(line: bytes) -> None:
    """One line of JSON as it comes; what could steer a terminal is escaped, so nothing of it is lost."""
    print(escaped(line.decode("utf-8")), flush=True)  # noqa: T201 - the command line's own output


def print_text(text: str = "") -> None:
    """Text for a person; control sequences in it are removed."""
    print(printable(text))  # noqa: T201 - the command line's own output


def print_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows under a header; columns of numbers are aligned right."""
    cells = [[one_line(str(value)) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    for line in [list(header), *cells]:
        parts = (v.rjust(w) if right else v.ljust(w) for v, w, right in zip(line, widths, numeric, strict=True))
        print_text("  ".join(parts).rstrip())


class ProgressLine:
    """A line on stderr that is written over while work goes on; nothing when stderr is no terminal."""

    def __init__(self, verb: str) -> None:
        self._verb, self._shown = verb, sys.stderr.isatty()

    def __call__(self, done: int, total: int, path: str) -> None:
        """Show how far the work is; may be called from another thread."""
        if self._shown:
            text = f"{self._verb} {done}/{total} {one_line(path)}"[:79]
            print(f"\r{text:<79}", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            print(f"\r{'':<79}\r", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress
