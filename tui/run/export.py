"""A run as a file: Markdown for people, JSON for programs, written whole or not at all."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.events import place_name
from engine.text.safe import one_line, printable

SUFFIXES = {".md": "Markdown", ".markdown": "Markdown", ".txt": "Markdown", ".json": "JSON"}
NAME_CHARACTERS = 48

_WORD = re.compile(r"[^\W_]+")


def default_name(question: str, run_id: str) -> str:
    """A file name from the question's first words: `who-led-the-net-strike-of-1894.md`."""
    name = ""
    for word in _WORD.findall(question.lower()):
        longer = f"{name}-{word}".strip("-")
        if len(longer) > NAME_CHARACTERS:
            break
        name = longer
    return f"{name or run_id}.md"


def as_json(result: dict[str, Any]) -> str:
    """The object of `ask --json`, indented."""
    return json.dumps(result, indent=2) + "\n"


def as_markdown(result: dict[str, Any]) -> str:
    """The question as a heading, the answer, and each citation with its place and its exact words."""
    lines = [f"# {one_line(result['question'])}", "", result["answer"], ""]
    if result["nearest"]:
        lines += ["The nearest passages:", ""]
    for citation in result["citations"] or result["nearest"]:
        page = place_name(citation["page"], citation["location"], citation["box"])
        span = f"{citation['source']}:{citation['start']}-{citation['end']}" + (f", {page}" if page else "")
        lines += [one_line(f"[{citation['n']}] {citation['title']}, {span}"), ""]
        lines += [f"> {line}" for line in f"{citation['lead']}\n{citation['quote']}".strip("\n").splitlines()]
        lines.append("")
    return printable("\n".join(lines))


def export(result: dict[str, Any], path: Path) -> None:
    """Write a run in the format that the name's suffix says; raises InputError for another one, or as `write_text`."""
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path.name}: no format has that ending", hint=f"valid are {', '.join(SUFFIXES)}")
    write_text(path, as_json(result) if kind == "JSON" else as_markdown(result))


def file_named(name: str) -> tuple[Path, bool]:
    """Return the path for a typed name, with `~` as the home folder, and whether it exists; raises InputError."""
    with _refusals(name):
        path = Path(name).expanduser()
        return path, path.exists()


def write_text(path: Path, text: str) -> None:
    """Write a file of the user's, or replace it; raises InputError saying why that cannot be."""
    with _refusals(str(path)):
        # Beside its place first: a kill leaves the older file or the whole new one. A device or pipe has no such place.
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        whole = path.resolve() == path.absolute() and (path.is_file() or not path.exists())
        try:
            (aside if whole else path).write_text(text, encoding="utf-8")
            if whole:
                aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    """What the file system says to a name that a user typed: a NUL in it, an unknown `~user`, a loop of links."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{one_line(name)}: {reason}", hint="choose a file that can be written") from error
