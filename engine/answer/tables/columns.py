"""Read a column of a table as numbers or dates, and tell the dimension that it measures."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from engine.answer.tables.table import Table
from engine.question.table_words import dimension_words
from engine.text.amounts import Amount, Spelling, read_amounts
from engine.text.dates import date_terms
from engine.text.words import words

_CURRENCIES = frozenset("€ $ £ ¥ EUR USD GBP CHF euro Euro kr SEK NOK DKK".split())
_FIRST_YEAR, _LAST_YEAR = 1000, 2999
_LONGEST_DATE = 25  # characters of a cell with a date


class Column:
    """The cells of a column in some rows; empty cells are left out: `rows` are those of the others."""

    def __init__(self, table: Table, number: int, rows: Sequence[int]) -> None:
        texts = [(row, table.rows[row].text(number).strip()) for row in rows]
        self._header = table.header[number]
        self.rows = [row for row, text in texts if text]
        self._texts = [text for _, text in texts if text]

    @cached_property
    def amounts(self) -> tuple[list[Amount], Spelling] | None:
        """The amounts and their spelling; None if a cell is no amount."""
        return read_amounts(self._texts)

    @cached_property
    def dates(self) -> list[date] | None:
        """The dates; None if a cell is no date with a year."""
        days = []
        for text in self._texts:
            if (day := _date_in(text)) is None:
                return None
            days.append(day)
        return days or None

    @property
    def values(self) -> list[Decimal] | list[date] | None:
        """What can be compared: numbers or dates; None for other cells."""
        return [amount.value for amount in self.amounts[0]] if self.amounts else self.dates

    @property
    def has_years(self) -> bool:
        """Whether the cells are years, by the header and the numbers."""
        if self.amounts is None or not self._is_named("date"):
            return False
        return all(_FIRST_YEAR <= amount.value <= _LAST_YEAR and not amount.unit for amount in self.amounts[0])

    @property
    def is_dated(self) -> bool:
        """Whether the cells are dates or years."""
        return bool(self.dates) or self.has_years

    def has_dimension(self, dimension: str) -> bool:
        """Tell whether it measures a dimension: by its header, a price also by its currency, a date by its cells."""
        if dimension == "date":
            return self.is_dated
        if self.amounts is None:
            return False
        return self._is_named(dimension) or (dimension == "price" and self.amounts[1].unit in _CURRENCIES)

    def _is_named(self, dimension: str) -> bool:
        """Tell whether the header has a word of a dimension."""
        return not dimension_words(dimension).isdisjoint(words(self._header.replace("_", " ")))


def _date_in(text: str) -> date | None:
    """Return the date with a year that a cell consists of, perhaps with a time."""
    exact = [term for term in date_terms(text, text.split()) if term.startswith("date:")]
    if not exact or len(text) > _LONGEST_DATE:
        return None
    digits = exact[0].removeprefix("date:")
    try:
        return date(int(digits[:-4]), int(digits[-4:-2]), int(digits[-2:]))
    except ValueError:
        return None
