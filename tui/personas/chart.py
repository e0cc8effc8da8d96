"""Draws a persona's rewards and their running mean as lines of text, in braille or in ASCII.

Screens and commands print the same lines. No library does this: plotille draws lines in braille only, with blanks that
are not ASCII, and plotext takes 0.4 s to import and keeps its figure in a global.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

AXIS = 6  # cells at the left for labels
_SURE = 5  # samples from which on the bounds are worth drawing
_NEAR = 0.1  # thresholds as near as this to the curves are drawn as well
_LEAST_RANGE = 0.1
_BARS = " ▁▂▃▄▅▆▇█"
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # braille, by row and column of a cell


class Reading(NamedTuple):
    """One reward in [0, 1], and mean, lower and upper bound of the mean after it, from `samples` samples."""

    reward: float
    samples: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pens:
    """With what is drawn: dots of a cell across and down, and the signs of thresholds and of the frame."""

    across: int
    down: int
    threshold: str
    edge: str
    braille: bool


BRAILLE = Pens(2, 4, "┄", "┤", braille=True)
ASCII = Pens(1, 1, "-", "|", braille=False)


def chart_lines(
    readings: Sequence[Reading], thresholds: dict[str, float], width: int, height: int, pens: Pens = BRAILLE
) -> list[str]:
    """`height` lines of `width` cells: the mean (line) in its bounds (dots), and the rewards as bars below.

    `thresholds` map a letter to a value; they are drawn where the curves come near them.
    """
    cells, rows = max(width - AXIS - 1, 1), max(height - 2, 1)
    low, high = _range(readings, thresholds.values())
    grid = _Grid(cells, rows, low, high, pens)
    labels = {0: f"{high:.2f}", rows - 1: f"{low:.2f}"}
    for letter, value in thresholds.items():
        if low <= value <= high:
            row = grid.row_of(value)
            grid.rule(row)
            labels[row] = f"{letter} {value:.2f}"
    for column in range(cells * pens.across):
        here = readings[column * len(readings) // (cells * pens.across)]
        before = readings[max(column - 1, 0) * len(readings) // (cells * pens.across)]
        if here.samples >= _SURE and column % 2 == 0:
            grid.dot(column, here.low)
            grid.dot(column, here.high)
        grid.line(column, before.mean, here.mean)
    plotted = [f"{labels.get(row, ''):>{AXIS}}{pens.edge}{line}" for row, line in enumerate(grid.lines())]
    return [*plotted, *_bars(readings, cells, pens)]


def _range(readings: Sequence[Reading], thresholds: Iterable[float]) -> tuple[float, float]:
    values = [each.mean for each in readings]
    values += [bound for each in readings if each.samples >= _SURE for bound in (each.low, each.high)]
    low, high = min(values), max(values)
    near = [t for t in thresholds if low - _NEAR <= t <= high + _NEAR]
    low, high = min([low, *near]), max([high, *near])
    missing = max(0.0, _LEAST_RANGE - (high - low)) / 2
    return max(0.0, low - missing), min(1.0, high + missing)


def _bars(readings: Sequence[Reading], cells: int, pens: Pens) -> list[str]:
    """The rewards, or the means of as many as fall into a cell: two lines of eighths, or one of tenths as digits."""
    means = []
    for cell in range(cells):
        start = cell * len(readings) // cells
        part = readings[start : max(start + 1, (cell + 1) * len(readings) // cells)]
        means.append(sum(each.reward for each in part) / len(part))
    if not pens.braille:
        return [f"{'tenths':>{AXIS}}{pens.edge}{''.join(str(min(9, int(mean * 10))) for mean in means)}", ""]
    eighths = [max(1, round(mean * 16)) for mean in means]
    upper = "".join(_BARS[max(0, each - 8)] for each in eighths)
    lower = "".join(_BARS[min(8, each)] for each in eighths)
    return [f"{'reward':>{AXIS}}{pens.edge}{upper}", f"{'':>{AXIS}}{pens.edge}{lower}"]


class _Grid:
    """Cells in which dots are set; a value between `low` and `high` has its height."""

    def __init__(self, cells: int, rows: int, low: float, high: float, pens: Pens) -> None:
        self._pens, self._low, self._high = pens, low, max(high, low + 1e-9)
        self._rows = rows
        self._signs = [[" "] * cells for _ in range(rows)]
        self._dots = [[0] * cells for _ in range(rows)]

    def row_of(self, value: float) -> int:
        return self._height(value) // self._pens.down

    def rule(self, row: int) -> None:
        self._signs[row] = [self._pens.threshold] * len(self._signs[row])

    def dot(self, column: int, value: float) -> None:
        self._set(column, self._height(value), ".")

    def line(self, column: int, before: float, here: float) -> None:
        """From the height of the column before to that of this one."""
        first, last = sorted((self._height(before), self._height(here)))
        for height in range(first, last + 1):
            self._set(column, height, "*")

    def lines(self) -> list[str]:
        return [
            "".join(chr(0x2800 + dots) if dots else sign for dots, sign in zip(row, signs, strict=True))
            for row, signs in zip(self._dots, self._signs, strict=True)
        ]

    def _height(self, value: float) -> int:
        """Dots from the top."""
        most = self._rows * self._pens.down - 1
        share = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return most - round(share * most)

    def _set(self, column: int, height: int, sign: str) -> None:
        cell, row = column // self._pens.across, height // self._pens.down
        if self._pens.braille:
            self._dots[row][cell] |= _DOTS[height % self._pens.down][column % self._pens.across]
        elif self._signs[row][cell] != "*":
            self._signs[row][cell] = sign
