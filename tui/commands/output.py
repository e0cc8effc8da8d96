"""How commands open a session and print: JSON as plain ASCII, tables of text columns, progress on a terminal only."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from engine.text.safe import ascii_json, one_line, printable
from tui.drawing.ascii import limit_output
from tui.remote.address import LibraryAddress
from tui.session.session import Session, open_session


def session_of(options: Namespace, *, paths: Sequence[LibraryAddress] = (), model: str | None = None) -> Session:
    """Open the session of a command; from now on its output follows the setting `screen.ascii`."""
    session = open_session(options.workspace, paths=paths, model=model)
    limit_output(session.settings.screen.ascii)
    return session


def show(options: Namespace, data: object, lines: Iterable[object]) -> None:
    """Print `data` as JSON if the option --json says so, otherwise `lines`; a generator of lines runs only then."""
    if options.json:
        print_json(data)
    else:
        for line in lines:
            print_text(str(line))


def print_json(value: object) -> None:
    """Print one JSON value on one line; non-ASCII is escaped, so nothing in it can steer a terminal."""
    print(json.dumps(msgspec.to_builtins(value)))  # noqa: T201 - the command line's own output


def print_json_line(line: bytes) -> None:
    """Print one line of JSON at once, as `ascii_json`: nothing in it can steer a terminal."""
    print(ascii_json(line.decode("utf-8")), flush=True)  # noqa: T201 - the command line's own output


def print_text(text: str = "") -> None:
    """Print text for a person, without the control sequences in it."""
    print(printable(text))  # noqa: T201 - the command line's own output


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a table: rows under a header; columns of numbers are aligned right."""
    cells = [[one_line(str(value)) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    for line in [list(header), *cells]:
        parts = (v.rjust(w) if right else v.ljust(w) for v, w, right in zip(line, widths, numeric, strict=True))
        yield "  ".join(parts).rstrip()


class ProgressLine:
    """Shows progress in one line of stderr, which is overwritten; does nothing if stderr is not a terminal."""

    def __init__(self, verb: str = "") -> None:
        self._verb = verb

    def __call__(self, done: int, total: int, path: str) -> None:
        """Show that `done` of `total` files were handled; may be called from any thread."""
        self.write(f"{self._verb} {done}/{total} {path}")

    def write(self, text: str, end: str = "") -> None:
        """Show this text in place of the earlier one."""
        if sys.stderr.isatty():
            print(f"\r{one_line(text)[:79]:<79}", end=end, file=sys.stderr, flush=True)  # noqa: T201 - progress

    def clear(self) -> None:
        """Erase the line."""
        self.write("", end="\r")
