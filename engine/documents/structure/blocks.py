"""Declare the blocks of a text and their units; find paragraphs, sentences and code, which all syntaxes share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.text.sentences import sentence_spans

MAX_HEADING = 1000  # characters of a heading that are kept

_BLOCK_END = re.compile(r"\n[ \t]*\n\s*")
_CODE_UNIT = 800  # characters at most of a sentence with the code after it
_CODE_PIECE = 400  # characters of a longer code's units


class Unit(NamedTuple):
    """Characters `start` to `end` (excluded) of a text; `lead` is the span of the text that they belong to, if any.

    A unit that is not quotable still counts for the search.
    """

    start: int
    end: int
    lead: tuple[int, int] | None = None
    is_quotable: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """Characters `start` to `end` (excluded) of a text: a paragraph, an item of a list, a row of a table, or code.

    `heading` is the title of the section that begins with it, `level` its rank, 1 the highest. A bare block is nothing
    but a heading, of a section or of a table: it stays with what follows it. `row` is the number of a row in its table,
    1 for the header; 0 for other blocks.
    """

    start: int
    end: int
    units: tuple[Unit, ...]
    heading: str = ""
    is_bare: bool = False
    level: int = 0
    row: int = 0


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each paragraph: text between blank lines."""
    start = len(text) - len(text.lstrip())
    for match in [*_BLOCK_END.finditer(text, start), None]:
        end = match.start() if match else start + len(text[start:].rstrip())
        if end > start:
            yield start, end
        start = match.end() if match else end


def sentences(text: str, start: int, end: int, lead: tuple[int, int] | None = None) -> tuple[Unit, ...]:
    """Return the sentences of a part of a text, all with one lead."""
    return tuple(Unit(start + a, start + b, lead) for a, b in sentence_spans(text[start:end]))


def with_code(text: str, block: Block, start: int, end: int) -> Block:
    """Extend the block by the code at `start` to `end`: joined to its last unit if short, else as own units."""
    unit = block.units[-1] if block.units else None
    if unit and unit.is_quotable and end - unit.start <= _CODE_UNIT:
        return replace(block, end=end, units=(*block.units[:-1], unit._replace(end=end)))
    lead = (unit.start, unit.end) if unit and unit.is_quotable else None
    return replace(block, end=end, units=(*block.units, *code_units(text, start, end, lead)), is_bare=False)


def code_units(text: str, start: int, end: int, lead: tuple[int, int] | None) -> Iterator[Unit]:
    """Yield units of whole lines of code, each of at most `_CODE_PIECE` characters where lines allow."""
    begin = start
    while begin < end:
        stop = (
            end
            if end - begin <= _CODE_PIECE
            else max(text.rfind("\n", begin, begin + _CODE_PIECE), text.find("\n", begin))
        )
        stop = end if stop <= begin else stop
        piece = text[begin:stop]
        if piece.strip():
            yield Unit(begin + len(piece) - len(piece.lstrip("\n")), begin + len(piece.rstrip()), lead)
        begin = stop + 1
