"""A text of any length in rows of the screen: only the rows in sight are ever wrapped."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from tui.drawing.cells import steady

PIECE = 4_000
"""Characters: a longer line is cut into pieces of so many, so that the cost of a row has a bound."""


class Row(NamedTuple):
    """Characters `start` to `end` of the text; `number` is the line that begins with it, 0 if none does."""

    start: int
    end: int
    number: int


class Anchor(NamedTuple):
    """A row of the text: the `row` of a `piece`."""

    piece: int = 0
    row: int = 0


class SourceView:
    """The rows of `text` at `width` cells. Building it costs a pass over the text; scrolling costs what is shown."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.width = 80
        self._starts = array("Q")
        self._numbers = array("Q")
        start = number = 0
        for number, end in enumerate(_line_ends(text), start=1):
            for at in range(start, max(end, start + 1), PIECE):
                self._starts.append(at)
                self._numbers.append(number if at == start else 0)
            start = end + 1
        self.lines = number
        self._rows = lru_cache(maxsize=500)(self._wrapped)

    def rows(self, top: Anchor, count: int) -> Iterator[Row]:
        """At most `count` rows from `top` on."""
        piece, row = top
        while count > 0 and piece < len(self._starts):
            for found in self._rows(piece, self.width)[row : row + count]:
                yield found
                count -= 1
            piece, row = piece + 1, 0

    def moved(self, anchor: Anchor, by: int) -> Anchor:
        """The row so many rows down (up if negative), or the last (first) one."""
        piece, row = anchor[0], anchor[1] + by
        while row < 0 and piece > 0:
            piece -= 1
            row += len(self._rows(piece, self.width))
        while row >= (here := len(self._rows(piece, self.width))):
            if piece == len(self._starts) - 1:
                return Anchor(piece, here - 1)
            piece, row = piece + 1, row - here
        return Anchor(piece, max(row, 0))

    def last_top(self, height: int) -> Anchor:
        """The first row in sight when the end of the text is."""
        last = len(self._starts) - 1
        return self.moved(Anchor(last, len(self._rows(last, self.width)) - 1), 1 - height)

    def at(self, offset: int) -> Anchor:
        """The row that holds this character."""
        piece = max(bisect_right(self._starts, offset) - 1, 0)
        rows = self._rows(piece, self.width)
        return Anchor(piece, max(bisect_right(rows, offset, key=lambda row: row.start) - 1, 0))

    def line_of(self, offset: int) -> int:
        """The number of the line that holds this character, from 1."""
        piece = max(bisect_right(self._starts, offset) - 1, 0)
        while not self._numbers[piece]:
            piece -= 1
        return self._numbers[piece]

    def find(self, words: str, start: int, *, backwards: bool = False) -> tuple[int, int] | None:
        """Start and end of the next place of some words, round the end; case and line ends do not count."""
        if not words.split():
            return None
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
        if backwards:
            before = [found.span() for found in pattern.finditer(self.text, 0, start)]
            last = before or [found.span() for found in pattern.finditer(self.text, start)]
            return last[-1] if last else None
        found = pattern.search(self.text, start) or pattern.search(self.text, 0)
        return found.span() if found else None

    def _wrapped(self, piece: int, width: int) -> tuple[Row, ...]:
        start = self._starts[piece]
        end = self._starts[piece + 1] if piece + 1 < len(self._starts) else len(self.text)
        text = self.text[start:end]
        spans = wrapped(text.removesuffix("\n"), width)
        number = self._numbers[piece]
        return tuple(Row(start + a, start + b, 0 if n else number) for n, (a, b) in enumerate(spans))


def wrapped(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Start and end of the rows of one line, broken at blanks where there are any; at least one."""
    cells = None if text.isascii() and text.isprintable() else [cell_len(steady(sign)) for sign in text]
    start = 0
    while (end := _fitting(cells, start, len(text), width)) < len(text):
        blank = text.rfind(" ", start + 1, end + 1)
        yield start, (end if blank < 0 else blank)
        start = end if blank < 0 else blank + 1
    yield start, len(text)


def _fitting(cells: list[int] | None, start: int, end: int, width: int) -> int:
    """The first character after `start` that does not fit; at least one fits."""
    if cells is None:
        return min(end, start + width)
    room = width
    for at in range(start, end):
        room -= cells[at]
        if room < 0:
            return max(at, start + 1)
    return end


def _line_ends(text: str) -> Iterator[int]:
    yield from (found.start() for found in re.finditer("\n", text))
    if not text.endswith("\n") or not text:
        yield len(text)
