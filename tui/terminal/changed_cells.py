"""Find the cells of an update that differ from what the terminal shows; Textual sends a changed widget whole."""

from __future__ import annotations

from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias, cast

from rich.cells import cell_len, split_graphemes
from rich.console import COLOR_SYSTEMS

from tui.terminal.pen import ANY, Pen, are_risky, coder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.color import ColorSystem
    from rich.console import Console
    from textual.strip import Strip

    from tui.terminal.pen import Cell

    Row: TypeAlias = list[Cell | None]
    """The cells of a row of the screen; None where it is not known what the terminal shows."""

NEAR = 5
"""Bytes of equal cells between two changes that are sent again: a move would cost as many."""

JOINERS = "\u200d\ufe0f"
"""The zero width joiner, and the selector of an emoji: both change the width of other characters."""

FEWEST_SCROLLED, MOST_LINES = 5, 20
"""Rows that must move together so that the terminal is told to scroll them, and the lines by which they may move."""


class ShownCells:
    """The cells that the terminal shows, by row and column."""

    def __init__(self) -> None:
        self.can_erase = False
        """Whether the terminal erases cells in the present background (`requirements.erases_in_colour`)."""
        self.pictures: dict[str, str] = {}
        """What is written in place of a row of one reserved character (`tui.drawing.pictures`)."""
        self._size = (0, 0)
        self._rows: list[Row] = []

    def forget(self) -> None:
        """Expect nothing on the terminal: it was cleared, or another program has written to it."""
        width, height = self._size
        self._rows = [[None] * width for _ in range(height)]

    def resize(self, width: int, height: int) -> None:
        """Take over the size of the terminal; another one than before changes what it shows."""
        if (width, height) != self._size:
            self._size = (width, height)
            self.forget()

    def changes(self, pieces: Iterator[tuple[int, int, Strip]], console: Console) -> str:
        """Return what to write so that the terminal shows each strip at its column and row."""
        system = COLOR_SYSTEMS[console.color_system or "truecolor"]
        rows: dict[int, Row] = {}
        for x, y, strip in pieces:
            if y < len(self._rows):
                row = rows.setdefault(y, self._rows[y].copy())
                cells = cells_of(strip, system)
                row[x : x + len(cells)] = cells
        pen = Pen(self._size[0], can_erase=self.can_erase)
        pen.scroll(*self._scroll(rows))
        for y, row in rows.items():
            for start, end in changed_runs(self._rows[y], row):
                pen.write(y, start, [cell for cell in row[start:end] if cell is not None])
            self._rows[y] = row
        return self._with_pictures(pen.text())

    def _with_pictures(self, text: str) -> str:
        """Put pictures in place of their rows, and blanks where a window hides a part of a row."""
        for row, picture in self.pictures.items():
            text = text.replace(row, picture)
        return text.translate({ord(row[0]): " " for row in self.pictures})

    def _scroll(self, rows: Mapping[int, Row]) -> tuple[int, int, int]:
        """Move rows that stand some lines higher or lower in the update; return the first, the last, the lines."""
        changed = [y for y, row in rows.items() if row != self._rows[y]]
        first, last = min(changed, default=0), max(changed, default=0)
        lines = self._lines_between(rows, first, last)
        if lines:
            block = deque(self._rows[first : last + 1])
            block.rotate(-lines)
            blank = range(len(block) - lines, len(block)) if lines > 0 else range(-lines)
            width = self._size[0]
            self._rows[first : last + 1] = [[None] * width if n in blank else row for n, row in enumerate(block)]
        return first, last, lines

    def _lines_between(self, rows: Mapping[int, Row], first: int, last: int) -> int:
        """Return by how many lines most rows have moved up (down if negative); 0 for too few of them."""
        height = last - first + 1
        if height < FEWEST_SCROLLED or any(y not in rows for y in range(first, last + 1)):
            return 0
        # The last columns may have a scrollbar, which does not move with the text.
        old = [row[:-2] for row in self._rows[first : last + 1]]
        new = [rows[y][:-2] for y in range(first, last + 1)]
        most = min(MOST_LINES, height - 2)
        moved = {lines: _moved(old, new, lines) for lines in range(-most, most + 1) if lines}
        best = max(moved, key=lambda lines: moved[lines])
        return best if moved[best] * 2 > height - abs(best) and moved[best] >= FEWEST_SCROLLED - 1 else 0


def _moved(old: Sequence[Row], new: Sequence[Row], lines: int) -> int:
    """Count the rows that moved up by so many lines, and are not blank or the same in their old place."""
    pairs = ((n, n + lines) for n in range(len(new)) if 0 <= n + lines < len(old))
    return sum(new[n] == old[source] and new[n] != old[n] for n, source in pairs)


def cells_of(strip: Strip, system: ColorSystem) -> Row:
    """Return the cells of a strip with the codes of their styles; blanks have only what can be seen of a style."""
    cells: Row = []
    codes_of = coder(system)
    for text, style, _ in strip:
        codes, blank_codes = codes_of(style)
        blank = (" ", blank_codes)
        if text.isascii():
            cells += [blank if character == " " else (character, codes) for character in text]
            continue
        for character, width in _characters(text):
            if width or not cells:
                cell = blank if character == " " else (character, codes)
                cells += (cell, ("", codes))[:width]
            else:  # it combines with the character before it, which may be a wide one
                base = -2 if _is_second_half(cells[-1]) else -1
                if (last := cells[base]) is not None:
                    cells[base] = (last[0] + character, last[1])
    return cells


def _characters(text: str) -> Iterable[tuple[str, int]]:
    """Return characters with their widths in cells as Textual counts them; joined ones are one character."""
    if not any(joiner in text for joiner in JOINERS):
        return zip(text, map(cell_len, text), strict=True)
    return ((text[start:end], width) for start, end, width in split_graphemes(text)[0])


def changed_runs(old: Row, new: Row) -> list[tuple[int, int]]:
    """Return start and end of the runs of cells to send; near runs are joined, wide characters are never cut.

    Cells unknown in `new` are never sent. A part is sent whole where `old` is unknown or terminals disagree on a width.
    """
    runs: list[tuple[int, int]] = []
    for start, end in [] if old == new else _known_parts(new):
        old_cells, cells = old[start:end], new[start:end]
        if None in old_cells or are_risky(cast("Sequence[Cell]", old_cells + cells)):
            runs += [(start, end)] if old_cells != cells else []
        else:
            runs += _differences(old, new, start, end)
    return runs


def _known_parts(cells: Row) -> Iterator[tuple[int, int]]:
    """Yield start and end of the parts of a row without unknown cells."""
    if None not in cells:
        yield 0, len(cells)
        return
    start = 0
    for is_known, part in groupby(cells, key=lambda cell: cell is not None):
        end = start + sum(1 for _ in part)
        if is_known:
            yield start, end
        start = end


def _differences(old: Row, new: Row, first: int, last: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for index in range(first, last):
        if old[index] == new[index]:
            continue
        start, end = _whole_character(new, index)
        if runs and (start <= runs[-1][1] or _is_cheaper(new, runs[-1][1], start)):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _whole_character(cells: Row, index: int) -> tuple[int, int]:
    """Return start and end of the character that has a cell."""
    start, end = index, index + 1
    while start and _is_second_half(cells[start]):
        start -= 1
    while end < len(cells) and _is_second_half(cells[end]):
        end += 1
    return start, end


def _is_second_half(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]


def _is_cheaper(cells: Row, end: int, start: int) -> bool:
    """Tell whether sending the cells between two runs costs less than a move: they are few and need no other style."""
    if start - end > NEAR:
        return False
    cells_between = [cell for cell in cells[end - 1 : start + 1] if cell is not None]
    styles = {codes for _, codes in cells_between if codes.foreground != ANY}
    is_short = sum(len(character.encode()) for character, _ in cells_between[1:-1]) <= NEAR
    return is_short and len(styles) <= 1 and len({codes.background for _, codes in cells_between}) == 1
