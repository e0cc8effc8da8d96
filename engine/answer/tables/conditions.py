"""Account for the words of a question in one table, and find the rows in which all that it says stands.

A word stands in the header, in a cell or around the table, asks for an operation, or has no meaning of its own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from engine.answer.tables.columns import Column
from engine.answer.tables.table import Table
from engine.question.table_words import (
    LANGUAGES,
    ORDINALS,
    UNIT_SIGNS,
    Operation,
    OperationWords,
    TableQuestion,
    read_table_question,
)
from engine.text.dates import asked_dates, calendar_words
from engine.text.languages import ENGLISH, function_words
from engine.text.names import roots
from engine.text.numbers import number_in
from engine.text.words import STOP_WORDS, words

_PREFIX = 5  # letters that a word of a header has in common with another form of it: "supplied", "Supplier"
_DENIED_WORDS = 3  # after a negation, among which is what it denies
_BESIDE = 2  # numbers of words in one cell, with at most one between them, differ by no more
_DOERS = ("er", "or")  # "owns", "Owner"
_NOTHING = frozenset(
    {"", "0", "none", "no", "nil", "-", "\u2013", "\u2014", "n/a", "keine", "kein", "nein", "aucun", "non", "ninguno"}
)
_TOTALS = frozenset(
    {"total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt", "somme", "suma", "subtotal"}
)

Cells = Mapping[int, Collection[int]]
"""Cells of a table: columns by row."""


class QuestionInTable:
    """The words of one question, by number, where they stand in one table; `conditions` are the cells they chose.

    `with_header_words`: words such as "total" ask for an operation even if they stand in the header.
    """

    def __init__(self, text: str, table: Table, *, with_header_words: bool) -> None:
        self.question, self.table = read_table_question(text), table
        self._text, self._with_header_words = text, with_header_words
        self._ordinary = function_words(table.language) | function_words(_language(self.question)) | STOP_WORDS
        self._roots = [self._roots_of(n) for n in range(len(self.question.raw))]
        self._cell_matches: dict[int, dict[int, list[int]]] = {}
        self._columns: dict[tuple[int, tuple[int, ...]], Column] = {}
        self.dated = self._date_words()
        self.accounted: set[int] = set()
        self.conditions: dict[int, set[int]] = {}

    # -- the words ----------------------------------------------------------------------------------------------------

    def _roots_of(self, n: int) -> frozenset[str]:
        word, form = self.question.raw[n], self.question.forms[n]
        more = filter(None, (ORDINALS.get(form) or number_in(word), UNIT_SIGNS.get(form)))
        return frozenset({*roots(word, ENGLISH), *roots(word, self.table.language), form, *more})

    @cached_property
    def operations(self) -> list[OperationWords]:
        """The words that ask for an operation; a word that numbers the next one does not: "first floor"."""
        header = {root for column in self.table.header_roots for root in column}
        return [
            words
            for words in self.question.operations
            if words.end - words.start > 1
            or not (
                (not self._with_header_words and self._roots[words.start] & header)
                or (self.question.forms[words.start] in ORDINALS and words.end in self.in_header)
            )
        ]

    @cached_property
    def content(self) -> list[int]:
        """The words that have to be accounted for."""
        spans = [(words.start, words.end) for words in self.operations]
        spans += [(comparison.start, comparison.end) for comparison in self.question.comparisons]
        used = {n for start, end in spans for n in range(start, end)} | self.dated.keys()
        return [n for n in range(len(self._roots)) if n not in used and not self._is_ordinary(n)]

    def _is_ordinary(self, n: int) -> bool:
        """Tell whether a word carries grammar only; numbers never do."""
        word, form = self.question.raw[n].casefold(), self.question.forms[n]
        return not self._ordinary.isdisjoint((word, form)) and not number_in(form)

    @cached_property
    def in_header(self) -> dict[int, list[int]]:
        """The columns that a word is in the header of, by word."""
        matches = {
            n: [c for c, header in enumerate(self.table.header_roots) if self._is_in(n, header)]
            for n in range(len(self._roots))
            if not self._is_ordinary(n)
        }
        return {n: columns for n, columns in matches.items() if columns}

    def _is_in(self, n: int, header: Collection[str]) -> bool:
        forms = self._roots[n]
        return not forms.isdisjoint(header) or any(_is_form_of(form, word) for word in header for form in forms)

    def _date_words(self) -> dict[int, list[str]]:
        """Return for each word of a date the terms that it may have in a cell, the most exact first."""
        dated: dict[int, list[str]] = {}
        for day in asked_dates(self._text, language=self.table.language):
            terms = [term for alternative in day.alternatives[:2] for term in alternative]
            for n, word in enumerate(self.question.raw):
                if word.lower() in day.words:
                    dated.setdefault(n, terms)
        for n, word in enumerate(self.question.raw):
            if n not in dated and word.casefold() in calendar_words() and (months := asked_dates(f"in {word}")):
                dated[n] = [term for alternative in months[0].alternatives for term in alternative]
        return dated

    def unaccounted(self) -> list[int]:
        """Return the words that the table does not account for."""
        question, caption = self.question, self.table.caption_roots
        words = [n for n in self.content if n not in self.accounted and n not in self.in_header]
        words = [n for n in words if n not in question.generic and self._roots[n].isdisjoint(caption)]
        denials = question.negations - self.accounted
        return [*denials, *(n for n in words if n not in denials and not self._is_measured(n))]

    def _is_measured(self, n: int) -> bool:
        """Tell whether a word is of a dimension that a column has, or says how the named column is asked for."""
        dimension = self.question.dimensions.get(n)
        columns, rows = range(len(self.table.header)), range(len(self.table.rows))
        return dimension is not None and (
            bool(self.in_header) or any(self.column(c, rows).has_dimension(dimension) for c in columns)
        )

    def column(self, number: int, rows: Sequence[int]) -> Column:
        """Return a column in some rows; it is read once."""
        key = number, tuple(rows)
        if key not in self._columns:
            self._columns[key] = Column(self.table, number, rows)
        return self._columns[key]

    # -- the rows -----------------------------------------------------------------------------------------------------

    def fitting_rows(self) -> list[int]:
        """Return the rows in which all that the question says of them stands, without rows of totals."""
        rows = [n for n, row in enumerate(self.table.rows) if _TOTALS.isdisjoint(words(row.text(0))[:2])]
        denied, denials = self._denials()
        for condition in [*self._word_conditions(denied), *self._date_conditions(), *denials]:
            rows = [row for row in rows if row in condition]
            for row, columns in condition.items():
                self.conditions.setdefault(row, set()).update(columns)
        return rows

    def _denials(self) -> tuple[set[int], list[Cells]]:
        """Return the words that the question denies, and for each negation the rows that have nothing of them."""
        denied: set[int] = set()
        conditions: list[Cells] = []
        for negation in sorted(self.question.negations):
            near = range(negation + 1, min(len(self._roots), negation + 1 + _DENIED_WORDS))
            headers = [n for n in near if n in self.in_header]
            word = next((n for n in near if n in self.content and self._cells_with(n)), None)
            if headers:
                conditions.append(self._empty_cells(self.in_header[headers[0]][0]))
                denied.update(headers)
            elif word is not None:
                conditions.append(self._rows_without(self._cells_with(word)))
                denied.add(word)
            if headers or word is not None:
                self.accounted |= {negation, *denied}
        return denied, conditions

    def _empty_cells(self, column: int) -> Cells:
        cells = enumerate(self.table.column(column))
        return {row: [column] for row, text in cells if text.strip().casefold() in _NOTHING}

    def _rows_without(self, cells: Cells) -> Cells:
        column = min(column for columns in cells.values() for column in columns)
        return {row: [column] for row in range(len(self.table.rows)) if row not in cells}

    def _word_conditions(self, denied: Collection[int]) -> Iterator[Cells]:
        """Yield the cells that have a word of the question, for each run of words that stand in one cell together."""
        runs: list[list[int]] = []
        for n in self.content:
            if n in denied or n in self.in_header or not self._cells_with(n):
                continue
            if runs and n - runs[-1][-1] <= _BESIDE and self._cells_of([*runs[-1], n]):
                runs[-1].append(n)
            else:
                runs.append([n])
        for run in runs:
            self.accounted.update(run)
            yield self._in_own_column(run, self._cells_of(run))

    def _cells_of(self, run: Sequence[int]) -> Cells:
        """Return the cells that have all of these words."""
        cells: Cells = self._cells_with(run[0])
        for n in run[1:]:
            other = self._cells_with(n)
            shared = {row: [c for c in cells[row] if c in other[row]] for row in cells if row in other}
            cells = {row: columns for row, columns in shared.items() if columns}
        return cells

    def _in_own_column(self, run: Sequence[int], cells: Cells) -> Cells:
        """Restrict cells to the column that the question names beside a number, or in which words are a whole cell."""
        columns = sorted({column for row in cells.values() for column in row})
        sides = [c for n in (run[0] - 1, run[-1] + 1) for c in self.in_header.get(n, ()) if c in columns]
        is_number = any(number_in(self.question.raw[n]) or self.question.forms[n] in ORDINALS for n in run)
        forms = {form for n in run for form in self._roots[n]}
        whole = {
            column
            for number, row in cells.items()
            for column in row
            if forms.issuperset(words(self.table.rows[number].text(column)))
        }
        chosen = set(sides[:1]) if is_number and sides else whole or set(columns)
        restricted = {row: [c for c in own if c in chosen] for row, own in cells.items()}
        return {row: own for row, own in restricted.items() if own}

    def _cells_with(self, n: int) -> dict[int, list[int]]:
        """Return the columns of the cells that have a word, by row."""
        if n not in self._cell_matches:
            self._cell_matches[n] = self._matching(self._roots[n])
        return self._cell_matches[n]

    def _matching(self, forms: Collection[str]) -> dict[int, list[int]]:
        matches = {
            row: [c for c, cell in enumerate(cells) if not cell.isdisjoint(forms)]
            for row, cells in enumerate(self.table.cell_roots)
        }
        return {row: columns for row, columns in matches.items() if columns}

    def _date_conditions(self) -> Iterator[Cells]:
        """Yield the cells that have a date of the question; a cell of another year has it not."""
        for terms in dict.fromkeys(map(tuple, self.dated.values())):
            as_written = self._cells_of([n for n, own in self.dated.items() if tuple(own) == terms])
            is_month = terms[0].startswith("month:")
            exact: Cells = (is_month and as_written) or self._matching([terms[0]])
            if not exact and len(terms) > 1 and terms[0].startswith("date:"):
                of_day = self._matching([terms[1]])
                exact = {row: own for row, own in of_day.items() if not self._have_year(row, own)}
            yield exact or as_written

    def _have_year(self, row: int, columns: Collection[int]) -> bool:
        roots_of_row = self.table.cell_roots[row]
        return any(term.startswith("date:") for column in columns for term in roots_of_row[column])

    def asks_for(self, operation: Operation) -> bool:
        """Tell whether the question asks for an operation."""
        return any(words.operation is operation for words in self.operations)


def _language(question: TableQuestion) -> str:
    """Return the language, of those in which tables are asked, that has most words of a question as function words."""
    lowered = [word.casefold() for word in question.raw]
    return max(LANGUAGES, key=lambda language: sum(word in function_words(language) for word in lowered))


def _is_form_of(form: str, word: str) -> bool:
    """Tell whether a word and one of a header begin alike, "supplied" and "supplier", or name a deed and its doer."""
    if form and word in {f"{form}{ending}" for ending in _DOERS}:
        return True
    length = max(_PREFIX, (2 * max(len(form), len(word))) // 3)
    return min(len(form), len(word)) >= _PREFIX and form[:length] == word[:length]
