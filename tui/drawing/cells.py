"""Texts and figures in terminal cells: a wide character never moves a column."""

import re
from datetime import datetime

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from engine.text.safe import one_line, printable
from tui.drawing.marks import EMPTY, FILLED, NO_VALUE

# Joiners and variation selectors: terminals disagree on the width of what they make, so it is shown apart.
_JOINERS = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef]")

TAB = " " * 4

PERSONA_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_red", "bright_cyan", "bright_green")
"""Names of the terminal's own palette, so that every theme shows them legibly."""


def plain(text: str) -> str:
    """Make foreign text one line whose width every terminal agrees on."""
    return _JOINERS.sub("", one_line(text))


def steady(text: str) -> str:
    """Make the width of foreign text the same on every terminal, and keep its white space; a tab is four blanks."""
    return _JOINERS.sub("", printable(text)).replace("\t", TAB)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Cut foreign text with an ellipsis, or pad it, to exactly `width` cells."""
    if width <= 0:
        return ""
    text = plain(text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return " " * (width - length) + text if right else text + " " * (width - length)


def local_time(at: str) -> str:
    """Convert an ISO time of the store to local time, in 16 cells; a text that is no time stays as it is."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return fit(at, 16)


def counted(number: int, noun: str) -> str:
    """`1 sample`, `2 samples`, `1,000 samples`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def score(value: float | None) -> str:
    """Format a score in [-1, 1] in four cells, the first one blank or a minus: ` .71`, `-.12`, ` 1.0`, `   ·`."""
    if value is None:
        return f"   {NO_VALUE}"
    text = f"{value:.2f}"
    return f"{text[:-1] if abs(float(text)) >= 1 else text.replace('0.', '.', 1):>4}"[:4]


def short_source(source: str) -> str:
    """Return the last folder and the file name of a path: enough to tell documents apart in a list.

    On another machine its name comes first.
    """
    path = plain(source).replace("\\", "/")
    machine = path.split("/", 3)[2].rpartition("@")[2] + ":" if path.startswith("ssh://") else ""
    return machine + "/".join(path.removeprefix("ssh:/").rsplit("/", 2)[-2:])


def title(text: str) -> Text:
    """Make a pane's title, with a blank at both ends; it is never read as markup."""
    return Text(f" {text} ")


def bar(value: float, *, full: float, width: int) -> str:
    """Draw `value` of `full` as a bar of `width` cells, rounded."""
    filled = round(max(0.0, min(value / full, 1.0)) * width)
    return FILLED * filled + EMPTY * (width - filled)


def colour_of(number: int) -> str:
    """Return the colour of the persona with this number (from 0; negative: none), the same on every pane."""
    return PERSONA_COLOURS[number % len(PERSONA_COLOURS)] if number >= 0 else "default"
