"""Lay out the lines of pages as paragraphs, headings, lists and tables: columns in order, without running heads.

Words that a line end breaks are written whole. A hyphen stays where the document has the word with it elsewhere, or
where what follows it begins with a capital or a number.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import mean, median
from typing import NamedTuple

from engine.documents.document import Box, Location
from engine.documents.foreign.markdown_writer import MarkdownWriter, clean

_GAP = 1.5  # in sizes of the type: a wider gap parts the columns of a page or the cells of a table
_PITCH = 1.75  # in sizes: lines farther apart are paragraphs
_LARGER = 1.15  # in sizes of the body: a heading
_HEADING_WORDS = 20
_PROSE_WORDS = 3.0  # in a line of a column; a cell of a table has fewer
_CELL_WORDS = 6  # at most in a line of a column that text recognition took for a block of its own
_EDGE = 2  # lines at the top and the bottom of a page that may be running heads
_NUMBER_WORDS = 4  # at most in a running head that counts pages
_BULLET = re.compile(r"[•◦▪‣·\u2013—*●○■-]\s+(?=\S)")
_BREAK = re.compile(r"[\ufffe\x02]$|(?<=[^\W\d_])[-\u2010]$")
_PRESENTATION = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufdff\ufe70-\ufefc]+")
_PREFIXES = frozenset("self non ex well co semi quasi all cross half".split())


class Word(NamedTuple):
    """A word with its left and right edge, in points."""

    text: str
    left: float
    right: float


@dataclass(slots=True)
class Line:
    """A line of a page: `top` in points from the upper edge, `size` of its type, and the size of the page.

    `block` tells the paragraphs of recognised text apart, and `box` is where such a line stands.
    """

    words: Sequence[Word]
    top: float
    size: float
    width: float
    height: float
    block: int = 0
    box: Box | None = None
    text: str = field(init=False)

    def __post_init__(self) -> None:
        joined = " ".join(word.text for word in self.words)
        self.text = _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match[0]), joined)

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.words[-1].right


def lay_out(pages: Sequence[Sequence[Line]]) -> MarkdownWriter:
    """Write pages, each given as its lines in the order of its content."""
    furniture = _furniture(pages)
    layout = _Layout(pages)
    for number, lines in enumerate(pages, start=1):
        layout.turn_page(number)
        for element in _elements([line for line in lines if id(line) not in furniture]):
            if isinstance(element, Line):
                layout.add(element)
            else:
                layout.add_table(element)
    layout.finish()
    return layout.writer


# -- what is around the text -----------------------------------------------------------------------------------


def _furniture(pages: Sequence[Sequence[Line]]) -> set[int]:
    """Return the ids of running heads and page numbers: lines at the edge of most pages, equal or counting."""
    if len(pages) < 3:  # noqa: PLR2004 - what repeats on two pages may be text
        return set()
    edges = [(number, line) for number, lines in enumerate(pages) for line in _edge(lines)]
    same = Counter(line.text for _, line in edges)
    counted = Counter(key for number, line in edges if (key := _counted(line.text, number)))
    often = max(3, len(pages) // 2)
    return {
        id(line)
        for number, line in edges
        if same[line.text] >= often or ((key := _counted(line.text, number)) and counted[key] >= often)
    }


def _edge(lines: Sequence[Line]) -> list[Line]:
    ordered = sorted(lines, key=lambda line: line.top)
    return [*ordered[:_EDGE], *ordered[max(_EDGE, len(ordered) - _EDGE) :]]


def _counted(text: str, number: int) -> tuple[str, int] | None:
    """Return the words of a short line with a number, and that number less the page's; None for other lines."""
    numbers = re.findall(r"\d+", text)
    words = re.findall(r"[^\W\d_]+", text)
    if not numbers or len(numbers[0]) > 5 or len(words) > _NUMBER_WORDS:  # noqa: PLR2004 - digits of a page's number
        return None
    return " ".join(words), int(numbers[0]) - number


# -- columns and tables ----------------------------------------------------------------------------------------


def _elements(lines: Sequence[Line]) -> Iterator[Line | list[list[Line]]]:
    """Yield the lines of a page, one column after the other, and its tables as rows of cells."""
    lines = _with_columns_joined(lines)
    position = 0
    while position < len(lines):
        run = _run(lines[position:])
        if len(run) < 2:  # noqa: PLR2004 - one line is no table
            yield lines[position]
            position += 1
            continue
        columns = list(zip(*run, strict=True))
        position += len(run)
        if mean(len(part.words) for row in run for part in row) >= _PROSE_WORDS and len(run) > 2:  # noqa: PLR2004
            tails: list[list[Line]] = [[] for _ in columns]
            while position < len(lines) and (column := _column(lines[position], run[-1])) is not None:
                tails[column].append(lines[position])
                position += 1
            for column_lines, tail in zip(columns, tails, strict=True):
                yield from (*column_lines, *tail)
        else:
            yield run


def _run(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the first lines that have gaps at the same positions, each cut there."""
    run: list[list[Line]] = []
    for line in lines:
        parts = _cut(line)
        if len(parts) < 2 or (run and not _is_aligned(parts, run[-1])):  # noqa: PLR2004 - no gap
            break
        run.append(parts)
    return run


def _cut(line: Line) -> list[Line]:
    """Return the line cut at its wide gaps."""
    parts: list[list[Word]] = [[]]
    for word in line.words:
        if parts[-1] and word.left - parts[-1][-1].right > _GAP * line.size:
            parts.append([])
        parts[-1].append(word)
    if len(parts) == 1:
        return [line]
    return [Line(part, line.top, line.size, line.width, line.height, box=_box(line, part)) for part in parts]


def _box(line: Line, words: Sequence[Word]) -> Box | None:
    """Return where these words of a recognised line stand."""
    if not line.box:
        return None
    return round(words[0].left / line.width, 4), line.box[1], round(words[-1].right / line.width, 4), line.box[3]


def _with_columns_joined(lines: Sequence[Line]) -> list[Line]:
    """Join the columns of a table that text recognition returns as blocks beside each other, row by row."""
    joined: list[Line] = []
    for _, group in groupby(lines, key=lambda line: line.block):
        block = list(group)
        beside = joined[-len(block) :]
        if block[0].box and len(beside) == len(block) > 1 and all(map(_is_beside, beside, block)):
            joined[-len(block) :] = map(_joined_line, beside, block)
        else:
            joined += block
    return joined


def _is_beside(left: Line, right: Line) -> bool:
    """Tell whether two recognised lines are short and stand in one row."""
    is_short = max(len(left.words), len(right.words)) <= _CELL_WORDS
    return is_short and left.right < right.left and abs(left.top - right.top) < min(left.size, right.size)


def _joined_line(left: Line, right: Line) -> Line:
    box = (
        left.box
        and right.box
        and (left.box[0], min(left.box[1], right.box[1]), right.box[2], max(left.box[3], right.box[3]))
    )
    return Line([*left.words, *right.words], left.top, left.size, left.width, left.height, left.block, box or None)


def _is_aligned(parts: Sequence[Line], others: Sequence[Line]) -> bool:
    """Tell whether two rows have as many cells, each aligned left, right or centred with the one above."""
    return len(parts) == len(others) and all(
        min(abs(a.left - b.left), abs(a.right - b.right), abs(a.left + a.right - b.left - b.right)) < a.size
        for a, b in zip(parts, others, strict=True)
    )


def _column(line: Line, row: Sequence[Line]) -> int | None:
    """Return the column that a single line continues after the other columns ended; None if none."""
    if line.top - row[-1].top < 0 or len(_cut(line)) > 1:
        return None
    columns = [n for n, part in enumerate(row) if abs(part.left - line.left) < part.size and line.right < _end(row, n)]
    return columns[0] if columns else None


def _end(row: Sequence[Line], column: int) -> float:
    return row[column + 1].left if column + 1 < len(row) else float("inf")


# -- paragraphs ------------------------------------------------------------------------------------------------


class _Layout:
    """Joins lines to paragraphs and writes them."""

    def __init__(self, pages: Sequence[Sequence[Line]]) -> None:
        self.writer = MarkdownWriter()
        lines = [line for page in pages for line in page]
        self._body = median([line.size for line in lines for _ in line.words] or [1.0])
        sizes = sorted({round(line.size) for line in lines if self._is_larger(line)}, reverse=True)
        self._levels = {size: min(level, 3) for level, size in enumerate(sizes, start=1)}
        self._known = {word.lower() for line in lines for word in re.findall(r"[\w-]+", line.text)}
        self._lines: list[tuple[Line, int]] = []
        self._page = 0

    def turn_page(self, number: int) -> None:
        """Begin a page."""
        self._page = number

    def add(self, line: Line) -> None:
        """Add a line to the paragraph, or begin another with it."""
        if self._lines and self._begins(line):
            self.finish()
        self._lines.append((line, self._page))

    def add_table(self, rows: Sequence[Sequence[Line]]) -> None:
        """Write a table, given as the cells of its rows."""
        self.finish()
        self.writer.locate(self._page)
        boxes = [[cell.box for cell in row] for row in rows if any(cell.box for cell in row)]
        self.writer.table([[cell.text for cell in row] for row in rows], page=self._page, boxes=boxes)

    def finish(self) -> None:
        """Write the paragraph."""
        lines, self._lines = self._lines, []
        if not lines:
            return
        first = lines[0][0]
        is_item = bool(_BULLET.match(first.text))
        text, starts = self._joined(lines)
        self.writer.locate(lines[0][1], box=first.box)
        start = self.writer.locations[-1].start
        if self._is_larger(first) and len(text.split()) <= _HEADING_WORDS and any(map(str.isalpha, text)):
            self.writer.heading(text, self._levels[round(first.size)])
        elif is_item:
            self.writer.item(_BULLET.sub("", text, count=1))
        else:
            self.writer.paragraph(text)
            self.writer.locations += [Location(start + position, page, "", box) for position, page, box in starts]

    def _is_larger(self, line: Line) -> bool:
        return not line.box and line.size >= _LARGER * self._body

    def _begins(self, line: Line) -> bool:
        """Tell whether a paragraph begins with this line."""
        last, page = self._lines[-1]
        if _BREAK.search(last.text):
            return False
        if line.box and page == self._page:
            return line.block != last.block
        if abs(line.size - last.size) > 0.12 * last.size or _BULLET.match(line.text):
            return True
        if page != self._page or line.top < last.top - last.size:  # another page or column
            return last.text[-1:] in '.!?:\u201d"' or not line.text[:1].islower()
        first = self._lines[0][0]
        is_indented = line.left > last.left + 0.8 * line.size and last is not first
        is_short = last.right < max(other.right for other, _ in self._lines) - 4 * last.size
        ends = last.text[-1:] in ".!?:"
        return (
            line.top - last.top > _PITCH * min(line.size, last.size)
            or (is_indented and ends)
            or (ends and is_short and last.right < line.right - 2 * last.size)
        )

    def _joined(self, lines: Sequence[tuple[Line, int]]) -> tuple[str, list[tuple[int, int, Box | None]]]:
        """Return the text of a paragraph, and the positions in it at which another page or recognised line begins."""
        text, starts, page = "", list[tuple[int, int, Box | None]](), lines[0][1]
        for line, number in lines:
            piece = clean(line.text)
            if not text:
                text = piece
            elif broken := _BREAK.search(text):
                text = self._whole(text[: broken.start()], piece)
            else:
                text += f" {piece}"
            if number != page or (line.box and line is not lines[0][0]):
                starts.append((max(0, len(text) - len(piece)), number, line.box))
                page = number
        return _BREAK.sub("-", text), starts

    def _whole(self, first: str, second: str) -> str:
        """Join the halves of a broken word."""
        head = (re.findall(r"[\w-]+$", first) or [""])[0].lower()
        tail = (re.findall(r"^[\w-]+", second) or [""])[0].lower()
        hyphenated, joined = f"{head}-{tail}" in self._known, f"{head}{tail}" in self._known
        has_hyphen = hyphenated or (not joined and (head in _PREFIXES or not second[:1].islower()))
        return f"{first}-{second}" if has_hyphen else f"{first}{second}"
