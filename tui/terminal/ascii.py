"""What stands for a character that the terminal cannot show: another one of the same width, so no column moves."""

# ruff: noqa: RUF001 - the table is of just such characters

from __future__ import annotations

import codecs
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Draw = Callable[[str], str]

_TWINS = {
    "●◉◆": "*", "○◦": "o", "◐◑◒◓": "%", "■▪█▇▆▅▄▃▂▁▉▊▋▌▍▎▏▐▀▔▕": "#", "□▫": "o",
    "✗✘×": "x", "✓✔": "v", "▸▶►▷→⇒❯›": ">", "◂◀◄←⇐‹": "<", "↑▲△▴⇑↗": "^", "↓▼▽▾⇓": "v", "↔↕": "-",
    "·•∙⋅": ".", "…": ".", "“”„«»‟": '"', "‘’‚‛`´": "'", "–—‐‑‒―−─┄┈╌╴╶": "-", "━═╍┅┉╸╺": "=",
    "│┃║┆┊╎╵╷┇┋╏▏": "|", "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╒╕╘╛╞╡╤╧╪╓╖╙╜╟╢╥╨╫": "+",
    "╱": "/", "╲": "\\", "╳": "X", "░": ".", "▒": ":", "▓": "#", "★☆": "*", "±": "+", "≤": "<", "≥": ">", "≈": "~",
    "⎇ⓘ": "i", "⚠": "!", "\u00a0\u2007\u202f": " ", "⭘": "o", "⏸": "|", "⏵": ">",
    "ß": "s", "æ": "a", "Æ": "A", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "þ": "t",
    "ð": "d", "œ": "o", "Œ": "O",
}  # fmt: skip
ASCII = {glyph: twin for glyphs, twin in _TWINS.items() for glyph in glyphs}
"""Every sign that the screens draw, and the letters that no decomposition leads to ASCII."""

_COERCED = {"C.UTF-8", "C.utf8", "UTF-8"}
_BRAILLE = range(0x2800, 0x2900)


def drawing(environ: Mapping[str, str], wanted: str = "auto") -> Draw | None:
    """How text must be changed before this terminal shows it; None where it shows everything.

    `wanted` is `auto`, `always` or `never` of `configs/screen.yaml`. With `auto`, ASCII where the environment names a
    locale or an output encoding that is not UTF-8, and the signs of code page 437 on the Linux console.
    """
    if wanted == "never":
        return None
    if wanted == "always" or not _is_utf8(environ):
        return to_ascii
    return to_console if environ.get("TERM") == "linux" else None


def to_ascii(text: str) -> str:
    """The text in ASCII alone, in as many cells."""
    return text if text.isascii() else "".join(map(_ascii, text))


def to_console(text: str) -> str:
    """The text in what the Linux console's font holds, in as many cells."""
    return text if text.isascii() else "".join(map(_console, text))


def _is_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the environment says UTF-8, or says nothing, as Python takes it itself."""
    if encoding := environ.get("PYTHONIOENCODING", "").partition(":")[0]:
        return _codec(encoding) == "utf-8"
    kind, language = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
    if kind in _COERCED and language in {"", "C", "POSIX"}:
        kind = ""  # Python itself puts it there at its start, so it tells nothing of the terminal
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
