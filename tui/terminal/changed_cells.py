"""Find the cells of an update that differ from what the terminal shows; Textual sends a changed widget whole."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len
from rich.console import COLOR_SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.color import ColorSystem
    from rich.console import Console
    from rich.style import Style
    from textual.strip import Strip

    Cell: TypeAlias = tuple[str, Style | None]
    """A character with what combines with it, and its style; the second cell of a wide character is empty."""
    Row: TypeAlias = list[Cell | None]
    """The cells of a row of the screen; None where it is not known what the terminal shows."""

NEAR = 5
"""Equal cells of one style between two changes that are sent again: a move would cost as many bytes."""

FIRST_EMOJI = "\U0001f000"
"""Terminals disagree on the width of characters from here on: a row that has one is sent whole."""

FEWEST_SCROLLED, MOST_LINES = 5, 20
"""Rows that must move together so that the terminal is told to scroll them, and the lines by which they may move."""


class ShownCells:
    """The cells that the terminal shows, by row and column."""

    def __init__(self) -> None:
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
        rows: dict[int, Row] = {}
        for x, y, strip in pieces:
            if y < len(self._rows):
                row = rows.setdefault(y, self._rows[y].copy())
                cells = cells_of(strip)
                row[x : x + len(cells)] = cells
        pen = Pen(COLOR_SYSTEMS[console.color_system or "truecolor"])
        pen.scroll(*self._scroll(rows))
        for y, row in rows.items():
            for start, end in changed_runs(self._rows[y], row):
                pen.write(y, start, row[start:end])
            self._rows[y] = row
        return pen.text()

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


class Pen:
    """Collects what to write, with moves and styles as short as they can be."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._parts: list[str] = []
        self._style: Style | None = None
        self._place = (-1, -1)

    def scroll(self, first: int, last: int, lines: int) -> None:
        """Move the rows from `first` to `last` up by so many lines, or down by as many if negative."""
        if lines:  # a line feed in the last row, or a reverse one in the first, is what every terminal can do
            move = f"\x1b[{last + 1}H" + "\n" * lines if lines > 0 else f"\x1b[{first + 1}H" + "\x1bM" * -lines
            self._parts.append(f"\x1b[{first + 1};{last + 1}r{move}\x1b[r")

    def write(self, y: int, x: int, cells: Sequence[Cell | None]) -> None:
        """Write cells from column `x` of row `y` on."""
        if self._place[0] == y and x > self._place[1]:
            self._parts.append(f"\x1b[{x - self._place[1]}C")
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        for character, style in filter(None, cells):
            if style is not self._style and style != self._style:
                self._parts.append(style_change(self._style, style, self._system))
                self._style = style
            self._parts.append(character)
        self._place = (y, x + len(cells))

    def text(self) -> str:
        """Return everything, with the style reset at its end."""
        if self._style is not None:
            self._parts.append("\x1b[0m")
        return "".join(self._parts)


@lru_cache(maxsize=4096)
def style_change(old: Style | None, new: Style | None, system: ColorSystem) -> str:
    """Return the sequence that changes the terminal's style: only the colours if nothing else differs."""
    before, after = _codes(old, system), _codes(new, system)
    if before == after:
        return ""
    colours = [code for was, code in zip(before[1:], after[1:], strict=True) if was != code]
    if before[0] == after[0] and all(colours):
        return f"\x1b[{';'.join(colours)}m"
    return f"\x1b[{';'.join(filter(None, ('0' if any(before) else '', *after)))}m"


def _codes(style: Style | None, system: ColorSystem) -> tuple[str, str, str]:
    """Return the codes of a style: its attributes, its foreground and its background."""
    if style is None:
        return "", "", ""
    uncoloured = style.without_color.update_link(None).render(" ", color_system=system)
    attributes = uncoloured.partition(" ")[0].removeprefix("\x1b[").removesuffix("m")
    colours = (
        ";".join(colour.downgrade(system).get_ansi_codes(foreground=is_foreground)) if colour is not None else ""
        for colour, is_foreground in ((style.color, True), (style.bgcolor, False))
    )
    return (attributes, *colours)  # type: ignore[return-value]


def cells_of(strip: Strip) -> Row:
    """Return the cells of a strip."""
    cells: Row = []
    for text, style, _ in strip:
        if text.isascii():
            cells.extend([(character, style) for character in text])
            continue
        for character in text:
            width = cell_len(character)
            if width or not cells:
                cells.extend(((character, style), ("", style))[:width])
            elif (last := cells[-1]) is not None:
                cells[-1] = (last[0] + character, last[1])
    return cells


def changed_runs(old: Row, new: Row) -> list[tuple[int, int]]:
    """Return start and end of the runs of cells to send; near runs are joined, wide characters are never cut.

    Cells unknown in `new` are never sent. Where `old` is unknown or a width is doubtful, a part is sent whole.
    """
    runs: list[tuple[int, int]] = []
    for start, end in [] if old == new else _known_parts(new):
        if any(cell is None or _is_risky(cell) for cell in (*old[start:end], *new[start:end])):
            runs += [(start, end)] if old[start:end] != new[start:end] else []
        else:
            runs += _differences(old, new, start, end)
    return runs


def _known_parts(cells: Row) -> Iterator[tuple[int, int]]:
    """Yield start and end of the parts of a row without unknown cells."""
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
    """Tell whether sending the cells between two runs costs less than a move."""
    return start - end <= NEAR and len({cell[1] for cell in cells[end - 1 : start + 1] if cell is not None}) == 1


def _is_risky(cell: Cell) -> bool:
    character = cell[0]
    return len(character) > 1 or character >= FIRST_EMOJI
