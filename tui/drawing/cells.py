"""Texts and figures cut to terminal cells, so that a wide character never pushes a column."""

import re
from datetime import datetime

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from engine.text.safe import one_line, printable
from tui.drawing.marks import EMPTY, FILLED

# Joiners and variation selectors: terminals disagree on the width of what they make, so it is shown apart.
_JOINERS = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef]")

TAB = " " * 4

PERSONA_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_red", "bright_cyan", "bright_green")
"""Names of the terminal's own palette, so that every theme shows them legibly."""


def plain(text: str) -> str:
    """Foreign text as one line whose width every terminal agrees on."""
    return _JOINERS.sub("", one_line(text))


def steady(text: str) -> str:
    """Foreign text with its white space, of which every terminal agrees on the width; a tab is four blanks."""
    return _JOINERS.sub("", printable(text)).replace("\t", TAB)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Foreign text in exactly `width` cells: cut with an ellipsis, or padded."""
    if width <= 0:
        return ""
    text = plain(text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return " " * (width - length) + text if right else text + " " * (width - length)


def local_time(at: str) -> str:
    """The store's UTC time where the reader is; what cannot be read as a time is shown as it is."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return fit(at, 16)


def counted(number: int, noun: str) -> str:
    """`1 sample`, `2 samples`, `1,000 samples`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def score(value: float | None) -> str:
    """A score in [-1, 1] in four cells, the first of them blank or a minus: ` .71`, `-.12`, ` 1.0`, `   ·`."""
    if value is None:
        return "   ·"
    text = f"{value:.2f}"
    return f"{text[:-1] if abs(float(text)) >= 1 else text.replace('0.', '.', 1):>4}"[:4]


def short_source(source: str) -> str:
    """The end of a path, folder and file: enough to tell documents apart in a list."""
    return "/".join(plain(source).replace("\\", "/").rsplit("/", 2)[-2:])


def title(text: str) -> Text:
    """A pane's title, apart from its rule; never read as markup."""
    return Text(f" {text} ")


def bar(value: float, *, full: float, width: int) -> str:
    """`value` of `full` as a bar of `width` cells; the number stands beside it, so the bar may round."""
    filled = round(max(0.0, min(value / full, 1.0)) * width)
    return FILLED * filled + EMPTY * (width - filled)


def colour_of(place: int) -> str:
    """The colour of the persona with this number; the same number has the same colour on every pane."""
    return PERSONA_COLOURS[place % len(PERSONA_COLOURS)] if place >= 0 else "default"
