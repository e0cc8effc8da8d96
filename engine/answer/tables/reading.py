"""Read a question against one table: the rows that fit it, the column that it asks for, and the operation on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.answer.tables.conditions import QuestionInTable
from engine.answer.tables.table import Table
from engine.question.table_words import Comparison, Operation
from engine.text.numbers import number_in

_TOGETHER = {Operation.COUNT, Operation.SUM}  # "how many hours altogether"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question asks of a table: an operation on the cells of a column in some rows, by number.

    `label` is the column that names the rows. `matched` counts the words of the question that stand in the header or in
    cells. `conditions` are the columns by which each row was chosen.
    """

    table: Table
    operation: Operation
    rows: tuple[int, ...]
    column: int
    label: int
    matched: int
    conditions: Mapping[int, Sequence[int]]


def read_table(text: str, table: Table) -> Reading | None:
    """Read a question against a table; None if the table cannot answer it.

    A word such as "total" that stands in the header is read as the name of its column if one row fits, else as asking
    for a sum.
    """
    by_name = QuestionInTable(text, table, with_header_words=False)
    as_name = _Reader(by_name).reading()
    if as_name and (as_name.operation is not Operation.LOOKUP or len(as_name.rows) == 1):
        return as_name
    by_operation = QuestionInTable(text, table, with_header_words=True)
    if by_operation.operations == by_name.operations:  # the reading would be the same
        return as_name
    return _Reader(by_operation).reading() or as_name


class _Reader:
    """Chooses the operation, the rows and the column of one question to one table."""

    def __init__(self, words: QuestionInTable) -> None:
        self._words, self._table, self._column = words, words.table, words.column

    def reading(self) -> Reading | None:
        """Return the reading; None if the question is not about the table, or no column fits."""
        operations = {words.operation for words in self._words.operations}
        if len(operations) > 1 and operations != _TOGETHER:
            return None
        rows = self._words.fitting_rows()
        for comparison in self._words.question.comparisons:
            rows = self._compared(rows, comparison)
        if not rows:
            return None
        label = self._label(rows)
        operation = Operation.COUNT if operations == _TOGETHER else next(iter(operations), Operation.LOOKUP)
        operation, column = self._operation_and_column(operation, rows, label)
        if column is None or not self._is_about(operation):
            return None
        conditions = {row: sorted(self._words.conditions.get(row, ())) for row in rows}
        matched = len(self._words.accounted) + len(self._words.in_header)
        return Reading(self._table, operation, tuple(rows), column, label, matched, conditions)

    def _is_about(self, operation: Operation) -> bool:
        """Tell whether each word is accounted for.

        One may lack, no name and no number, if nothing is computed and the question names a column: a verb.
        """
        unaccounted = self._words.unaccounted()
        if not unaccounted:
            return True
        word = self._words.question.raw[unaccounted[0]]
        is_verb = len(unaccounted) == 1 and word.islower() and not number_in(word)
        is_denial = unaccounted[0] in self._words.question.negations
        return operation is Operation.LOOKUP and is_verb and not is_denial and bool(self._words.in_header)

    def _operation_and_column(
        self, operation: Operation, rows: Sequence[int], label: int
    ) -> tuple[Operation, int | None]:
        """Return the operation and its column; None if no column fits."""
        if operation is Operation.COUNT:
            return self._counted(rows, label)
        if operation is Operation.LOOKUP:
            return operation, self._looked_up(rows, label)
        dimension = next((words.dimension for words in self._words.operations if words.dimension), "")
        column = self._measured(rows, dimension)
        if column is None:
            return operation, None
        if operation in {Operation.SUM, Operation.MEAN} and not self._column(column, rows).amounts:
            return operation, None
        if dimension == "age" and self._column(column, rows).is_dated:  # the oldest has the earliest date
            operation = Operation.LEAST if operation is Operation.MOST else Operation.MOST
        return operation, column

    def _measured(self, rows: Sequence[int], dimension: str = "", *, near: int = -1) -> int | None:
        """Return the column of numbers or dates that the question names, or that has its dimension; None if none.

        A superlative such as "deepest" needs a column of its dimension, but prices may have any header. A sum of no
        named column is that of the only column of prices.
        """
        comparable = [c for c in range(len(self._table.header)) if self._column(c, rows).values]
        in_header = self._words.in_header
        order = sorted(in_header, key=lambda n: abs(n - near)) if near >= 0 else in_header
        columns = [column for n in order for column in in_header[n] if column in comparable]
        named = sorted(dict.fromkeys(columns), key=lambda column: -columns.count(column) if near < 0 else 0)
        dimensions = [dimension] if dimension else list(self._words.question.dimensions.values())
        dimensions += ["date"] * (dimension == "age")
        fitting = [c for name in dimensions for c in comparable if self._column(c, rows).has_dimension(name)]
        prices = [c for c in comparable if self._column(c, rows).has_dimension("price")]
        fallback = prices if self._words.asks_for(Operation.SUM) and len(prices) == 1 else []
        named_and_fitting = [column for column in named if column in fitting]
        if dimension:
            best = [*named_and_fitting, *fitting, *(named if dimension == "price" else [])]
        else:
            best = [*named_and_fitting, *named, *fitting, *fallback]
        return best[0] if best else None

    def _counted(self, rows: Sequence[int], label: int) -> tuple[Operation, int | None]:
        """Return the operation that counts, and its column: a sum of a column of numbers, else the rows themselves."""
        start = next(words.end for words in self._words.operations if words.operation is Operation.COUNT)
        noun = next((n for n in self._words.content if n >= start), -1)
        used = self._used(rows)
        columns = [c for c in self._by_words(self._words.in_header.get(noun, [])) if c not in used]
        for column in columns:
            if self._column(column, rows).amounts:
                return (Operation.SUM if len(rows) > 1 else Operation.LOOKUP), column
        if not columns and not self._words.conditions:
            return Operation.COUNT, None
        if noun in self._words.accounted and len(rows) == 1:  # "how many hinges": not how many rows are hinges
            quantities = [c for c in range(len(self._table.header)) if self._column(c, rows).has_dimension("quantity")]
            return Operation.LOOKUP, next(iter(quantities), label)
        return Operation.COUNT, columns[0] if columns else label

    def _looked_up(self, rows: Sequence[int], label: int) -> int | None:
        """Return the column whose cells are asked for: named, of a dimension in the question, or naming the rows."""
        if not self._words.conditions:
            return None
        used = self._used(rows)
        named = self._by_words(sorted({c for own in self._words.in_header.values() for c in own} - used))
        question = self._words.question
        dimensions = [name for n, name in question.dimensions.items() if n not in self._words.dated]
        unused = [c for c in range(len(self._table.header)) if c not in used]
        fitting = [c for name in dimensions for c in unused if self._column(c, rows).has_dimension(name)]
        if dimensions and not fitting and not named and set(dimensions) != {"date"}:
            return None
        return [*(column for column in named if column in fitting), *named, *fitting, label][0]

    def _by_words(self, columns: Sequence[int]) -> list[int]:
        """Return columns by the number of the question's words in their header, most first."""
        counts = {c: sum(c in own for own in self._words.in_header.values()) for c in columns}
        return sorted(columns, key=lambda column: -counts[column])

    def _used(self, rows: Sequence[int]) -> set[int]:
        """Return the columns by which rows were chosen."""
        return {column for row in rows for column in self._words.conditions.get(row, ())}

    def _label(self, rows: Sequence[int]) -> int:
        """Return the column that names the rows: one that the question names, else the first of words."""
        texts = [c for c in range(len(self._table.header)) if not self._column(c, rows).values]
        named = [c for n in sorted(self._words.in_header) for c in self._words.in_header[n] if c in texts]
        used = self._used(rows)
        return next((c for c in (*named, *texts) if c not in used), next(iter(texts), 0))

    def _compared(self, rows: Sequence[int], comparison: Comparison) -> list[int]:
        """Return the rows whose cell in the compared column is more or less than a number; none without a column."""
        number = self._measured(rows, comparison.dimension, near=comparison.start)
        column = self._column(number, rows) if number is not None else None
        if number is None or column is None or column.amounts is None:
            return []
        pairs = zip(column.rows, column.amounts[0], strict=True)
        chosen = [row for row, amount in pairs if _compares(amount.value, comparison)]
        for row in chosen:
            self._words.conditions.setdefault(row, set()).add(number)
        return chosen


def _compares(value: Decimal, comparison: Comparison) -> bool:
    number = comparison.number
    return {">": value > number, ">=": value >= number, "<": value < number, "<=": value <= number}[comparison.sign]
