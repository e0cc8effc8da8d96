"""Divide a text of any length into rows of the screen; only the rows that are drawn are wrapped."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from tui.drawing.cells import steady

PIECE = 4_000
"""Characters; a longer line is divided into pieces of this length, which limits the cost of a row."""


class Row(NamedTuple):
    """Characters `start` to `end` of the text; `number` is the number of the line that begins here, else 0."""

    start: int
    end: int
    number: int


class Anchor(NamedTuple):
    """The position of a row: the number of its piece, and of the row in the piece."""

    piece: int = 0
    row: int = 0


class WrappedText:
    """The rows of `text` at `width` cells. Construction passes once over the text; scrolling wraps what is drawn."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.width = 80
        self._starts = array("Q")
        self._numbers = array("Q")
        start = number = 0
        for number, end in enumerate(_line_ends(text), start=1):
            for offset in range(start, max(end, start + 1), PIECE):
                self._starts.append(offset)
                self._numbers.append(number if offset == start else 0)
            start = end + 1
        self.lines = number
        self._rows = lru_cache(maxsize=500)(self._wrapped)

    def rows(self, top: Anchor, count: int) -> Iterator[Row]:
        """At most `count` rows from `top` on."""
        piece, row = top
        while count > 0 and piece < len(self._starts):
            visible = self._rows(piece, self.width)[row : row + count]
            yield from visible
            count -= len(visible)
            piece, row = piece + 1, 0

    def moved(self, anchor: Anchor, by: int) -> Anchor:
        """The row `by` rows below (above if negative), or the last (first) one."""
        piece, row = anchor[0], anchor[1] + by
        while row < 0 and piece > 0:
            piece -= 1
            row += len(self._rows(piece, self.width))
        while row >= (rows := len(self._rows(piece, self.width))):
            if piece == len(self._starts) - 1:
                return Anchor(piece, rows - 1)
            piece, row = piece + 1, row - rows
        return Anchor(piece, max(row, 0))

    def last_top(self, height: int) -> Anchor:
        """The top row when the last row is at the bottom of `height` rows."""
        last = len(self._starts) - 1
        return self.moved(Anchor(last, len(self._rows(last, self.width)) - 1), 1 - height)

    def at(self, offset: int) -> Anchor:
        """The row with this character."""
        piece = max(bisect_right(self._starts, offset) - 1, 0)
        rows = self._rows(piece, self.width)
        return Anchor(piece, max(bisect_right(rows, offset, key=lambda row: row.start) - 1, 0))

    def line_of(self, offset: int) -> int:
        """The number of the line with this character, from 1."""
        piece = max(bisect_right(self._starts, offset) - 1, 0)
        while not self._numbers[piece]:
            piece -= 1
        return self._numbers[piece]

    def find(self, words: str, start: int, *, backwards: bool = False) -> tuple[int, int] | None:
        """Start and end of the next occurrence of some words; the search continues at the other end of the text.

        Upper and lower case are the same, and so are blanks and line ends.
        """
        if not words.split():
            return None
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
        if backwards:
            spans = [match.span() for match in pattern.finditer(self.text, 0, start)]
            spans = spans or [match.span() for match in pattern.finditer(self.text, start)]
            return spans[-1] if spans else None
        match = pattern.search(self.text, start) or pattern.search(self.text, 0)
        return match.span() if match else None

    def _wrapped(self, piece: int, width: int) -> tuple[Row, ...]:
        start = self._starts[piece]
        end = self._starts[piece + 1] if piece + 1 < len(self._starts) else len(self.text)
        text = self.text[start:end]
        spans = wrapped(text.removesuffix("\n"), width)
        number = self._numbers[piece]
        return tuple(Row(start + a, start + b, 0 if n else number) for n, (a, b) in enumerate(spans))


def wrapped(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Start and end of the rows of one line, at least one; it breaks at blanks if possible."""
    cells = None if text.isascii() and text.isprintable() else [cell_len(steady(sign)) for sign in text]
    start = 0
    while (end := _fitting(cells, start, len(text), width)) < len(text):
        blank = text.rfind(" ", start + 1, end + 1)
        yield start, (end if blank < 0 else blank)
        start = end if blank < 0 else blank + 1
    yield start, len(text)


def _fitting(cells: list[int] | None, start: int, end: int, width: int) -> int:
    """The end of the row that begins at `start`; it has at least one character."""
    if cells is None:
        return min(end, start + width)
    room = width
    for offset in range(start, end):
        room -= cells[offset]
        if room < 0:
            return max(offset, start + 1)
    return end


def _line_ends(text: str) -> Iterator[int]:
    yield from (match.start() for match in re.finditer("\n", text))
    if not text.endswith("\n") or not text:
        yield len(text)
