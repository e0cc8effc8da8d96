"""Answer a question from a table: quote the rows that are asked for, mark their cells, and compute from these.

All arithmetic is exact, over the cells that are marked and named. Nothing is computed from cells that are no numbers in
one unit (or, for the highest and lowest, dates), nor if the question does not ask for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from engine.answer.quotation import Quotation
from engine.answer.tables.columns import Column
from engine.answer.tables.reading import Reading, read_table
from engine.answer.tables.table import HeaderPlace, Table, TableRow, assembled_table, tables_in
from engine.mixture.panel import Panel
from engine.personas.traits import Kind
from engine.question.question_form import asks_openly
from engine.question.table_words import Operation
from engine.text.amounts import mean_of

_QUOTED = 9  # rows, or parts of the table, at most
_NAMED = 9  # rows that a count names


class TableAnswers:
    """What the tables of a panel answer to its question; each is assembled and read once for all rankings."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._answers: dict[HeaderPlace, tuple[int, list[Quotation]]] = {}

    def best(self, ranking: Mapping[int, float]) -> list[Quotation]:
        """Return the rows that answer, the computed value with the first.

        Nothing if no table among the best passages does, nor if no persona with a voice goes by amounts. Of several
        tables that answer, the one with most words of the question in its cells and header is quoted, then the better
        ranked.
        """
        if not self._panel.hears(Kind.AMOUNTS) or asks_openly(self._panel.question.text):
            return []
        answers = [self._answer(number, place) for place, number in tables_in(self._panel, ranking).items()]
        return max((answer for answer in answers if answer[1]), key=lambda answer: answer[0], default=(0, []))[1]

    def _answer(self, number: int, place: HeaderPlace) -> tuple[int, list[Quotation]]:
        """Return what the table of this passage answers, after the number of the question's words that it has."""
        if place not in self._answers:
            table = assembled_table(self._panel, number, place[1])
            reading = read_table(self._panel.question.text, table) if table else None
            self._answers[place] = (reading.matched, quote_reading(reading)) if reading else (0, [])
        return self._answers[place]


def quote_reading(reading: Reading) -> list[Quotation]:
    """Return the rows of a reading as quotations; the first has what was computed. Nothing if nothing can be."""
    compute = _COMPUTING.get(reading.operation)
    if compute is None:
        return _quoted(reading, reading.rows) if len(reading.rows) <= _QUOTED else []
    result = compute(reading)
    if result is None:
        return []
    statement, rows = result
    first, *others = _quoted(reading, rows)
    count = sum(len(quotation.marks) for quotation in (first, *others))
    if count < len(rows):
        statement += f"; {count} of the {len(rows)} cells are quoted"
    return [replace(first, computed=statement), *others]


_Result = tuple[str, Sequence[int]] | None
"""A statement and the rows that it rests on; None if nothing can be computed."""


def _sum(reading: Reading) -> _Result:
    column = Column(reading.table, reading.column, reading.rows)
    if column.amounts is None:
        return None
    amounts, spelling = column.amounts
    total = spelling.write(sum((amount.value for amount in amounts), Decimal(0)))
    names = _names(reading, column.rows) if len(column.rows) < len(reading.table.rows) else ""
    return (
        f"Sum of {_header(reading)}: {total}{names}, from {reading.table.place(column.rows, reading.column)}",
        column.rows,
    )


def _mean(reading: Reading) -> _Result:
    column = Column(reading.table, reading.column, reading.rows)
    if column.amounts is None:
        return None
    amounts, spelling = column.amounts
    mean = mean_of([amount.value for amount in amounts], spelling)
    return f"Mean of {_header(reading)}: {mean}, from {reading.table.place(column.rows, reading.column)}", column.rows


def _extreme(reading: Reading) -> _Result:
    """Return the highest or lowest number, or the latest or earliest date, with the names of its rows."""
    column = Column(reading.table, reading.column, reading.rows)
    if column.values is None:
        return None
    is_most = reading.operation is Operation.MOST
    extreme = (max if is_most else min)(column.values)
    rows = [row for row, value in zip(column.rows, column.values, strict=True) if value == extreme]
    kind = ("Latest", "Earliest") if column.is_dated else ("Highest", "Lowest")
    cell = reading.table.rows[rows[0]].text(reading.column)
    names = _names(reading, rows)
    compared = reading.table.place(column.rows, reading.column)
    return f"{kind[not is_most]} {_header(reading)}: {cell}{names}, of {compared}", rows


def _count(reading: Reading) -> _Result:
    """Return the number of rows, or of different cells where the counted column is not the first and repeats."""
    table, rows = reading.table, [row for row in reading.rows if reading.table.rows[row].text(reading.column).strip()]
    if not rows:
        return None
    different = {" ".join(table.rows[row].text(reading.column).split()).casefold() for row in rows}
    is_repeated = reading.column > 0 and not any(reading.conditions.values()) and len(different) < len(rows)
    counted = (
        f"Count of different {_header(reading)}: {len(different)}" if is_repeated else f"Count of rows: {len(rows)}"
    )
    return f"{counted}{_names(reading, rows)}, from {table.place(rows, _cited_column(reading, rows[0]))}", rows


_COMPUTING: Mapping[Operation, Callable[[Reading], _Result]] = {
    Operation.SUM: _sum,
    Operation.MEAN: _mean,
    Operation.MOST: _extreme,
    Operation.LEAST: _extreme,
    Operation.COUNT: _count,
}


def _header(reading: Reading) -> str:
    return " ".join(reading.table.header[reading.column].split()) or "the column"


def _names(reading: Reading, rows: Sequence[int]) -> str:
    names = dict.fromkeys(" ".join(reading.table.rows[row].text(reading.label).split()) for row in rows)
    is_other = reading.label != _cited_column(reading, rows[0])
    return f" ({', '.join(filter(None, names))})" if is_other and len(names) <= _NAMED else ""


def _cited_column(reading: Reading, row: int) -> int:
    """Return the column whose cell in a row is cited: that of the result; of a count, the first of its conditions."""
    conditions = reading.conditions.get(row, ())
    return min(conditions) if reading.operation is Operation.COUNT and conditions else reading.column


# -- the quotations --------------------------------------------------------------------------------------------------


def _quoted(reading: Reading, rows: Sequence[int]) -> list[Quotation]:
    """Return these rows with their cells marked: adjacent ones as one quotation if something is computed from them."""
    is_joined = reading.operation in {Operation.SUM, Operation.MEAN} or len(rows) > _QUOTED
    runs = _runs(reading.table, rows) if is_joined else [[row] for row in rows]
    return [_joined(reading.table, run, reading) for run in runs[:_QUOTED]]


def _runs(table: Table, rows: Sequence[int]) -> list[list[int]]:
    runs = [[rows[0]]]
    for row, following in pairwise(rows):
        if following == row + 1 and _passage(table, row) == _passage(table, following):
            runs[-1].append(following)
        else:
            runs.append([following])
    return runs


def _passage(table: Table, row: int) -> int:
    return table.rows[row].quotation.number


def _joined(table: Table, rows: Sequence[int], reading: Reading) -> Quotation:
    first, last = table.rows[rows[0]].quotation, table.rows[rows[-1]].quotation
    marks = tuple(_mark(table.rows[row], _cited_column(reading, row)) for row in rows)
    return replace(first, end=last.end, marks=marks)


def _mark(row: TableRow, column: int) -> tuple[int, int]:
    """Return the span of a cell, or of the whole row where the cell is empty."""
    if column < len(row.cells) and row.cells[column].text:
        return row.span(column)
    return row.quotation.start, row.quotation.end
