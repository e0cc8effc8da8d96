"""Draws a persona's rewards and their running mean as lines of text, in braille or in ASCII.

Screens and commands print the same lines. No library does this: plotille draws lines in braille only, with blanks that
are not ASCII, and plotext takes 0.4 s to import and keeps its figure in a global.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

AXIS = 6  # cells at the left for labels
_SURE = 5  # samples from which on the bounds are drawn
_NEAR = 0.1  # a threshold is drawn if it is at most this far from the curves
_LEAST_RANGE = 0.1
_BARS = " ▁▂▃▄▅▆▇█"
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # braille, by row and column of a cell


class ChartPoint(NamedTuple):
    """One reward in [0, 1], and mean, lower and upper bound of the mean after it, from `samples` samples."""

    reward: float
    samples: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pens:
    """How a chart is drawn: dots per cell across and down, and the characters of thresholds and of the frame."""

    across: int
    down: int
    threshold: str
    edge: str
    braille: bool


BRAILLE = Pens(2, 4, "┄", "┤", braille=True)
ASCII = Pens(1, 1, "-", "|", braille=False)


def chart_lines(
    points: Sequence[ChartPoint], thresholds: dict[str, float], width: int, height: int, pens: Pens = BRAILLE
) -> list[str]:
    """Draw `height` lines of `width` cells: the mean (line) with its bounds (dots), and the rewards as bars below.

    `thresholds` maps a letter to a value, which is drawn if it is near the curves.
    """
    cells, rows = max(width - AXIS - 1, 1), max(height - 2, 1)
    low, high = _range(points, thresholds.values())
    grid = _Grid(cells, rows, low, high, pens)
    labels = {0: f"{high:.2f}", rows - 1: f"{low:.2f}"}
    for letter, value in thresholds.items():
        if low <= value <= high:
            row = grid.row_of(value)
            grid.rule(row)
            labels[row] = f"{letter} {value:.2f}"
    for column in range(cells * pens.across):
        point = points[column * len(points) // (cells * pens.across)]
        previous = points[max(column - 1, 0) * len(points) // (cells * pens.across)]
        if point.samples >= _SURE and column % 2 == 0:
            grid.dot(column, point.low)
            grid.dot(column, point.high)
        grid.line(column, previous.mean, point.mean)
    plotted = [f"{labels.get(row, ''):>{AXIS}}{pens.edge}{line}" for row, line in enumerate(grid.lines())]
    return [*plotted, *_bars(points, cells, pens)]


def _range(points: Sequence[ChartPoint], thresholds: Iterable[float]) -> tuple[float, float]:
    values = [point.mean for point in points]
    values += [bound for point in points if point.samples >= _SURE for bound in (point.low, point.high)]
    low, high = min(values), max(values)
    near = [t for t in thresholds if low - _NEAR <= t <= high + _NEAR]
    low, high = min([low, *near]), max([high, *near])
    missing = max(0.0, _LEAST_RANGE - (high - low)) / 2
    return max(0.0, low - missing), min(1.0, high + missing)


def _bars(points: Sequence[ChartPoint], cells: int, pens: Pens) -> list[str]:
    """The mean reward of each cell: two lines of bars in eighths, or one line of digits that count tenths."""
    means = []
    for cell in range(cells):
        start = cell * len(points) // cells
        part = points[start : max(start + 1, (cell + 1) * len(points) // cells)]
        means.append(sum(point.reward for point in part) / len(part))
    if not pens.braille:
        return [f"{'tenths':>{AXIS}}{pens.edge}{''.join(str(min(9, int(mean * 10))) for mean in means)}", ""]
    eighths = [max(1, round(mean * 16)) for mean in means]
    upper = "".join(_BARS[max(0, level - 8)] for level in eighths)
    lower = "".join(_BARS[min(8, level)] for level in eighths)
    return [f"{'reward':>{AXIS}}{pens.edge}{upper}", f"{'':>{AXIS}}{pens.edge}{lower}"]


class _Grid:
    """Cells in which dots are set; the height of a dot is its value between `low` and `high`."""

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

    def line(self, column: int, previous: float, value: float) -> None:
        """Connect the height of the previous column with the one of this column."""
        first, last = sorted((self._height(previous), self._height(value)))
        for height in range(first, last + 1):
            self._set(column, height, "*")

    def lines(self) -> list[str]:
        return [
            "".join(chr(0x2800 + dots) if dots else sign for dots, sign in zip(row, signs, strict=True))
            for row, signs in zip(self._dots, self._signs, strict=True)
        ]

    def _height(self, value: float) -> int:
        """The number of dots from the top."""
        most = self._rows * self._pens.down - 1
        share = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return most - round(share * most)

    def _set(self, column: int, height: int, sign: str) -> None:
        cell, row = column // self._pens.across, height // self._pens.down
        if self._pens.braille:
            self._dots[row][cell] |= _DOTS[height % self._pens.down][column % self._pens.across]
        elif self._signs[row][cell] != "*":
            self._signs[row][cell] = sign
