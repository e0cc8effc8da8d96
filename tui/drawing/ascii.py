"""Whether more than ASCII may be drawn, and the replacement of characters that a terminal cannot show."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from tui.drawing.marks import ASCII

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Draw = Callable[[str], str]

_COERCED = {"C.UTF-8", "C.utf8", "UTF-8"}
_BRAILLE = range(0x2800, 0x2900)
_REPLACED = "persona-moe.ascii"


def may_draw_unicode(setting: str, environ: Mapping[str, str]) -> bool:
    """Decide for screens and commands alike; `setting` is `screen.ascii`: `auto`, `always` or `never`.

    With `auto`, ASCII where the environment names a locale or an output encoding that is not UTF-8.
    """
    return setting == "never" or (setting == "auto" and _is_utf8(environ))


def replacement(setting: str, environ: Mapping[str, str]) -> Draw | None:
    """Return the function that changes the screens' text for this terminal; None where it can show everything.

    With `auto`, the Linux console gets only the characters of code page 437, for its font has few others.
    """
    if not may_draw_unicode(setting, environ):
        return to_ascii
    return to_console if setting == "auto" and environ.get("TERM") == "linux" else None


def limit_output(setting: str) -> None:
    """Make the commands' output ASCII where `may_draw_unicode` says no; `setting` is as there."""
    encoding = None if may_draw_unicode(setting, os.environ) else "ascii"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors=_REPLACED)


def to_ascii(text: str) -> str:
    """Return the text in ASCII alone, in as many cells."""
    return text if text.isascii() else "".join(map(_ascii, text))


def to_console(text: str) -> str:
    """Return the text in characters of the Linux console's font, in as many cells."""
    return text if text.isascii() else "".join(map(_console, text))


def _is_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the environment says UTF-8, or says nothing, as Python takes it itself."""
    if encoding := environ.get("PYTHONIOENCODING", "").partition(":")[0]:
        return _codec(encoding) == "utf-8"
    kind, language = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
    if kind in _COERCED and language in {"", "C", "POSIX"}:
        kind = ""  # Python itself sets it at its start, so it says nothing about the terminal
    name = environ.get("LC_ALL") or kind or language
    if not name:
        return True
    return _codec(name.partition(".")[2].partition("@")[0]) == "utf-8"


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


@lru_cache(4096)
def _ascii(character: str) -> str:
    from rich.cells import cell_len  # noqa: PLC0415 - a terminal that shows everything needs no widths

    if character.isascii():
        return character
    if character in ASCII:
        return ASCII[character]
    if ord(character) in _BRAILLE:
        return " " if character == "\u2800" else ":"
    width = cell_len(character)
    letters = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii() and c.isprintable())
    return letters if len(letters) == width else "?" * width


@lru_cache(4096)
def _console(character: str) -> str:
    try:
        character.encode("cp437")
    except UnicodeEncodeError:
        return _ascii(character)
    return character


def _without_loss(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks by ASCII; a character without a twin by its escape, for columns do not matter."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    twins = ((character, to_ascii(character)) for character in text)
    drawn = "".join(twin if twin.strip("?") or not twin else ascii(character)[1:-1] for character, twin in twins)
    return drawn, error.end


codecs.register_error(_REPLACED, _without_loss)
