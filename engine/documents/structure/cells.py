"""Find the cells of a table's row with their spans, and name the place of a cell in its file."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

_MARKDOWN = "|"
_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SHEET_ROW = re.compile(r"(.*, )([A-Z]+)(\d+)(?::[A-Z]+\d+)?")
_ALPHABET = 26


class Cell(NamedTuple):
    """A cell: characters `start` to `end` (excluded) of the row, without blanks and quotes, and its text."""

    start: int
    end: int
    text: str


def delimiter_of(header: str, *, is_markdown: bool) -> str:
    """Return the sign between the cells of a table with this header; empty if the header has one cell."""
    if is_markdown:
        return _MARKDOWN if _MARKDOWN in header.replace("\\|", "") else ""
    bare = _QUOTED.sub("", header)
    best = max(_DELIMITERS, key=bare.count)
    return best if best in bare else ""


def cells_of(row: str, delimiter: str, *, is_markdown: bool) -> list[Cell]:
    """Return the cells of a row of Markdown, or of CSV with this delimiter."""
    if is_markdown:
        return _markdown_cells(row)
    cells, position = list[Cell](), 0
    while position <= len(row) and (match := _cell_before(delimiter).match(row, position)):
        start, end = match.span(1)
        is_quoted = end - start > 1 and row[start] == row[end - 1] == '"'
        cells.append(_trimmed(row, start + is_quoted, end - is_quoted, '""' if is_quoted else "", '"'))
        if match.end() == len(row) == end:
            break
        position = match.end()
    return cells


@cache
def _cell_before(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"({_QUOTED.pattern}|[^{re.escape(delimiter)}]*)(?:{re.escape(delimiter)}|$)")


def _markdown_cells(row: str) -> list[Cell]:
    start = len(row) - len(row.lstrip())
    start += row[start : start + 1] == _MARKDOWN
    end = len(row.rstrip())
    end -= end > start and row[end - 1] == _MARKDOWN and row[end - 2] != "\\"
    bounds = [start - 1, *(match.start() for match in re.finditer(r"(?<!\\)\|", row[:end]) if match.start() >= start)]
    return [_trimmed(row, a + 1, b, "\\|", "|") for a, b in zip(bounds, [*bounds[1:], end], strict=True)]


def _trimmed(row: str, start: int, end: int, escaped: str, sign: str) -> Cell:
    text = row[start:end]
    start, end = start + len(text) - len(text.lstrip()), max(start, start + len(text.rstrip()))
    text = text.strip()
    return Cell(min(start, end), end, text.replace(escaped, sign) if escaped else text)


def row_range(name: str, row: int, column: int, width: int) -> str:
    """Return the place of a row of a sheet, `sheet NAME, B4:D4`; rows and columns count from 1."""
    first, last = _letters(column), _letters(column + width - 1)
    return f"sheet {name}, {first}{row}" + (f":{last}{row}" if width > 1 else "")


def cells_place(rows: Sequence[str], column: int, header: str) -> str:
    """Return the place of cells in one column, given the places of their rows; columns count from 0.

    That is `sheet Dues, B4` or `row 4, column Price`, and for several rows `B2:B7` or `rows 2-4, 7`.
    """
    if match := _SHEET_ROW.fullmatch(rows[0]):
        letter = _letters(_number(match[2]) + column)
        numbers = [int(other[3]) for row in rows if (other := _SHEET_ROW.fullmatch(row))]
        return match[1] + ", ".join(f"{letter}{a}:{letter}{b}" if b > a else f"{letter}{a}" for a, b in _runs(numbers))
    return ", ".join(filter(None, [rows_place(rows), f"column {header}" if header else ""]))


def rows_place(rows: Sequence[str]) -> str:
    """Return the place of several rows: `row 4`, `rows 2-4, 7`, or the ranges of a sheet."""
    if match := _SHEET_ROW.fullmatch(rows[0]):
        ranges = [row.removeprefix(match[1]) for row in rows]
        return match[1] + ", ".join(ranges)
    matches = [match for row in rows if (match := re.fullmatch(r"(.*?)row (\d+)", row))]
    if not matches:
        return rows[0]
    runs = [f"{a}-{b}" if b > a else str(a) for a, b in _runs([int(match[2]) for match in matches])]
    return f"{matches[0][1]}row{'s' * (len(matches) > 1)} {', '.join(runs)}"


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def _letters(column: int) -> str:
    letters = ""
    while column > 0:
        column, letter = divmod(column - 1, _ALPHABET)
        letters = chr(ord("A") + letter) + letters
    return letters


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * _ALPHABET + ord(letter) - ord("A") + 1
    return number
