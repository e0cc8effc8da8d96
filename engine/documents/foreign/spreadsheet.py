"""Read spreadsheets: Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from engine.documents.document import Extract
from engine.documents.foreign.markdown_writer import MarkdownWriter
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
                first = sheet.start[0] + 1 if sheet.start else 1
                _write_sheet(name, enumerate(sheet.to_python(skip_empty_area=True), start=first), writer)
    except CalamineError as error:
        if "assword" in str(error):
            raise DocumentError("encrypted", hint="save a copy without a password") from error
        raise DocumentError(f"damaged spreadsheet: {str(error)[:120]}") from error
    return [writer.extract()]


def _write_sheet(name: str, rows: Iterable[tuple[int, list[_Value]]], writer: MarkdownWriter) -> None:
    writer.locate(name=name)
    writer.heading(name, 2)
    cells = ((number, [_cell_text(value) for value in row]) for number, row in rows)
    for is_filled, group in groupby(cells, key=lambda row: any(row[1])):
        if is_filled:
            table = list(group)
            width = max(column for _, row in table for column, value in enumerate(row, start=1) if value)
            writer.table([row[:width] for _, row in table], names=[f"{name}, row {number}" for number, _ in table])


def _cell_text(value: _Value) -> str:
    """Return the text of a cell, without its number format."""
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value)
