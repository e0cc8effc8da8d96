"""Assemble the tables that the best passages are parts of, from the rows of the passages beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, takewhile
from pathlib import Path

from engine.answer.quotation import PASSAGES, Quotation, all_sentences
from engine.documents.document import Location
from engine.documents.identity import possible_files
from engine.documents.passages import Lead, Passage
from engine.documents.reader import is_markdown, is_table
from engine.documents.structure.cells import Cell, cells_of, cells_place, delimiter_of, rows_place
from engine.events import place_name
from engine.mixture.panel import Panel
from engine.personas.traits import Kind
from engine.text.dates import date_terms
from engine.text.names import root, roots
from engine.text.words import exact_terms, is_camel_case, stemmed, words_of_pieces

MOST_ROWS = 2000
"""Rows of the longest table over which something is computed."""

HeaderPlace = tuple[str, int]
"""The source of a table, and the character at which its header starts."""

_CAPTION = 300  # characters before a table that may say what it is about


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as it can be quoted, its cells (spans in the row), and its place in the file."""

    quotation: Quotation
    cells: tuple[Cell, ...]
    location: Location

    def span(self, column: int) -> tuple[int, int]:
        """Return the span of a cell in the source."""
        cell = self.cells[column]
        return self.quotation.start + cell.start, self.quotation.start + cell.end

    def text(self, column: int) -> str:
        """Return the text of a cell; empty if the row is shorter."""
        return self.cells[column].text if column < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    """A table: the texts of its header, its rows in order, and the words around it: title, heading, caption, file."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    caption: str
    language: str

    @cached_property
    def header_roots(self) -> list[list[str]]:
        """The roots of the words of each column's header."""
        return [roots(text, self.language) for text in self.header]

    @cached_property
    def caption_roots(self) -> frozenset[str]:
        """The roots of the words around the table."""
        return frozenset(roots(self.caption, self.language))

    @cached_property
    def cell_roots(self) -> list[list[frozenset[str]]]:
        """The roots of the words of each cell, and the terms of its dates."""
        texts = dict.fromkeys(cell.text for row in self.rows for cell in row.cells)
        words, ends = words_of_pieces(list(texts))
        stems = stemmed(words, self.language)[1]
        by_text = {
            text: self._terms(text, words[start:end], stems[start:end])
            for text, start, end in zip(texts, [0, *ends], ends, strict=False)
        }
        return [[by_text[cell.text] for cell in row.cells] for row in self.rows]

    def _terms(self, text: str, words: list[str], stems: list[str]) -> frozenset[str]:
        """Return what `engine.text.names.roots` does, of words that were stemmed together with others."""
        if any(map(is_camel_case, words)):
            return frozenset(roots(text, self.language))
        return frozenset([*map(root, stems), *date_terms(text, words), *exact_terms(text)])

    def column(self, number: int) -> list[str]:
        """Return the texts of the cells of a column."""
        return [row.text(number) for row in self.rows]

    def place(self, rows: Sequence[int], column: int) -> str:
        """Return the place of the cells of these rows in a column."""
        locations = [self.rows[number].location for number in rows]
        names = [location.name for location in locations]
        header = " ".join(self.header[column].split())
        return place_name(locations[0].page, cells_place(names, column, header))


def tables_in(panel: Panel, ranking: Mapping[int, float]) -> dict[HeaderPlace, int]:
    """Return where the tables begin that the best passages of a ranking are parts of, each with such a passage.

    The best come first; after them those among the best passages of the personas that go by amounts.
    """
    tables: dict[HeaderPlace, int] = {}
    readers = [own for name, own in panel.rankings.items() if panel.voices[name] and panel.goes_by(name, Kind.AMOUNTS)]
    for number in dict.fromkeys(n for own in (list(ranking), *readers) for n in own[:PASSAGES]):
        passage = panel.passage(number)
        for start in _header_starts(passage):
            tables.setdefault((passage.source, start), number)
    return tables


def has_rows(passage: Passage) -> bool:
    """Tell whether a passage has rows of a table."""
    return bool(_header_starts(passage))


def cell_place(quotation: Quotation) -> tuple[Location, str]:
    """Return the location of the first marked cell of a row, and its name: cells of a sheet, or row and column.

    Of other quotations it is where they begin; of recognised text, the box of the words that are marked.
    """
    passage = quotation.passage
    location = passage.location(quotation.start)
    if location.box and quotation.marks:
        location = location._replace(box=passage.location(quotation.marks[0][0]).box)
    lead = quotation.lead
    delimiter = _delimiter(lead.text, passage.source) if lead else ""
    if not lead or not delimiter:
        return location, location.name
    sentences = all_sentences(quotation.number, passage)
    rows = [row for row in sentences if row is not None and _is_marked(row, quotation)]
    names = [passage.location(row.start).name for row in rows] or [location.name]
    columns = {column for row in rows for column in _marked_columns(row, quotation, delimiter)}
    if not all(names):
        return location, location.name
    if len(columns) != 1:
        return location, rows_place(names)
    (column,) = columns
    header = _cells(lead.text, delimiter, passage.source)
    return location, cells_place(names, column, " ".join(header[column].text.split()) if column < len(header) else "")


def _is_marked(row: Quotation, quotation: Quotation) -> bool:
    """Tell whether a row is in the quotation, with a mark in it."""
    is_inside = quotation.start <= row.start and row.end <= quotation.end
    return is_inside and any(row.start <= start and end <= row.end for start, end in quotation.marks)


def _marked_columns(row: Quotation, quotation: Quotation, delimiter: str) -> Iterator[int]:
    for start, end in quotation.marks:
        for column, cell in enumerate(_cells(row.text, delimiter, row.passage.source)):
            if row.start + cell.start <= start and end <= row.start + cell.end:
                yield column


def _header_starts(passage: Passage) -> list[int]:
    """Return where the headers of the tables of a passage start, by the leads of its rows."""
    return [lead.start for lead in passage.leads if _delimiter(lead.text, passage.source)]


def assembled_table(panel: Panel, number: int, start: int) -> Table | None:
    """Return the table of a passage whose header starts there; None for one that is too long or irregular."""
    lead = next(lead for lead in panel.passage(number).leads if lead.start == start)
    rows_of_parts = _rows_of_parts(panel, number, lead)
    rows = [row for part in sorted(rows_of_parts) for row in rows_of_parts[part]]
    if not rows:
        return None
    first = panel.passage(min(rows_of_parts))
    header = tuple(cell.text for cell in _cells(lead.text, _delimiter(lead.text, first.source), first.source))
    is_regular = all(len(row.cells) <= len(header) and row.location.name for row in rows)
    return Table(header, tuple(rows), _caption(first, start), first.language) if is_regular else None


def _rows_of_parts(panel: Panel, number: int, lead: Lead) -> dict[int, list[TableRow]]:
    """Return the rows of a table by passage; nothing if they are more than `MOST_ROWS`, and then not all are read."""
    own = number, panel.passage(number)
    rows_of_parts: dict[int, list[TableRow]] = {}
    for part, passage in chain([own], _parts(panel, number, lead.start, -1), _parts(panel, number, lead.start, 1)):
        rows_of_parts[part] = list(_rows(part, passage, lead))
        if sum(map(len, rows_of_parts.values())) > MOST_ROWS:
            return {}
    return rows_of_parts


def _rows(number: int, passage: Passage, lead: Lead) -> Iterator[TableRow]:
    delimiter, has_pipes = _delimiter(lead.text, passage.source), is_markdown(passage.source)
    for row in all_sentences(number, passage):
        if row and row.lead and row.lead.start == lead.start:
            cells = cells_of(row.text, delimiter, is_markdown=has_pipes)
            yield TableRow(row, tuple(cells), passage.location(row.start))


def _parts(panel: Panel, number: int, start: int, step: int) -> Iterator[tuple[int, Passage]]:
    """Yield the passages before or after one that have rows of the same table, nearest first."""
    source, retriever = panel.passage(number).source, panel.neighbourhood.retriever
    numbers = takewhile(retriever.holds, count(number + step, step))
    for other, passage in ((other, panel.passage(other)) for other in numbers):
        if passage.source != source or all(lead.start != start for lead in passage.leads):
            return
        yield other, passage


def _caption(first: Passage, start: int) -> str:
    """Return the words around a table: title, heading and metadata, the name of its file, and the text above it."""
    above = first.text[: max(0, start - first.start)][-_CAPTION:]
    files = " ".join(Path(name).stem for name in list(possible_files(first.source))[:1])
    return f"{first.headline} {first.about} {files} {above}".replace("_", " ")


def _delimiter(header: str, source: str) -> str:
    if is_markdown(source):
        return delimiter_of(header, is_markdown=True)
    return delimiter_of(header, is_markdown=False) if is_table(source) else ""


def _cells(row: str, delimiter: str, source: str) -> list[Cell]:
    return cells_of(row, delimiter, is_markdown=is_markdown(source))
