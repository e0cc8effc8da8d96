"""Read spreadsheets: Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from engine.documents.document import Extract
from engine.documents.foreign.markdown_writer import MarkdownWriter
from engine.documents.structure.cells import row_range
from engine.errors import DocumentError

_Value = int | float | str | bool | time | date | datetime | timedelta


def read_spreadsheet(path: Path) -> list[Extract]:
    """Return each sheet as a section; adjacent rows are a table with a header. Raises DocumentError."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only where there is a spreadsheet

    writer = MarkdownWriter()
    try:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                row, column = sheet.start or (0, 0)
                rows = enumerate(sheet.to_python(skip_empty_area=True), start=row + 1)
                _write_sheet(name, rows, column + 1, writer)
    except CalamineError as error:
        if "assword" in str(error):
            raise DocumentError("encrypted", hint="save a copy without a password") from error
        raise DocumentError(f"damaged spreadsheet: {str(error)[:120]}") from error
    return [writer.extract()]


def _write_sheet(name: str, rows: Iterable[tuple[int, list[_Value]]], column: int, writer: MarkdownWriter) -> None:
    """Write a sheet whose rows begin at this column, 1 for A."""
    writer.locate(name=f"sheet {name}")
    writer.heading(name, 2)
    cells = ((number, [_cell_text(value) for value in row]) for number, row in rows)
    for is_filled, group in groupby(cells, key=lambda row: any(row[1])):
        if is_filled:
            table = _without_caption(list(group), writer, name, column)
            width = max(column for _, row in table for column, value in enumerate(row, start=1) if value)
            names = [row_range(name, number, column, width) for number, _ in table]
            writer.table([row[:width] for _, row in table], names=names)


def _without_caption(
    rows: list[tuple[int, list[str]]], writer: MarkdownWriter, name: str, column: int
) -> list[tuple[int, list[str]]]:
    """Write the rows of one cell that stand above the header of a table as paragraphs; return the others."""
    fullest = max(sum(map(bool, row)) for _, row in rows)
    while len(rows) > 2 and fullest > 1 and sum(map(bool, rows[0][1])) == 1:  # noqa: PLR2004 - a header and a row
        number, row = rows.pop(0)
        writer.locate(name=row_range(name, number, column + next(n for n, cell in enumerate(row) if cell), 1))
        writer.paragraph(next(filter(None, row)))
    return rows


def _cell_text(value: _Value) -> str:
    """Return the text of a cell, without its number format."""
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value)
